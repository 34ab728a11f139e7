// Snooping (bridge/snooping), joined to bridges and ports; and the verbs on its groups.
#include <algorithm>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "switch/base/event_loop.h"
#include "switch/base/now_tick.h"
#include "switch/base/str_cat.h"
#include "switch/core/rest.h"
#include "switch/core/switch_controller.h"

namespace vswitch {
namespace {

// Guests join and leave as often as they like, and all workers go by a new snapshot each time: what
// has changed within so long goes to them together, and they are at rest for ten times as long as
// it took.
constexpr uint64_t kGroupsUs = 20'000;

RouterPort RouterPortOf(McastRouter setting) {
  switch (setting) {
    case McastRouter::kAuto:
      return RouterPort::kAuto;
    case McastRouter::kOn:
      return RouterPort::kOn;
    case McastRouter::kOff:
      return RouterPort::kOff;
  }
  return RouterPort::kAuto;
}

}  // namespace

void SwitchController::TellSnooping(const BridgeSpec& spec, Bridge* bridge) {
  if (!spec.mcast_snooping) {
    bridge->snooping.reset();
    bridge->groups = nullptr;
    return;
  }
  if (!bridge->snooping.has_value()) bridge->snooping.emplace();
  Snooping& snooping = *bridge->snooping;
  std::map<PortId, Snooping::PortOptions> ports;
  for (const PortSpec& each : spec.ports) {
    const Port& port = RunningPort(each.name);
    ports[port.id] = {.router = RouterPortOf(each.mcast_router),
                      .fast_leave = each.mcast_fast_leave,
                      // IEEE 802.1D-2004, 7.7.1: nothing is relayed from or to others.
                      .up = TakesPart(port) && port.stp_state == StpState::kForwarding};
  }
  snooping.SetPorts(ports);
  snooping.SetOptions({.querier = spec.mcast_querier,
                       .floods_unregistered = spec.mcast_unregistered == McastUnregistered::kFlood,
                       .mac = OwnMac(*bridge)},
                      NowTick());
  if (snooping.TakeChanged() || bridge->groups == nullptr) bridge->groups = snooping.Map();
}

MacAddress SwitchController::OwnMac(const Bridge& bridge) {
  return {0x020000000000 | (bridge.probe_id & 0xffffffffff)};
}

void SwitchController::OnGroupMessage(Port* port, const TrappedFrame& frame) {
  std::optional<Snooping>& snooping = port->bridge->snooping;
  if (!snooping.has_value()) return;
  const std::optional<GroupMessage> message = ReadGroupMessage(frame.ethernet);
  if (message.has_value()) snooping->OnMessage(port->id, frame.vlan, *message, NowTick());
}

void SwitchController::SendQueries(const BridgeSpec& spec, Bridge* bridge) {
  for (const Snooping::Outgoing& out : bridge->snooping->TakeQueries()) {
    const std::vector<uint8_t> frame = BuildQuery(out.query, OwnMac(*bridge));
    const auto send = [&](Port* port) {
      if (bridge->snooping->IsUp(port->id)) OriginateIn(port, out.vlan, frame);
    };
    if (out.port == kNoPort) {
      for (const PortSpec& each : spec.ports) send(&RunningPort(each.name));
    } else if (Port* const port = ports_by_id_[out.port];
               port != nullptr && port->bridge == bridge) {
      send(port);
    }
  }
}

uint64_t SwitchController::FollowGroups() {
  const uint64_t now = EventLoop::NowUs();
  bool changed = false;
  for (const BridgeSpec& spec : desired_.bridges) {
    Bridge& bridge = RunningBridge(spec.name);
    if (!bridge.snooping.has_value()) continue;
    SendQueries(spec, &bridge);
    changed |= bridge.snooping->has_changed();
  }
  if (!changed) return 0;
  if (now < next_groups_us_) return next_groups_us_ - now;
  PublishGroups();
  return 0;
}

void SwitchController::PublishGroups() {
  const uint64_t begin = EventLoop::NowUs();
  auto config = std::make_shared<ForwardingConfig>(*config_);
  for (auto& [name, bridge] : bridges_) {
    if (!bridge.snooping.has_value() || !bridge.snooping->TakeChanged()) continue;
    bridge.groups = bridge.snooping->Map();
    config->bridges[bridge.id].groups = bridge.groups;
  }
  config_ = config;
  workers_->SetConfig(std::move(config));
  const uint64_t done = EventLoop::NowUs();
  earliest_groups_us_ = done + kGroupsUs;
  next_groups_us_ = earliest_groups_us_ + (done - begin) * Rest::kFactor;
}

// Who asks again and again does not have the workers told more often than every kGroupsUs, but
// waits, as does this thread.
void SwitchController::PublishGroupsOf(const std::vector<const BridgeSpec*>& bridges) {
  if (std::ranges::none_of(bridges, [this](const BridgeSpec* spec) {
        const Bridge& bridge = RunningBridge(spec->name);
        return bridge.snooping.has_value() && bridge.snooping->has_changed();
      })) {
    return;
  }
  const uint64_t now = EventLoop::NowUs();
  if (now < earliest_groups_us_) absl::SleepFor(absl::Microseconds(earliest_groups_us_ - now));
  PublishGroups();
}

void SwitchController::TickSnooping() {
  for (auto& [name, bridge] : bridges_) {
    if (bridge.snooping.has_value()) bridge.snooping->OnTick(NowTick());
  }
  FollowGroups();
}

// ---- Verbs ----

absl::StatusOr<MdbReport> SwitchController::MdbShow(std::string_view name) {
  const auto bridges = BridgesNamed(name);
  if (!bridges.ok()) return bridges.status();
  PublishGroupsOf(*bridges);  // What is shown is in force.
  const auto port_name = [this](PortId id) {
    return id == kNoPort || ports_by_id_[id] == nullptr ? std::string() : ports_by_id_[id]->name;
  };
  MdbReport report;
  for (const BridgeSpec* spec : *bridges) {
    const Bridge& bridge = RunningBridge(spec->name);
    if (!bridge.snooping.has_value()) continue;
    const Snooping::Shown shown = bridge.snooping->Show(NowTick());
    for (const Snooping::ShownGroup& group : shown.groups) {
      MdbGroup& row = report.groups.emplace_back(
          MdbGroup{spec->name, group.key.vlan, group.key.group.ToString(), {}, group.expires_s});
      for (const auto& [id, expires_s] : group.members) {
        row.ports.push_back({port_name(id), expires_s});
      }
    }
    for (const PortSpec& each : spec->ports) {
      if (each.mcast_router == McastRouter::kOn) {
        report.routers.push_back({spec->name, std::nullopt, {each.name, 0}});
      }
    }
    for (const auto& [id, expires_s] : shown.overflowed) {
      report.routers.push_back(
          {spec->name, std::nullopt, {port_name(id), expires_s}, /*overflowed=*/true});
    }
    for (const Snooping::ShownRouter& router : shown.routers) {
      report.routers.push_back(
          {spec->name, router.vlan, {port_name(router.port.port), router.port.expires_s}});
    }
    for (const Snooping::ShownQuerier& querier : shown.queriers) {
      report.queriers.push_back({spec->name,
                                 querier.vlan,
                                 querier.ipv6,
                                 querier.address.ToString(),
                                 {port_name(querier.port), querier.expires_s}});
    }
  }
  return report;
}

absl::Status SwitchController::MdbFlush(std::string_view name) {
  const auto found = FindBridge(name);
  if (!found.ok()) return found.status();
  Bridge& bridge = RunningBridge(name);
  if (!bridge.snooping.has_value()) {
    return absl::FailedPreconditionError(
        StrCat("bridge '", name, "' has mcast_snooping=off: there are no groups to forget"));
  }
  bridge.snooping->Flush(NowTick());
  SendQueries(**found, &bridge);
  PublishGroups();
  return absl::OkStatus();
}

}  // namespace vswitch
