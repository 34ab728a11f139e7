#include "bridge/wire/offload_header.h"

#include <algorithm>

#include "bridge/wire/vlan_tag.h"

namespace vswitch {
namespace {

// virtio 1.2, 5.1.6. The kernel never hands out RSC_INFO (4) nor UFO (gso_type 3), as no port of
// ours asks for them.
constexpr uint8_t kNeedsChecksum = 1;
constexpr uint8_t kDataValid = 2;
constexpr uint8_t kGsoNone = 0;
constexpr uint8_t kGsoTcpV4 = 1;
constexpr uint8_t kGsoTcpV6 = 4;
constexpr uint8_t kGsoUdp = 5;
constexpr uint8_t kGsoEcn = 0x80;

constexpr uint32_t kChecksumBytes = 2;
constexpr uint32_t kShortestIpV4 = 20;
constexpr uint32_t kIpV6 = 40;
constexpr uint32_t kShortestTcp = 20;
constexpr uint32_t kUdp = 8;
constexpr uint32_t kTcpChecksumOffset = 16;
constexpr uint32_t kUdpChecksumOffset = 6;
constexpr uint32_t kTcpDataOffset = 12;  // The octet whose upper half is the header's length / 4.

constexpr uint32_t kMaxUdpSegments = 128;  // UDP_MAX_SEGMENTS of Linux.
// TCP_MIN_SND_MSS of Linux, below which no honest stack sends: with 1 instead, a frame becomes
// 65,000 pieces for a receiver without offloads, and cutting them costs the worker 0.1 s.
constexpr uint32_t kLeastTcpSegment = 48;
constexpr uint32_t kGsoSizeByFrags = 0xffff;  // GSO_BY_FRAGS of Linux.

constexpr uint32_t kMaxTagsNotCounted = 2;

// What a tag that is pushed may add to the checksum's place, without an overflow of its field.
constexpr uint32_t kMaxChecksumStart = 0xffff - kVlanTagBytes;

// The fields, wide enough that no sum of them overflows.
struct OffloadHeader {
  uint8_t flags;
  uint8_t gso_type;
  uint32_t hdr_len;
  uint32_t gso_size;
  uint32_t csum_start;
  uint32_t csum_offset;
};

OffloadHeader ReadHeader(const uint8_t* data) {
  return {data[0],
          data[1],
          LoadLittle16(data + 2),
          LoadLittle16(data + 4),
          LoadLittle16(data + 6),
          LoadLittle16(data + 8)};
}

bool IsTcp(const OffloadHeader& header) { return (header.gso_type & ~kGsoEcn) != kGsoUdp; }

// REQUIRES: room for an Ethernet header.
uint32_t LeastIpOffset(const FrameBytes& frame) {
  const uint16_t type = LoadBig16(frame.ethernet() + kEthernetHeaderBytes - 2);
  return kEthernetHeaderBytes + (IsVlanTpid(type) ? kVlanTagBytes : 0);
}

// REQUIRES: a header with a gso_type, whose shortest transport header lies within the frame.
uint32_t TransportHeaderBytes(const FrameBytes& frame, const OffloadHeader& header) {
  if (!IsTcp(header)) return kUdp;
  return (frame.EthernetByte(header.csum_start + kTcpDataOffset) >> 4) * 4u;
}

// REQUIRES: the checksum fields are valid.
bool IsValidGso(const FrameBytes& frame, const OffloadHeader& header) {
  if (header.gso_size == 0 || header.gso_size == kGsoSizeByFrags) return false;
  uint32_t shortest_ip = kShortestIpV4;
  uint32_t shortest_transport = kShortestTcp;
  uint32_t checksum_offset = kTcpChecksumOffset;
  switch (header.gso_type) {
    case kGsoTcpV4:
    case kGsoTcpV4 | kGsoEcn:
      break;
    case kGsoTcpV6:
    case kGsoTcpV6 | kGsoEcn:
      shortest_ip = kIpV6;
      break;
    case kGsoUdp:  // IPv4 or IPv6: the type does not say.
      shortest_transport = kUdp;
      checksum_offset = kUdpChecksumOffset;
      break;
    default:
      return false;
  }
  if (header.csum_offset != checksum_offset) return false;
  if (header.csum_start < LeastIpOffset(frame) + shortest_ip) return false;
  if (header.csum_start + shortest_transport > frame.ethernet_length()) return false;
  const uint32_t transport_bytes = TransportHeaderBytes(frame, header);
  if (transport_bytes < shortest_transport) return false;
  const uint32_t header_bytes = header.csum_start + transport_bytes;
  if (header_bytes > frame.ethernet_length()) return false;
  const uint32_t payload_bytes = frame.ethernet_length() - header_bytes;
  if (!IsTcp(header)) return payload_bytes <= header.gso_size * kMaxUdpSegments;
  // One segment may be as short as it likes.
  return header.gso_size >= kLeastTcpSegment || payload_bytes <= header.gso_size;
}

// Those that are whole, with a type behind them; of the outermost ones.
uint32_t CountTags(const FrameBytes& frame) {
  uint32_t tags = 0;
  uint32_t type_at = kEthernetHeaderBytes - 2;
  while (tags <= kMaxTagsNotCounted && type_at + 2 + kVlanTagBytes <= frame.ethernet_length() &&
         IsVlanTpid(LoadBig16(frame.ethernet() + type_at))) {
    ++tags;
    type_at += kVlanTagBytes;
  }
  return tags;
}

}  // namespace

bool IsValidOffload(const FrameBytes& frame) {
  const OffloadHeader header = ReadHeader(frame.head);
  if ((header.flags & ~(kNeedsChecksum | kDataValid)) != 0) return false;
  if (header.hdr_len > frame.ethernet_length()) return false;
  if (header.flags & kNeedsChecksum) {
    if (header.csum_start < LeastIpOffset(frame) + kShortestIpV4) return false;
    if (header.csum_start > kMaxChecksumStart) return false;
    if (header.csum_start + header.csum_offset + kChecksumBytes > frame.ethernet_length()) {
      return false;
    }
  }
  if (header.gso_type == kGsoNone) return true;
  return (header.flags & kNeedsChecksum) && IsValidGso(frame, header);
}

uint32_t WireBytes(const FrameBytes& frame, TagEdit edit) {
  uint32_t bytes = frame.ethernet_length();
  if (HasGso(frame)) {
    // Not hdr_len: Linux puts there how much of the frame happened to be in linear memory.
    const OffloadHeader header = ReadHeader(frame.head);
    bytes =
        std::min(bytes, header.csum_start + TransportHeaderBytes(frame, header) + header.gso_size);
  }
  const uint32_t tag_bytes = EditedBytes(CountTags(frame) * kVlanTagBytes, edit);
  return EditedBytes(bytes, edit) - std::min(tag_bytes, kMaxTagsNotCounted * kVlanTagBytes);
}

WireLoad WireLoadOf(const FrameBytes& frame, TagEdit edit) {
  if (!HasGso(frame)) return {.frames = 1, .bytes = EditedBytes(frame.ethernet_length(), edit)};
  const OffloadHeader header = ReadHeader(frame.head);
  const uint32_t header_bytes = header.csum_start + TransportHeaderBytes(frame, header);
  const uint32_t payload_bytes = frame.ethernet_length() - header_bytes;
  const uint32_t segments = std::max(1u, (payload_bytes + header.gso_size - 1) / header.gso_size);
  return {.frames = segments, .bytes = payload_bytes + segments * EditedBytes(header_bytes, edit)};
}

uint32_t WriteCost(const FrameBytes& frame) {
  return std::max({WireLoadOf(frame).frames, frame.length / kCostBytes, 1u});
}

}  // namespace vswitch
