#include "bench/load_sender.h"

#include <sys/prctl.h>

#include <ctime>

#include "tests/frame_builder.h"

namespace vswitch {
namespace {

constexpr uint64_t kSecond = 1'000'000'000;
constexpr uint64_t kSleepWhenAheadNs = 100'000;

void WaitUntil(uint64_t due, uint64_t now) {
  if (due - now < kSleepWhenAheadNs) return;  // The caller looks at the clock again.
  const timespec time{.tv_sec = static_cast<time_t>(due / kSecond),
                      .tv_nsec = static_cast<long>(due % kSecond)};
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nullptr);
}

}  // namespace

LoadSender::LoadSender(const LoadPlan& plan) : plan_(plan), sent_(plan.streams()) {
  for (const LoadPlan::Lane& lane : plan.lanes) {
    const MacAddress destination = lane.destination == LoadPlan::kEverybody
                                       ? plan.options.everybody
                                       : plan.AddressOf(lane.destination, 0);
    frames_.emplace_back(plan.AddressOf(lane.sender, 0), destination, plan.options.frame_bytes,
                         plan.options.segment_bytes);
  }
  // Where it has announced itself last.
  place_ = plan.lanes.back().destination;
}

void LoadSender::SendLearningFrames() {
  LoadFrame frame({}, {}, kMinLoadFrameBytes, 0);
  frame.SetStamp({.stream = kLearningStream, .run = plan_.run});
  const double rate = plan_.options.learning_rate;
  const double interval = rate > 0 ? static_cast<double>(kSecond) / rate : 0;
  const uint64_t start = NowNs();
  uint64_t count = 0;
  for (int port = 0; port < static_cast<int>(plan_.ports.size()); ++port) {
    // The first port tells everybody; the others tell the first, whom the switch then knows.
    frame.SetDestination(port == 0 ? kBroadcast : plan_.AddressOf(0, 0));
    const uint32_t addresses = plan_.ports[port].is_destination ? plan_.options.addresses : 1;
    for (uint32_t number = 0; number < addresses; ++number) {
      const auto due = start + static_cast<uint64_t>(static_cast<double>(count++) * interval);
      for (uint64_t now = NowNs(); now < due; now = NowNs()) WaitUntil(due, now);
      frame.SetSource(plan_.AddressOf(port, number));
      plan_.ports[port].port->Send(frame.bytes());
    }
  }
}

void LoadSender::Run(uint64_t start_ns) {
  prctl(PR_SET_TIMERSLACK, 1UL);
  const uint64_t cpu_before = ThreadCpuNs();
  for (uint64_t now = NowNs(); now < start_ns; now = NowNs()) WaitUntil(start_ns, now);
  for (const LoadOptions::Phase& phase : plan_.options.phases) {
    const uint64_t end = start_ns + static_cast<uint64_t>(phase.seconds * kSecond);
    RunPhase(phase, start_ns, end);
    start_ns = end;
  }
  end_ns_ = start_ns;
  cpu_ns_ = ThreadCpuNs() - cpu_before;
}

void LoadSender::RunPhase(const LoadOptions::Phase& phase, uint64_t start_ns, uint64_t end_ns) {
  const double interval = phase.frames_per_s > 0 ? kSecond / phase.frames_per_s : 0;
  uint64_t due = start_ns;
  uint64_t count = 0;
  const uint32_t burst = interval > 0 ? plan_.options.burst : 1;
  const double moves_per_s = plan_.options.moves_per_s;
  const double between_moves = moves_per_s > 0 ? kSecond / moves_per_s : 0;
  // The first at once: what a port that had just come up did not hear is said again.
  double next_move = static_cast<double>(start_ns);
  for (uint64_t now = NowNs(); now < end_ns; now = NowNs()) {
    if (now < due) {
      WaitUntil(due, now);
      continue;
    }
    if (moves_per_s > 0 && static_cast<double>(now) >= next_move) {
      Move();
      next_move += between_moves;
    }
    for (uint32_t i = 0; i < burst; ++i) SendNext(now);
    count += burst;
    due = start_ns + static_cast<uint64_t>(static_cast<double>(count) * interval);
  }
}

void LoadSender::Move() {
  const int next = plan_.NextPlace(place_);
  LoadFrame frame(plan_.AddressOf(next, 0), plan_.AddressOf(0, 0), kMinLoadFrameBytes, 0);
  frame.SetStamp({.stream = kLearningStream, .run = plan_.run});
  if (!plan_.ports[next].port->Send(frame.bytes())) return;
  place_ = next;
  ++moves_;
}

size_t LoadSender::NextStream() {
  for (;;) {
    const size_t stream = next_stream_;
    next_stream_ = stream + 1 == sent_.size() ? 0 : stream + 1;
    const bool moves = plan_.options.moves_per_s > 0;
    if (!moves || plan_.LaneOf(stream).destination == place_) return stream;
  }
}

void LoadSender::SendNext(uint64_t now) {
  const size_t stream = NextStream();
  const LoadPlan::Lane& lane = plan_.LaneOf(stream);
  LoadFrame& frame = frames_[stream / plan_.options.flows];
  if (plan_.options.addresses > 1 && lane.destination != LoadPlan::kEverybody) {
    frame.SetDestination(
        plan_.AddressOf(lane.destination, sent_[stream] % plan_.options.addresses));
  }
  frame.SetStamp({.sent_ns = now,
                  .sequence = sent_[stream],
                  .stream = static_cast<uint16_t>(stream),
                  .run = plan_.run});
  if (plan_.ports[lane.sender].port->Send(frame.bytes())) {
    ++sent_[stream];
  } else {
    ++refused_;
  }
}

}  // namespace vswitch
