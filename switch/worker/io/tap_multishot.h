// TAPs by multishot reads, of Linux 6.7.5 and later: one standing read per port fills buffers that
// all ports share. When a batch has used all that were published, the kernel ends the reads
// (ENOBUFS); they are armed again behind the batch's writes. The frames wait in their ports'
// queues; none is lost by it.
#ifndef VSWITCH_SWITCH_WORKER_IO_TAP_MULTISHOT_H_
#define VSWITCH_SWITCH_WORKER_IO_TAP_MULTISHOT_H_

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "switch/worker/io/tap_io.h"

namespace vswitch {

class TapMultishot final : public TapIo {
 public:
  static absl::StatusOr<std::unique_ptr<PortIo>> Create(const Options& options);

  void Collect(std::span<const Completion> completions, std::vector<Frame>* batch) override;
  bool MustNotSleep() const override { return false; }

 private:
  explicit TapMultishot(const Options& options);
  void OnRead(const Completion& completion, std::vector<Frame>* batch);
  void PublishBuffers();

  // Buffers that the kernel may fill.
  uint32_t published_ = 0;
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_WORKER_IO_TAP_MULTISHOT_H_
