// What a filter lets through, and which programs are none.
#include "switch/capture/filter.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/frame_builder.h"

namespace vswitch {
namespace {

// 'arp', as tcpdump -ddd compiles it.
constexpr char kArp[] = "4,40 0 0 12,21 0 1 2054,6 0 0 262144,6 0 0 0";

TEST(CaptureFilterTest, TakesWhatItSays) {
  const auto filter = CaptureFilter::Parse(kArp);
  ASSERT_TRUE(filter.ok()) << filter.status();
  EXPECT_FALSE(filter->TakesAll());
  EXPECT_TRUE(filter->Takes(FrameBuilder().ArpRequest(1, 2).BuildEthernet()));
  EXPECT_FALSE(filter->Takes(FrameBuilder().BuildEthernet()));
  // Too short to be one.
  EXPECT_FALSE(filter->Takes({}));
  EXPECT_FALSE(filter->Takes(std::vector<uint8_t>(13)));
}

TEST(CaptureFilterTest, AnEmptyOneTakesAll) {
  const auto filter = CaptureFilter::Parse("");
  ASSERT_TRUE(filter.ok());
  EXPECT_TRUE(filter->TakesAll());
  EXPECT_TRUE(filter->Takes({}));
}

// libpcap, bpf_filter.c, bpf_validate(); Linux, net/core/filter.c, bpf_check_classic().
TEST(CaptureFilterTest, RefusesWhatIsNoProgram) {
  std::string too_long = "4097";
  for (int i = 0; i < 4097; ++i) too_long += ",6 0 0 0";
  const struct {
    const char* what;
    std::string text;
  } kCases[] = {
      {"no number", "arp"},
      {"no instruction", "0"},
      {"fewer than it says", "2,6 0 0 0"},
      {"more than it says", "1,6 0 0 0,6 0 0 0"},
      {"too many", too_long},
      {"three numbers", "1,6 0 0"},
      {"five numbers", "1,6 0 0 0 0"},
      {"a negative number", "1,6 0 0 -1"},
      {"a jump of more than a byte", "2,21 256 0 0,6 0 0 0"},
      {"a jump behind its end", "2,21 1 1 0,6 0 0 0"},
      {"a jump far behind its end", "2,5 0 0 4294967295,6 0 0 0"},
      {"a jump to itself", "2,5 0 0 4294967295,6 0 0 0"},
      {"a jump back", "3,0 0 0 0,5 0 0 4294967294,6 0 0 0"},
      {"a shift by more than there are bits", "2,100 0 0 32,6 0 0 0"},
      {"a load of another size", "2,56 0 0 0,6 0 0 0"},
      {"an extension of the kernel", "2,23 0 0 0,6 0 0 0"},
      {"no return", "1,40 0 0 12"},
      {"scratch memory that is not there", "2,96 0 0 16,6 0 0 0"},
      {"a division by zero", "2,52 0 0 0,6 0 0 0"},
      {"no such instruction", "2,255 0 0 0,6 0 0 0"},
      {"nothing behind a comma", "1,6 0 0 0,"},
  };
  for (const auto& c : kCases) {
    const auto filter = CaptureFilter::Parse(c.text);
    EXPECT_EQ(filter.status().code(), absl::StatusCode::kInvalidArgument) << c.what;
  }
}

TEST(CaptureFilterTest, ReadsNothingBeyondTheFrame) {
  // Loads a word at offset 4294967292 + X, with X = 4 times what the frame says.
  const auto filter = CaptureFilter::Parse("3,177 0 0 0,64 0 0 4294967292,6 0 0 1");
  ASSERT_TRUE(filter.ok());
  const std::vector<uint8_t> frame(20, 0xff);
  EXPECT_FALSE(filter->Takes(frame));
}

// Scratch memory that nobody has written is zero, not what the stack had there.
TEST(CaptureFilterTest, TellsNothingOfItsStack) {
  const std::vector<uint8_t> frame(20, 0xff);
  for (int word = 0; word < 16; ++word) {
    const std::string load = "96 0 0 " + std::to_string(word);
    const auto filter = CaptureFilter::Parse("2," + load + ",22 0 0 0");
    ASSERT_TRUE(filter.ok()) << filter.status();
    EXPECT_FALSE(filter->Takes(frame)) << word;
    const auto kept =
        CaptureFilter::Parse("4,0 0 0 7,2 0 0 " + std::to_string(word) + "," + load + ",22 0 0 0");
    ASSERT_TRUE(kept.ok());
    EXPECT_TRUE(kept->Takes(frame)) << word;
  }
}

// Whatever code an instruction has: it is refused, or a program that comes to an end.
TEST(CaptureFilterTest, EveryCodeIsCarriedOutOrRefused) {
  const std::vector<uint8_t> frame(64, 0x11);
  int known = 0;
  for (int code = 0; code <= 0xffff; ++code) {
    const auto filter =
        CaptureFilter::Parse("3," + std::to_string(code) + " 0 0 1,6 0 0 1,6 0 0 1");
    if (!filter.ok()) continue;
    ++known;
    filter->Takes(frame);
  }
  EXPECT_EQ(known, 49);
}

}  // namespace
}  // namespace vswitch
