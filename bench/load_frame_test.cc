#include "bench/load_frame.h"

#include "gtest/gtest.h"
#include "tests/frame_builder.h"

namespace vswitch {
namespace {

constexpr LoadStamp kStamp{.sent_ns = 123'456'789'012, .sequence = 70'000, .stream = 3, .run = 9};

void ExpectKept(size_t frame_bytes, uint16_t segment_bytes) {
  LoadFrame frame(Station(1), Station(2), frame_bytes, segment_bytes);
  frame.SetSource(Station(3));
  frame.SetDestination(Station(4));
  frame.SetStamp(kStamp);
  ASSERT_EQ(frame.bytes().size(), kOffloadBytes + frame_bytes);
  const std::span<const uint8_t> ethernet = frame.bytes().subspan(kOffloadBytes);
  EXPECT_EQ(MacAddress::FromBytes(ethernet.data()), Station(4));
  EXPECT_EQ(MacAddress::FromBytes(ethernet.data() + 6), Station(3));
  const std::optional<LoadStamp> read = ReadLoadStamp(ethernet);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->sent_ns, kStamp.sent_ns);
  EXPECT_EQ(read->sequence, kStamp.sequence);
  EXPECT_EQ(read->stream, kStamp.stream);
  EXPECT_EQ(read->run, kStamp.run);
}

TEST(LoadFrameTest, CarriesItsStampAtAnyLength) {
  for (size_t frame_bytes : {kMinLoadFrameBytes, size_t{1514}, size_t{9014}}) {
    ExpectKept(frame_bytes, 0);
  }
  ExpectKept(kMaxLoadFrameBytes, 1448);
}

TEST(LoadFrameTest, ReadsNoStampFromOtherFrames) {
  EXPECT_FALSE(ReadLoadStamp(FrameBuilder().BuildEthernet()));
  EXPECT_FALSE(ReadLoadStamp(FrameBuilder().Udp({}, 18).BuildEthernet()));
  EXPECT_FALSE(ReadLoadStamp({}));
}

TEST(LoadFrameTest, ReadsNoStampFromACutFrame) {
  const LoadFrame frame(Station(1), Station(2), 1514, 0);
  const std::span<const uint8_t> ethernet = frame.bytes().subspan(kOffloadBytes);
  EXPECT_TRUE(ReadLoadStamp(ethernet.first(60)));
  EXPECT_FALSE(ReadLoadStamp(ethernet.first(59)));
}

}  // namespace
}  // namespace vswitch
