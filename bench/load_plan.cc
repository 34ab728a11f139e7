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

uint64_t Read(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

absl::Status CheckMoves(const LoadPlan& plan, const std::vector<int>& senders) {
  if (plan.options.moves_per_s == 0) return absl::OkStatus();
  int places = 0;
  for (const LoadPlan::Port& port : plan.ports) places += port.is_destination;
  bool is_apart = !plan.options.broadcast && plan.options.stopped.empty();
  for (const int sender : senders) is_apart = is_apart && !plan.ports[sender].is_destination;
  if (places >= 3 && is_apart) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "a station that moves needs three receivers or more, which do not send, and no broadcast");
}

}  // namespace

absl::StatusOr<LoadPlan> LoadPlan::Make(const LoadOptions& options) {
  LoadPlan plan;
  plan.options = options;
  // Different from the run before, which is all that is asked of it.
  plan.run = static_cast<uint16_t>(NowNs() >> 20);
  std::vector<int> senders;
  absl::Status status = AddAllPorts(plan, &senders);
  if (status.ok()) status = CheckMoves(plan, senders);
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

int LoadPlan::NextPlace(int port) const {
  const int count = static_cast<int>(ports.size());
  int next = port;
  do {
    next = (next + 1) % count;
  } while (!ports[next].is_destination);
  return next;
}

MacAddress LoadPlan::AddressOf(int port, uint32_t number) const {
  // One station for all its places: the last one's.
  while (options.moves_per_s > 0 && ports[port].is_destination && NextPlace(port) > port) {
    port = NextPlace(port);
  }
  return Station(static_cast<uint32_t>(1 + number * ports.size()) + static_cast<uint32_t>(port));
}

uint64_t NowNs() { return Read(CLOCK_MONOTONIC); }
uint64_t ThreadCpuNs() { return Read(CLOCK_THREAD_CPUTIME_ID); }

}  // namespace vswitch
