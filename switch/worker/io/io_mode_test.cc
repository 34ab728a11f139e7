#include "switch/worker/io/io_mode.h"

#include <gtest/gtest.h>

#include "switch/worker/ring.h"

namespace vswitch {
namespace {

TEST(IoModeTest, EveryKernelHasPoll) {
  const auto mode = ChooseIoMode("poll");
  ASSERT_TRUE(mode.ok()) << mode.status();
  EXPECT_EQ(*mode, IoMode::kPoll);
}

TEST(IoModeTest, AutoIsTheBestThatTheKernelHas) {
  const auto mode = ChooseIoMode("auto");
  ASSERT_TRUE(mode.ok()) << mode.status();
  EXPECT_EQ(*mode, Ring::SupportsMultishotRead() ? IoMode::kMultishot : IoMode::kPoll);
}

TEST(IoModeTest, MultishotIsRefusedWhereTheKernelLacksIt) {
  const auto mode = ChooseIoMode("multishot");
  ASSERT_EQ(mode.ok(), Ring::SupportsMultishotRead()) << mode.status();
  EXPECT_EQ(mode.value_or(IoMode::kMultishot), IoMode::kMultishot);
}

TEST(IoModeTest, NamesChooseTheirMode) {
  for (const IoMode mode : {IoMode::kMultishot, IoMode::kPoll}) {
    EXPECT_EQ(ChooseIoMode(IoModeName(mode)).value_or(mode), mode);
  }
}

}  // namespace
}  // namespace vswitch
