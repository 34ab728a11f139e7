// The contract of PortIo, on a port that is a datagram socket pair, in both modes. Traffic through
// whole workers is in worker_test.cc.
#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "switch/base/unique_fd.h"
#include "switch/worker/buffer_pool.h"
#include "switch/worker/io/port_io.h"
#include "switch/worker/ring.h"

namespace vswitch {
namespace {

constexpr PortId kPort = 3;
constexpr uint32_t kBurst = 4;

class TapIoTest : public testing::TestWithParam<IoMode> {
 protected:
  void SetUp() override {
    auto ring = Ring::Create({.file_slots = kPort + 1});
    ASSERT_TRUE(ring.ok()) << ring.status();
    ring_ = *std::move(ring);
    auto pool = BufferPool::Create(size_t{2} * kBurst);
    ASSERT_TRUE(pool.ok()) << pool.status();
    pool_ = *std::move(pool);
    auto io = PortIo::Create(GetParam(), {.burst = kBurst,
                                          .ring = ring_.get(),
                                          .pool = pool_.get(),
                                          .port_counters = counters_.data(),
                                          .stats = &stats_,
                                          .notices = notices_.get()});
    ASSERT_TRUE(io.ok()) << io.status();
    io_ = *std::move(io);
    int ends[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends), 0);
    near_ = UniqueFd(ends[0]);
    far_ = UniqueFd(ends[1]);
    if (WantsNonblocking(GetParam())) fcntl(near_.get(), F_SETFL, O_NONBLOCK);
    io_->Add(kPort, near_.get());
  }

  // One turn of a worker, but for the bridge.
  std::vector<Frame> Turn() {
    io_->Rearm();
    EXPECT_GE(io_->MustNotSleep() ? ring_->SubmitAndPoll() : ring_->SubmitAndWait(), 0);
    std::vector<Frame> batch;
    io_->Collect(ring_->Collect(), &batch);
    return batch;
  }

  // Until it is named as removed, once.
  void RemovePort() {
    io_->Remove(kPort);
    std::vector<PortId> removed = io_->FinishRemovals();
    while (removed.empty()) {
      Turn();
      removed = io_->FinishRemovals();
    }
    EXPECT_EQ(removed, std::vector<PortId>{kPort});
  }

  // A turn may bring only the news that there was no buffer.
  std::vector<Frame> TurnUntilFrames() {
    std::vector<Frame> batch;
    while (batch.empty()) batch = Turn();
    return batch;
  }

  void Send(size_t bytes) {
    const std::vector<uint8_t> frame(bytes, 1);
    ASSERT_EQ(send(far_.get(), frame.data(), bytes, 0), static_cast<ssize_t>(bytes));
  }

  std::unique_ptr<PortNotices> notices_ = *PortNotices::Create();
  WorkerCounters stats_;
  std::vector<PortCounters> counters_ = std::vector<PortCounters>(kPort + 1);
  UniqueFd near_;
  UniqueFd far_;
  std::unique_ptr<Ring> ring_;
  std::unique_ptr<BufferPool> pool_;
  std::unique_ptr<PortIo> io_;
};

TEST_P(TapIoTest, BringsNoMoreThanABurstAtOnceAndTheRestWhenBuffersAreBack) {
  constexpr size_t kFrames = 9;
  for (size_t i = 0; i < kFrames; ++i) Send(100 + i);
  size_t seen = 0;
  while (seen < kFrames) {
    const std::vector<Frame> batch = Turn();
    EXPECT_LE(batch.size(), kBurst);
    std::vector<uint16_t> buffers;
    for (const Frame& frame : batch) {
      EXPECT_EQ(frame.ingress, kPort);
      EXPECT_EQ(frame.length, 100 + seen++) << "out of order";
      EXPECT_TRUE(frame.IsWhole());
      buffers.push_back(frame.buffer);
    }
    io_->Release(buffers);
  }
}

TEST_P(TapIoTest, WritesAFrameWhoseBodyLiesElsewhere) {
  std::vector<uint8_t> head(kHeadBytes, 1);
  const std::vector<uint8_t> body(5000, 2);
  Frame frame;
  frame.head = head.data();
  frame.head_length = kHeadBytes;
  frame.body = body.data();
  frame.length = static_cast<uint32_t>(head.size() + body.size());
  const EgressCopy copy{.frame = &frame, .port = kPort};
  io_->Write({&copy, 1});
  ring_->Flush();
  std::vector<uint8_t> received(10'000);
  received.resize(static_cast<size_t>(recv(far_.get(), received.data(), received.size(), 0)));
  std::vector<uint8_t> expected = head;
  expected.insert(expected.end(), body.begin(), body.end());
  EXPECT_EQ(received, expected);
  EXPECT_EQ(counters_[kPort].egress_frames.Read(), 1u);
  EXPECT_EQ(counters_[kPort].egress_bytes.Read(), expected.size() - kOffloadHeaderBytes);
}

// Two batches of a frame that all of its ports get with other tags, at lengths around a head's; the
// ring is not asked to submit before both have been queued.
TEST_P(TapIoTest, WritesCopiesWithOtherTagsThanTheirFrame) {
  for (const uint32_t length : {32u, 127u, 128u, 129u, 5000u}) {
    std::vector<uint8_t> bytes(length);
    for (size_t i = kOffloadHeaderBytes; i < length; ++i) bytes[i] = static_cast<uint8_t>(i);
    bytes[24] = 0x81;
    bytes[25] = 0x00;
    std::vector<uint8_t> popped = bytes;
    popped.erase(popped.begin() + 24, popped.begin() + 28);
    std::vector<uint8_t> replaced = bytes;
    replaced[26] = 0x20;
    replaced[27] = 0x0a;
    std::vector<uint8_t> pushed = bytes;
    pushed.insert(pushed.begin() + 24, {0x88, 0xa8, 0x00, 0x0b});

    Frame frame;
    frame.SetWhole(bytes.data(), length);
    frame.vlan.tag = {.tpid = 0x8100, .tci = 0x200a};
    const EgressCopy copies[] = {{&frame, kPort, TagEdit::kPop},
                                 {&frame, kPort, TagEdit::kReplace},
                                 {&frame, kPort, TagEdit::kKeep},
                                 {&frame, kPort, TagEdit::kPop}};
    io_->Write(copies);
    // Of another batch, where a frame of the last one lay.
    frame.vlan.tag = {.tpid = 0x88a8, .tci = 0x000b};
    const EgressCopy later[] = {{&frame, kPort, TagEdit::kPush}};
    io_->Write(later);
    uint64_t expected_bytes = 0;
    ring_->Flush();
    for (const auto& expected : {popped, replaced, bytes, popped, pushed}) {
      std::vector<uint8_t> received(10'000);
      received.resize(static_cast<size_t>(recv(far_.get(), received.data(), received.size(), 0)));
      EXPECT_EQ(received, expected) << length;
      expected_bytes += expected.size() - kOffloadHeaderBytes;
    }
    io_->Release({});
    EXPECT_EQ(counters_[kPort].egress_bytes.Read(), expected_bytes) << length;
    counters_[kPort].egress_bytes.Add(-expected_bytes);
  }
}

TEST_P(TapIoTest, CountsAWriteThatFailsAsADropInsteadOfEgress) {
  far_.Reset();
  std::vector<uint8_t> bytes(100);
  Frame frame;
  frame.SetWhole(bytes.data(), 100);
  const EgressCopy copy{.frame = &frame, .port = kPort};
  io_->Write({&copy, 1});
  EXPECT_EQ(counters_[kPort].egress_frames.Read(), 1u);
  const size_t error = static_cast<size_t>(DropReason::kEgressError);
  while (counters_[kPort].drops[error].Read() == 0) Turn();
  EXPECT_EQ(counters_[kPort].egress_frames.Read(), 0u);
  EXPECT_EQ(counters_[kPort].egress_bytes.Read(), 0u);
  // Told once, counted each time.
  io_->Write({&copy, 1});
  while (counters_[kPort].drops[error].Read() == 1) Turn();
  const std::vector<PortNotice> notices = notices_->Take();
  EXPECT_EQ(std::ranges::count(notices, PortNotice::Kind::kWriteFailed, &PortNotice::kind), 1);
}

// A datagram socket whose peer's port is closed: each send ends one read with ECONNREFUSED.
TEST_P(TapIoTest, ReadsOnAfterAReadThatFailed) {
  const auto bind_anywhere = [](sockaddr_in* address) {
    UniqueFd fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    *address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    EXPECT_EQ(bind(fd.get(), reinterpret_cast<sockaddr*>(address), sizeof *address), 0);
    socklen_t length = sizeof *address;
    getsockname(fd.get(), reinterpret_cast<sockaddr*>(address), &length);
    return fd;
  };
  sockaddr_in nobody;
  sockaddr_in sender;
  sockaddr_in receiver;
  bind_anywhere(&nobody).Reset();
  const UniqueFd from = bind_anywhere(&sender);
  const UniqueFd port = bind_anywhere(&receiver);
  if (WantsNonblocking(GetParam())) fcntl(port.get(), F_SETFL, O_NONBLOCK);
  constexpr PortId kOther = kPort - 1;
  io_->Add(kOther, port.get());
  for (uint64_t round = 1; round <= 40; ++round) {
    ASSERT_EQ(connect(port.get(), reinterpret_cast<sockaddr*>(&nobody), sizeof nobody), 0);
    ASSERT_EQ(send(port.get(), "x", 1, 0), 1);
    while (stats_.read_errors.Read() < round) Turn();
    ASSERT_EQ(connect(port.get(), reinterpret_cast<sockaddr*>(&sender), sizeof sender), 0);
    ASSERT_EQ(sendto(from.get(), "0123456789", 10, 0, reinterpret_cast<sockaddr*>(&receiver),
                     sizeof receiver),
              10);
    const std::vector<Frame> batch = TurnUntilFrames();
    ASSERT_EQ(batch.size(), 1u);
    EXPECT_EQ(batch[0].ingress, kOther);
    // As the pipeline does: frames in between tell a port that fails now and then from one that is
    // broken.
    counters_[kOther].ingress_frames.Add(1);
    io_->Release(std::vector<uint16_t>{batch[0].buffer});
  }
  EXPECT_TRUE(notices_->Take().empty());
}

// A descriptor that cannot be read fails for ever: tried a few times, then told once and left.
TEST_P(TapIoTest, TellsOfAPortThatCannotBeRead) {
  const UniqueFd unconnected(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  constexpr PortId kOther = kPort - 1;
  io_->Add(kOther, unconnected.get());
  std::vector<PortNotice> notices;
  for (int turn = 0; turn < 100 && notices.empty(); ++turn) {
    Turn();
    notices = notices_->Take();
  }
  ASSERT_EQ(notices.size(), 1u);
  EXPECT_EQ(notices[0].port, kOther);
  EXPECT_EQ(notices[0].kind, PortNotice::Kind::kReadingEnded);
  const uint64_t errors = stats_.read_errors.Read();
  Send(100);
  EXPECT_EQ(TurnUntilFrames().size(), 1u);
  EXPECT_FALSE(io_->MustNotSleep());
  EXPECT_EQ(stats_.read_errors.Read(), errors);
  EXPECT_TRUE(notices_->Take().empty());
}

TEST_P(TapIoTest, ReadsNoPortThatIsHeld) {
  const UniqueFd other_near(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  constexpr PortId kOther = kPort - 1;
  io_->Add(kOther, other_near.get());
  for (size_t round = 0; round < 20; ++round) {
    Send(100 + round);
    std::vector<Frame> batch = TurnUntilFrames();
    ASSERT_EQ(batch[0].length, 100 + round);
    io_->Release(std::vector<uint16_t>{batch[0].buffer});
    io_->SetHeld(kPort, true);
    ring_->Flush();
    for (size_t i = 0; i < 3; ++i) Send(200 + i);
    // It is the other that wakes us.
    const uint64_t one = 1;
    ASSERT_EQ(write(other_near.get(), &one, sizeof one), static_cast<ssize_t>(sizeof one));
    batch = TurnUntilFrames();
    ASSERT_EQ(batch.size(), 1u);
    EXPECT_EQ(batch[0].ingress, kOther);
    io_->Release(std::vector<uint16_t>{batch[0].buffer});
    io_->SetHeld(kPort, false);
    for (size_t seen = 0; seen < 3;) {
      for (const Frame& frame : TurnUntilFrames()) {
        EXPECT_EQ(frame.length, 200 + seen++);
        io_->Release(std::vector<uint16_t>{frame.buffer});
      }
    }
  }
}

// Whoever is held can go, and whoever has gone is not held.
TEST_P(TapIoTest, RemovesAPortThatIsHeld) {
  Send(100);
  EXPECT_EQ(TurnUntilFrames().size(), 1u);
  io_->SetHeld(kPort, true);
  RemovePort();
  io_->SetHeld(kPort, false);
  Send(200);
  io_->Add(kPort, near_.get());
  EXPECT_EQ(TurnUntilFrames().size(), 1u);
}

TEST_P(TapIoTest, NamesARemovedPortOnceAndServesItsNumberAgain) {
  Send(100);
  EXPECT_EQ(TurnUntilFrames().size(), 1u);
  RemovePort();
  EXPECT_TRUE(io_->FinishRemovals().empty());
  EXPECT_FALSE(io_->MustNotSleep());

  Send(200);  // Waits in the queue until the port is back.
  io_->Add(kPort, near_.get());
  const std::vector<Frame> batch = TurnUntilFrames();
  ASSERT_EQ(batch.size(), 1u);
  EXPECT_EQ(batch[0].length, 200u);
}

INSTANTIATE_TEST_SUITE_P(IoModes, TapIoTest, testing::Values(IoMode::kMultishot, IoMode::kPoll),
                         [](const testing::TestParamInfo<IoMode>& mode) {
                           return std::string(IoModeName(mode.param));
                         });

}  // namespace
}  // namespace vswitch
