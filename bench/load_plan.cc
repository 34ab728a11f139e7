#include "bench/load_plan.h"

#include <ctime>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bench/load_frame.h"
#include "tests/frame_builder.h"

namespace vswitch {
namespace {

// The index of the port `spec`, opened if it is new.
absl::StatusOr<int> AddPort(LoadPlan& plan, const std::string& spec, bool reads) {
  for (size_t i = 0; i < plan.ports.size(); ++i) {
    if (plan.ports[i].spec != spec) continue;
    plan.ports[i].reads |= reads;
    return static_cast<int>(i);
  }
  absl::StatusOr<std::unique_ptr<LoadPort>> port = LoadPort::Open(spec);
  if (!port.ok()) return port.status();
  plan.ports.push_back({spec, *std::move(port), reads});
  return static_cast<int>(plan.ports.size() - 1);
}

absl::StatusOr<std::vector<int>> AddPorts(LoadPlan& plan, const std::vector<std::string>& specs,
                                          bool reads) {
  std::vector<int> indices;
  for (const std::string& spec : specs) {
    const absl::StatusOr<int> index = AddPort(plan, spec, reads);
    if (!index.ok()) return index.status();
    indices.push_back(*index);
  }
  return indices;
}

}  // namespace

absl::StatusOr<LoadPlan> LoadPlan::Make(const LoadOptions& options) {
  LoadPlan plan;
  plan.options = options;
  // Different from the run before, which is all that is asked of it.
  plan.run = static_cast<uint16_t>(NowNs() >> 20);
  const absl::StatusOr<std::vector<int>> senders = AddPorts(plan, options.senders, false);
  if (!senders.ok()) return senders.status();
  absl::StatusOr<std::vector<int>> destinations = AddPorts(plan, options.receivers, true);
  if (!destinations.ok()) return destinations.status();
  const absl::StatusOr<std::vector<int>> stopped = AddPorts(plan, options.stopped, false);
  if (!stopped.ok()) return stopped.status();
  const absl::StatusOr<std::vector<int>> monitors = AddPorts(plan, options.monitors, true);
  if (!monitors.ok()) return monitors.status();
  destinations->insert(destinations->end(), stopped->begin(), stopped->end());

  for (const int sender : *senders) {
    if (options.broadcast) {
      plan.lanes.push_back({sender, kEverybody});
      continue;
    }
    for (const int destination : *destinations) {
      if (destination != sender) plan.lanes.push_back({sender, destination});
    }
  }
  if (plan.lanes.empty()) return absl::InvalidArgumentError("no sender has anybody to send to");
  if (plan.streams() >= kLearningStream) {
    return absl::InvalidArgumentError(absl::StrCat(plan.streams(), " streams: at most 65534"));
  }
  return plan;
}

MacAddress LoadPlan::AddressOf(int port, uint32_t number) const {
  return Station(static_cast<uint32_t>(1 + number * ports.size()) + static_cast<uint32_t>(port));
}

uint64_t NowNs() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

}  // namespace vswitch
