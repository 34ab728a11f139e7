#include "bench/load_frame.h"

#include <cstring>

namespace vswitch {
namespace {

constexpr size_t kEthernetBytes = 14;
constexpr size_t kIpBytes = 20;
constexpr size_t kUdpBytes = 8;
constexpr size_t kTcpBytes = 20;
constexpr size_t kProtocolAt = kEthernetBytes + 9;
constexpr size_t kTransportAt = kEthernetBytes + kIpBytes;
constexpr uint8_t kProtocolTcp = 6;
constexpr uint16_t kDestinationPort = 0x7673;  // "vs": how the receiver knows our frames.

std::vector<uint8_t> Build(MacAddress source, MacAddress destination, size_t frame_bytes,
                           uint16_t segment_bytes) {
  FrameBuilder builder;
  builder.From(source).To(destination);
  const Flow flow{.destination_port = kDestinationPort};
  if (segment_bytes != 0) {
    return builder.Tcp(flow, frame_bytes - kTransportAt - kTcpBytes).Gso(segment_bytes).Build();
  }
  return builder.Udp(flow, frame_bytes - kTransportAt - kUdpBytes).Build();
}

}  // namespace

LoadFrame::LoadFrame(MacAddress source, MacAddress destination, size_t frame_bytes,
                     uint16_t segment_bytes)
    : bytes_(Build(source, destination, frame_bytes, segment_bytes)),
      stamp_at_(kEthernetAt + kTransportAt + (segment_bytes != 0 ? kTcpBytes : kUdpBytes)) {
  // The stamp changes with every frame, and a UDP checksum of 0 means that there is none.
  if (segment_bytes == 0) memset(&bytes_[kEthernetAt + kTransportAt + 6], 0, 2);
}

void LoadFrame::SetStamp(const LoadStamp& stamp) {
  memcpy(&bytes_[stamp_at_], &stamp, sizeof stamp);
  memcpy(&bytes_[kEthernetAt + kTransportAt], &stamp.stream, sizeof stamp.stream);
}

bool IsLoadFrame(std::span<const uint8_t> ethernet) {
  return ethernet.size() >= kMinLoadFrameBytes &&
         ethernet[kTransportAt + 2] == kDestinationPort >> 8 &&
         ethernet[kTransportAt + 3] == (kDestinationPort & 0xff);
}

std::optional<LoadStamp> ReadLoadStamp(std::span<const uint8_t> ethernet) {
  if (!IsLoadFrame(ethernet)) return {};
  const size_t at = kTransportAt + (ethernet[kProtocolAt] == kProtocolTcp ? kTcpBytes : kUdpBytes);
  LoadStamp stamp;
  if (at + sizeof stamp > ethernet.size()) return {};
  memcpy(&stamp, &ethernet[at], sizeof stamp);
  return stamp;
}

}  // namespace vswitch
