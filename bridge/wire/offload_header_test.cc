// Which virtio_net_hdr is believed, and what a super-frame becomes on the wire.
#include "bridge/wire/offload_header.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/frame_builder.h"

namespace vswitch {
namespace {

constexpr uint16_t kTcpV4Start = 34;  // Ethernet 14, IPv4 20.
constexpr uint16_t kTcpV6Start = 54;

// Nobody writes to it here.
FrameBytes FrameOf(const std::vector<uint8_t>& bytes) {
  FrameBytes frame;
  frame.SetWhole(const_cast<uint8_t*>(bytes.data()), static_cast<uint32_t>(bytes.size()));
  return frame;
}

// parse.cc's own condition.
bool IsAccepted(const std::vector<uint8_t>& bytes) {
  const FrameBytes frame = FrameOf(bytes);
  return IsPlainFrame(frame) || IsValidOffload(frame);
}

struct Case {
  std::string description;
  OffloadFields fields;
  bool accepted;
};

void Check(const FrameBuilder& frame, const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    EXPECT_EQ(IsAccepted(FrameBuilder(frame).Offload(c.fields).Build()), c.accepted)
        << c.description;
  }
}

TEST(OffloadHeaderTest, Flags) {
  Check(FrameBuilder().Payload(46),  // 60 bytes of Ethernet.
        {
            {"nothing", {}, true},
            {"num_buffers is nobody's business", {.num_buffers = 7}, true},
            {"stale fields that no flag refers to",
             {.gso_size = 9, .csum_start = 60000, .csum_offset = 60000},
             true},
            {"DATA_VALID", {.flags = 2}, true},
            {"NEEDS_CSUM and DATA_VALID", {.flags = 3, .csum_start = 34, .csum_offset = 6}, true},
            {"RSC_INFO", {.flags = 4}, false},
            {"an unknown flag", {.flags = 8}, false},
            {"the highest flag", {.flags = 0x80}, false},
            {"all flags", {.flags = 0xff, .csum_start = 34, .csum_offset = 6}, false},
        });
}

TEST(OffloadHeaderTest, HeaderLengthIsWithinTheFrame) {
  Check(FrameBuilder().Payload(46),
        {
            {"the whole frame", {.hdr_len = 60}, true},
            {"a byte more", {.hdr_len = 61}, false},
            {"the largest", {.hdr_len = 0xffff}, false},
            {"a byte more, with a flag", {.flags = 2, .hdr_len = 61}, false},
            {"less than the headers: a hint", {.flags = 2, .hdr_len = 1}, true},
        });
}

TEST(OffloadHeaderTest, ChecksumFieldIsWithinTheFrame) {
  Check(FrameBuilder().Payload(46),
        {
            {"UDP", {.flags = 1, .csum_start = 34, .csum_offset = 6}, true},
            {"ends with the frame", {.flags = 1, .csum_start = 34, .csum_offset = 24}, true},
            {"one byte beyond", {.flags = 1, .csum_start = 34, .csum_offset = 25}, false},
            {"two bytes beyond", {.flags = 1, .csum_start = 34, .csum_offset = 26}, false},
            {"starts with the last two bytes", {.flags = 1, .csum_start = 58}, true},
            {"starts with the last byte", {.flags = 1, .csum_start = 59}, false},
            {"starts at the end", {.flags = 1, .csum_start = 60}, false},
            {"the sum overflows 16 bits to 0x0020",
             {.flags = 1, .csum_start = 0xfff0, .csum_offset = 0x2e},
             false},
            {"both the largest", {.flags = 1, .csum_start = 0xffff, .csum_offset = 0xffff}, false},
            {"in the Ethernet header", {.flags = 1, .csum_start = 0, .csum_offset = 6}, false},
            {"in the IP header", {.flags = 1, .csum_start = 33, .csum_offset = 6}, false},
        });
}

TEST(OffloadHeaderTest, ChecksumOfTheShortestFrame) {
  Check(FrameBuilder().Payload(0), {
                                       {"nothing", {}, true},
                                       {"no room", {.flags = 1, .csum_start = 34}, false},
                                       {"hdr_len 14", {.hdr_len = 14}, true},
                                       {"hdr_len 15", {.hdr_len = 15}, false},
                                   });
}

OffloadFields Gso(uint8_t type, uint16_t start, uint16_t offset, uint16_t size = 1448) {
  return {
      .flags = 1, .gso_type = type, .gso_size = size, .csum_start = start, .csum_offset = offset};
}

// A copy may leave with one tag less or one more (vlan_tag.h), which moves what counts from the
// start.
TEST(OffloadHeaderTest, ChecksumStaysInItsPlaceWhenATagIsTakenOutOrPutIn) {
  Check(FrameBuilder().Tag(10).Payload(46),
        {
            {"behind the tag and an IP header", {.flags = 1, .csum_start = 38}, true},
            {"in the IP header", {.flags = 1, .csum_start = 37}, false},
        });
  Check(FrameBuilder().Payload(66'000),
        {
            {"room for a tag", {.flags = 1, .csum_start = 0xfffb}, true},
            {"none", {.flags = 1, .csum_start = 0xfffc}, false},
        });
}

TEST(OffloadHeaderTest, GsoTypes) {
  Check(FrameBuilder().Tcp({}, 4000),
        {
            {"TCPV4", Gso(1, kTcpV4Start, 16), true},
            {"TCPV4 with ECN", Gso(0x81, kTcpV4Start, 16), true},
            {"UFO, long gone", Gso(3, kTcpV4Start, 6), false},
            {"ECN alone", Gso(0x80, kTcpV4Start, 16), false},
            {"2 is nothing", Gso(2, kTcpV4Start, 16), false},
            {"6 is nothing", Gso(6, kTcpV4Start, 16), false},
            {"a tunnel type", Gso(0x21, kTcpV4Start, 16), false},
            {"0x7f", Gso(0x7f, kTcpV4Start, 16), false},
            {"0xff", Gso(0xff, kTcpV4Start, 16), false},
            {"TCPV6 with a start that only IPv4 can have", Gso(4, kTcpV4Start, 16), false},
        });
  Check(FrameBuilder().Tcp({.ipv6 = true}, 4000),
        {
            {"TCPV6", Gso(4, kTcpV6Start, 16), true},
            {"TCPV6 with ECN", Gso(0x84, kTcpV6Start, 16), true},
            {"a byte too early", Gso(4, kTcpV6Start - 1, 16), false},
        });
  Check(FrameBuilder().Udp({}, 4000), {
                                          {"USO", Gso(5, kTcpV4Start, 6), true},
                                          {"USO with ECN", Gso(0x85, kTcpV4Start, 6), false},
                                      });
}

TEST(OffloadHeaderTest, GsoFields) {
  Check(FrameBuilder().Tcp({}, 4000),
        {
            {"no NEEDS_CSUM",
             {.gso_type = 1, .gso_size = 1448, .csum_start = 34, .csum_offset = 16},
             false},
            {"DATA_VALID in its place",
             {.flags = 2, .gso_type = 1, .gso_size = 1448, .csum_start = 34, .csum_offset = 16},
             false},
            {"gso_size 0", Gso(1, kTcpV4Start, 16, 0), false},
            {"gso_size 1: 4,000 segments", Gso(1, kTcpV4Start, 16, 1), false},
            {"gso_size 47", Gso(1, kTcpV4Start, 16, 47), false},
            {"gso_size 48: TCP_MIN_SND_MSS", Gso(1, kTcpV4Start, 16, 48), true},
            {"gso_size 47 over IPv6", Gso(4, kTcpV6Start, 16, 47), false},
            {"gso_size 0xfffe: larger than the frame", Gso(1, kTcpV4Start, 16, 0xfffe), true},
            {"gso_size 0xffff: GSO_BY_FRAGS", Gso(1, kTcpV4Start, 16, 0xffff), false},
            {"the checksum where UDP has it", Gso(1, kTcpV4Start, 6), false},
            {"the checksum nowhere", Gso(1, kTcpV4Start, 0), false},
            {"start in the IP header", Gso(1, kTcpV4Start - 1, 16), false},
        });
  Check(FrameBuilder().Udp({}, 1280), {
                                          {"128 segments", Gso(5, kTcpV4Start, 6, 10), true},
                                          {"143 segments", Gso(5, kTcpV4Start, 6, 9), false},
                                          {"the checksum where TCP has it", Gso(5, 34, 16), false},
                                      });
}

TEST(OffloadHeaderTest, ASingleSegmentMayBeShort) {
  EXPECT_TRUE(IsAccepted(FrameBuilder().Tcp({}, 5).Offload(Gso(1, kTcpV4Start, 16, 5)).Build()));
  EXPECT_FALSE(IsAccepted(FrameBuilder().Tcp({}, 6).Offload(Gso(1, kTcpV4Start, 16, 5)).Build()));
}

TEST(OffloadHeaderTest, TransportHeaderIsWithinTheFrame) {
  const std::vector<uint8_t> whole =
      FrameBuilder().Tcp({}, 0, 32).Gso(1000).Offload(Gso(1, 34, 16)).Build();
  ASSERT_EQ(whole.size(), 12u + 14 + 20 + 32);
  for (size_t length = 12 + 14; length <= whole.size(); ++length) {
    const std::vector<uint8_t> cut(whole.begin(), whole.begin() + static_cast<long>(length));
    EXPECT_EQ(IsAccepted(cut), length == whole.size()) << length;
  }
  for (int words = 0; words < 16; ++words) {
    std::vector<uint8_t> lying = whole;
    lying[12 + 34 + 12] = static_cast<uint8_t>(words << 4);
    EXPECT_EQ(IsAccepted(lying), words >= 5 && words <= 8) << "TCP data offset " << words;
  }
  const std::vector<uint8_t> udp = FrameBuilder().Udp({}, 0).Gso(1000).Build();
  EXPECT_TRUE(IsAccepted(udp));
  EXPECT_FALSE(IsAccepted({udp.begin(), udp.end() - 1}));
}

TEST(OffloadHeaderTest, BuiltFramesAreAccepted) {
  for (bool ipv6 : {false, true}) {
    for (int tags = 0; tags <= 4; ++tags) {
      FrameBuilder base;
      for (int i = 0; i < tags; ++i) base.Tag(100);
      EXPECT_TRUE(IsAccepted(FrameBuilder(base).Udp({.ipv6 = ipv6}, 18).LeaveChecksum().Build()));
      EXPECT_TRUE(IsAccepted(FrameBuilder(base).Udp({.ipv6 = ipv6}, 30000).Gso(1400).Build()));
      EXPECT_TRUE(IsAccepted(FrameBuilder(base).Tcp({.ipv6 = ipv6}, 64000).Gso(1400).Build()));
    }
  }
}

struct WireCase {
  std::string description;
  FrameBuilder frame;
  uint32_t bytes;
};

TEST(OffloadHeaderTest, WireBytes) {
  const WireCase cases[] = {
      {"no payload", FrameBuilder().Payload(0), 14},
      {"a full frame", FrameBuilder().Payload(1500), 1514},
      {"a tag is not counted", FrameBuilder().Tag(5).Payload(1500), 1514},
      {"nor a service tag", FrameBuilder().Tag(5, 0x88a8).Tag(6).Payload(1500), 1514},
      {"but the third is", FrameBuilder().Tag(5).Tag(6).Tag(7).Payload(1500), 1518},
      {"and the fourth", FrameBuilder().Tag(5).Tag(6).Tag(7).Tag(8).Payload(1500), 1522},
      {"a tag whose end is missing is payload", FrameBuilder().Tag(5).EtherType(0x8100).Payload(2),
       16},
      {"checksum left: as long as it is", FrameBuilder().Udp({}, 1472).LeaveChecksum(), 1514},
      {"TCP over IPv4", FrameBuilder().Tcp({}, 60000).Gso(1460), 1514},
      {"TCP with options", FrameBuilder().Tcp({}, 60000, 32).Gso(1448), 1514},
      {"TCP over IPv6", FrameBuilder().Tcp({.ipv6 = true}, 60000, 60).Gso(1400),
       14 + 40 + 60 + 1400},
      {"UDP", FrameBuilder().Udp({}, 60000).Gso(1472), 1514},
      {"TCP in two tags", FrameBuilder().Tag(5, 0x88a8).Tag(6).Tcp({}, 60000).Gso(1460), 1514},
      {"one segment", FrameBuilder().Tcp({}, 100).Gso(1460), 154},
  };
  for (const WireCase& c : cases) {
    const std::vector<uint8_t> bytes = c.frame.Build();
    ASSERT_TRUE(IsAccepted(bytes)) << c.description;
    EXPECT_EQ(WireBytes(FrameOf(bytes)), c.bytes) << c.description;
  }
}

TEST(OffloadHeaderTest, WriteCost) {
  const WireCase cases[] = {
      {"a full frame", FrameBuilder().Payload(1500), 1},
      {"a jumbo frame", FrameBuilder().Payload(9000), 4},
      {"the longest frame", FrameBuilder().Payload(65535), 32},
      {"TCP as it is mostly", FrameBuilder().Tcp({}, 65160, 32).Gso(1448), 45},
      {"TCP of few long segments", FrameBuilder().Tcp({}, 64000).Gso(8000), 31},
      {"TCP of the shortest segments", FrameBuilder().Tcp({}, 65136).Gso(48), 1357},
      {"UDP of the most segments", FrameBuilder().Udp({}, 128).Gso(1), 128},
      {"one segment", FrameBuilder().Tcp({}, 100).Gso(1460), 1},
      {"no segment", FrameBuilder().Tcp({}, 0).Gso(1460), 1},
  };
  for (const WireCase& c : cases) {
    const std::vector<uint8_t> bytes = c.frame.Build();
    ASSERT_TRUE(IsAccepted(bytes)) << c.description;
    EXPECT_EQ(WriteCost(FrameOf(bytes)), c.bytes) << c.description;
    EXPECT_TRUE(c.bytes == 1 || IsCostly(FrameOf(bytes))) << c.description;
  }
}

TEST(OffloadHeaderTest, WireLoad) {
  struct Case {
    const char* description;
    FrameBuilder frame;
    uint32_t frames;
    uint32_t bytes;
  };
  const Case cases[] = {
      {"a plain frame", FrameBuilder().Payload(46), 1, 60},
      {"its tags count", FrameBuilder().Tag(1).Tag(2).Payload(46), 1, 68},
      {"a checksum that is left", FrameBuilder().Udp({}, 100).LeaveChecksum(), 1, 142},
      {"each segment has headers", FrameBuilder().Tcp({}, 3000).Gso(1000), 3, 3000 + 3 * 54},
      {"and tags", FrameBuilder().Tag(1).Tcp({}, 3000).Gso(1000), 3, 3000 + 3 * 58},
      {"the last is shorter", FrameBuilder().Tcp({.ipv6 = true}, 2001, 32).Gso(1000), 3,
       2001 + 3 * 86},
      {"UDP", FrameBuilder().Udp({}, 300).Gso(100), 3, 300 + 3 * 42},
      {"no payload", FrameBuilder().Tcp({}, 0).Gso(1460), 1, 54},
  };
  for (const Case& c : cases) {
    const std::vector<uint8_t> bytes = c.frame.Build();
    ASSERT_TRUE(IsAccepted(bytes)) << c.description;
    const WireLoad load = WireLoadOf(FrameOf(bytes));
    EXPECT_EQ(load.frames, c.frames) << c.description;
    EXPECT_EQ(load.bytes, c.bytes) << c.description;
  }
}

// Behind so many IPv6 extension headers that TCP begins in the body.
TEST(OffloadHeaderTest, ATransportHeaderInTheBody) {
  std::vector<uint8_t> head = FrameBuilder().Tcp({.ipv6 = true}, 4000).Gso(1400).Build();
  std::vector<uint8_t> body(head.begin() + kHeadBytes, head.end());
  constexpr uint16_t kStart = kHeadBytes - kOffloadHeaderBytes + 100;
  const std::vector<uint8_t> header = OffloadBytes(Gso(4, kStart, 16, 1400));
  std::copy(header.begin(), header.end(), head.begin());
  FrameBytes frame = FrameOf(head);
  frame.body = body.data();
  EXPECT_FALSE(frame.IsWhole());
  for (int words = 0; words < 16; ++words) {
    body[100 + 12] = static_cast<uint8_t>(words << 4);
    ASSERT_EQ(IsValidOffload(frame), words >= 5) << words;
    if (words >= 5) {
      EXPECT_EQ(WireBytes(frame), kStart + words * 4u + 1400);
    }
  }
}

TEST(OffloadHeaderTest, WireBytesDoNotTrustTheHint) {
  FrameBuilder frame = FrameBuilder().Tcp({}, 60000).Gso(1460);
  OffloadFields fields = frame.offload();
  for (uint16_t hint : {0, 1, 54, 1000, 60000}) {
    fields.hdr_len = hint;
    const std::vector<uint8_t> bytes = frame.Offload(fields).Build();
    ASSERT_TRUE(IsAccepted(bytes));
    EXPECT_EQ(WireBytes(FrameOf(bytes)), 1514u) << hint;
  }
}

}  // namespace
}  // namespace vswitch
