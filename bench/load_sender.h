// The sending side of tap_load: one thread that serves all lanes in turn.
//
// Rates are kept by an absolute clock: a sender that was late catches up, so that the offered load
// is what was asked for. It sleeps only when the next frame is far away: a wake-up costs more than
// most intervals are long. With bursts it sleeps between them and costs no more than it must.
#ifndef VSWITCH_BENCH_LOAD_SENDER_H_
#define VSWITCH_BENCH_LOAD_SENDER_H_

#include <cstdint>
#include <vector>

#include "bench/load_frame.h"
#include "bench/load_plan.h"

namespace vswitch {

class LoadSender {
 public:
  explicit LoadSender(const LoadPlan& plan);

  // Announces every port's addresses, so that nothing needs to be flooded.
  void SendLearningFrames();
  // Sends all phases, from `start_ns` on; returns when they are over.
  void Run(uint64_t start_ns);

  // After Run().
  uint64_t refused() const { return refused_; }  // Tries that the kernel did not take.
  uint64_t end_ns() const { return end_ns_; }
  const std::vector<uint32_t>& sent() const { return sent_; }  // By stream.
  uint64_t moves() const { return moves_; }
  uint64_t cpu_ns() const { return cpu_ns_; }

 private:
  void RunPhase(const LoadOptions::Phase& phase, uint64_t start_ns, uint64_t end_ns);
  void SendNext(uint64_t now);
  // Lets the station speak at its next place. What is sent from here on is for that place.
  void Move();
  size_t NextStream();

  const LoadPlan& plan_;
  std::vector<LoadFrame> frames_;  // By lane.
  std::vector<uint32_t> sent_;
  size_t next_stream_ = 0;
  int place_ = 0;  // Of the station that moves: a port.
  uint64_t moves_ = 0;
  uint64_t cpu_ns_ = 0;
  uint64_t refused_ = 0;
  uint64_t end_ns_ = 0;
};

}  // namespace vswitch

#endif  // VSWITCH_BENCH_LOAD_SENDER_H_
