#include "bench/load_plan.h"

#include <ctime>
#include <functional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bench/load_frame.h"
#include "tests/frame_builder.h"

namespace vswitch {
namespace {

// The index of the port `spec`, opened if it is new.
absl::StatusOr<int> AddPort(LoadPlan& plan, const std::string& spec) {
  for (size_t i = 0; i < plan.ports.size(); ++i) {
    if (plan.ports[i].spec == spec) return static_cast<int>(i);
  }
  absl::StatusOr<std::unique_ptr<LoadPort>> port = LoadPort::Open(spec);
  if (!port.ok()) return port.status();
  plan.ports.push_back({spec, *std::move(port)});
  return static_cast<int>(plan.ports.size() - 1);
}

absl::Status AddPorts(LoadPlan& plan, const std::vector<std::string>& specs,
                      const std::function<void(int)>& use) {
  for (const std::string& spec : specs) {
    const absl::StatusOr<int> index = AddPort(plan, spec);
    if (!index.ok()) return index.status();
    use(*index);
  }
  return absl::OkStatus();
}

absl::Status AddAllPorts(LoadPlan& plan, std::vector<int>* senders) {
  const LoadOptions& options = plan.options;
  absl::Status status =
      AddPorts(plan, options.senders, [&](int index) { senders->push_back(index); });
  if (status.ok()) {
    status = AddPorts(plan, options.receivers, [&](int index) {
      plan.ports[index].reads = plan.ports[index].is_destination = true;
    });
  }
  if (status.ok()) {
    status = AddPorts(plan, options.stopped,
                      [&](int index) { plan.ports[index].is_destination = true; });
  }
  if (status.ok()) {
    status = AddPorts(plan, options.monitors, [&](int index) { plan.ports[index].reads = true; });
  }
  return status;
}

}  // namespace

absl::StatusOr<LoadPlan> LoadPlan::Make(const LoadOptions& options) {
  LoadPlan plan;
  plan.options = options;
  // Different from the run before, which is all that is asked of it.
  plan.run = static_cast<uint16_t>(NowNs() >> 20);
  std::vector<int> senders;
  const absl::Status status = AddAllPorts(plan, &senders);
  if (!status.ok()) return status;
  for (const int sender : senders) {
    if (options.broadcast) {
      plan.lanes.push_back({sender, kEverybody});
      continue;
    }
    for (int port = 0; port < static_cast<int>(plan.ports.size()); ++port) {
      if (plan.ports[port].is_destination && port != sender) plan.lanes.push_back({sender, port});
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
