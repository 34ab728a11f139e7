#include "switch/base/paced.h"

#include "gtest/gtest.h"

namespace vswitch {
namespace {

using std::chrono::milliseconds;
using PacedInt = Paced<int>;

class PacedTest : public ::testing::Test {
 protected:
  PacedInt::Shared Make() {
    now_ += wait_ + cost_;
    spent_ += cost_;
    return there_ ? std::make_shared<const int>(++made_) : nullptr;
  }

  PacedInt::Clock::time_point now_ = PacedInt::Clock::time_point() + milliseconds(5);
  PacedInt::Clock::time_point spent_ = PacedInt::Clock::time_point() + milliseconds(7);
  milliseconds wait_{0};
  milliseconds cost_{1};
  bool there_ = true;
  int made_ = 0;
  PacedInt paced_{[this] { return Make(); }, milliseconds(100), 10, [this] { return spent_; },
                  [this] { return now_; }};
};

TEST_F(PacedTest, IsMadeAgainAfterThePause) {
  EXPECT_EQ(*paced_.Get(), 1);
  now_ += milliseconds(99);
  EXPECT_EQ(*paced_.Get(), 1);
  now_ += milliseconds(1);
  EXPECT_EQ(*paced_.Get(), 2);
}

TEST_F(PacedTest, WhatCostsMuchIsMadeSeldom) {
  cost_ = milliseconds(50);
  EXPECT_EQ(*paced_.Get(), 1);
  now_ += milliseconds(499);
  EXPECT_EQ(*paced_.Get(), 1);
  now_ += milliseconds(1);
  EXPECT_EQ(*paced_.Get(), 2);
}

TEST_F(PacedTest, WhatOnlyWaitedIsMadeAgainAfterTheLeastPause) {
  wait_ = std::chrono::seconds(15);
  EXPECT_EQ(*paced_.Get(), 1);
  now_ += milliseconds(99);
  EXPECT_EQ(*paced_.Get(), 1);
  now_ += milliseconds(1);
  EXPECT_EQ(*paced_.Get(), 2);
}

TEST_F(PacedTest, NothingIsNotKept) {
  there_ = false;
  EXPECT_EQ(paced_.Get(), nullptr);
  there_ = true;
  EXPECT_EQ(*paced_.Get(), 1);
}

}  // namespace
}  // namespace vswitch
