// A worker's side of captures: shows them each batch, after the pipeline has decided and before the
// copies are written. Costs nothing without a capture but a question a batch.
//
// A frame that is dropped is there once: with the reason where it came in, if that port is
// captured, else where it would have left. A copy that is dropped while others of the frame leave
// is there at the port that it was for. One that had waited (bridge/backlog.h) and is dropped then
// is shown once more: when it came nobody knew.
//
// Thread-safety: the worker's own. Limits: what fails when it is written is shown as sent.
#ifndef VSWITCH_SWITCH_CAPTURE_RECORDER_H_
#define VSWITCH_SWITCH_CAPTURE_RECORDER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "bridge/frame.h"
#include "bridge/outcome.h"
#include "switch/capture/capture.h"

namespace vswitch {

class CaptureRecorder {
 public:
  // `ring`: this worker's.
  explicit CaptureRecorder(size_t ring) : ring_(ring) {}

  // Null: none runs.
  void SetCaptures(std::shared_ptr<const CaptureSet> captures) { captures_ = std::move(captures); }

  void Record(std::span<const Frame> batch, const Outcome& outcome) {
    if (captures_ != nullptr) RecordAll(batch, outcome);
  }

 private:
  void RecordAll(std::span<const Frame> batch, const Outcome& outcome);
  void RecordDrop(std::span<const Frame> batch, const DroppedCopy& drop);
  // By the captures of `which` that want it.
  void Show(uint8_t which, CaptureDirection direction, const EgressCopy& copy, DropReason reason);
  // The bytes with the edit of its tags made, in one piece.
  std::span<const uint8_t> InOnePiece(const EgressCopy& copy);

  const size_t ring_;
  std::shared_ptr<const CaptureSet> captures_;
  uint64_t time_ns_ = 0;
  // Captures that have written.
  uint8_t to_wake_ = 0;
  std::vector<uint8_t> assembled_;
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_CAPTURE_RECORDER_H_
