// What an earlier daemon has left in the kernel, when it was killed or asked to leave it, goes over
// to this one while frames flow by it.
#include <map>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "glog/logging.h"
#include "switch/base/str_cat.h"
#include "switch/core/switch_controller.h"
#include "switch/fast_path/left_maps.h"
#include "switch/port/leftovers.h"

namespace vswitch {

uint32_t SwitchController::NumberFor(const BridgeSpec& spec) {
  const auto is_free = [this](uint32_t number) { return TableOf(number) == nullptr; };
  for (const PortSpec& port : spec.ports) {
    const auto left = fast_.left().find(port.name);
    if (left != fast_.left().end() && is_free(left->second.config.bridge)) {
      return left->second.config.bridge;
    }
  }
  return next_bridge_number_++;
}

LeftSettings SwitchController::LeftSettingsOf(const BridgeSpec& bridge, const PortSpec& spec) {
  const Port& port = RunningPort(spec.name);
  return {.bridge = port.bridge->number,
          .ageing_s = AgeingTicks(bridge),
          .may_be_fast = WhySlow(bridge, spec).empty(),
          .rules = RulesOf(ForwardingOf(bridge, spec, port))};
}

// By settings of now, before anything is learned or served: the state may have changed meanwhile.
void SwitchController::TakeUpLeft() {
  const auto all = fast_.left();
  if (all.empty()) return;
  const std::map<std::string, LinkInfo> devices = DevicesOfPorts();
  std::map<std::string, LeftSettings> goes_on;
  for (const auto& [name, left] : all) {
    const auto found = desired_.FindPort(name);
    const auto device = devices.find(name);
    if (!found || device == devices.end() ||
        device->second.ifindex != static_cast<int>(left.config.device) ||
        !RunningPort(name).bridge->problem.empty()) {
      fast_.RemovePort(left.id, /*with_counters=*/!found);
      continue;
    }
    goes_on[name] = LeftSettingsOf(*found.bridge, *found.port);
  }
  fast_.TakeUp(goes_on);
  LOG(INFO) << "goes on with what the kernel has forwarded by for " << fast_.left().size()
            << " port(s) while no daemon ran";
  fast_.LearnLeft([this](uint32_t number) { return TableOf(number); });
}

// The kernel may be slow to bury the dead daemon's twin. Until it has, a port has no device, but
// nothing of it has changed either.
bool SwitchController::MayGoOn(const Port& port) const {
  return absl::IsUnavailable(port.problem) &&
         SwitchOfProgram(ProgramOnPort(port.name)).value_or("") == lock_.id();
}

void SwitchController::EndLeft(Port* port) {
  if (!fast_.HasPort(port->id) || (port->device == nullptr && MayGoOn(*port))) return;
  // As if it had gone down just now.
  port->bridge->table->FlushPort(port->id);
  port->bridge->sweep_due = true;
  fast_.ForgetPort(port->id);
  if (port->device == nullptr) fast_.RemovePort(port->id, /*with_counters=*/false);
}

void SwitchController::EndTakeOver() {
  for (Port* const port : ports_by_id_) {
    if (port != nullptr && !port->up) EndLeft(port);
  }
  fast_.EndTakeOver([this](uint32_t number) { return TableOf(number); });
}

}  // namespace vswitch
