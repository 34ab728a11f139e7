// A worker between datagram socket pairs, which keep frame boundaries as a TAP does and need no
// privileges: each port's far end is the test's. Both I/O modes. Real TAPs are in tests/system.
#include "switch/worker/worker.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <optional>

#include "switch/base/now_tick.h"
#include "switch/worker/worker_group.h"
#include "tests/frame_builder.h"

namespace vswitch {
namespace {

constexpr int kDeadlineMs = 20'000;  // Far beyond need: a test waits for events, not for time.

class WorkerTest : public testing::TestWithParam<IoMode> {
 protected:
  void SetUp() override {
    // The ring's file table may not be larger than this limit.
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 65536);
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
    Start(1);
  }

  void Start(int workers) {
    auto group = WorkerGroup::Start(workers, {.io_mode = GetParam()});
    ASSERT_TRUE(group.ok()) << group.status();
    group_ = *std::move(group);
    table_ = std::make_shared<MacTable>(MacTable::Options{.capacity = 1024, .seed = 1});
  }

  std::shared_ptr<ForwardingConfig> Config() const {
    auto config = std::make_shared<ForwardingConfig>();
    config->bridges.push_back({.table = table_});
    config->ports.resize(far_.size());
    for (size_t i = 0; i < far_.size(); ++i) {
      if (!far_[i]) continue;
      config->ports[i] = {.bridge = 0, .up = true};
    }
    config->Derive();
    return config;
  }

  void AddPort(PortId port) {
    int ends[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends), 0);
    if (far_.size() <= port) {
      far_.resize(port + 1);
      near_.resize(port + 1);
    }
    far_[port] = UniqueFd(ends[0]);
    near_[port].clear();
    near_[port].emplace_back(ends[1]);
    if (GetParam() == IoMode::kPoll) fcntl(ends[1], F_SETFL, O_NONBLOCK);
    group_->AddPort(port, near_[port], Config());
  }

  void RemovePort(PortId port) {
    far_[port].Reset();
    group_->RemovePort(port, Config());
    near_[port].clear();
  }

  void Send(PortId port, const std::vector<uint8_t>& frame) {
    ASSERT_EQ(send(far_[port].get(), frame.data(), frame.size(), 0),
              static_cast<ssize_t>(frame.size()))
        << strerror(errno);
  }

  std::optional<std::vector<uint8_t>> Receive(PortId port) {
    pollfd wait{.fd = far_[port].get(), .events = POLLIN, .revents = 0};
    if (poll(&wait, 1, kDeadlineMs) != 1) return std::nullopt;
    std::vector<uint8_t> frame(BufferPool::kBufferBytes);
    frame.resize(static_cast<size_t>(recv(far_[port].get(), frame.data(), frame.size(), 0)));
    return frame;
  }

  bool IsSilent(PortId port) {
    pollfd wait{.fd = far_[port].get(), .events = POLLIN, .revents = 0};
    return poll(&wait, 1, 0) == 0;
  }

  uint64_t Drops(PortId port, DropReason reason) {
    return group_->Totals(port).drops[static_cast<size_t>(reason)];
  }

  std::shared_ptr<MacTable> table_;
  std::vector<UniqueFd> far_;
  std::vector<std::vector<UniqueFd>> near_;
  std::unique_ptr<WorkerGroup> group_;  // Ends before the queues close.
};

TEST_P(WorkerTest, LearnsForwardsAndFloods) {
  for (PortId port : {0, 1, 2}) AddPort(port);
  const auto hello = FrameBuilder().From(Station(1)).To(kBroadcast).Payload(64).Build();
  Send(0, hello);
  EXPECT_EQ(Receive(1), hello);
  EXPECT_EQ(Receive(2), hello);

  const auto reply = FrameBuilder().From(Station(2)).To(Station(1)).Payload(2000).Build();
  Send(1, reply);
  EXPECT_EQ(Receive(0), reply);
  EXPECT_TRUE(IsSilent(2));
  EXPECT_TRUE(IsSilent(1));

  EXPECT_EQ(group_->Totals(0).ingress_frames, 1u);
  EXPECT_EQ(group_->Totals(0).flood_copies, 1u);
  EXPECT_EQ(group_->Totals(0).egress_frames, 1u);
  EXPECT_EQ(group_->Totals(0).egress_bytes, reply.size() - kOffloadHeaderBytes);
  EXPECT_EQ(group_->Totals(1).ingress_bytes, reply.size() - kOffloadHeaderBytes);
}

TEST_P(WorkerTest, CarriesASuperFrameWhole) {
  for (PortId port : {0, 1}) AddPort(port);
  const auto frame =
      FrameBuilder().From(Station(1)).To(Station(2)).Tcp({}, 60'000).Gso(1448).Build();
  Send(0, frame);
  EXPECT_EQ(Receive(1), frame);
  EXPECT_EQ(group_->Totals(0).ingress_offloaded, 1u);
}

TEST_P(WorkerTest, DropsAFrameThatFillsTheBuffer) {
  for (PortId port : {0, 1}) AddPort(port);
  auto giant = FrameBuilder().From(Station(1)).To(Station(2)).Build();
  giant.resize(BufferPool::kBufferBytes + 100);
  Send(0, giant);
  const auto next = FrameBuilder().From(Station(1)).To(Station(2)).Build();
  Send(0, next);
  EXPECT_EQ(Receive(1), next);
  EXPECT_EQ(Drops(0, DropReason::kTruncated), 1u);
}

// Many more frames than buffers, in windows that the sockets' queues hold: none may be lost, all
// keep their order, and the buffers come back.
TEST_P(WorkerTest, KeepsOrderOverManyBatches) {
  for (PortId port : {0, 1}) AddPort(port);
  constexpr uint32_t kFrames = 20'000;
  constexpr uint32_t kWindow = 8;  // Below net.unix.max_dgram_qlen (10).
  auto frame = FrameBuilder().From(Station(1)).To(Station(2)).Payload(64).Build();
  uint8_t* const sequence = frame.data() + frame.size() - sizeof(uint32_t);
  for (uint32_t sent = 0; sent < kFrames; sent += kWindow) {
    for (uint32_t i = 0; i < kWindow; ++i) {
      const uint32_t number = sent + i;
      memcpy(sequence, &number, sizeof number);
      Send(0, frame);
    }
    for (uint32_t i = 0; i < kWindow; ++i) {
      const auto received = Receive(1);
      ASSERT_TRUE(received.has_value()) << "frame " << sent + i << " is lost";
      uint32_t number;
      memcpy(&number, received->data() + received->size() - sizeof number, sizeof number);
      ASSERT_EQ(number, sent + i);
    }
  }
  EXPECT_EQ(group_->Totals(0).ingress_frames, kFrames);
  EXPECT_EQ(group_->Totals(1).egress_frames, kFrames);
  EXPECT_EQ(group_->stats()[0].io_wq_threads, 0u);
}

// More ports with frames than buffers: whoever finds none waits, and is served all the same.
TEST_P(WorkerTest, ServesMorePortsThanBuffers) {
  constexpr PortId kPorts = 64;
  group_.reset();
  auto group = WorkerGroup::Start(1, {.io_mode = GetParam(), .burst = 4});
  ASSERT_TRUE(group.ok()) << group.status();
  group_ = *std::move(group);
  for (PortId port = 0; port < kPorts; ++port) AddPort(port);
  table_->AddStatic(FdbKey(Station(1), 0), 0, NowTick());
  constexpr int kRounds = 50;
  for (int round = 0; round < kRounds; ++round) {
    for (PortId port = 1; port < kPorts; ++port) {
      Send(port, FrameBuilder().From(Station(1 + port)).To(Station(1)).Build());
      if (port % 8 != 0) continue;
      for (int i = 0; i < 8; ++i) ASSERT_TRUE(Receive(0).has_value());
    }
    for (int i = 0; i < 7; ++i) ASSERT_TRUE(Receive(0).has_value());
  }
  for (PortId port = 1; port < kPorts; ++port) {
    EXPECT_EQ(group_->Totals(port).ingress_frames, static_cast<uint64_t>(kRounds));
  }
  EXPECT_EQ(group_->Totals(0).egress_frames, uint64_t{kRounds} * (kPorts - 1));
  if (GetParam() == IoMode::kMultishot) {
    EXPECT_GT(group_->stats()[0].enobufs, 0u) << "the test did not reach the limit";
  }
}

// A port that takes nothing costs its own frames only; what it did not take is counted there.
TEST_P(WorkerTest, AFullPortLosesItsOwnFramesOnly) {
  for (PortId port : {0, 1, 2}) AddPort(port);
  const int few_frames = 4096;
  ASSERT_EQ(setsockopt(near_[1][0].get(), SOL_SOCKET, SO_SNDBUF, &few_frames, sizeof few_frames),
            0);
  table_->AddStatic(FdbKey(Station(2), 0), 1, NowTick());
  table_->AddStatic(FdbKey(Station(3), 0), 2, NowTick());
  const auto to_full = FrameBuilder().From(Station(1)).To(Station(2)).Build();
  const auto to_free = FrameBuilder().From(Station(1)).To(Station(3)).Build();
  constexpr int kFrames = 200;
  for (int i = 0; i < kFrames; ++i) {
    Send(0, to_full);
    Send(0, to_free);
    ASSERT_EQ(Receive(2), to_free) << i;
  }
  group_->SetConfig(Config());  // Answered behind the completions of all that was written.
  uint64_t received = 0;
  for (; !IsSilent(1); ++received) ASSERT_EQ(Receive(1), to_full);
  const PortTotals full = group_->Totals(1);
  const uint64_t lost = full.drops[static_cast<size_t>(DropReason::kEgressError)];
  EXPECT_GT(lost, 0u);
  EXPECT_EQ(received + lost, static_cast<uint64_t>(kFrames));
  EXPECT_EQ(full.egress_frames, received);
  EXPECT_EQ(full.egress_bytes, received * (to_full.size() - kOffloadHeaderBytes));
}

TEST_P(WorkerTest, PortsComeAndGoUnderTraffic) {
  for (PortId port : {0, 1}) AddPort(port);
  const auto frame = FrameBuilder().From(Station(1)).To(kBroadcast).Build();
  for (int round = 0; round < 200; ++round) {
    AddPort(2);
    Send(0, frame);
    ASSERT_EQ(Receive(1), frame);
    ASSERT_EQ(Receive(2), frame) << "round " << round;
    Send(2, frame);  // May be in flight while the port goes.
    RemovePort(2);
    while (!IsSilent(1)) ASSERT_EQ(Receive(1), frame);
    while (!IsSilent(0)) ASSERT_EQ(Receive(0), frame);
  }
}

TEST_P(WorkerTest, ManyPortsFloodBeyondTheSubmissionQueue) {
  constexpr PortId kPorts = 300;  // 8 frames to 299 ports: more writes than one submission holds.
  for (PortId port = 0; port < kPorts; ++port) AddPort(port);
  const auto frame = FrameBuilder().From(Station(1)).To(kBroadcast).Build();
  for (int i = 0; i < 8; ++i) Send(0, frame);
  for (PortId port = 1; port < kPorts; ++port) {
    for (int i = 0; i < 8; ++i) ASSERT_EQ(Receive(port), frame) << "port " << port;
  }
  EXPECT_EQ(group_->Totals(0).flood_copies, 8u * (kPorts - 2));
  EXPECT_EQ(group_->stats()[0].cq_overflows, 0u);
}

// More broadcasts at once than may be flooded in a batch: the rest waits, in order; but what waits
// when its port goes is dropped, and counted before the port is gone.
TEST_P(WorkerTest, FloodsABurstInTurnsAndForgetsThatOfAPortThatGoes) {
  constexpr PortId kPorts = 500;
  for (PortId port = 0; port < kPorts; ++port) AddPort(port);
  auto frame = FrameBuilder().From(Station(1)).To(kBroadcast).Build();
  for (const bool port_goes : {false, true}) {
    for (uint8_t i = 0; i < 8; ++i) {
      frame.back() = i;
      Send(0, frame);
    }
    if (port_goes) RemovePort(0);  // Nothing of it is written after this.
    for (PortId port = 1; port < kPorts; ++port) {
      for (uint8_t i = 0; i < 8; ++i) {
        if (port_goes && IsSilent(port)) break;
        const auto copy = Receive(port);
        ASSERT_TRUE(copy.has_value()) << "port " << port;
        ASSERT_EQ(copy->back(), i) << "port " << port;
      }
    }
    uint64_t in = 0;
    uint64_t out = 0;
    for (PortId port = 0; port < kPorts; ++port) {
      const PortTotals totals = group_->Totals(port);
      in += totals.ingress_frames + totals.flood_copies;
      out += totals.egress_frames;
      for (const uint64_t drops : totals.drops) out += drops;
    }
    EXPECT_EQ(in, out);
  }
}

TEST_P(WorkerTest, APortWhoseFarEndIsGoneIsQuiet) {
  for (PortId port : {0, 1, 2}) AddPort(port);
  shutdown(far_[2].get(), SHUT_RDWR);
  const auto frame = FrameBuilder().From(Station(1)).To(kBroadcast).Build();
  Send(0, frame);
  EXPECT_EQ(Receive(1), frame);
  const WorkerStats before = group_->stats()[0];
  Send(0, frame);
  EXPECT_EQ(Receive(1), frame);
  // No spinning on the dead port: a few wake-ups for a frame, not thousands.
  EXPECT_LT(group_->stats()[0].wakeups - before.wakeups, 20u);
  RemovePort(2);
}

TEST_P(WorkerTest, StartsAndEndsAgainAndAgain) {
  for (int round = 0; round < 20; ++round) {
    group_.reset();
    far_.clear();
    near_.clear();
    Start(2);
  }
}

// Frames come while the worker spins and while it sleeps, and commands as well.
TEST_P(WorkerTest, BusyPollsWithoutLosingAWakeUp) {
  group_.reset();
  auto group =
      WorkerGroup::Start(1, {.io_mode = GetParam(), .busy_poll = std::chrono::microseconds(200)});
  ASSERT_TRUE(group.ok()) << group.status();
  group_ = *std::move(group);
  for (PortId port : {0, 1}) AddPort(port);
  const auto frame = FrameBuilder().From(Station(1)).To(Station(2)).Build();
  for (int i = 0; i < 500; ++i) {
    // Every now and then long enough to fall asleep.
    if (i % 100 == 99) usleep(2000);
    Send(0, frame);
    ASSERT_EQ(Receive(1), frame) << i;
    if (i % 100 == 50) group_->SetConfig(Config());
  }
  const WorkerStats stats = group_->stats()[0];
  EXPECT_GT(stats.busy_polls, 0u);
  EXPECT_LE(stats.busy_poll_hits, stats.busy_polls);
  EXPECT_EQ(group_->Totals(1).egress_frames, 500u);
}

TEST_P(WorkerTest, CountsBurstsByTheirSize) {
  for (PortId port : {0, 1, 2}) AddPort(port);
  const auto frame = FrameBuilder().From(Station(1)).To(kBroadcast).Build();
  for (int i = 0; i < 10; ++i) {
    Send(0, frame);
    ASSERT_EQ(Receive(1), frame);
    ASSERT_EQ(Receive(2), frame);
  }
  const WorkerStats stats = group_->stats()[0];
  EXPECT_GT(stats.frames_per_wakeup[0], 0u);   // The commands that added the ports.
  EXPECT_EQ(stats.frames_per_wakeup[1], 10u);  // One frame each,
  EXPECT_EQ(stats.copies_per_batch[2], 10u);   // in two copies.
  uint64_t wakeups = 0;
  for (const uint64_t count : stats.frames_per_wakeup) wakeups += count;
  EXPECT_EQ(wakeups, stats.wakeups);
  EXPECT_EQ(stats.frames, 10u);
  EXPECT_EQ(stats.copies, 20u);
}

INSTANTIATE_TEST_SUITE_P(IoModes, WorkerTest, testing::Values(IoMode::kMultishot, IoMode::kPoll),
                         [](const testing::TestParamInfo<IoMode>& mode) {
                           return mode.param == IoMode::kMultishot ? "Multishot" : "Poll";
                         });

}  // namespace
}  // namespace vswitch
