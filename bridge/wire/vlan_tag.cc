#include "bridge/wire/vlan_tag.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "bridge/wire/load.h"

namespace vswitch {
namespace {

// In front of the outermost tag: destination and source.
constexpr uint32_t kAddressBytes = kEthernetHeaderBytes - 2;
constexpr uint32_t kTagAt = kOffloadHeaderBytes + kAddressBytes;

// virtio_net_hdr: where the fields that count from the start of the frame are.
constexpr uint32_t kHdrLenAt = 2;
constexpr uint32_t kCsumStartAt = 6;

uint16_t Moved(uint16_t offset, TagEdit edit) {
  if (edit == TagEdit::kPush) {
    return static_cast<uint16_t>(std::min<uint32_t>(offset + kVlanTagBytes, 0xffff));
  }
  return static_cast<uint16_t>(std::max(offset, uint16_t{kVlanTagBytes}) - kVlanTagBytes);
}

// The offsets of a header that parse.cc believed do not overflow; what hdr_len, a mere hint, says
// beyond that is cut. Neither matters where the frame leaves nothing for later.
void MoveOffsets(uint8_t* header, TagEdit edit) {
  if (LoadLittle32(header) == 0) return;
  const uint16_t hdr_len = LoadLittle16(header + kHdrLenAt);
  if (hdr_len != 0) StoreLittle16(header + kHdrLenAt, Moved(hdr_len, edit));
  StoreLittle16(header + kCsumStartAt, Moved(LoadLittle16(header + kCsumStartAt), edit));
}

void StoreTag(VlanTag tag, uint8_t* bytes) {
  StoreBig16(bytes, tag.tpid);
  StoreBig16(bytes + 2, tag.tci);
}

}  // namespace

TagStack ReadTags(const FrameBytes& frame) {
  TagStack stack;
  uint32_t type_at = kAddressBytes;
  while (stack.count < TagStack::kMost && type_at + 2 <= frame.ethernet_length()) {
    const uint16_t type = LoadBig16(frame.ethernet() + type_at);
    if (!IsVlanTpid(type)) break;
    const bool is_whole = type_at + kVlanTagBytes <= frame.ethernet_length();
    const uint16_t tci = is_whole ? LoadBig16(frame.ethernet() + type_at + 2) : uint16_t{0};
    stack.tags[stack.count++] = {.tpid = type, .tci = tci};
    type_at += kVlanTagBytes;
  }
  return stack;
}

uint32_t WriteEditedHead(const FrameBytes& frame, TagEdit edit, VlanTag tag, uint8_t* head) {
  assert(edit != TagEdit::kKeep && frame.head_length <= kHeadBytes);
  const uint32_t rest_at = edit == TagEdit::kPush ? kTagAt : kTagAt + kVlanTagBytes;
  const uint32_t edited_rest_at = edit == TagEdit::kPop ? kTagAt : kTagAt + kVlanTagBytes;
  assert(frame.head_length >= rest_at + 2);
  std::memcpy(head, frame.head, kTagAt);
  if (edit != TagEdit::kPop) StoreTag(tag, head + kTagAt);
  std::memcpy(head + edited_rest_at, frame.head + rest_at, frame.head_length - rest_at);
  if (edit != TagEdit::kReplace) MoveOffsets(head, edit);
  return EditedBytes(frame.head_length, edit);
}

}  // namespace vswitch
