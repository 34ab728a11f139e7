#include "bench/load_receiver.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <thread>

namespace vswitch {
namespace {

constexpr int kWaitMs = 20;
// Longer than any switch sits on a frame; a stopped daemon's frames are lost anyway.
constexpr uint64_t kQuietNs = 200'000'000;
constexpr size_t kMaxEvents = 64;

}  // namespace

LoadReceiver::LoadReceiver(const LoadPlan& plan) : plan_(plan), seen_(plan.ports.size()) {
  for (Seen& seen : seen_) seen.next_sequence.resize(plan.streams());
}

absl::Status LoadReceiver::Open() {
  epoll_ = UniqueFd(epoll_create1(EPOLL_CLOEXEC));
  if (!epoll_) return absl::ErrnoToStatus(errno, "epoll_create1");
  for (size_t i = 0; i < plan_.ports.size(); ++i) {
    if (!plan_.ports[i].reads) continue;
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u32 = static_cast<uint32_t>(i);
    if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, plan_.ports[i].port->fd(), &event) != 0) {
      return absl::ErrnoToStatus(errno, "epoll_ctl");
    }
  }
  return absl::OkStatus();
}

void LoadReceiver::Run(uint64_t end_ns) {
  std::array<epoll_event, kMaxEvents> events;
  uint64_t last_frame = NowNs();
  while (!stopping_.load(std::memory_order_relaxed) || NowNs() - last_frame < kQuietNs) {
    const int ready = epoll_wait(epoll_.get(), events.data(), kMaxEvents, kWaitMs);
    size_t frames = 0;
    for (int i = 0; i < ready; ++i) {
      const int port = static_cast<int>(events[i].data.u32);
      frames += plan_.ports[port].port->Receive(
          [&](std::span<const uint8_t> ethernet) { Take(port, ethernet, end_ns); });
    }
    if (frames > 0) {
      last_frame = NowNs();
    } else if (ready > 0) {
      // A TAP that is down is always ready, with an error.
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
  cpu_ns_ = ThreadCpuNs();
}

void LoadReceiver::Take(int port, std::span<const uint8_t> ethernet, uint64_t end_ns) {
  const uint64_t now = NowNs();
  Seen& seen = seen_[port];
  const std::optional<LoadStamp> stamp = ReadLoadStamp(ethernet);
  if (stamp && stamp->stream == kLearningStream) return;
  if (IsLoadFrame(ethernet) && now < end_ns) seen.bytes_in_time += ethernet.size();
  if (!stamp || stamp->run != plan_.run || stamp->stream >= plan_.streams()) return;
  const bool is_early = plan_.IsForNextPlace(stamp->stream, port);
  if (!plan_.IsFor(stamp->stream, port) && !is_early) {
    ++seen.flooded;
    return;
  }
  if (plan_.options.segment_bytes == 0 && ethernet.size() < plan_.options.frame_bytes) {
    ++seen.truncated;
    return;
  }
  ++seen.received;
  if (now < end_ns) ++seen.in_time;
  seen.latency_ns.Add(now - stamp->sent_ns);
  if (seen.last_arrival_ns != 0) {
    seen.longest_silence_ns = std::max(seen.longest_silence_ns, now - seen.last_arrival_ns);
  }
  seen.last_arrival_ns = now;
  // The rest of its stream goes to the place before.
  if (is_early) return;
  uint32_t& next = seen.next_sequence[stamp->stream];
  if (stamp->sequence < next) {
    ++seen.reordered;
    return;
  }
  if (stamp->sequence > next) seen.last_gap_ns = stamp->sent_ns;
  next = stamp->sequence + 1;
}

}  // namespace vswitch
