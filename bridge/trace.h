// What would become of one frame, stage by stage, in words: the pipeline's own code run on that
// frame alone, with a place to write its decisions to, and nothing else of it that lasts. Nothing
// is sent or learned, and no counter moves.
//
// How: the frame goes through a Pipeline of its own, with counters of its own, by a snapshot in
// which each table is a small copy of what the real one knows of the frame's two stations. So a
// stage need not know that it is watched. What it has found shows in the frame, and is told here; a
// rule that wants to say more calls Pass::Explain().
//
// Limits: what a worker keeps to itself from frame to frame, such as what waits in its backlog, is
// as if there were nothing.
// Thread-safety: any thread; the tables are only read.
#ifndef VSWITCH_BRIDGE_TRACE_H_
#define VSWITCH_BRIDGE_TRACE_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "bridge/drop_reason.h"
#include "bridge/forwarding_config.h"
#include "mac_table/mac_table.h"

namespace vswitch {

struct Pass;

// Text and numbers, one behind the other.
template <typename... Parts>
std::string Words(const Parts&... parts) {
  std::string words;
  const auto append = [&words](const auto& part) {
    if constexpr (std::is_arithmetic_v<std::remove_cvref_t<decltype(part)>>) {
      words += std::to_string(part);
    } else {
      words += part;
    }
  };
  (append(parts), ...);
  return words;
}

struct TraceStep {
  std::string stage;
  std::string decision;
};

// Where the stages of a pass over one frame are told.
class Trace {
 public:
  using PortNames = std::function<std::string(PortId)>;
  explicit Trace(PortNames name_of) : name_of_(std::move(name_of)) {}

  std::string NameOf(PortId port) const { return name_of_(port); }
  void Add(std::string_view stage, std::string decision) {
    steps_.push_back({std::string(stage), std::move(decision)});
  }
  std::vector<TraceStep> TakeSteps() { return std::move(steps_); }

  // Pass::Enter() and Pass::DropCopy() call these.
  void Enter(std::string_view stage, const Pass& pass);
  void OnDrop(PortId charged, DropReason reason);

 private:
  void Explain(const Pass& pass);
  void ExplainLearn(const Pass& pass);
  void ExplainForward(const Pass& pass);

  const PortNames name_of_;
  // The one that runs.
  std::string_view stage_;
  // How many steps there were when it began: what explains itself is not explained again.
  size_t steps_before_ = 0;
  std::optional<FdbEntry> source_before_;
  std::vector<TraceStep> steps_;
};

struct TraceResult {
  // In the order in which the frame passes them; a stage that decides much has several.
  std::vector<TraceStep> steps;
  // Of each copy, in the order in which they would be sent.
  std::vector<PortId> egress;
  // It goes to everybody, as its destination is a group or unknown.
  bool is_flooded = false;
  // As look-up sees them; zero when the frame has not come so far.
  FdbKey source;
  FdbKey destination;
  // Of the frame; kNone when a copy of it leaves.
  DropReason drop = DropReason::kNone;
};

// `ethernet`: the frame from its destination address on. `now`: ticks, as for MacTable.
// REQUIRES: ethernet.size() <= 65,535; ingress < kMaxPorts.
TraceResult TraceFrame(const ForwardingConfig& config, PortId ingress,
                       std::span<const uint8_t> ethernet, uint32_t now,
                       const Trace::PortNames& name_of);

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_TRACE_H_
