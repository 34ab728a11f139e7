// Who has joined which group of a bridge, as the data path needs it: an immutable snapshot that
// snooping.h makes and the flood looks into. Thread-safety: const once built; shared by workers.
//
// Look-ups are binary searches: who chooses groups cannot make them dear.
#ifndef VSWITCH_BRIDGE_SNOOPING_GROUP_MAP_H_
#define VSWITCH_BRIDGE_SNOOPING_GROUP_MAP_H_

#include <algorithm>
#include <compare>
#include <vector>

#include "bridge/snooping/group_address.h"
#include "mac_table/fdb_key.h"

namespace vswitch {

struct GroupKey {
  VlanId vlan = 0;
  MappedAddress group;
  friend auto operator<=>(const GroupKey&, const GroupKey&) = default;
};

struct GroupMap {
  // Lists of ports are ascending; ports may be down or have left meanwhile.
  struct Group {
    GroupKey key;
    // Members, and the VLAN's takers.
    std::vector<PortId> ports;
  };
  struct Routers {
    VlanId vlan = 0;
    std::vector<PortId> ports;
    // These and the overflowed ports, which have joined more than is kept; empty: there are none.
    std::vector<PortId> takers;
  };

  // Both sorted by what they are looked up by.
  std::vector<Group> groups;
  std::vector<Routers> routers;
  // Of every other VLAN.
  std::vector<PortId> routers_everywhere;
  std::vector<PortId> takers_everywhere;
  // What nobody has joined goes to everybody, else to takers.
  bool floods_unregistered = true;
  // The bridge asks itself who has joined: reports need go nowhere else.
  bool is_querier = false;

  // For reports.
  const std::vector<PortId>& RoutersOf(VlanId vlan) const {
    const Routers* const found = FindRouters(vlan);
    return found != nullptr ? found->ports : routers_everywhere;
  }
  // For all groups, whether they have joined them or not.
  const std::vector<PortId>& TakersOf(VlanId vlan) const {
    const Routers* const found = FindRouters(vlan);
    const std::vector<PortId>& takers = found != nullptr ? found->takers : takers_everywhere;
    return takers.empty() ? RoutersOf(vlan) : takers;
  }
  // Null: nobody has joined it.
  const std::vector<PortId>* Find(const GroupKey& key) const {
    const auto found = std::ranges::lower_bound(groups, key, {}, &Group::key);
    return found != groups.end() && found->key == key ? &found->ports : nullptr;
  }
  // Null: it is one of the others.
  const Routers* FindRouters(VlanId vlan) const {
    const auto found = std::ranges::lower_bound(routers, vlan, {}, &Routers::vlan);
    return found != routers.end() && found->vlan == vlan ? &*found : nullptr;
  }
};

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_SNOOPING_GROUP_MAP_H_
