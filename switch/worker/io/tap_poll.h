// TAPs by poll, for kernels before 6.7.5: a standing poll per port; ready ports are drained by
// read(), in turns of at most kTurn frames.
#ifndef VSWITCH_SWITCH_WORKER_IO_TAP_POLL_H_
#define VSWITCH_SWITCH_WORKER_IO_TAP_POLL_H_

#include <cstdint>
#include <span>
#include <vector>

#include "switch/worker/io/tap_io.h"

namespace vswitch {

// REQUIRES: descriptors are O_NONBLOCK.
class TapPoll final : public TapIo {
 public:
  explicit TapPoll(const Options& options);

  void Collect(std::span<const Completion> completions, std::vector<Frame>* batch) override;
  std::vector<PortId> FinishRemovals() override;
  bool MustNotSleep() const override { return !ready_.empty(); }

 private:
  // Frames that a ready port may give before the next port's turn.
  static constexpr uint32_t kTurn = 64;

  void OnPoll(const Completion& completion);
  void DrainReadyPorts(std::vector<Frame>* batch);
  // Reads up to kTurn frames; whether the port has been left empty.
  bool Drain(PortId port, std::vector<Frame>* batch);

  // Ports with frames left as far as we know, served round robin; and whether a port is among them.
  std::vector<PortId> ready_;
  std::vector<bool> is_ready_;
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_WORKER_IO_TAP_POLL_H_
