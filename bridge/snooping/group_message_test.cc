// What is read of IGMP, MLD and PIM, each row with its source, and that nothing cut short is.
#include "bridge/snooping/group_message.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "bridge/snooping/query.h"
#include "bridge/snooping/testing/group_frames.h"

namespace vswitch {
namespace {

using Type = GroupMessage::Type;
using Records = std::vector<GroupMessage::Record>;

const MappedAddress kGroup = Ip4(239, 1, 2, 3);
const MappedAddress kOther = Ip4(239, 1, 2, 4);
const MappedAddress kGroup6 = Ip6(0xff05000000000000, 3);
const MappedAddress kAllRouters6 = Ip6(0xff02000000000000, 2);
const MappedAddress kMldRouters = Ip6(0xff02000000000000, 0x16);

const Ip4Options kToReportRouters{.destination = Ip4(224, 0, 0, 22)};

Octets V3(uint8_t record_type, uint16_t sources = 0) {
  return Ip4Frame(kToReportRouters,
                  RecordsReport(kIgmpV3Report, 1, GroupRecord(record_type, kGroup, sources)));
}
Octets V2Mld(uint8_t record_type, uint16_t sources = 0) {
  return Ip6Frame({.destination = kMldRouters},
                  RecordsReport(kMldV2Report, 1, GroupRecord(record_type, kGroup6, sources)));
}
Octets QueryV3(uint8_t code, uint8_t flags, uint8_t qqic, uint16_t sources = 0) {
  Octets query =
      Igmp(kIgmpQuery, code, Ip4(0, 0, 0, 0)) + Big(flags, 1) + Big(qqic, 1) + Big(sources, 2);
  query.resize(query.size() + sources * size_t{4}, 9);
  return query;
}

struct ReportCase {
  const char* description;
  Octets frame;
  int version;
  Records records;
};

void ExpectReport(const ReportCase& each) {
  const auto message = ReadGroupMessage(each.frame);
  ASSERT_TRUE(message.has_value()) << each.description;
  EXPECT_EQ(message->type, Type::kReport) << each.description;
  EXPECT_EQ(message->version, each.version) << each.description;
  EXPECT_EQ(message->records, each.records) << each.description;
  EXPECT_EQ(message->source_mac, Station(1)) << each.description;
  // No prefix of it is read as one, unless all of the IP packet is there.
  const size_t packet = each.frame.size() - (each.records.empty() ? 0 : 20) - 4;
  for (size_t bytes = 0; bytes < std::min(packet, size_t{40}); ++bytes) {
    EXPECT_FALSE(ReadGroupMessage(std::span(each.frame).first(bytes)).has_value())
        << each.description << ", " << bytes << " octets";
  }
}

TEST(GroupMessageTest, ReadsIgmpReports) {
  const Records joins = {{kGroup, true}};
  const Records leaves = {{kGroup, false}};
  const Ip4Options to_group{.destination = kGroup};
  const Octets two =
      RecordsReport(kIgmpV3Report, 2, GroupRecord(4, kGroup) + GroupRecord(3, kOther));
  const Octets local =
      RecordsReport(kIgmpV3Report, 2, GroupRecord(4, Ip4(224, 0, 0, 251)) + GroupRecord(4, kGroup));
  for (const ReportCase& each : {
           ReportCase{"IGMPv1 (RFC 1112, appendix I)",
                      Ip4Frame({.destination = kGroup, .router_alert = false},
                               Igmp(kIgmpV1Report, 0, kGroup)),
                      1, joins},
           ReportCase{"IGMPv2 (RFC 2236, 2)", Ip4Frame(to_group, Igmp(kIgmpV2Report, 0, kGroup)), 2,
                      joins},
           ReportCase{"IGMPv2 leave",
                      Ip4Frame({.destination = Ip4(224, 0, 0, 2)}, Igmp(kIgmpLeave, 0, kGroup)), 2,
                      leaves},
           ReportCase{"IGMPv2 leave to its group (RFC 2236, 9)",
                      Ip4Frame(to_group, Igmp(kIgmpLeave, 0, kGroup)), 2, leaves},
           ReportCase{"a report to another group (RFC 3376, 4.2.14)",
                      Ip4Frame({.destination = kOther}, Igmp(kIgmpV2Report, 0, kGroup)), 2, joins},
           ReportCase{"a report of 0.0.0.0 (RFC 4541, 2.1.1: hosts without address)",
                      Ip4Frame({.source = Ip4(0, 0, 0, 0), .destination = kGroup},
                               Igmp(kIgmpV2Report, 0, kGroup)),
                      2, joins},
           ReportCase{"IS_IN of sources (RFC 3376, 4.2.12)", V3(1, 1), 3, joins},
           ReportCase{"IS_IN of none is nothing", V3(1), 3, {}},
           ReportCase{"IS_EX", V3(2), 3, joins},
           ReportCase{"TO_IN of none is a leave", V3(3), 3, leaves},
           ReportCase{"TO_IN of sources", V3(3, 2), 3, joins},
           ReportCase{"TO_EX", V3(4, 3), 3, joins},
           ReportCase{"ALLOW", V3(5, 1), 3, joins},
           ReportCase{"BLOCK", V3(6, 1), 3, {}},
           ReportCase{"a type that is not known (RFC 3376, 4.2.12: ignored)", V3(7), 3, {}},
           ReportCase{"two records",
                      Ip4Frame(kToReportRouters, two),
                      3,
                      {{kGroup, true}, {kOther, false}}},
           ReportCase{"224.0.0.0/24 is flooded anyway", Ip4Frame(kToReportRouters, local), 3,
                      joins},
           ReportCase{
               "more behind the records (RFC 3376, 4.2.11)",
               Ip4Frame(kToReportRouters,
                        RecordsReport(kIgmpV3Report, 1, GroupRecord(4, kGroup) + Big(0x1234, 3))),
               3, joins},
           ReportCase{"padding behind the packet", V3(4) + Octets(20, 0xee), 3, joins},
           ReportCase{"behind four tags",
                      TaggedWith(1, TaggedWith(2, TaggedWith(3, TaggedWith(4, V3(4))))), 3, joins},
       }) {
    ExpectReport(each);
  }
}

TEST(GroupMessageTest, ReadsMldReports) {
  const Records joins6 = {{kGroup6, true}};
  const Records leaves6 = {{kGroup6, false}};
  for (const ReportCase& each : {
           ReportCase{"MLDv1 (RFC 2710, 3.1)",
                      Ip6Frame({.destination = kGroup6}, Mld(kMldV1Report, 0, kGroup6)), 1, joins6},
           ReportCase{"MLDv1 done",
                      Ip6Frame({.destination = kAllRouters6}, Mld(kMldDone, 0, kGroup6)), 1,
                      leaves6},
           ReportCase{
               "MLD of :: (RFC 3590)",
               Ip6Frame({.source = {}, .destination = kGroup6}, Mld(kMldV1Report, 0, kGroup6)), 1,
               joins6},
           ReportCase{"MLDv2 TO_EX (RFC 3810, 5.2.12)", V2Mld(4), 2, joins6},
           ReportCase{"MLDv2 TO_IN of none", V2Mld(3), 2, leaves6},
           ReportCase{"MLDv2 ALLOW", V2Mld(5, 2), 2, joins6},
           ReportCase{"MLDv2 of a solicited-node group: flooded anyway",
                      Ip6Frame({.destination = kMldRouters},
                               RecordsReport(kMldV2Report, 1,
                                             GroupRecord(4, Ip6(0xff02000000000000, 0x1ff000001)))),
                      2,
                      {}},
       }) {
    ExpectReport(each);
  }
}

struct QueryCase {
  const char* description;
  Octets frame;
  int version;
  std::optional<MappedAddress> group;
  uint32_t response_s;
  uint32_t robustness = 0;
  uint32_t interval_s = 0;
  bool suppresses = false;
};

TEST(GroupMessageTest, ReadsQueries) {
  const Octets mld_general = Mld(kMldQuery, 10'000, {});
  for (const QueryCase& each : {
           QueryCase{"IGMPv1 (RFC 2236, 4): no time means 10 s",
                     Ip4Frame({.router_alert = false}, Igmp(kIgmpQuery, 0, Ip4(0, 0, 0, 0))), 1,
                     std::nullopt, 10},
           QueryCase{"IGMPv2", Ip4Frame({}, Igmp(kIgmpQuery, 100, Ip4(0, 0, 0, 0))), 2,
                     std::nullopt, 10},
           QueryCase{"IGMPv2 of a group",
                     Ip4Frame({.destination = kGroup}, Igmp(kIgmpQuery, 10, kGroup)), 2, kGroup, 1},
           QueryCase{"IGMPv2 of a group, to all hosts", Ip4Frame({}, Igmp(kIgmpQuery, 10, kGroup)),
                     2, kGroup, 1},
           QueryCase{"IGMPv3 (RFC 3376, 4.1)", Ip4Frame({}, QueryV3(100, 2, 125)), 3, std::nullopt,
                     10, 2, 125},
           QueryCase{"IGMPv3, codes with exponents (4.1.1, 4.1.7)",
                     Ip4Frame({}, QueryV3(0x8a, 7, 0xff)), 3, std::nullopt, 21, 7, 31744},
           QueryCase{"IGMPv3, S flag (4.1.5)", Ip4Frame({}, QueryV3(1, 8, 0)), 3, std::nullopt, 1,
                     0, 0, true},
           QueryCase{"IGMPv3 with sources", Ip4Frame({}, QueryV3(1, 2, 9, 3)), 3, std::nullopt, 1,
                     2, 9},
           QueryCase{"MLDv1 (RFC 2710, 3)", Ip6Frame({}, mld_general), 1, std::nullopt, 10},
           QueryCase{"MLDv2 (RFC 3810, 5.1)", Ip6Frame({}, mld_general + Big(0x027d0000, 4)), 2,
                     std::nullopt, 10, 2, 125},
           QueryCase{"MLDv2, a code with exponent (5.1.3)",
                     Ip6Frame({}, Mld(kMldQuery, 0x8000, kGroup6) + Big(0x0a000000, 4)), 2, kGroup6,
                     33, 2, 0, true},
           QueryCase{"what we send ourselves", BuildQuery({}, Station(1)), 3, std::nullopt, 10, 2,
                     125},
           QueryCase{"of a group", BuildQuery({.group = kGroup}, Station(1)), 3, kGroup, 1, 2, 125},
           QueryCase{"and MLD", BuildQuery({.ipv6 = true}, Station(1)), 2, std::nullopt, 10, 2,
                     125},
           QueryCase{"of a group", BuildQuery({.ipv6 = true, .group = kGroup6}, Station(1)), 2,
                     kGroup6, 1, 2, 125},
       }) {
    const auto message = ReadGroupMessage(each.frame);
    ASSERT_TRUE(message.has_value()) << each.description;
    EXPECT_EQ(message->type, Type::kQuery) << each.description;
    EXPECT_EQ(message->version, each.version) << each.description;
    EXPECT_EQ(message->group, each.group) << each.description;
    EXPECT_EQ(message->response_s, each.response_s) << each.description;
    EXPECT_EQ(message->robustness, each.robustness) << each.description;
    EXPECT_EQ(message->interval_s, each.interval_s) << each.description;
    EXPECT_EQ(message->suppresses, each.suppresses) << each.description;
  }
}

TEST(GroupMessageTest, ReadsHellos) {
  const Octets hello = Big(0x20000000, 4) + Big(0x00010002001e, 6);
  const auto ipv4 = ReadGroupMessage(
      Ip4Frame({.protocol = kProtocolPim, .destination = Ip4(224, 0, 0, 13)}, hello));
  ASSERT_TRUE(ipv4.has_value());
  EXPECT_EQ(ipv4->type, Type::kHello);
  const auto ipv6 = ReadGroupMessage(Ip6Frame(
      {.upper = kProtocolPim, .destination = Ip6(0xff02000000000000, 13), .router_alert = false},
      hello));
  ASSERT_TRUE(ipv6.has_value());
  EXPECT_EQ(ipv6->type, Type::kHello);
}

struct BadCase {
  const char* description;
  Octets frame;
};

Octets Flipped(Octets frame, size_t at) {
  frame[at] ^= 1;
  return frame;
}

TEST(GroupMessageTest, RefusesWhatIsNot) {
  const Ip4Options to_group{.destination = kGroup};
  const Octets report = Igmp(kIgmpV2Report, 0, kGroup);
  const Octets query = Igmp(kIgmpQuery, 100, Ip4(0, 0, 0, 0));
  const Octets mld = Mld(kMldV1Report, 0, kGroup6);
  for (const BadCase& each : {
           BadCase{"no IP", FrameBuilder().ArpRequest(1, 2).BuildEthernet()},
           BadCase{"UDP", FrameBuilder().Udp({}, 18).BuildEthernet()},
           BadCase{"IGMP's checksum", Flipped(Ip4Frame(to_group, report), 14 + 24 + 5)},
           BadCase{"IP's checksum",
                   Ip4Frame({.destination = kGroup, .checksum_is_wrong = true}, report)},
           BadCase{"TTL 2 (RFC 2236, 2)", Ip4Frame({.destination = kGroup, .ttl = 2}, report)},
           BadCase{"a first fragment",
                   Ip4Frame({.destination = kGroup, .fragment = 0x2000}, report)},
           BadCase{"a later fragment", Ip4Frame({.destination = kGroup, .fragment = 1}, report)},
           BadCase{"a query of 9 octets (RFC 3376, 7.1)", Ip4Frame({}, query + Big(0, 1))},
           BadCase{"a query of 11 octets", Ip4Frame({}, query + Big(0, 3))},
           BadCase{"fewer sources than it says", Ip4Frame({}, query + Big(0x027d0001, 4))},
           BadCase{"a v2 query without router alert (RFC 3376, 9.1)",
                   Ip4Frame({.router_alert = false}, query)},
           BadCase{"a query of no group", Ip4Frame({}, Igmp(kIgmpQuery, 10, Ip4(10, 0, 0, 1)))},
           BadCase{"a report of no group", Ip4Frame({}, Igmp(kIgmpV2Report, 0, Ip4(10, 0, 0, 1)))},
           BadCase{"an IGMP type that is not known", Ip4Frame({}, Igmp(0x30, 0, kGroup))},
           BadCase{
               "a record less than it says",
               Ip4Frame(kToReportRouters, RecordsReport(kIgmpV3Report, 2, GroupRecord(4, kGroup)))},
           BadCase{"a record's sources cut short",
                   Ip4Frame(kToReportRouters,
                            RecordsReport(kIgmpV3Report, 1,
                                          Big(0x04000002, 4) + AddressOctets(kGroup) + Big(0, 4)))},
           BadCase{"auxiliary data cut short",
                   Ip4Frame(kToReportRouters,
                            RecordsReport(kIgmpV3Report, 1,
                                          Big(0x04ff0000, 4) + AddressOctets(kGroup)))},
           BadCase{"hop limit 255 (RFC 3810, 5)",
                   Ip6Frame({.destination = kGroup6, .hop_limit = 255}, mld)},
           BadCase{"MLD without router alert",
                   Ip6Frame({.destination = kGroup6, .router_alert = false}, mld)},
           BadCase{"MLD of a global source (RFC 3810, 5.2.13)",
                   Ip6Frame({.source = Ip6(0x20010db800000000, 1), .destination = kGroup6}, mld)},
           BadCase{"an MLD query of :: (RFC 3810, 5.1.14)",
                   Ip6Frame({.source = {}}, Mld(kMldQuery, 1, {}))},
           BadCase{"MLD's checksum",
                   Flipped(Ip6Frame({.destination = kGroup6}, mld), 14 + 40 + 8 + 9)},
           BadCase{"an MLD query of 25 octets (RFC 3810, 8.1)",
                   Ip6Frame({}, Mld(kMldQuery, 1, {}) + Big(0, 1))},
           BadCase{"MLD cut short", Ip6Frame({}, Big(kMldV1Report, 1) + Big(0, 9))},
           BadCase{"a PIM message that is no hello",
                   Ip4Frame({.protocol = kProtocolPim, .destination = Ip4(224, 0, 0, 13)},
                            Big(0x23000000, 4) + Big(0, 8))},
       }) {
    EXPECT_FALSE(ReadGroupMessage(each.frame).has_value()) << each.description;
  }
}

Octets ToMac(uint64_t mac, Octets frame) {
  std::ranges::copy(Big(mac, 6), frame.begin());
  return frame;
}

// Else a guest would have others asked where they do not hear it.
TEST(GroupMessageTest, RefusesWhatWasSentToOthersThanItIsFor) {
  const Octets query = Igmp(kIgmpQuery, 100, Ip4(0, 0, 0, 0));
  const Octets group_query = Igmp(kIgmpQuery, 10, kGroup);
  const Octets mld_query = Mld(kMldQuery, 1000, {});
  const Octets mld_group_query = Mld(kMldQuery, 1000, kGroup6);
  const Octets records = RecordsReport(kIgmpV3Report, 1, GroupRecord(3, kGroup));
  const Octets records6 = RecordsReport(kMldV2Report, 1, GroupRecord(3, kGroup6));
  const Octets hello = Big(0x20000000, 4);
  const MappedAddress other6 = Ip6(0xff05000000000000, 4);
  // Its MAC address is that of kGroup (RFC 1112, 6.4), and yet its hosts do not listen to it.
  const MappedAddress twin = Ip4(239, 129, 2, 3);
  ASSERT_EQ(twin.GroupMac(), kGroup.GroupMac());
  for (const BadCase& each : {
           BadCase{"a query of a group to another (RFC 3376, 4.1.12)",
                   Ip4Frame({.destination = kOther}, group_query)},
           BadCase{"to one of the same MAC address", Ip4Frame({.destination = twin}, group_query)},
           BadCase{"to another MAC address",
                   ToMac(kOther.GroupMac().value, Ip4Frame({.destination = kGroup}, group_query))},
           BadCase{"all hosts, to another MAC address",
                   ToMac(kOther.GroupMac().value, Ip4Frame({}, group_query))},
           BadCase{"to one host", ToMac(Station(2).value, Ip4Frame({}, group_query))},
           BadCase{"a general query to a group", Ip4Frame({.destination = kGroup}, query)},
           BadCase{"a general query to all routers",
                   Ip4Frame({.destination = Ip4(224, 0, 0, 2)}, query)},
           BadCase{"an MLD query of a group to another (RFC 3810, 5.1.15)",
                   Ip6Frame({.destination = other6}, mld_group_query)},
           BadCase{
               "to another MAC address",
               ToMac(other6.GroupMac().value, Ip6Frame({.destination = kGroup6}, mld_group_query))},
           BadCase{"an MLD general query to a group",
                   Ip6Frame({.destination = kGroup6}, mld_query)},
           BadCase{"IGMPv3 to all hosts (RFC 3376, 4.2.14)", Ip4Frame({}, records)},
           BadCase{"MLDv2 to all nodes (RFC 3810, 5.2.14)", Ip6Frame({}, records6)},
           BadCase{"a leave to another group (RFC 2236, 9)",
                   Ip4Frame({.destination = kOther}, Igmp(kIgmpLeave, 0, kGroup))},
           BadCase{"an MLD done to all nodes (RFC 2710, 8)",
                   Ip6Frame({}, Mld(kMldDone, 0, kGroup6))},
           BadCase{"a report to no group",
                   Ip4Frame({.destination = Ip4(10, 0, 0, 1)}, Igmp(kIgmpV2Report, 0, kGroup))},
           BadCase{"a hello to all hosts (RFC 7761, 4.3.1)",
                   Ip4Frame({.protocol = kProtocolPim}, hello)},
       }) {
    EXPECT_FALSE(ReadGroupMessage(each.frame).has_value()) << each.description;
  }
}

// Under ASan: nothing beyond what is there is read.
TEST(GroupMessageTest, SurvivesWhatIsMutilated) {
  std::mt19937 random(1);
  const Octets frames[] = {
      V3(4, 3),
      V2Mld(4, 3),
      Ip4Frame({}, QueryV3(1, 2, 9, 3)),
      Ip6Frame({}, Mld(kMldQuery, 1, {}) + Big(0x027d0001, 4) + Octets(16, 1)),
      TaggedWith(7, V3(4)),
  };
  for (int round = 0; round < 100'000; ++round) {
    Octets frame = frames[random() % std::size(frames)];
    for (uint32_t flips = random() % 4; flips > 0; --flips) {
      frame[random() % frame.size()] = static_cast<uint8_t>(random());
    }
    frame.resize(random() % (frame.size() + 1));
    frame.shrink_to_fit();
    ReadGroupMessage(frame);
  }
}

}  // namespace
}  // namespace vswitch
