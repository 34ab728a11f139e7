// Makes the frames of all tests and benches: what a guest sends, byte for byte, with or without the
// virtio_net_hdr in front. Deterministic: the same calls give the same bytes.
//
//   FrameBuilder().From(Station(1)).To(Station(2)).Tag(100).Udp({}, 18).Build()
//
// Nothing is padded to 60 bytes, as guests do not pad either. Nothing is checked: a test may build
// nonsense. Thread-safety: none, a value type.
#ifndef VSWITCH_TESTS_FRAME_BUILDER_H_
#define VSWITCH_TESTS_FRAME_BUILDER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "mac_table/mac_address.h"

namespace vswitch {

// 02:00:00:xx:xx:xx, locally administered, unicast, never zero.
MacAddress Station(uint32_t number);
// From text; ends the program if it is no address.
MacAddress Mac(std::string_view text);
inline constexpr MacAddress kBroadcast{0xffffffffffff};

// The ends of a UDP or TCP packet. IPv6 addresses are fd00:: plus the number.
struct Flow {
  bool ipv6 = false;
  uint32_t source_ip = 0x0a000001;  // 10.0.0.1
  uint32_t destination_ip = 0x0a000002;
  uint16_t source_port = 1000;
  uint16_t destination_port = 2000;
};

// virtio_net_hdr_v1, in host order.
struct OffloadFields {
  uint8_t flags = 0;
  uint8_t gso_type = 0;
  uint16_t hdr_len = 0;
  uint16_t gso_size = 0;
  uint16_t csum_start = 0;
  uint16_t csum_offset = 0;
  uint16_t num_buffers = 0;
};
inline constexpr size_t kOffloadBytes = sizeof(OffloadFields);
static_assert(kOffloadBytes == 12);

class FrameBuilder {
 public:
  FrameBuilder() = default;  // Station(1) to Station(2), type 0x88b5 (local experiments), 46 bytes.

  FrameBuilder& From(MacAddress source);
  FrameBuilder& To(MacAddress destination);
  // Adds an IEEE 802.1Q tag inside those added before: the first call makes the outermost. Adding
  // 0x1000 to `vid` sets the drop eligible indicator (DEI).
  FrameBuilder& Tag(uint16_t vid, uint16_t tpid = 0x8100, uint8_t priority = 0);

  // What follows the tags; the last call wins.
  FrameBuilder& EtherType(uint16_t type);  // Keeps the payload.
  FrameBuilder& Payload(size_t bytes);     // 0, 1, 2, ... 255, 0, ...
  FrameBuilder& ArpRequest(uint32_t sender_ip, uint32_t target_ip);
  FrameBuilder& ArpReply(uint32_t sender_ip, uint32_t target_ip);
  FrameBuilder& Udp(const Flow& flow, size_t payload_bytes);
  // `header_bytes`: 20 to 60, a multiple of 4; options are NOPs.
  FrameBuilder& Tcp(const Flow& flow, size_t payload_bytes, size_t header_bytes = 20);

  // After Udp() or Tcp(): leaves the checksum to the receiver, as a guest's driver does
  // (NEEDS_CSUM; the field holds the pseudo header's sum).
  FrameBuilder& LeaveChecksum();
  // A super-frame of segments with `gso_size` bytes of payload each; leaves the checksum too.
  FrameBuilder& Gso(uint16_t gso_size);
  // Sets the virtio_net_hdr by hand, whatever was said above.
  FrameBuilder& Offload(const OffloadFields& fields);

  std::vector<uint8_t> BuildEthernet() const;
  // With the virtio_net_hdr in front.
  std::vector<uint8_t> Build() const;
  // The header that Build() would put in front.
  OffloadFields offload() const;

 private:
  enum class Body { kPattern, kArp, kUdp, kTcp };
  struct VlanTag {
    uint16_t tpid;
    uint16_t tci;
  };

  size_t network_offset() const { return 14 + 4 * tags_.size(); }
  size_t transport_offset() const { return network_offset() + (flow_.ipv6 ? 40 : 20); }
  uint16_t checksum_offset() const { return body_ == Body::kTcp ? 16 : 6; }
  void AppendArp(std::vector<uint8_t>& bytes) const;
  void AppendIp(std::vector<uint8_t>& bytes) const;
  void AppendTransport(std::vector<uint8_t>& bytes) const;

  MacAddress source_ = Station(1);
  MacAddress destination_ = Station(2);
  std::vector<VlanTag> tags_;
  uint16_t type_ = 0x88b5;
  Body body_ = Body::kPattern;
  size_t payload_bytes_ = 46;
  uint16_t arp_operation_ = 1;
  Flow flow_;
  size_t transport_bytes_ = 8;
  bool leave_checksum_ = false;
  uint16_t gso_size_ = 0;
  std::optional<OffloadFields> offload_;
};

// The fields as the 12 bytes of a frame's start.
std::vector<uint8_t> OffloadBytes(const OffloadFields& fields);

}  // namespace vswitch

#endif  // VSWITCH_TESTS_FRAME_BUILDER_H_
