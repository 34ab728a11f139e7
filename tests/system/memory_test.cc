// What long frames cost in memory: bounded, and given back when they are gone.
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/harness/system_test.h"

namespace vswitch::testing {
namespace {

// docs/vswitchd.md says so: for one worker.
constexpr uint64_t kLeastMib = 64;

// The longest frame that no kernel has to cut.
Bytes LongFrame(MacAddress to) {
  return FrameBuilder().From(Station(0)).To(to).Payload(64'000).Build();
}

class MemoryTest : public EachIoMode {
 protected:
  // Long frames at full rate to a guest, and to everybody, until the backlog is full.
  void Storm() {
    auto guests = AddGuests(4);
    LearnAll(guests);
    Loop reader([&] { guests[1]->DrainNumbers(); });
    for (const MacAddress to : {Station(1), kBroadcast}) {
      const Bytes frame = LongFrame(to);
      for (int i = 0; i < 20'000; ++i) {
        if (write(guests[0]->fd(), frame.data(), frame.size()) < 0) PausePolling();
      }
    }
    SettledStats(ctl());
  }
};

TEST_P(MemoryTest, WhatLongFramesTookIsGivenBack) {
  const uint64_t before = vswitch().daemon().MemoryKib();
  Storm();
  EXPECT_GT(vswitch().daemon().PeakMemoryKib(), before + 8 * 1024) << "no storm";
  EXPECT_LT(vswitch().daemon().PeakMemoryKib(), kLeastMib * 1024);
  uint64_t after = 0;
  WaitUntil([&] {
    after = vswitch().daemon().MemoryKib();
    return after < before + 3 * 1024;
  });
  EXPECT_LT(after, before + 3 * 1024);
}

VSWITCH_EACH_IO_MODE(MemoryTest);

// A memory cgroup of this test, of either version.
class Cgroup {
 public:
  Cgroup() {
    for (const auto& [root, limit] : {std::pair("/sys/fs/cgroup/memory/", "memory.limit_in_bytes"),
                                      std::pair("/sys/fs/cgroup/", "memory.max")}) {
      path_ = root + std::string("vswitch-test-") + std::to_string(getpid());
      std::error_code error;
      if (!std::filesystem::create_directory(path_, error)) continue;
      if (Write(limit, std::to_string(kLeastMib << 20))) return;
      std::filesystem::remove(path_, error);
    }
    path_.clear();
  }
  ~Cgroup() {
    if (path_.empty()) return;
    Leave();
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }

  explicit operator bool() const { return !path_.empty(); }
  // This process, and those that it starts from now on.
  void Enter() const { Write("cgroup.procs", std::to_string(getpid())); }
  void Leave() const {
    std::ofstream(path_.parent_path() / "cgroup.procs") << getpid() << std::flush;
  }

 private:
  bool Write(const std::string& file, const std::string& text) const {
    std::ofstream stream(path_ / file);
    stream << text << std::flush;
    return stream.good();
  }

  std::filesystem::path path_;
};

// A base, since the cgroup can be removed only when the daemon is gone.
struct HasCgroup {
  Cgroup cgroup_;
};

class SmallMemoryTest : private HasCgroup, public MemoryTest {
 protected:
  void SetUp() override {
    if (!cgroup_) GTEST_SKIP() << "no memory cgroup can be made here";
    cgroup_.Enter();
    MemoryTest::SetUp();
    cgroup_.Leave();
  }
};

TEST_P(SmallMemoryTest, LongFramesDoNotEndADaemonThatHasTheLeast) {
  Storm();
  EXPECT_TRUE(vswitch().daemon().Running());
  ExpectBalance();
}

VSWITCH_EACH_IO_MODE(SmallMemoryTest);

}  // namespace
}  // namespace vswitch::testing
