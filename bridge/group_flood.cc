#include "bridge/group_flood.h"

#include "bridge/snooping/classify.h"

namespace vswitch {

const std::vector<PortId>* PortsOfGroup(const GroupMap& groups, const Frame& frame) {
  const MacAddress destination = frame.destination.mac();
  if (!destination.IsGroup() || destination.IsBroadcast()) return nullptr;
  const VlanId vlan = frame.destination.vlan();
  const GroupFrame group = Classify(frame);
  switch (group.traffic) {
    case GroupTraffic::kFlooded:
    case GroupTraffic::kRouter:
      return nullptr;
    case GroupTraffic::kReport: {
      const std::vector<PortId>& routers = groups.RoutersOf(vlan);
      return routers.empty() && !groups.is_querier ? nullptr : &routers;
    }
    case GroupTraffic::kData:
      break;
  }
  const std::vector<PortId>* ports = groups.Find({vlan, group.group});
  if (ports != nullptr) return ports;
  return groups.floods_unregistered ? nullptr : &groups.TakersOf(vlan);
}

}  // namespace vswitch
