#include "bridge/snooping/snooping.h"

#include <algorithm>
#include <utility>

namespace vswitch {
namespace {

// What one querier says may not keep what was learned for ever.
constexpr uint32_t kMostSeconds = 3600;

// RFC 3376, 8.4, by the querier's own values, but not less than by the default ones: a guest that
// plays the querier cannot make others' memberships end early.
uint32_t MembershipSeconds(const GroupMessage& query) {
  const uint32_t robustness = query.robustness == 0 ? kRobustness : query.robustness;
  const uint32_t interval = query.interval_s == 0 ? kQueryIntervalSeconds : query.interval_s;
  return std::clamp(robustness * interval + query.response_s, Snooping::kMembershipSeconds,
                    kMostSeconds);
}

}  // namespace

void Snooping::SetOptions(const Options& options, uint32_t now) {
  if (options == options_) return;
  const bool begins = options.querier && !options_.querier;
  options_ = options;
  changed_ = true;
  if (!begins) return;
  for (auto& [id, vlan] : vlans_) {
    for (const int family : {0, 1}) {
      vlan.next_query_at[family] = now;
      vlan.startup_left[family] = kRobustness;
    }
  }
  AskAgain(now);
}

void Snooping::SetPorts(const std::map<PortId, PortOptions>& ports) {
  std::vector<PortId> gone;
  for (const auto& [id, port] : ports_) {
    if (!ports.contains(id)) gone.push_back(id);
  }
  for (const PortId id : gone) RemovePort(id);
  for (const auto& [id, options] : ports) SetPort(id, options);
}

void Snooping::SetPort(PortId id, const PortOptions& options) {
  const auto [found, is_new] = ports_.try_emplace(id);
  const PortOptions before = std::exchange(found->second.options, options);
  if (!is_new && before == options) return;
  changed_ = true;
  if (!options.up) {
    RemovePort(id);
    ports_[id].options = options;
  } else if (options_.querier && (is_new || !before.up)) {
    found->second.ask_from = 0;
    AskNewcomer(id, &found->second);
  }
  if (options.router == RouterPort::kAuto) return;
  // What was heard there counts no more.
  for (auto& [vlan_id, vlan] : vlans_) {
    if (vlan.routers.erase(id) > 0) --ports_[id].router_vlans;
    if (options.router == RouterPort::kOn) continue;
    for (Querier& querier : vlan.queriers) {
      if (querier.port == id) querier = {};
    }
  }
}

bool Snooping::IsUp(PortId id) const {
  const auto port = ports_.find(id);
  return port != ports_.end() && port->second.options.up;
}

// As if everything had gone silent: nobody has left.
void Snooping::RemovePort(PortId id) {
  for (auto group = groups_.begin(); group != groups_.end();) {
    const bool was_member = group->second.members.erase(id) > 0;
    const bool is_empty = group->second.members.empty();
    const bool ends = is_empty && (was_member || group->second.left_by == id);
    group = ends ? groups_.erase(group) : std::next(group);
  }
  for (auto& [vlan_id, vlan] : vlans_) {
    vlan.routers.erase(id);
    for (Querier& querier : vlan.queriers) {
      if (querier.port == id) querier = {};
    }
  }
  ports_.erase(id);
  changed_ = true;
}

void Snooping::Flush(uint32_t now) {
  groups_.clear();
  vlans_ = {{0, {}}};
  for (auto& [id, port] : ports_) {
    port.groups = port.router_vlans = 0;
    port.overflowed_until.reset();
  }
  changed_ = true;
  for (uint32_t& next : vlans_[0].next_query_at) next = now;
  AskAgain(now);
}

// ---- What is heard ----

void Snooping::OnMessage(PortId port, VlanId vlan, const GroupMessage& message, uint32_t now) {
  if (!IsUp(port)) return;
  // What we have sent, come back by a loop.
  if (message.source_mac == options_.mac) return;
  if (message.type == GroupMessage::Type::kReport) return OnReport(port, vlan, message, now);
  if (ports_.at(port).options.router == RouterPort::kOff) return;
  AddRouter(port, vlan, now);
  if (message.type == GroupMessage::Type::kQuery) OnQuery(port, vlan, message, now);
}

void Snooping::AddRouter(PortId id, VlanId vlan_id, uint32_t now) {
  Port& port = ports_.at(id);
  if (port.options.router == RouterPort::kOn) return;
  std::map<PortId, uint32_t>* routers = nullptr;
  if (const auto vlan = vlans_.find(vlan_id); vlan != vlans_.end()) routers = &vlan->second.routers;
  if (routers == nullptr || !routers->contains(id)) {
    if (port.router_vlans >= kRouterVlansPerPort) return;
    ++port.router_vlans;
    routers = &vlans_[vlan_id].routers;
    changed_ = true;
  }
  (*routers)[id] = now + kOtherQuerierSeconds;
}

void Snooping::OnQuery(PortId port, VlanId vlan_id, const GroupMessage& message, uint32_t now) {
  // It is there if there was room for the router port.
  const auto vlan = vlans_.find(vlan_id);
  if (vlan == vlans_.end()) return;
  Querier& querier = vlan->second.queriers[message.ipv6];
  if (!IsElected(querier, message)) return;
  changed_ |= querier.port == kNoPort;
  const uint32_t membership_s = MembershipSeconds(message);
  querier = {.port = port,
             .address = message.source,
             .mac = message.source_mac,
             .expires_at = now + membership_s - kQueryResponseSeconds / 2,
             .membership_s = membership_s};
  if (!message.group.has_value() || message.suppresses) return;
  // RFC 3376, 6.6.1: who does not answer this is no member any more.
  const auto group = groups_.find({vlan_id, *message.group});
  if (group == groups_.end()) return;
  const uint32_t until = now + std::max(kLastMemberTimeSeconds, kRobustness * message.response_s);
  for (auto& [id, member] : group->second.members) {
    if (id == port || !IsOver(until, member.expires_at)) continue;
    member.expires_at = until;
  }
}

void Snooping::OnReport(PortId port, VlanId vlan, const GroupMessage& message, uint32_t now) {
  for (const GroupMessage::Record& record : message.records) {
    record.joins ? Join(port, {vlan, record.group}, now) : Leave(port, {vlan, record.group}, now);
  }
}

void Snooping::Join(PortId id, const GroupKey& key, uint32_t now) {
  Port& port = ports_.at(id);
  auto group = groups_.find(key);
  const bool has_left = group != groups_.end() && group->second.left_by == id;
  const bool is_member = group != groups_.end() && group->second.members.contains(id);
  if (!is_member && !has_left && port.groups >= kGroupsPerPort) return Overflow(&port, key, now);
  if (group == groups_.end()) {
    if (groups_.size() >= kGroupsPerBridge) return Overflow(&port, key, now);
    group = groups_.try_emplace(key).first;
    // From now on it is one that we ask in.
    vlans_.try_emplace(key.vlan);
  }
  if (!is_member) {
    if (!has_left) ++port.groups;
    if (group->second.left_by != kNoPort && !has_left) {
      if (const auto last = ports_.find(group->second.left_by); last != ports_.end()) {
        --last->second.groups;
      }
    }
    group->second.left_by = kNoPort;
    changed_ = true;
  }
  group->second.members[id] = {.expires_at = now + MembershipSecondsOf(key)};
}

uint32_t Snooping::MembershipSecondsOf(const GroupKey& key) const {
  const auto vlan = vlans_.find(key.vlan);
  if (vlan == vlans_.end()) return kMembershipSeconds;
  return vlan->second.queriers[!key.group.IsIpv4()].membership_s;
}

void Snooping::Overflow(Port* port, const GroupKey& key, uint32_t now) {
  changed_ |= !port->overflowed_until.has_value();
  port->overflowed_until = now + MembershipSecondsOf(key);
}

void Snooping::Leave(PortId id, const GroupKey& key, uint32_t now) {
  const auto group = groups_.find(key);
  if (group == groups_.end()) return;
  const auto member = group->second.members.find(id);
  if (member == group->second.members.end()) return;
  const bool ipv6 = !key.group.IsIpv4();
  if (ports_.at(id).options.fast_leave) {
    group->second.members.erase(member);
    changed_ = true;
    if (group->second.members.empty()) {
      EndGroup(group, id, /*left=*/true, now);
    } else {
      --ports_.at(id).groups;
    }
    return;
  }
  // Others behind the port may be members too. Who asks will ask them: another querier, of whose
  // query OnQuery() hears, or we; nobody, if there is none.
  Membership& state = member->second;
  const uint32_t until = now + kLastMemberTimeSeconds;
  // It has said so before, and is being asked: saying it again asks nobody again.
  if (state.leaving && (state.queries_left > 0 || IsOver(state.expires_at, until))) return;
  state.leaving = true;
  if (vlans_[key.vlan].queriers[ipv6].port != kNoPort) return;
  if (WeAsk(key.vlan, ipv6)) {
    state.queries_left = kRobustness;
    AskWhoLeaves(id, key, &state, now);
  } else {
    state.expires_at = std::min(state.expires_at, until);
  }
}

// ---- Time ----

Snooping::Groups::iterator Snooping::EndGroup(Groups::iterator group, PortId last, bool left,
                                              uint32_t now) {
  changed_ = true;
  if (left) {
    group->second.left_by = last;
    group->second.expires_at = now + kMembershipSeconds;
    return std::next(group);
  }
  if (const auto port = ports_.find(last); port != ports_.end()) --port->second.groups;
  return groups_.erase(group);
}

Snooping::Groups::iterator Snooping::EndMembersOf(Groups::iterator group, uint32_t now) {
  auto& members = group->second.members;
  if (members.empty()) {
    if (!IsOver(group->second.expires_at, now)) return std::next(group);
    return EndGroup(group, group->second.left_by, /*left=*/false, now);
  }
  for (auto member = members.begin(); member != members.end();) {
    const auto [id, state] = *member;
    if (!IsOver(state.expires_at, now)) {
      AskWhoLeaves(id, group->first, &member->second, now);
      ++member;
      continue;
    }
    member = members.erase(member);
    changed_ = true;
    if (members.empty()) return EndGroup(group, id, state.leaving, now);
    --ports_.at(id).groups;
  }
  return std::next(group);
}

void Snooping::EndMembers(uint32_t now) {
  for (auto group = groups_.begin(); group != groups_.end();) group = EndMembersOf(group, now);
}

void Snooping::EndOverflows(uint32_t now) {
  for (auto& [id, port] : ports_) {
    if (!port.overflowed_until.has_value() || !IsOver(*port.overflowed_until, now)) continue;
    port.overflowed_until.reset();
    changed_ = true;
  }
}

void Snooping::EndRouters(uint32_t now) {
  for (auto vlan = vlans_.begin(); vlan != vlans_.end();) {
    changed_ |= std::erase_if(vlan->second.routers, [&](const auto& router) {
                  if (!IsOver(router.second, now)) return false;
                  --ports_.at(router.first).router_vlans;
                  return true;
                }) > 0;
    bool is_used = vlan->first == 0 || !vlan->second.routers.empty();
    for (Querier& querier : vlan->second.queriers) {
      if (querier.port != kNoPort && IsOver(querier.expires_at, now)) querier = {};
      is_used |= querier.port != kNoPort;
    }
    const auto group = groups_.lower_bound({vlan->first, {}});
    is_used |= group != groups_.end() && group->first.vlan == vlan->first;
    vlan = is_used ? std::next(vlan) : vlans_.erase(vlan);
  }
}

void Snooping::OnTick(uint32_t now) {
  for (auto& [id, port] : ports_) port.asked = 0;
  EndMembers(now);
  EndOverflows(now);
  EndRouters(now);
  AskNewcomers();
  AskAgain(now);
}

}  // namespace vswitch
