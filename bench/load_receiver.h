// The receiving side of tap_load: one thread that sleeps until frames come, takes what is there,
// and keeps for each port what it has seen.
//
// A frame that comes after one with a higher number of its stream is counted as reordered, and so
// is a second copy. A gap counts as a loss at the moment its successor was sent, even if the frames
// come later.
#ifndef VSWITCH_BENCH_LOAD_RECEIVER_H_
#define VSWITCH_BENCH_LOAD_RECEIVER_H_

#include <atomic>
#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "bench/histogram.h"
#include "bench/load_frame.h"
#include "bench/load_plan.h"
#include "switch/base/unique_fd.h"

namespace vswitch {

class LoadReceiver {
 public:
  // What one port has seen. Times are CLOCK_MONOTONIC.
  struct Seen {
    uint64_t received = 0;
    uint64_t in_time = 0;        // Of these, before the end of sending.
    uint64_t bytes_in_time = 0;  // Of Ethernet, super-frames that came in segments included.
    uint64_t reordered = 0;
    uint64_t flooded = 0;      // Frames for others.
    uint64_t truncated = 0;    // Shorter than they were sent; not counted as received.
    uint64_t last_gap_ns = 0;  // When the frame behind the last gap was sent; 0: no gap.
    uint64_t last_arrival_ns = 0;
    uint64_t longest_silence_ns = 0;  // Between two frames.
    Histogram latency_ns;
    std::vector<uint32_t> next_sequence;  // By stream.
  };

  explicit LoadReceiver(const LoadPlan& plan);

  absl::Status Open();
  // Receives until Stop(), and then until nothing has come for a while. `end_ns`: when sending
  // ends.
  void Run(uint64_t end_ns);
  // From any thread.
  void Stop() { stopping_.store(true, std::memory_order_relaxed); }

  // After Run(), by port of the plan.
  const std::vector<Seen>& seen() const { return seen_; }
  uint64_t cpu_ns() const { return cpu_ns_; }

 private:
  void Take(int port, std::span<const uint8_t> ethernet, uint64_t end_ns);

  const LoadPlan& plan_;
  UniqueFd epoll_;
  std::vector<Seen> seen_;
  uint64_t cpu_ns_ = 0;
  std::atomic<bool> stopping_{false};
};

}  // namespace vswitch

#endif  // VSWITCH_BENCH_LOAD_RECEIVER_H_
