// The limit of what a switch on these descriptors can reach: a worker without a switch. Ports are
// joined in pairs; a frame read from one is written to the other. Rings, buffers, reads and writes
// are the worker's own (switch/worker), in the worker's order; there is no parsing, no table, no
// counter.
//
// Thread-safety: none, one thread. Ownership: the descriptors stay the caller's.
#ifndef VSWITCH_BENCH_BARE_LOOP_H_
#define VSWITCH_BENCH_BARE_LOOP_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "switch/worker/buffer_pool.h"
#include "switch/worker/ring.h"

namespace vswitch {

class BareLoop {
 public:
  // `ports`: the first and second are joined, the third and fourth, and so on. `stop`: the loop
  // ends when it becomes readable.
  static absl::StatusOr<std::unique_ptr<BareLoop>> Create(const std::vector<int>& ports, int stop);

  // Until `stop` is readable, or a port fails.
  absl::Status Run();

 private:
  struct Frame {
    uint16_t port;
    uint16_t buffer;
    uint32_t bytes;
  };

  BareLoop(std::unique_ptr<Ring> ring, std::unique_ptr<BufferPool> pool, uint16_t ports);

  absl::Status SubmitAndWait();
  absl::Status CollectCompletions();
  void PublishBuffers();
  void QueueWrites();
  void RearmReads();

  const std::unique_ptr<Ring> ring_;
  const std::unique_ptr<BufferPool> pool_;
  const uint16_t ports_;
  std::vector<Frame> batch_;
  std::vector<uint16_t> in_flight_;
  std::vector<uint16_t> rearm_;
  uint32_t published_ = 0;
  bool stopping_ = false;
};

}  // namespace vswitch

#endif  // VSWITCH_BENCH_BARE_LOOP_H_
