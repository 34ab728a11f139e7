// Which ports the kernel may forward for, and what it is told of them.
#include <poll.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "switch/base/str_cat.h"
#include "switch/core/mirrors.h"
#include "switch/core/switch_controller.h"
#include "switch/model/list_value.h"
#include "switch/model/vlan_settings.h"

namespace vswitch {
namespace {

bool IsReadable(const UniqueFd& queue) {
  pollfd ready{.fd = queue.get(), .events = POLLIN, .revents = 0};
  return poll(&ready, 1, 0) > 0 && (ready.revents & POLLIN) != 0;
}

// The first limit of the port on frames that the kernel might forward: "ingress_bps=1000000".
// Storms are of frames that it leaves to a worker anyway.
std::string RateOf(const PortSpec& port) {
  const std::pair<std::string_view, uint64_t> rates[] = {{"ingress_bps", port.ingress_bps},
                                                         {"ingress_pps", port.ingress_pps},
                                                         {"egress_bps", port.egress_bps},
                                                         {"egress_pps", port.egress_pps}};
  for (const auto& [key, rate] : rates) {
    if (rate != 0) return StrCat(key, "=", rate);
  }
  return "";
}

}  // namespace

std::string SwitchController::WhySlow(const BridgeSpec& bridge, const PortSpec& port) const {
  if (!fast_.is_on()) return fast_.why_off();
  if (!bridge.fast_path) return StrCat("bridge '", bridge.name, "' has fast_path=off");
  if (!port.fast_path) return "the port has fast_path=off";
  const Port& running = *ports_.find(port.name)->second;
  if (loop_guard_.IsBlocked(running.id)) return "loop_guard has blocked the port";
  if (bpdu_guard_.IsBlocked(running.id)) return "bpdu_guard has blocked the port";
  if (running.stp_state != StpState::kForwarding) return "rstp has the port discarding";
  if (captures_.Has(running.id)) return "the port is being captured";
  if (EffectiveVlanMode(port) == VlanModeSetting::kTunnel) {
    return "the port has vlan_mode=dot1q-tunnel";
  }
  if (std::string reason = WhyMirrored(bridge, port.name); !reason.empty()) return reason;
  // By MAC address: the kernel knows nobody there who may not send (MayBeKnown()).
  if ((port.guard & ~kGuardsMac) != 0) {
    return StrCat("the port has guard=", WordSetText(port.guard, kGuardWords));
  }
  if (const std::string rate = RateOf(port); !rate.empty()) return StrCat("the port has ", rate);
  return "";
}

FastPort SwitchController::FastPortOf(const BridgeSpec& bridge, const PortSpec& spec,
                                      const Port& port, const PortForwarding& forwarding) {
  return {.name = port.name,
          .device = port.device->ifindex(),
          .twin = port.device->twin_ifindex(),
          .peer_address = port.peer_address,
          .bridge = port.bridge->number,
          .ageing_s = AgeingTicks(bridge),
          .queue_frames = spec.txqueuelen,
          .has_limit = port.max_frame_bytes != 0,
          .has_guard = port.device->has_guard(),
          .is_fast = forwarding.fast,
          .rules = RulesOf(forwarding),
          .several_queues = port.device->queues().size() > 1,
          .lost_before = port.device->lost_before() - port.past_drops.egress_queue_full};
}

MacTable* SwitchController::TableOf(uint32_t bridge_number) {
  for (auto& [name, bridge] : bridges_) {
    if (bridge.number == bridge_number) return bridge.table.get();
  }
  return nullptr;
}

void SwitchController::TellTablesOfFastPath() {
  uint64_t moves = 0;
  for (const auto& [name, bridge] : bridges_) moves += bridge.table->stats().moved;
  const bool have_moved = std::exchange(moves_, moves) != moves;
  fast_.OnTick([this](uint32_t number) { return TableOf(number); },
               {.lost =
                    [this](PortId id) {
                      return ports_by_id_[id]->device->ReadKernelDrops().ingress_queue_full;
                    },
                .has_frames =
                    [this](PortId id) {
                      return std::ranges::any_of(ports_by_id_[id]->device->queues(), IsReadable);
                    }},
               have_moved);
}

bool SwitchController::OnCandidates() {
  const auto table_of = [this](uint32_t number) { return TableOf(number); };
  for (CandidateFeed* const feed : workers_->candidates()) {
    if (feed != nullptr) fast_.OnCandidates(feed->Take(), table_of);
  }
  return fast_.Settle(table_of);
}

std::vector<int> SwitchController::candidate_events() {
  std::vector<int> events;
  for (CandidateFeed* const feed : workers_->candidates()) {
    if (feed != nullptr) events.push_back(feed->event());
  }
  return events;
}

}  // namespace vswitch
