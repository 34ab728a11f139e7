// The data path's glance at frames to groups (RFC 4541, 2.1).
#include "bridge/snooping/classify.h"

#include <gtest/gtest.h>

#include "bridge/snooping/testing/group_frames.h"

namespace vswitch {
namespace {

Octets Data4(const MappedAddress& group) {
  return Ip4Frame({.protocol = 17, .destination = group, .router_alert = false, .ttl = 64},
                  Octets(20, 0));
}
Octets Data6(const MappedAddress& group) {
  return Ip6Frame({.upper = 17, .destination = group, .router_alert = false, .hop_limit = 64},
                  Octets(20, 0));
}

GroupFrame ClassifyOctets(Octets ethernet, size_t bytes) {
  ethernet.resize(bytes);
  Octets whole = Octets(kOffloadHeaderBytes, 0) + ethernet;
  whole.shrink_to_fit();
  FrameBytes frame;
  frame.SetWhole(whole.data(), static_cast<uint32_t>(whole.size()));
  return Classify(frame);
}

struct Case {
  const char* description;
  Octets frame;
  GroupTraffic traffic;
  MappedAddress group = {};
};

TEST(ClassifyTest, TellsDataFromControl) {
  const MappedAddress group = Ip4(239, 1, 2, 3);
  const MappedAddress group6 = Ip6(0xff05000000000000, 3);
  const Octets hello = Big(0x20000000, 4);
  for (const Case& each : {
           Case{"data", Data4(group), GroupTraffic::kData, group},
           Case{"data, tagged twice", TaggedWith(1, TaggedWith(2, Data4(group))),
                GroupTraffic::kData, group},
           Case{"IPv6 data", Data6(group6), GroupTraffic::kData, group6},
           Case{"224.0.0.0/24 (2.1.2 (2))", Data4(Ip4(224, 0, 0, 251)), GroupTraffic::kFlooded},
           Case{"beside it", Data4(Ip4(224, 0, 1, 1)), GroupTraffic::kData, Ip4(224, 0, 1, 1)},
           Case{"IPv6, this link", Data6(Ip6(0xff02000000000000, 0xfb)), GroupTraffic::kFlooded},
           Case{"neighbour solicitation", Data6(Ip6(0xff02000000000000, 0x1ff000001)),
                GroupTraffic::kFlooded},
           Case{"IPv6, this link, transient", Data6(Ip6(0xff12000000000000, 1)),
                GroupTraffic::kFlooded},
           Case{"IPv6, global", Data6(Ip6(0xff0e000000000000, 1)), GroupTraffic::kData,
                Ip6(0xff0e000000000000, 1)},
           Case{"a station's IP in a group's frame", Data4(Ip4(10, 0, 0, 1)),
                GroupTraffic::kFlooded},
           Case{"ARP", FrameBuilder().To(kBroadcast).ArpRequest(1, 2).BuildEthernet(),
                GroupTraffic::kFlooded},
           Case{"IGMPv3 report (2.1.1 (1))", JoinFrame(group), GroupTraffic::kReport},
           Case{"IGMPv2 report", Ip4Frame({.destination = group}, Igmp(kIgmpV2Report, 0, group)),
                GroupTraffic::kReport},
           Case{"leave", Ip4Frame({.destination = Ip4(224, 0, 0, 2)}, Igmp(kIgmpLeave, 0, group)),
                GroupTraffic::kReport},
           Case{"query", Ip4Frame({}, Igmp(kIgmpQuery, 100, Ip4(0, 0, 0, 0))),
                GroupTraffic::kRouter},
           Case{"a group's query", Ip4Frame({.destination = group}, Igmp(kIgmpQuery, 10, group)),
                GroupTraffic::kRouter},
           Case{"IGMP that is not known (2.1.1 (4))", Ip4Frame({}, Igmp(0x30, 0, group)),
                GroupTraffic::kFlooded},
           Case{"PIM hello", Ip4Frame({.protocol = kProtocolPim}, hello), GroupTraffic::kRouter},
           Case{"MLDv2 report", JoinFrame(group6), GroupTraffic::kReport},
           Case{"MLDv1 report", Ip6Frame({.destination = group6}, Mld(kMldV1Report, 0, group6)),
                GroupTraffic::kReport},
           Case{"MLD query", Ip6Frame({}, Mld(kMldQuery, 1, {})), GroupTraffic::kRouter},
           Case{"IPv6 PIM hello", Ip6Frame({.upper = kProtocolPim, .router_alert = false}, hello),
                GroupTraffic::kRouter},
       }) {
    const GroupFrame found = ClassifyOctets(each.frame, each.frame.size());
    EXPECT_EQ(found.traffic, each.traffic) << each.description;
    if (each.traffic == GroupTraffic::kData) {
      EXPECT_EQ(found.group, each.group) << each.description;
    }
    // Under ASan: any part of it can be classified.
    for (size_t bytes = 14; bytes < each.frame.size(); ++bytes) {
      ClassifyOctets(each.frame, bytes);
    }
  }
}

TEST(GroupAddressTest, IsShownAndMapped) {
  EXPECT_EQ(Ip4(239, 1, 2, 3).ToString(), "239.1.2.3");
  EXPECT_EQ(Ip6(0xff05000000000000, 3).ToString(), "ff05::3");
  EXPECT_EQ(Ip4(239, 129, 2, 3).GroupMac(), Mac("01:00:5e:01:02:03"));
  EXPECT_EQ(Ip6(0xff02000000000000, 0x1ff123456).GroupMac(), Mac("33:33:ff:12:34:56"));
}

}  // namespace
}  // namespace vswitch
