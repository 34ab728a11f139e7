#include "switch/core/watchdog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "switch/base/unique_fd.h"

namespace vswitch {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A queue with a frame in it.
class Frames {
 public:
  Frames() {
    int ends[2];
    EXPECT_EQ(pipe(ends), 0);
    reader_ = UniqueFd(ends[0]);
    writer_ = UniqueFd(ends[1]);
    EXPECT_EQ(write(ends[1], "x", 1), 1);
  }
  void Drain() {
    char frame;
    EXPECT_EQ(read(reader_.get(), &frame, 1), 1);
  }
  int fd() const { return reader_.get(); }

 private:
  UniqueFd reader_, writer_;
};

// The frames that were read up to each look, and whether the last one finds the port stuck.
TEST(WatchdogTest, FindsWhatWaitsAndIsNotRead) {
  const struct {
    std::vector<uint64_t> frames_read;
    bool stuck;
  } kRows[] = {
      {{0}, false},
      {{0, 0}, false},
      {{0, 0, 0}, true},
      {{7, 7, 7}, true},
      {{0, 1, 1}, false},
      {{0, 0, 1, 1}, false},
      {{0, 0, 1, 1, 1}, true},
      {{0, 0, 0, 0}, false},  // It was told; the port begins anew.
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(::testing::PrintToString(row.frames_read));
    const Frames frames;
    Watchdog watchdog;
    std::vector<PortId> stuck;
    for (const uint64_t frames_read : row.frames_read) {
      const Watchdog::Queue queue{.port = 3, .fd = frames.fd(), .frames_read = frames_read};
      stuck = watchdog.Look({&queue, 1});
    }
    EXPECT_EQ(stuck, row.stuck ? std::vector<PortId>{3} : std::vector<PortId>{});
  }
}

TEST(WatchdogTest, LooksAtEachQueueByItself) {
  Frames first, second, empty;
  empty.Drain();
  Watchdog watchdog;
  for (uint64_t look = 0; look < Watchdog::kLooks; ++look) {
    const Watchdog::Queue queues[] = {
        {.port = 1, .worker = 0, .fd = first.fd(), .frames_read = look},
        {.port = 1, .worker = 1, .fd = empty.fd()},
        {.port = 2, .worker = 0, .fd = second.fd()},
        {.port = 2, .worker = 1, .fd = second.fd()},
    };
    const auto stuck = watchdog.Look(queues);
    if (look + 1 < Watchdog::kLooks) {
      EXPECT_THAT(stuck, IsEmpty());
    } else {
      EXPECT_THAT(stuck, ElementsAre(2));
    }
  }
}

TEST(WatchdogTest, ForgetsWhatWaitsNoMore) {
  Frames frames;
  Watchdog watchdog;
  const Watchdog::Queue queue{.port = 1, .fd = frames.fd()};
  for (int look = 0; look + 1 < Watchdog::kLooks; ++look) {
    EXPECT_THAT(watchdog.Look({&queue, 1}), IsEmpty());
  }
  EXPECT_THAT(watchdog.Look({}), IsEmpty());
  EXPECT_THAT(watchdog.Look({&queue, 1}), IsEmpty());
}

}  // namespace
}  // namespace vswitch
