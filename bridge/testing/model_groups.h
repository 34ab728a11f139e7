// Where frames to groups go on a bridge that snoops, the slow and obvious way (RFC 4541, 2.1).
#ifndef VSWITCH_BRIDGE_TESTING_MODEL_GROUPS_H_
#define VSWITCH_BRIDGE_TESTING_MODEL_GROUPS_H_

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "bridge/frame.h"
#include "bridge/snooping/group_map.h"

namespace vswitch {

// The ports that alone may have it; nullopt: everybody may. `frame.destination` has its VLAN.
inline std::optional<std::set<PortId>> ModelGroupPorts(const Frame& frame, const GroupMap* map) {
  const MacAddress destination = frame.destination.mac();
  if (map == nullptr || !destination.IsGroup() || destination.IsBroadcast()) return std::nullopt;
  const auto at = [&](uint32_t i) -> int {
    return i < frame.ethernet_length() && i + 12 < 128 ? frame.ethernet()[i] : -1;
  };
  const auto tag_at = [&](uint32_t i) {
    return (at(i) == 0x81 && at(i + 1) == 0x00) || (at(i) == 0x88 && at(i + 1) == 0xa8);
  };
  uint32_t type = 12;
  for (int i = 0; i < 4 && tag_at(type); ++i) type += 4;
  const uint32_t ip = type + 2;
  const VlanId vlan = frame.destination.vlan();

  std::set<PortId> routers(map->routers_everywhere.begin(), map->routers_everywhere.end());
  std::set<PortId> takers(map->takers_everywhere.begin(), map->takers_everywhere.end());
  for (const GroupMap::Routers& each : map->routers) {
    if (each.vlan != vlan) continue;
    routers = {each.ports.begin(), each.ports.end()};
    takers = {each.takers.begin(), each.takers.end()};
  }
  if (takers.empty()) takers = routers;
  if (at(type) == 0x08 && at(type + 1) == 0x00 && at(ip) >> 4 == 4 && at(ip + 19) >= 0) {
    const uint32_t payload = ip + 4 * (at(ip) & 15);
    if (at(ip + 9) == 2) {
      const std::set<int> of_hosts = {0x12, 0x16, 0x17, 0x22};
      if (of_hosts.contains(at(payload))) {
        return routers.empty() && !map->is_querier ? std::nullopt : std::optional(routers);
      }
      if (at(payload) >= 0) return std::nullopt;
    }
    if (at(ip + 9) == 103 && at(payload) == 0x20) return std::nullopt;
    uint32_t address = 0;
    for (uint32_t i = 16; i < 20; ++i) address = address << 8 | static_cast<uint32_t>(at(ip + i));
    const bool is_group = address >= 0xe0000000 && address <= 0xefffffff;
    if (!is_group || address <= 0xe00000ff) return std::nullopt;
    for (const GroupMap::Group& group : map->groups) {
      if (group.key.vlan == vlan && group.key.group == MappedAddress::FromIpv4(address)) {
        return std::set<PortId>(group.ports.begin(), group.ports.end());
      }
    }
    return map->floods_unregistered ? std::nullopt : std::optional(takers);
  }
  if (at(type) == 0x86 && at(type + 1) == 0xdd && at(ip) >> 4 == 6 && at(ip + 39) >= 0) {
    // Nobody has joined any, and no random frame is MLD.
    const bool is_data = at(ip + 24) == 0xff && (at(ip + 25) & 15) > 2;
    return !is_data || map->floods_unregistered ? std::nullopt : std::optional(takers);
  }
  return std::nullopt;
}

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_TESTING_MODEL_GROUPS_H_
