#include "switch/worker/io/edited_heads.h"

namespace vswitch {

std::span<const uint8_t> EditedHeads::Of(const EgressCopy& copy) {
  if (copy.frame != frame_) {
    frame_ = copy.frame;
    heads_.fill(nullptr);
  }
  Head*& head = heads_[static_cast<size_t>(copy.edit)];
  if (head == nullptr) {
    head = NewHead();
    head->length =
        WriteEditedHead(*copy.frame, copy.edit, copy.frame->vlan.tag, head->bytes.data());
  }
  return std::span(head->bytes).first(head->length);
}

void EditedHeads::Clear() {
  used_ = 0;
  ForgetFrames();
}

EditedHeads::Head* EditedHeads::NewHead() {
  if (used_ == chunks_.size() * kChunk) {
    chunks_.push_back(std::make_unique<std::array<Head, kChunk>>());
  }
  Head* head = &(*chunks_[used_ / kChunk])[used_ % kChunk];
  ++used_;
  return head;
}

}  // namespace vswitch
