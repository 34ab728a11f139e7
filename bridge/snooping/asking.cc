// Who asks, of whom and when.
#include <algorithm>
#include <optional>
#include <tuple>

#include "bridge/snooping/snooping.h"

namespace vswitch {

bool Snooping::IsElected(const Querier& known, const GroupMessage& message) const {
  const auto rank = [](const MappedAddress& address, MacAddress mac) {
    // 0.0.0.0 is nobody's address.
    return std::tuple(address.IsUnspecified(), address, mac.value);
  };
  const auto its = rank(message.source, message.source_mac);
  const MappedAddress our_address =
      message.ipv6 ? LinkLocalOf(options_.mac) : MappedAddress::FromIpv4(0);
  if (options_.querier && rank(our_address, options_.mac) < its) return false;
  return known.port == kNoPort || its <= rank(known.address, known.mac);
}

bool Snooping::WeAsk(VlanId vlan_id, bool ipv6) const {
  const auto vlan = vlans_.find(vlan_id);
  return options_.querier && (vlan == vlans_.end() || vlan->second.queriers[ipv6].port == kNoPort);
}

// In turn: each tick goes on where the last one has stopped.
void Snooping::AskAgain(uint32_t now) {
  size_t left = kQueriesPerTick;
  const auto first = vlans_.lower_bound(ask_again_from_);
  for (auto vlan = first; vlan != vlans_.end(); ++vlan) {
    if (!AskAgainIn(vlan->first, &vlan->second, now, &left)) return;
  }
  for (auto vlan = vlans_.begin(); vlan != first; ++vlan) {
    if (!AskAgainIn(vlan->first, &vlan->second, now, &left)) return;
  }
}

bool Snooping::AskAgainIn(VlanId id, Vlan* vlan, uint32_t now, size_t* left) {
  for (const bool ipv6 : {false, true}) {
    if (!WeAsk(id, ipv6) || !IsOver(vlan->next_query_at[ipv6], now)) continue;
    if (*left == 0) {
      ask_again_from_ = id;
      return false;
    }
    --*left;
    uint32_t& startup_left = vlan->startup_left[ipv6];
    const bool at_start = startup_left > 1;
    if (startup_left > 0) --startup_left;
    vlan->next_query_at[ipv6] = now + (at_start ? kStartupIntervalSeconds : kQueryIntervalSeconds);
    outgoing_.push_back({.port = kNoPort, .vlan = id, .query = {.ipv6 = ipv6}});
  }
  return true;
}

void Snooping::AskNewcomer(PortId id, Port* port) {
  auto vlan = vlans_.lower_bound(*port->ask_from);
  for (; vlan != vlans_.end() && newcomer_vlans_left_ > 0; ++vlan) {
    --newcomer_vlans_left_;
    for (const bool ipv6 : {false, true}) {
      if (!WeAsk(vlan->first, ipv6)) continue;
      outgoing_.push_back({.port = id, .vlan = vlan->first, .query = {.ipv6 = ipv6}});
    }
  }
  port->ask_from = vlan == vlans_.end() ? std::nullopt : std::optional(vlan->first);
}

// In turn: one that goes down and comes up all the time does not keep others from being asked.
void Snooping::AskNewcomers() {
  newcomer_vlans_left_ = kNewcomerVlansPerSecond;
  const auto ask = [this](auto port, auto end) {
    for (; port != end && newcomer_vlans_left_ > 0; ++port) {
      if (!port->second.ask_from.has_value()) continue;
      last_newcomer_ = port->first;
      AskNewcomer(port->first, &port->second);
    }
  };
  const auto next = ports_.upper_bound(last_newcomer_);
  ask(next, ports_.end());
  ask(ports_.begin(), next);
}

bool Snooping::AskMember(PortId id, const GroupKey& key) {
  Port& port = ports_.at(id);
  if (port.asked >= kLeaveQueriesPerSecond) return false;
  ++port.asked;
  outgoing_.push_back(
      {.port = id, .vlan = key.vlan, .query = {.ipv6 = !key.group.IsIpv4(), .group = key.group}});
  return true;
}

void Snooping::AskWhoLeaves(PortId id, const GroupKey& key, Membership* member, uint32_t now) {
  if (member->queries_left == 0 || !AskMember(id, key)) return;
  if (member->queries_left == kRobustness) {
    member->expires_at = std::min(member->expires_at, now + kLastMemberTimeSeconds);
  }
  --member->queries_left;
}

}  // namespace vswitch
