// The heads of copies that leave with other tags than their frames have (bridge/wire/vlan_tag.h).
// They lie still until Clear(): a write reads them when the ring submits it.
//
// Memory: a few KiB, with the first such copy; then what the largest number of heads between two
// Clear() has taken, at most two for each frame. Thread-safety: the worker's thread only.
#ifndef VSWITCH_SWITCH_WORKER_IO_EDITED_HEADS_H_
#define VSWITCH_SWITCH_WORKER_IO_EDITED_HEADS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "bridge/frame.h"

namespace vswitch {

class EditedHeads {
 public:
  // The head of `copy`. Copies of a frame that stand together, as those of a flood do, share one
  // for each edit. REQUIRES: the copy has an edit.
  std::span<const uint8_t> Of(const EgressCopy& copy);

  // Other frames may lie from now on where those of earlier copies did.
  void ForgetFrames() { frame_ = nullptr; }
  // Nobody reads the heads any more.
  void Clear();

 private:
  static constexpr size_t kChunk = 32;
  struct Head {
    std::array<uint8_t, kMaxEditedHeadBytes> bytes;
    uint32_t length = 0;
  };

  Head* NewHead();

  std::vector<std::unique_ptr<std::array<Head, kChunk>>> chunks_;
  size_t used_ = 0;
  // Whose heads `heads_` are, by TagEdit.
  const Frame* frame_ = nullptr;
  std::array<Head*, 4> heads_{};
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_WORKER_IO_EDITED_HEADS_H_
