// The ring at its limits: full queues, no buffers. In each case the kernel ends requests or keeps
// completions back; nothing may be lost for good.
#include "switch/worker/ring.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <set>
#include <vector>

#include "switch/base/unique_fd.h"

namespace vswitch {
namespace {

constexpr uint16_t kPorts = 64;

// Ports are datagram socket pairs, in the ring's file table by their number.
class RingTest : public testing::Test {
 protected:
  void Create(const Ring::Options& options) {
    auto ring = Ring::Create(options);
    ASSERT_TRUE(ring.ok()) << ring.status();
    ring_ = *std::move(ring);
    for (uint16_t port = 0; port < kPorts; ++port) {
      int ends[2];
      ASSERT_EQ(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends), 0);
      near_.emplace_back(ends[0]);
      far_.emplace_back(ends[1]);
      ASSERT_TRUE(ring_->SetFile(port, ends[0]).ok());
    }
  }

  void Arm(uint16_t port) {
    const Token token{.kind = Token::Kind::kRead, .port = port};
    while (!ring_->ArmRead(port, token)) ASSERT_GE(ring_->Submit(), 0);
  }

  void Provide(uint16_t buffer) {
    ring_->AddBuffer(buffer, &memory_[buffer], 1);
    ring_->Publish();
  }

  std::vector<UniqueFd> near_;
  std::vector<UniqueFd> far_;
  std::vector<uint8_t> memory_ = std::vector<uint8_t>(kPorts);
  std::unique_ptr<Ring> ring_;
};

TEST_F(RingTest, AFullSubmissionQueueTakesTheRequestAfterASubmit) {
  Create({.submission_entries = 4, .file_slots = kPorts});
  const uint8_t byte = 7;
  const Token token{.kind = Token::Kind::kWrite};
  int refused = 0;
  for (uint16_t port = 0; port < kPorts; ++port) {
    if (ring_->QueueWrite(port, &byte, 1, token)) continue;
    ++refused;
    ASSERT_EQ(ring_->Submit(), 4);
    ASSERT_TRUE(ring_->QueueWrite(port, &byte, 1, token));
  }
  ring_->Submit();
  EXPECT_EQ(refused, kPorts / 4 - 1);
  EXPECT_FALSE(ring_->HasQueued());
  for (uint16_t port = 0; port < kPorts; ++port) {
    uint8_t received = 0;
    EXPECT_EQ(recv(far_[port].get(), &received, 1, MSG_DONTWAIT), 1) << port;
    EXPECT_EQ(received, byte);
  }
}

TEST_F(RingTest, AFullCompletionQueueLosesNothing) {
  Create({.submission_entries = 8,
          .completion_entries = 16,
          .file_slots = kPorts,
          .buffer_entries = kPorts});
  for (uint16_t port = 0; port < kPorts; ++port) {
    Provide(port);
    const auto number = static_cast<uint8_t>(port);
    ASSERT_EQ(send(far_[port].get(), &number, 1, 0), 1);
    Arm(port);
  }
  std::multiset<uint16_t> received;
  bool overflowed = false;
  while (received.size() < kPorts) {
    ASSERT_GE(ring_->SubmitAndWait(), 0);
    overflowed |= ring_->HasOverflow();
    std::vector<uint16_t> ended;
    ring_->ForEachCompletion([&](const Completion& completion) {
      ASSERT_EQ(completion.result, 1);
      EXPECT_EQ(memory_[completion.buffer], completion.token.port);
      received.insert(completion.token.port);
      if (!completion.more) ended.push_back(completion.token.port);
    });
    for (const uint16_t port : ended) Arm(port);
  }
  EXPECT_TRUE(overflowed) << "the test did not reach the limit";
  EXPECT_EQ(received.size(), std::set(received.begin(), received.end()).size()) << "seen twice";
}

TEST_F(RingTest, AReadWithoutABufferEndsAndCanBeArmedAgain) {
  Create({.file_slots = kPorts, .buffer_entries = kPorts});
  Provide(0);
  for (const uint8_t number : {1, 2}) ASSERT_EQ(send(far_[0].get(), &number, 1, 0), 1);
  Arm(0);
  std::vector<int> results;
  bool more = true;
  while (more) {
    ASSERT_GE(ring_->SubmitAndWait(), 0);
    ring_->ForEachCompletion([&](const Completion& completion) {
      results.push_back(completion.result);
      more = completion.more;
    });
  }
  EXPECT_EQ(results, (std::vector<int>{1, -ENOBUFS}));
  EXPECT_EQ(memory_[0], 1);
  Provide(1);
  Arm(0);
  ASSERT_GE(ring_->SubmitAndWait(), 0);
  ring_->ForEachCompletion([&](const Completion& completion) {
    EXPECT_EQ(completion.result, 1);
    EXPECT_EQ(completion.buffer, 1);
  });
  EXPECT_EQ(memory_[1], 2) << "the frame waited in its queue";
}

}  // namespace
}  // namespace vswitch
