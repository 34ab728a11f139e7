// The builder against frames written out by hand, and its checksums against RFC 1071's own check:
// the sum over the data and its checksum is 0xffff.
#include "tests/frame_builder.h"

#include <gtest/gtest.h>

#include <vector>

namespace vswitch {
namespace {

using Bytes = std::vector<uint8_t>;

uint32_t Sum(const Bytes& bytes, size_t begin, size_t end) {
  uint32_t sum = 0;
  for (size_t i = begin; i < end; ++i) sum += (i - begin) % 2 ? bytes[i] : bytes[i] << 8;
  return sum;
}

uint32_t Fold(uint32_t sum) {
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return sum;
}

TEST(FrameBuilderTest, Plain) {
  EXPECT_EQ(FrameBuilder().From(Station(0x010203)).To(kBroadcast).Payload(3).BuildEthernet(),
            (Bytes{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 1, 2, 3, 0x88, 0xb5, 0, 1, 2}));
}

TEST(FrameBuilderTest, TagsOutermostFirst) {
  const Bytes bytes =
      FrameBuilder().Tag(0x123, 0x88a8, 5).Tag(4095).EtherType(0x1234).Payload(0).BuildEthernet();
  EXPECT_EQ(Bytes(bytes.begin() + 12, bytes.end()),
            (Bytes{0x88, 0xa8, 0xa1, 0x23, 0x81, 0x00, 0x0f, 0xff, 0x12, 0x34}));
}

TEST(FrameBuilderTest, OffloadHeaderIsLittleEndian) {
  const Bytes bytes = FrameBuilder()
                          .Offload({.flags = 1,
                                    .gso_type = 0x81,
                                    .hdr_len = 0x0203,
                                    .gso_size = 0x0405,
                                    .csum_start = 0x0607,
                                    .csum_offset = 0x0809,
                                    .num_buffers = 0x0a0b})
                          .Build();
  EXPECT_EQ(Bytes(bytes.begin(), bytes.begin() + 12),
            (Bytes{1, 0x81, 3, 2, 5, 4, 7, 6, 9, 8, 0xb, 0xa}));
  EXPECT_EQ(Bytes(bytes.begin() + 12, bytes.end()), FrameBuilder().BuildEthernet());
}

TEST(FrameBuilderTest, Arp) {
  const Bytes request = FrameBuilder().ArpRequest(0x0a000001, 0x0a000002).BuildEthernet();
  EXPECT_EQ(Bytes(request.begin() + 12, request.end()),
            (Bytes{8, 6,  0, 1, 8, 0, 6, 4, 0, 1, 2, 0,  0, 0, 0,
                   1, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 10, 0, 0, 2}));
  const Bytes reply = FrameBuilder().ArpReply(1, 2).BuildEthernet();
  EXPECT_EQ(reply[21], 2);
  EXPECT_EQ(MacAddress::FromBytes(reply.data() + 32), Station(2));
}

TEST(FrameBuilderTest, IpV4HeaderChecksum) {
  const Bytes bytes = FrameBuilder().Udp({}, 5).BuildEthernet();
  ASSERT_EQ(bytes.size(), 14u + 20 + 8 + 5);
  EXPECT_EQ(bytes[17], 33);  // Total length.
  EXPECT_EQ(Fold(Sum(bytes, 14, 34)), 0xffffu);
}

TEST(FrameBuilderTest, TransportChecksums) {
  for (bool ipv6 : {false, true}) {
    for (bool tcp : {false, true}) {
      for (size_t payload : {0, 1, 18, 1000}) {
        FrameBuilder frame;
        const Flow flow{.ipv6 = ipv6};
        tcp ? frame.Tcp(flow, payload, 32) : frame.Udp(flow, payload);
        const size_t start = 14 + (ipv6 ? 40 : 20);
        const Bytes bytes = frame.BuildEthernet();
        const size_t length = (tcp ? 32 : 8) + payload;
        ASSERT_EQ(bytes.size(), start + length);
        const size_t addresses = ipv6 ? start - 32 : start - 8;
        const uint32_t pseudo =
            Fold(Sum(bytes, addresses, start)) + static_cast<uint32_t>(length) + (tcp ? 6 : 17);
        EXPECT_EQ(Fold(Fold(pseudo) + Fold(Sum(bytes, start, bytes.size()))), 0xffffu);
        // Left to the receiver: the field holds the pseudo header's sum.
        const Bytes left = frame.LeaveChecksum().BuildEthernet();
        const size_t field = start + (tcp ? 16 : 6);
        EXPECT_EQ(static_cast<uint32_t>(left[field] << 8 | left[field + 1]), Fold(pseudo));
      }
    }
  }
}

TEST(FrameBuilderTest, OffloadFieldsFollowTheFrame) {
  OffloadFields fields = FrameBuilder().Tag(1).Tcp({}, 9000, 32).Gso(1448).offload();
  EXPECT_EQ(fields.flags, 1);
  EXPECT_EQ(fields.gso_type, 1);
  EXPECT_EQ(fields.gso_size, 1448);
  EXPECT_EQ(fields.csum_start, 18 + 20);
  EXPECT_EQ(fields.csum_offset, 16);
  EXPECT_EQ(fields.hdr_len, 18 + 20 + 32);
  EXPECT_EQ(FrameBuilder().Tcp({.ipv6 = true}, 9000).Gso(1).offload().gso_type, 4);
  fields = FrameBuilder().Udp({.ipv6 = true}, 9000).LeaveChecksum().offload();
  EXPECT_EQ(fields.gso_type, 0);
  EXPECT_EQ(fields.csum_start, 54);
  EXPECT_EQ(fields.csum_offset, 6);
  EXPECT_EQ(FrameBuilder().Udp({}, 9000).Gso(1400).offload().gso_type, 5);
}

}  // namespace
}  // namespace vswitch
