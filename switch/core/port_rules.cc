// What ports are held to, beside what their devices are: made from what was asked for, kept as long
// as that stays, and told of in the log.
#include <utility>

#include "glog/logging.h"
#include "switch/base/str_cat.h"
#include "switch/core/switch_controller.h"
#include "switch/model/mirrors.h"

namespace vswitch {
namespace {

constexpr auto kFirstGuard = static_cast<size_t>(DropReason::kGuardMac);
constexpr auto kLastGuard = static_cast<size_t>(DropReason::kGuardRa);

GuardRules RulesOf(const PortSpec& spec) {
  return {.mac = (spec.guard & kGuardsMac) != 0,
          .ip = (spec.guard & kGuardsIp) != 0,
          .arp = (spec.guard & kGuardsArp) != 0,
          .nd = (spec.guard & kGuardsNd) != 0,
          .dhcp_server = (spec.guard & kGuardsDhcpServer) != 0,
          .ra = (spec.guard & kGuardsRa) != 0,
          .macs = spec.allowed_macs,
          .ips = spec.allowed_ips};
}

RateLimits LimitsOf(const PortSpec& spec) {
  RateLimits limits{};
  const auto set = [&limits](Limit limit, uint64_t rate, uint64_t burst) {
    // A burst alone limits nothing.
    if (rate != 0) limits[static_cast<size_t>(limit)] = {.rate = rate, .burst = burst};
  };
  set(Limit::kStormBroadcastPps, spec.storm_broadcast_pps, spec.storm_broadcast_pps_burst);
  set(Limit::kStormMulticastPps, spec.storm_multicast_pps, spec.storm_multicast_pps_burst);
  set(Limit::kStormUnknownPps, spec.storm_unknown_pps, spec.storm_unknown_pps_burst);
  set(Limit::kIngressPps, spec.ingress_pps, spec.ingress_pps_burst);
  set(Limit::kIngressBps, spec.ingress_bps, spec.ingress_bps_burst);
  set(Limit::kEgressPps, spec.egress_pps, spec.egress_pps_burst);
  set(Limit::kEgressBps, spec.egress_bps, spec.egress_bps_burst);
  return limits;
}

}  // namespace

void SwitchController::FollowSpecs() {
  for (const BridgeSpec& spec : desired_.bridges) {
    Bridge& bridge = RunningBridge(spec.name);
    SetMoveLimit(spec, &bridge);
    bridge.table->SetAgeing(AgeingTicks(spec));
    bridge.table->SetLearnLimit(spec.learn_limit);
    for (const PortSpec& each : spec.ports) {
      Port& port = RunningPort(each.name);
      port.learns = spec.learning && each.learning;
      port.is_mirror_target = IsMirrorTarget(spec, each.name);
      FollowRules(each, &port);
      bridge.table->SetPortRules(port.id, {.learn_limit = each.learn_limit, .sticky = each.sticky});
    }
  }
}

void SwitchController::FollowRules(const PortSpec& spec, Port* port) {
  if (spec.guard == 0) {
    port->guard = nullptr;
  } else if (GuardRules rules = RulesOf(spec);
             port->guard == nullptr || port->guard->rules() != rules) {
    // A slot's counters outlive its ports.
    if (port->guard == nullptr) port->told_drops = workers_->Totals(port->id).drops;
    port->guard = std::make_shared<PortGuard>(std::move(rules));
  }
  if (const RateLimits limits = LimitsOf(spec); limits == RateLimits{}) {
    port->police = nullptr;
  } else if (port->police == nullptr || port->police->limits() != limits) {
    port->police = std::make_shared<PortPolice>(limits, port->police.get());
  }
}

void SwitchController::LogGuards() {
  for (Port* const port : ports_by_id_) {
    if (port == nullptr || port->guard == nullptr) continue;
    const auto drops = workers_->Totals(port->id).drops;
    std::string reasons;
    for (size_t i = kFirstGuard; i <= kLastGuard; ++i) {
      const uint64_t more = drops[i] - port->told_drops[i];
      if (more == 0) continue;
      reasons += StrCat(reasons.empty() ? "" : ", ", kDropReasonText[i], " ", more);
    }
    port->told_drops = drops;
    if (reasons.empty()) continue;
    const MacAddress last = port->guard->last_violator();
    LOG(WARNING) << "port " << port->name << ": its guard has dropped frames: " << reasons
                 << (last.IsZero() ? "" : "; the last came from " + last.ToString());
  }
}

}  // namespace vswitch
