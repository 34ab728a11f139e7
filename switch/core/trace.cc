// What would become of a frame: the verb.
#include "bridge/trace.h"

#include <string>
#include <utility>

#include "switch/base/now_tick.h"
#include "switch/base/str_cat.h"
#include "switch/core/switch_controller.h"

namespace vswitch {
namespace {

constexpr size_t kLeastBytes = 14;
constexpr size_t kMostBytes = 65'535;

}  // namespace

std::string SwitchController::FastPathOf(const Port& ingress, const TraceResult& traced) const {
  if (traced.drop != DropReason::kNone) return "no: a worker drops it";
  if (traced.is_flooded) return "no: a worker floods it";
  const Port* const both[] = {&ingress, ports_by_id_[traced.egress.front()]};
  for (const Port* const port : both) {
    const auto found = desired_.FindPort(port->name);
    const std::string reason = WhySlow(*found.bridge, *found.port);
    if (!reason.empty()) return StrCat("no, by ", port->name, ": ", reason);
  }
  const uint32_t bridge = ingress.bridge->number;
  for (const FdbKey key : {traced.source, traced.destination}) {
    if (fast_.AgeOf(bridge, key).has_value()) continue;
    return StrCat("not yet: the kernel does not know ", key.mac().ToString(), " in VLAN ",
                  key.vlan());
  }
  return "yes: the kernel forwards it by itself";
}

absl::StatusOr<TraceReport> SwitchController::TraceFrame(std::string_view port_name,
                                                         std::span<const uint8_t> ethernet) {
  const auto found = FindPort(port_name);
  if (!found.ok()) return found.status();
  if (ethernet.size() < kLeastBytes || ethernet.size() > kMostBytes) {
    return absl::InvalidArgumentError(StrCat("a frame of ", ethernet.size(), " bytes: give ",
                                             kLeastBytes, " (destination, source, type) to ",
                                             kMostBytes));
  }
  const Port& port = RunningPort(port_name);
  if (!port.served) {
    const PortStatus status = StatusOf(*found->port);
    return absl::FailedPreconditionError(
        StrCat("port '", port_name, "' is ", status.state,
               ", so that no frame comes from it: ", status.detail));
  }
  const TraceResult traced = vswitch::TraceFrame(
      *config_, port.id, ethernet, NowTick(), [this](PortId id) { return ports_by_id_[id]->name; });
  TraceReport report{.steps = traced.steps, .drop = traced.drop};
  report.steps.push_back({.stage = "fast_path", .decision = FastPathOf(port, traced)});
  for (const PortId id : traced.egress) report.egress.push_back(ports_by_id_[id]->name);
  return report;
}

}  // namespace vswitch
