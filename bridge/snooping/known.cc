// What is known, for the data path and for who asks to see it.
#include <algorithm>
#include <utility>

#include "bridge/snooping/snooping.h"

namespace vswitch {

std::set<PortId> Snooping::RoutersOf(const Vlan* vlan) const {
  std::set<PortId> routers;
  for (const auto& [id, port] : ports_) {
    if (port.options.up && port.options.router == RouterPort::kOn) routers.insert(id);
  }
  if (vlan == nullptr) return routers;
  for (const auto& [id, expires_at] : vlan->routers) routers.insert(id);
  return routers;
}

bool Snooping::TakesAllGroups(const Port& port) {
  return port.options.up && port.options.router == RouterPort::kAuto &&
         port.overflowed_until.has_value();
}

std::vector<PortId> Snooping::TakersBeside(std::set<PortId> routers) const {
  bool any = false;
  for (const auto& [id, port] : ports_) {
    if (!TakesAllGroups(port)) continue;
    routers.insert(id);
    any = true;
  }
  return any ? std::vector<PortId>(routers.begin(), routers.end()) : std::vector<PortId>();
}

std::shared_ptr<const GroupMap> Snooping::Map() const {
  auto map = std::make_shared<GroupMap>();
  map->floods_unregistered = options_.floods_unregistered;
  map->is_querier = options_.querier;
  const std::set<PortId> everywhere = RoutersOf(nullptr);
  map->routers_everywhere.assign(everywhere.begin(), everywhere.end());
  map->takers_everywhere = TakersBeside(everywhere);
  for (const auto& [id, state] : vlans_) {
    if (state.routers.empty()) continue;
    const std::set<PortId> all = RoutersOf(&state);
    map->routers.push_back(
        {.vlan = id, .ports = {all.begin(), all.end()}, .takers = TakersBeside(all)});
  }
  map->groups.reserve(groups_.size());
  for (const auto& [key, group] : groups_) {
    const std::vector<PortId>& its_takers = map->TakersOf(key.vlan);
    std::vector<PortId> ports;
    ports.reserve(group.members.size() + its_takers.size());
    for (const auto& [id, member] : group.members) ports.push_back(id);
    ports.insert(ports.end(), its_takers.begin(), its_takers.end());
    std::ranges::sort(ports);
    ports.erase(std::unique(ports.begin(), ports.end()), ports.end());
    map->groups.push_back({.key = key, .ports = std::move(ports)});
  }
  return map;
}

Snooping::Shown Snooping::Show(uint32_t now) const {
  const auto left = [now](uint32_t at) { return IsOver(at, now) ? 0 : at - now; };
  Shown shown;
  for (const auto& [key, group] : groups_) {
    ShownGroup& row = shown.groups.emplace_back(ShownGroup{.key = key});
    row.expires_s = group.members.empty() ? left(group.expires_at) : 0;
    for (const auto& [id, member] : group.members) {
      row.members.push_back({.port = id, .expires_s = left(member.expires_at)});
      row.expires_s = std::max(row.expires_s, left(member.expires_at));
    }
  }
  for (const auto& [id, port] : ports_) {
    if (!TakesAllGroups(port)) continue;
    shown.overflowed.push_back({.port = id, .expires_s = left(*port.overflowed_until)});
  }
  for (const auto& [id, vlan] : vlans_) {
    for (const auto& [port, expires_at] : vlan.routers) {
      shown.routers.push_back({.vlan = id, .port = {port, left(expires_at)}});
    }
    for (const bool ipv6 : {false, true}) {
      const Querier& querier = vlan.queriers[ipv6];
      if (querier.port != kNoPort) {
        shown.queriers.push_back(
            {id, ipv6, querier.port, querier.address, left(querier.expires_at)});
      } else if (options_.querier) {
        shown.queriers.push_back(
            {id, ipv6, kNoPort, ipv6 ? LinkLocalOf(options_.mac) : MappedAddress::FromIpv4(0), 0});
      }
    }
  }
  return shown;
}

}  // namespace vswitch
