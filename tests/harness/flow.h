#ifndef VSWITCH_TESTS_HARNESS_FLOW_H_
#define VSWITCH_TESTS_HARNESS_FLOW_H_

#include <atomic>
#include <chrono>
#include <cstdint>

#include "gtest/gtest.h"
#include "mac_table/mac_address.h"
#include "tests/frame_builder.h"
#include "tests/harness/fake_guest.h"
#include "tests/harness/process.h"

namespace vswitch::testing {

// Numbered frames from one guest to another at a steady pace, as long as the object lives. It never
// has more of them on their way than the guest's queue holds, so none is lost for want of room.
class Flow {
 public:
  static constexpr uint64_t kPerSecond = 50'000;
  static constexpr uint64_t kMostOnTheirWay = 200;

  Flow(FakeGuest* from, FakeGuest* to, MacAddress source, MacAddress destination)
      : from_(*from), to_(*to), source_(source), destination_(destination) {}

  uint64_t received() const { return received_; }
  // Of frames that were sent; the rest is on its way.
  void ExpectAll() const { ASSERT_EQ(out_of_turn_, 0) << "expected frame " << received_ + 1; }
  // Waits until so many more have arrived.
  void ExpectGoesOn(uint64_t frames) const {
    const uint64_t before = received_;
    Expect("the flow goes on", [&] { return received_ >= before + frames || out_of_turn_ != 0; });
    ExpectAll();
  }

 private:
  using Clock = std::chrono::steady_clock;

  void Turn() {
    const uint64_t due = kPerSecond * (Clock::now() - start_) / std::chrono::seconds(1);
    // What it is behind by is not made up for.
    if (due > sent_ + skipped_ + kMostOnTheirWay) skipped_ = due - sent_ - kMostOnTheirWay;
    while (sent_ + skipped_ < due && sent_ < received_ + kMostOnTheirWay) {
      from_.Send(NumberedFrame(destination_, source_, ++sent_));
    }
    for (const uint64_t number : to_.DrainNumbers()) {
      if (number == received_ + 1) {
        received_ = number;
      } else if (out_of_turn_ == 0) {
        out_of_turn_ = number;
      }
    }
  }

  FakeGuest& from_;
  FakeGuest& to_;
  const MacAddress source_;
  const MacAddress destination_;
  const Clock::time_point start_ = Clock::now();
  uint64_t sent_ = 0;
  uint64_t skipped_ = 0;
  // All up to this one.
  std::atomic<uint64_t> received_ = 0;
  // The first that came when another was due.
  std::atomic<uint64_t> out_of_turn_ = 0;
  Loop loop_{[this] { Turn(); }};
};

}  // namespace vswitch::testing

#endif  // VSWITCH_TESTS_HARNESS_FLOW_H_
