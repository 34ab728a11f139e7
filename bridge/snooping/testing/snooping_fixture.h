// A Snooping with four ports, what it hears and the clock, for tests.
#ifndef VSWITCH_BRIDGE_SNOOPING_TESTING_SNOOPING_FIXTURE_H_
#define VSWITCH_BRIDGE_SNOOPING_TESTING_SNOOPING_FIXTURE_H_

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bridge/snooping/snooping.h"
#include "bridge/snooping/testing/group_frames.h"

namespace vswitch {

using Ports = std::vector<PortId>;
using RouterPortOption = RouterPort;

inline const MappedAddress kGroup = Ip4(239, 1, 2, 3);
inline const MappedAddress kGroup6 = Ip6(0xff05000000000000, 3);
inline const MacAddress kOurs = Station(500);
inline constexpr uint32_t kStart = 1000;

class SnoopingTest : public testing::Test {
 protected:
  SnoopingTest() {
    SetPorts();
    snooping_.SetOptions(options_, now_);
    snooping_.TakeQueries();
  }
  void SetPorts() { snooping_.SetPorts(ports_); }
  void BecomeQuerier() {
    options_.querier = true;
    snooping_.SetOptions(options_, now_);
  }

  void Hear(PortId port, const Octets& frame, VlanId vlan = 0) {
    const auto message = ReadGroupMessage(frame);
    ASSERT_TRUE(message.has_value());
    snooping_.OnMessage(port, vlan, *message, now_);
  }
  void Join(PortId port, const MappedAddress& group = kGroup, VlanId vlan = 0) {
    Hear(port, JoinFrame(group), vlan);
  }
  void Leave(PortId port, const MappedAddress& group = kGroup, VlanId vlan = 0) {
    constexpr uint8_t kToInclude = 3;
    const Octets records = GroupRecord(kToInclude, group);
    Hear(port,
         group.IsIpv4() ? Ip4Frame({.destination = Ip4(224, 0, 0, 22)},
                                   RecordsReport(kIgmpV3Report, 1, records))
                        : Ip6Frame({.destination = Ip6(0xff02000000000000, 0x16)},
                                   RecordsReport(kMldV2Report, 1, records)),
         vlan);
  }
  void Query(PortId port, MappedAddress source = Ip4(10, 0, 0, 9), MacAddress mac = Station(9),
             VlanId vlan = 0) {
    Hear(port, Ip4Frame({.source = source}, Igmp(kIgmpQuery, 100, Ip4(0, 0, 0, 0)), mac), vlan);
  }
  void QueryGroup(PortId port) {
    Hear(port, Ip4Frame({.source = Ip4(10, 0, 0, 9), .destination = kGroup},
                        Igmp(kIgmpQuery, 10, kGroup), Station(9)));
  }
  // Second by second, as the control thread does.
  void Pass(uint32_t seconds) {
    for (; seconds > 0; --seconds) {
      ++now_;
      snooping_.OnTick(now_);
      for (auto& query : snooping_.TakeQueries()) sent_.push_back(query);
    }
  }

  // Where the group goes; nullopt: nobody is known to have joined it.
  std::optional<Ports> Where(const MappedAddress& group = kGroup, VlanId vlan = 0) {
    map_ = snooping_.Map();
    const std::vector<PortId>* const ports = map_->Find({vlan, group});
    return ports == nullptr ? std::nullopt : std::optional(*ports);
  }
  Ports Routers(VlanId vlan = 0) { return snooping_.Map()->RoutersOf(vlan); }
  std::vector<std::string> Queriers() {
    std::vector<std::string> texts;
    for (const auto& each : snooping_.Show(now_).queriers) {
      texts.push_back(each.address.ToString() + (each.port == kNoPort ? " we" : ""));
    }
    return texts;
  }

  uint32_t now_ = kStart;
  Snooping::Options options_ = {.mac = kOurs};
  std::map<PortId, Snooping::PortOptions> ports_ = {
      {1, {.up = true}}, {2, {.up = true}}, {3, {.up = true}}, {4, {.up = true}}};
  Snooping snooping_;
  std::shared_ptr<const GroupMap> map_;
  std::vector<Snooping::Outgoing> sent_;
};

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_SNOOPING_TESTING_SNOOPING_FIXTURE_H_
