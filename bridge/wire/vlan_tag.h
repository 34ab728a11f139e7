// IEEE 802.1Q tags: what marks one in a frame, and how one is put in, taken out or changed on the
// way to a port.
//
// The frame itself stays as it is: other copies of it leave unchanged, or changed in another way. A
// changed copy has a head of its own, which is at most kMaxEditedHeadBytes long, and shares the
// body. Thread-safety: pure functions.
#ifndef VSWITCH_BRIDGE_WIRE_VLAN_TAG_H_
#define VSWITCH_BRIDGE_WIRE_VLAN_TAG_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "bridge/wire/frame_bytes.h"

namespace vswitch {

inline constexpr uint32_t kVlanTagBytes = 4;
inline constexpr uint16_t kVlanIdMask = 0xfff;
inline constexpr uint16_t kReservedVlanId = 0xfff;  // IEEE 802.1Q, table 9-2.

// IEEE 802.1Q, table 9-1: the customer tag and the service tag.
inline constexpr uint16_t kCustomerTpid = 0x8100;
inline constexpr uint16_t kServiceTpid = 0x88a8;
inline bool IsVlanTpid(uint16_t ether_type) {
  return ether_type == kCustomerTpid || ether_type == kServiceTpid;
}

struct VlanTag {
  uint16_t tpid = 0;
  // Priority (PCP), drop eligible indicator (DEI), VID.
  uint16_t tci = 0;

  uint16_t vid() const { return tci & kVlanIdMask; }
  friend bool operator==(const VlanTag&, const VlanTag&) = default;
};

// The outermost tags of a frame.
struct TagStack {
  // No rule looks deeper.
  static constexpr size_t kMost = 3;
  std::array<VlanTag, kMost> tags;
  size_t count = 0;
};

// What announces a tag and is cut short before it counts as one, of VID 0: who takes away what is
// in front of it must not make a frame of it that is no frame. REQUIRES: parse.cc accepted the
// frame.
TagStack ReadTags(const FrameBytes& frame);

// What is done to the outermost tag of a copy.
enum class TagEdit : uint8_t { kKeep, kPop, kPush, kReplace };

inline constexpr uint32_t kMaxEditedHeadBytes = kHeadBytes + kVlanTagBytes;

// How long `bytes` of a frame are with the edit made.
inline uint32_t EditedBytes(uint32_t bytes, TagEdit edit) {
  if (edit == TagEdit::kPush) return bytes + kVlanTagBytes;
  if (edit == TagEdit::kPop) return bytes - kVlanTagBytes;
  return bytes;
}

// Writes the head of a copy with the edit made; `tag` is what is pushed or put in the place of
// another. The virtio_net_hdr says the same of the copy as it did of the frame: the checksum's
// place and the length of the headers move along. Returns how many bytes it wrote:
// EditedBytes(head_length).
// REQUIRES: parse.cc accepted the frame; the edit is not kKeep; the frame has a tag unless it is
// kPush; `head` has room for kMaxEditedHeadBytes.
uint32_t WriteEditedHead(const FrameBytes& frame, TagEdit edit, VlanTag tag, uint8_t* head);

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_WIRE_VLAN_TAG_H_
