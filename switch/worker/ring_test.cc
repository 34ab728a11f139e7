// The ring at its limits: full queues, no buffers. In each case the kernel ends requests or keeps
// completions back; nothing may be lost for good.
#include "switch/worker/ring.h"

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "switch/base/unique_fd.h"

namespace vswitch {
namespace {

// Whether a ring of this process holds completions that were not collected: proc(5), fdinfo.
bool CompletionsWait() {
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code error;  // The iterator's own descriptor.
    if (std::filesystem::read_symlink(entry, error) != "anon_inode:[io_uring]") continue;
    std::ifstream info("/proc/self/fdinfo/" + entry.path().filename().string());
    std::string key;
    std::string head;
    std::string tail;
    while (info >> key) {
      if (key == "CqHead:") info >> head;
      if (key == "CqTail:") info >> tail;
    }
    if (head != tail) return true;
  }
  return false;
}

// Plays an older kernel, which takes nothing while completions wait (io_uring_enter(2), EBUSY).
bool kernel_refuses_while_completions_wait = false;
int refusals = 0;

}  // namespace
}  // namespace vswitch

// Takes the place of liburing's.
extern "C" int io_uring_submit(io_uring* ring) {
  using Submit = int (*)(io_uring*);
  static const auto submit = reinterpret_cast<Submit>(dlsym(RTLD_NEXT, "io_uring_submit"));
  if (!vswitch::kernel_refuses_while_completions_wait || !vswitch::CompletionsWait()) {
    return submit(ring);
  }
  if (++vswitch::refusals > 1000) abort();  // It would go on for ever.
  return -EBUSY;
}

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
    ASSERT_TRUE(ring_->MakeBufferRing(kPorts).ok());
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
  Create({.submission_entries = 8, .completion_entries = 16, .file_slots = kPorts});
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
    for (const Completion& completion : ring_->Collect()) {
      ASSERT_EQ(completion.result, 1);
      EXPECT_EQ(memory_[completion.buffer], completion.token.port);
      received.insert(completion.token.port);
      if (!completion.more) ended.push_back(completion.token.port);
    }
    for (const uint16_t port : ended) Arm(port);
  }
  EXPECT_TRUE(overflowed) << "the test did not reach the limit";
  EXPECT_EQ(received.size(), std::set(received.begin(), received.end()).size()) << "seen twice";
}

TEST_F(RingTest, AFullCompletionQueueIsCollectedWhileMoreIsQueued) {
  constexpr size_t kEntries = 16;
  Create({.submission_entries = 8, .completion_entries = kEntries, .file_slots = kPorts});
  for (uint16_t port = 0; port < kPorts; ++port) {
    Provide(port);
    const auto number = static_cast<uint8_t>(port);
    ASSERT_EQ(send(far_[port].get(), &number, 1, 0), 1);
  }
  for (uint16_t port = 0; port < kPorts; ++port) {
    const Token token{.kind = Token::Kind::kRead, .port = port};
    ring_->MustQueue([&] { return ring_->ArmRead(port, token); });
  }
  std::vector<uint16_t> received;
  const auto collect = [&] {
    ASSERT_GE(ring_->SubmitAndPoll(), 0);
    for (const Completion& completion : ring_->Collect()) {
      ASSERT_EQ(completion.result, 1);
      received.push_back(completion.token.port);
    }
  };
  collect();
  EXPECT_GT(received.size(), kEntries) << "more than the queue holds at once";
  EXPECT_TRUE(ring_->HasOverflow());
  while (received.size() < kPorts) collect();
  collect();
  EXPECT_FALSE(ring_->HasOverflow());
  for (uint16_t port = 0; port < kPorts; ++port) EXPECT_EQ(received[port], port) << "out of order";
}

TEST_F(RingTest, ABusyKernelGetsItsCompletionsCollectedAndIsAskedAgain) {
  Create({.submission_entries = 4, .file_slots = kPorts});
  constexpr uint16_t kReads = 3;
  for (uint16_t port = 0; port < kReads; ++port) {
    Provide(port);
    ASSERT_EQ(send(far_[port].get(), "x", 1, 0), 1);
    Arm(port);
  }
  ASSERT_GE(ring_->SubmitAndWait(), 0);

  kernel_refuses_while_completions_wait = true;
  refusals = 0;
  for (uint16_t port = 0; port < kPorts; ++port) {
    const Token token{.kind = Token::Kind::kWrite, .port = port};
    ring_->MustQueue([&] { return ring_->QueueWrite(port, "y", 1, token); });
  }
  ring_->Flush();
  kernel_refuses_while_completions_wait = false;
  EXPECT_EQ(refusals, 1);
  for (uint16_t port = 0; port < kPorts; ++port) {
    char received = 0;
    EXPECT_EQ(recv(far_[port].get(), &received, 1, MSG_DONTWAIT), 1) << port;
    EXPECT_EQ(received, 'y');
  }

  // Nothing else comes: who slept now would sleep for ever.
  EXPECT_TRUE(ring_->HasWork());
  ASSERT_GE(ring_->SubmitAndWait(), 0);
  std::vector<uint16_t> collected;
  for (const Completion& completion : ring_->Collect()) {
    EXPECT_EQ(completion.result, 1);
    collected.push_back(completion.token.port);
  }
  EXPECT_EQ(collected, (std::vector<uint16_t>{0, 1, 2}));
  EXPECT_FALSE(ring_->HasWork());
}

TEST_F(RingTest, AWriteInTwoPiecesArrivesAsOne) {
  Create({.submission_entries = 4, .file_slots = kPorts});
  // Each port gets pieces of its own, of which none may be taken for another's.
  std::vector<std::vector<uint8_t>> heads;
  std::vector<std::vector<uint8_t>> bodies;
  for (uint16_t port = 0; port < kPorts; ++port) {
    heads.emplace_back(1 + port * 2, static_cast<uint8_t>(port));
    bodies.emplace_back(port * 1000, static_cast<uint8_t>(~port));
  }
  for (uint16_t port = 0; port < kPorts; ++port) {
    const Token token{.kind = Token::Kind::kWrite, .port = port};
    ring_->MustQueue([&] { return ring_->QueueWrite(port, heads[port], bodies[port], token); });
  }
  ASSERT_GE(ring_->SubmitAndPoll(), 0);
  EXPECT_TRUE(ring_->Collect().empty()) << "a write that succeeds leaves no completion";
  for (uint16_t port = 0; port < kPorts; ++port) {
    std::vector<uint8_t> frame(70'000);
    frame.resize(static_cast<size_t>(recv(far_[port].get(), frame.data(), frame.size(), 0)));
    std::vector<uint8_t> expected = heads[port];
    expected.insert(expected.end(), bodies[port].begin(), bodies[port].end());
    EXPECT_EQ(frame, expected) << port;
  }
}

TEST_F(RingTest, AWriteInTwoPiecesDoesNotWaitForRoom) {
  Create({.file_slots = kPorts});
  const std::vector<uint8_t> piece(1000);
  const Token token{.kind = Token::Kind::kWrite, .port = 1, .bytes = 2000};
  std::vector<int> results;
  for (int i = 0; i < 1000 && results.empty(); ++i) {
    ASSERT_TRUE(ring_->QueueWrite(1, piece, piece, token));
    ASSERT_GE(ring_->SubmitAndPoll(), 0);
    for (const Completion& completion : ring_->Collect()) {
      EXPECT_EQ(completion.token.port, 1);
      EXPECT_EQ(completion.token.bytes, 2000u);
      results.push_back(completion.result);
    }
  }
  EXPECT_EQ(results, (std::vector<int>{-EAGAIN}));
}

TEST_F(RingTest, AReadWithoutABufferEndsAndCanBeArmedAgain) {
  Create({.file_slots = kPorts});
  Provide(0);
  for (const uint8_t number : {1, 2}) ASSERT_EQ(send(far_[0].get(), &number, 1, 0), 1);
  Arm(0);
  std::vector<int> results;
  bool more = true;
  while (more) {
    ASSERT_GE(ring_->SubmitAndWait(), 0);
    for (const Completion& completion : ring_->Collect()) {
      results.push_back(completion.result);
      more = completion.more;
    }
  }
  EXPECT_EQ(results, (std::vector<int>{1, -ENOBUFS}));
  EXPECT_EQ(memory_[0], 1);
  Provide(1);
  Arm(0);
  ASSERT_GE(ring_->SubmitAndWait(), 0);
  for (const Completion& completion : ring_->Collect()) {
    EXPECT_EQ(completion.result, 1);
    EXPECT_EQ(completion.buffer, 1);
  }
  EXPECT_EQ(memory_[1], 2) << "the frame waited in its queue";
}

}  // namespace
}  // namespace vswitch
