#include "switch/base/event_loop.h"

#include <unistd.h>

#include <csignal>
#include <memory>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "switch/base/unique_fd.h"

namespace vswitch {
namespace {

class EventLoopTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto loop = EventLoop::New();
    ASSERT_TRUE(loop.ok()) << loop.status();
    loop_ = *std::move(loop);
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    reader_.Reset(ends[0]);
    writer_.Reset(ends[1]);
    ASSERT_EQ(write(writer_.get(), "x", 1), 1);
  }

  std::unique_ptr<EventLoop> loop_;
  UniqueFd reader_;  // Has a byte to read.
  UniqueFd writer_;
};

TEST_F(EventLoopTest, SourceIsServedWhileItLivesAndIsEnabled) {
  int calls = 0;
  {
    auto source = loop_->AddIo(reader_.get(), EPOLLIN, [&](uint32_t events) {
      EXPECT_EQ(events, uint32_t{EPOLLIN});
      ++calls;
    });
    ASSERT_TRUE(source.ok()) << source.status();
    EXPECT_TRUE(loop_->Turn(0));
    source->SetEnabled(false);
    EXPECT_FALSE(loop_->Turn(0));
    source->SetEnabled(true);
    EXPECT_TRUE(loop_->Turn(0));
    source->SetEvents(0);
    EXPECT_FALSE(loop_->Turn(0));
    source->SetEvents(EPOLLIN);
    EXPECT_TRUE(loop_->Turn(0));
  }
  EXPECT_FALSE(loop_->Turn(0));
  EXPECT_EQ(calls, 3);
}

TEST_F(EventLoopTest, CallbackMayDestroyItsOwnSource) {
  struct Owner {
    std::string text = "long enough to be on the heap, where a sanitizer watches it";
    IoSource source;
  };
  auto owner = std::make_unique<Owner>();
  std::string seen;
  auto source = loop_->AddIo(reader_.get(), EPOLLIN, [&owner, &seen, text = owner->text](uint32_t) {
    owner.reset();
    seen = text;
  });
  ASSERT_TRUE(source.ok()) << source.status();
  owner->source = *std::move(source);
  EXPECT_TRUE(loop_->Turn(0));
  EXPECT_EQ(seen, Owner().text);
  EXPECT_FALSE(loop_->Turn(0));
}

TEST_F(EventLoopTest, SourceKeepsItsFunctionAndNothingLonger) {
  auto token = std::make_shared<int>();
  auto source = loop_->AddIo(reader_.get(), EPOLLIN, [token](uint32_t) {});
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_EQ(token.use_count(), 2);
  *source = {};
  EXPECT_EQ(token.use_count(), 1);
}

TEST_F(EventLoopTest, SourceMayOutliveItsLoop) {
  auto source = loop_->AddIo(reader_.get(), EPOLLIN, [](uint32_t) {});
  ASSERT_TRUE(source.ok()) << source.status();
  loop_.reset();
  source->SetEnabled(false);
}

TEST_F(EventLoopTest, UnknownFileIsAnError) {
  EXPECT_EQ(loop_->AddIo(-1, EPOLLIN, [](uint32_t) {}).status().code(),
            absl::StatusCode::kUnavailable);
}

TEST_F(EventLoopTest, TimerFiresOnceEachTimeItIsStarted) {
  int calls = 0;
  auto timer = loop_->AddTimer([&] { ++calls; });
  ASSERT_TRUE(timer.ok()) << timer.status();
  EXPECT_FALSE(loop_->Turn(0)) << "nobody has started it";
  for (int round = 1; round <= 2; ++round) {
    const uint64_t start = EventLoop::NowUs();
    timer->StartUs(20'000);
    EXPECT_TRUE(loop_->Turn(10'000'000));
    EXPECT_GE(EventLoop::NowUs(), start + 20'000);
    EXPECT_EQ(calls, round);
    EXPECT_FALSE(loop_->Turn(0));
  }
}

TEST_F(EventLoopTest, DeferredRunsOnceUnlessItsSourceIsGone) {
  int calls = 0;
  auto one = loop_->Defer([&] { ++calls; });
  auto gone = loop_->Defer([&] { calls += 100; });
  ASSERT_TRUE(one.ok() && gone.ok());
  *gone = {};
  EXPECT_EQ(calls, 0);
  EXPECT_TRUE(loop_->Turn(0));
  EXPECT_FALSE(loop_->Turn(0));
  EXPECT_EQ(calls, 1);
}

TEST_F(EventLoopTest, RunsUntilExitByASignal) {
  auto source = loop_->AddSignal(SIGUSR1, [&](const signalfd_siginfo& info) {
    EXPECT_EQ(info.ssi_pid, static_cast<uint32_t>(getpid()));
    loop_->Exit();
  });
  ASSERT_TRUE(source.ok()) << source.status();
  ASSERT_EQ(raise(SIGUSR1), 0);
  EXPECT_TRUE(loop_->Run().ok());
}

}  // namespace
}  // namespace vswitch
