// The bytes of a frame inside the switch: a virtio_net_hdr and the Ethernet frame behind it, in two
// pieces. What is written to a port is `head`, then `body`.
//
//   headroom | head: virtio_net_hdr, Ethernet, tags, ... |   body: the rest
//            ^ ours to change                            |   borrowed, never changed, seldom read
//
// The head is ours, so that a tag can be put in or taken out in place and what was checked stays as
// it was checked, whoever owns the memory of the body. A frame that was read into one of our own
// buffers has its body right behind its head.
#ifndef VSWITCH_BRIDGE_WIRE_FRAME_BYTES_H_
#define VSWITCH_BRIDGE_WIRE_FRAME_BYTES_H_

#include <algorithm>
#include <cstdint>

namespace vswitch {

// virtio_net_hdr_v1 (virtio 1.2, 5.1.6), little endian, in front of every frame inside the switch.
inline constexpr uint32_t kOffloadHeaderBytes = 12;
inline constexpr uint32_t kEthernetHeaderBytes = 14;
// How much of a frame the head holds, if the frame has so much.
inline constexpr uint32_t kHeadBytes = 128;

struct FrameBytes {
  uint8_t* head = nullptr;
  const uint8_t* body = nullptr;
  // Of head and body together.
  uint32_t length = 0;
  // min(length, kHeadBytes).
  uint32_t head_length = 0;

  // A frame that lies in one piece.
  void SetWhole(uint8_t* data, uint32_t bytes) {
    head = data;
    length = bytes;
    head_length = std::min(bytes, kHeadBytes);
    body = data + head_length;
  }
  bool IsWhole() const { return body == head + head_length; }

  // REQUIRES: length >= kOffloadHeaderBytes. What lies beyond the head: EthernetByte().
  const uint8_t* ethernet() const { return head + kOffloadHeaderBytes; }
  uint32_t ethernet_length() const { return length - kOffloadHeaderBytes; }
  // REQUIRES: offset < ethernet_length().
  uint8_t EthernetByte(uint32_t offset) const {
    offset += kOffloadHeaderBytes;
    return offset < head_length ? head[offset] : body[offset - head_length];
  }
};

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_WIRE_FRAME_BYTES_H_
