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
    // Members, and the VLAN's router ports.
    std::vector<PortId> ports;
  };
  struct Routers {
    VlanId vlan = 0;
    std::vector<PortId> ports;
  };

  // Both sorted by what they are looked up by.
  std::vector<Group> groups;
  std::vector<Routers> routers;
  // Of every other VLAN.
  std::vector<PortId> routers_everywhere;
  // What nobody has joined goes to everybody, else to routers.
  bool floods_unregistered = true;
  // The bridge asks itself who has joined: reports need go nowhere else.
  bool is_querier = false;

  const std::vector<PortId>& RoutersOf(VlanId vlan) const {
    const auto found = std::ranges::lower_bound(routers, vlan, {}, &Routers::vlan);
    return found != routers.end() && found->vlan == vlan ? found->ports : routers_everywhere;
  }
  // Null: nobody has joined it.
  const std::vector<PortId>* Find(const GroupKey& key) const {
    const auto found = std::ranges::lower_bound(groups, key, {}, &Group::key);
    return found != groups.end() && found->key == key ? &found->ports : nullptr;
  }
};

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_SNOOPING_GROUP_MAP_H_
