// A copy as it is written: the frame, with the edit made.
#ifndef VSWITCH_BRIDGE_TESTING_WRITTEN_COPY_H_
#define VSWITCH_BRIDGE_TESTING_WRITTEN_COPY_H_

#include <array>
#include <cstdint>
#include <vector>

#include "bridge/frame.h"

namespace vswitch {

class WrittenCopy {
 public:
  explicit WrittenCopy(const EgressCopy& copy) : frame_(*copy.frame) {
    if (copy.edit == TagEdit::kKeep) return;
    frame_.head_length =
        WriteEditedHead(*copy.frame, copy.edit, copy.frame->vlan.tag, head_.data());
    frame_.head = head_.data();
    frame_.length = EditedBytes(copy.frame->length, copy.edit);
  }
  WrittenCopy(const WrittenCopy&) = delete;
  WrittenCopy& operator=(const WrittenCopy&) = delete;

  const FrameBytes& frame() const { return frame_; }
  std::vector<uint8_t> bytes() const {
    std::vector<uint8_t> bytes(frame_.head, frame_.head + frame_.head_length);
    bytes.insert(bytes.end(), frame_.body, frame_.body + frame_.length - frame_.head_length);
    return bytes;
  }

 private:
  FrameBytes frame_;
  std::array<uint8_t, kMaxEditedHeadBytes> head_;
};

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_TESTING_WRITTEN_COPY_H_
