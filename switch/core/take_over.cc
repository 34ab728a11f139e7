// What an earlier daemon has left in the kernel, when it was killed or asked to leave it, goes over
// to this one while frames flow by it.
#include <map>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "glog/logging.h"
#include "switch/base/str_cat.h"
#include "switch/core/switch_controller.h"
#include "switch/port/leftovers.h"

namespace vswitch {

uint32_t SwitchController::NumberFor(const BridgeSpec& spec) {
  const auto is_free = [this](uint32_t number) { return TableOf(number) == nullptr; };
  for (const PortSpec& port : spec.ports) {
    const auto left = fast_.left().find(port.name);
    if (left != fast_.left().end() && is_free(left->second.bridge)) return left->second.bridge;
  }
  return next_bridge_number_++;
}

// By settings of now, before anything is learned or served: the state may have changed meanwhile.
void SwitchController::TakeUpLeft() {
  const auto all = fast_.left();
  if (all.empty()) return;
  const std::map<std::string, LinkInfo> devices = DevicesOfPorts();
  for (const auto& [name, left] : all) {
    const auto found = desired_.FindPort(name);
    const auto device = devices.find(name);
    if (!found || device == devices.end() || device->second.ifindex != left.device ||
        !RunningPort(name).bridge->problem.empty()) {
      fast_.RemovePort(left.id, /*with_counters=*/!found);
      continue;
    }
    fast_.SetPort(left.id, {.name = name,
                            .device = left.device,
                            .peer_address = left.peer_address,
                            .bridge = RunningPort(name).bridge->number,
                            .ageing_s = found.bridge->ageing_s,
                            .has_limit = left.has_limit,
                            .has_guard = left.has_guard,
                            .is_fast = left.is_fast && WhySlow(*found.bridge, *found.port).empty(),
                            .lost_before = left.lost_before});
  }
  fast_.LearnLeft([this](uint32_t number) { return TableOf(number); });
}

void SwitchController::EndTakeOver() {
  const auto all = fast_.left();
  for (const auto& [name, left] : all) {
    const Port& port = RunningPort(name);
    if (port.up) continue;
    // As if it had gone down just now.
    port.bridge->table->FlushPort(port.id);
    fast_.ForgetPort(port.id);
    if (port.device == nullptr) fast_.RemovePort(port.id, /*with_counters=*/false);
  }
  fast_.EndTakeOver([this](uint32_t number) { return TableOf(number); });
  LOG_IF(INFO, !all.empty()) << "goes on with what the kernel has forwarded by for " << all.size()
                             << " port(s) while no daemon ran";
}

}  // namespace vswitch
