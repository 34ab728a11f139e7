// What is checked: a function runs in the loop's thread, its effects are the waiting thread's
// without another lock, and nobody waits for a loop that has ended.
#include "switch/base/loop_caller.h"

#include <atomic>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace vswitch {
namespace {

class LoopCallerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto loop = EventLoop::New();
    ASSERT_TRUE(loop.ok()) << loop.status();
    loop_ = *std::move(loop);
    auto caller = LoopCaller::New(loop_.get());
    ASSERT_TRUE(caller.ok()) << caller.status();
    caller_ = *std::move(caller);
  }

  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<LoopCaller> caller_;
};

TEST_F(LoopCallerTest, RunsInTheLoopsThreadAndHandsOverWhatItDid) {
  constexpr int kThreads = 4;
  constexpr int kCalls = 200;
  const auto loops_thread = std::this_thread::get_id();
  int sum = 0;  // The loop's alone.
  std::atomic<int> done = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      int last = 0;
      for (int j = 0; j < kCalls; ++j) {
        int seen = 0;
        EXPECT_TRUE(caller_->Run([&] {
          EXPECT_EQ(std::this_thread::get_id(), loops_thread);
          seen = ++sum;
        }));
        EXPECT_GT(seen, std::exchange(last, seen));
      }
      ++done;
    });
  }
  while (done < kThreads) loop_->Turn(10'000);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(sum, kThreads * kCalls);
}

TEST_F(LoopCallerTest, EndFreesThoseThatWaitAndThoseThatCome) {
  std::atomic<bool> ran = false;
  bool was_run = true;
  std::thread waiting([&] { was_run = caller_->Run([&] { ran = true; }); });
  // Whether it waits already or comes later: the loop never turns again.
  caller_->End();
  waiting.join();
  EXPECT_FALSE(was_run);
  EXPECT_FALSE(caller_->Run([&] { ran = true; }));
  EXPECT_FALSE(ran);
}

}  // namespace
}  // namespace vswitch
