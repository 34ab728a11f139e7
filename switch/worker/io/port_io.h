// How a worker's frames come in from its ports and go out again: the worker asks once a batch,
// never once a frame.
//
// In each turn the worker calls, in this order:
//   MustNotSleep     before it submits
//   Release          buffers that the submission has written out
//   Collect          completions, or whatever else the ports have -> frames
//   Add, Remove      as the control thread wants it
//   Write            copies -> requests
//   SetHeld          whose frames the bridge has enough of
//   FinishRemovals   behind the writes: ports whose last frame has been through
//   Rearm            behind all of them: asks for the next frames
//
// Thread-safety: the worker's thread only.
#ifndef VSWITCH_SWITCH_WORKER_IO_PORT_IO_H_
#define VSWITCH_SWITCH_WORKER_IO_PORT_IO_H_

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "bridge/counters.h"
#include "bridge/frame.h"
#include "switch/worker/io/io_mode.h"
#include "switch/worker/port_notice.h"
#include "switch/worker/worker_stats.h"

namespace vswitch {

class BufferPool;
class Ring;
struct Completion;

class PortIo {
 public:
  // The worker's own, which outlives the PortIo or is not used by it any more.
  struct Options {
    // Frames of one batch: the most that Collect() brings at once.
    uint32_t burst = 0;
    Ring* ring = nullptr;
    BufferPool* pool = nullptr;
    // By PortId.
    PortCounters* port_counters = nullptr;
    WorkerCounters* stats = nullptr;
    // To the control thread.
    PortNotices* notices = nullptr;
  };

  static absl::StatusOr<std::unique_ptr<PortIo>> Create(IoMode mode, const Options& options);
  virtual ~PortIo() = default;

  // Serves `fd` as `port` from this turn on. REQUIRES: nothing is served as `port`; `fd` is open
  // until FinishRemovals() names the port.
  virtual void Add(PortId port, int fd) = 0;
  // Serves `port` no longer. Frames of it may still come with the next Collect().
  virtual void Remove(PortId port) = 0;

  // Appends to `batch` what has come in. `completions` may hold some of other users of the ring.
  virtual void Collect(std::span<const Completion> completions, std::vector<Frame>* batch) = 0;
  // Queues each copy and counts it as egress; what fails is counted when that shows. The buffers
  // are busy until the ring has submitted.
  virtual void Write(std::span<const EgressCopy> copies) = 0;
  // Takes back buffers whose frames Collect() brought.
  virtual void Release(std::span<const uint16_t> buffers) = 0;

  // A port that is held is not read, and its frames wait in its queue. Frames of it may still come
  // with the next Collect().
  virtual void SetHeld(PortId port, bool is_held) = 0;

  // The removed ports of which nothing is in the kernel any more, each once.
  virtual std::vector<PortId> FinishRemovals() = 0;
  virtual void Rearm() = 0;
  // Whether there are frames to collect that no completion will announce.
  virtual bool MustNotSleep() const = 0;
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_WORKER_IO_PORT_IO_H_
