// A captured frame in words.
#include "cli/capture/packet_line.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "tests/frame_builder.h"

namespace vswitch {
namespace {

constexpr uint64_t kTime = 1'700'000'000'123'456'789;

TEST(PacketLineTest, SaysWhatTheEthernetHeaderSays) {
  setenv("TZ", "UTC", 1);
  tzset();
  const std::string from_to = "22:13:20.123456 vm0 In  02:00:00:00:00:01 > 02:00:00:00:00:02, ";
  const struct {
    FrameBuilder frame;
    std::string line;
  } kCases[] = {
      {FrameBuilder(), "ethertype (0x88b5), length 60"},
      {FrameBuilder().ArpRequest(1, 2), "ARP (0x0806), length 42"},
      {FrameBuilder().Udp({}, 0), "IPv4 (0x0800), length 42"},
      {FrameBuilder().Udp({.ipv6 = true}, 0), "IPv6 (0x86dd), length 62"},
      {FrameBuilder().Tag(10), "vlan 10, ethertype (0x88b5), length 64"},
      {FrameBuilder().Tag(10, 0x8100, 5), "vlan 10, priority 5, ethertype (0x88b5), length 64"},
      {FrameBuilder().Tag(4, 0x88a8).Tag(10),
       "service vlan 4, vlan 10, ethertype (0x88b5), length 68"},
      {FrameBuilder().EtherType(0x0026), "802.3 (0x0026), length 60"},
      {FrameBuilder().Tag(10).EtherType(0x8100).Payload(1), "vlan 10, cut short, length 19"},
  };
  for (const auto& c : kCases) {
    const std::vector<uint8_t> bytes = c.frame.BuildEthernet();
    EXPECT_EQ(PacketLine({.port = "vm0", .time_ns = kTime, .bytes = bytes}),
              from_to + c.line + "\n");
  }
  EXPECT_EQ(PacketLine({.port = "vm0",
                        .time_ns = kTime,
                        .is_inbound = false,
                        .drop = "runt",
                        .bytes = std::vector<uint8_t>(13)}),
            "22:13:20.123456 vm0 Out cut short, length 13 [dropped: runt]\n");
}

TEST(PacketLineTest, AnyBytesAreALine) {
  std::vector<uint8_t> bytes = FrameBuilder().BuildEthernet();
  for (int tags = 0; tags < 10; ++tags) bytes.insert(bytes.begin() + 12, {0x81, 0, 0, 1});
  for (size_t length = 0; length <= bytes.size(); ++length) {
    const std::string line = PacketLine({.port = "vm0", .bytes = std::span(bytes).first(length)});
    EXPECT_EQ(line.find('\n'), line.size() - 1);
  }
}

TEST(PacketLineTest, AsJson) {
  const std::vector<uint8_t> bytes = {0x0a, 0xff};
  EXPECT_EQ(PacketJson({.port = "vm0", .time_ns = kTime, .bytes = bytes}),
            R"({"time":"1700000000.123456789","port":"vm0","direction":"in","drop":null,)"
            R"("frame":"0aff"})"
            "\n");
  EXPECT_EQ(PacketJson({.port = "vm0", .time_ns = 5, .is_inbound = false, .drop = "runt"}),
            R"({"time":"0.000000005","port":"vm0","direction":"out","drop":"runt","frame":""})"
            "\n");
}

}  // namespace
}  // namespace vswitch
