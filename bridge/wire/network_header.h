// From a frame's Ethernet header to what a host would make of it: through VLAN tags and LLC/SNAP to
// the network layer, and through IP's extension headers and fragments to the transport. For rules
// that look at what a guest claims to be; plain forwarding reads none of this.
//
// A reader that gives up where a host would read on is a hole (CERT VU#855201), so everything that
// any host is known to look through is looked through here, and what is cut short or nested deeper
// than kMax... is told apart from what carries nothing of interest: nullopt, which no guard passes.
//
// Never reads beyond the frame, and no more than some 20 headers of it. Pure functions.
#ifndef VSWITCH_BRIDGE_WIRE_NETWORK_HEADER_H_
#define VSWITCH_BRIDGE_WIRE_NETWORK_HEADER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "bridge/wire/frame_bytes.h"
#include "bridge/wire/protocol_numbers.h"

namespace vswitch {

inline constexpr int kMaxTags = 4;
// Linux reads as many as there are; what is honest has three.
inline constexpr int kMaxExtensionHeaders = 8;

// Copies the octets at `offset`; false, and nothing is copied, when they are not all there. Offsets
// count from the Ethernet header.
template <size_t n>
bool ReadAt(const FrameBytes& frame, uint32_t offset, std::array<uint8_t, n>* octets) {
  if (offset + n > frame.ethernet_length()) return false;
  for (size_t i = 0; i < n; ++i) {
    (*octets)[i] = frame.EthernetByte(offset + static_cast<uint32_t>(i));
  }
  return true;
}

struct NetworkHeader {
  // The EtherType behind all tags and LLC/SNAP; 0: another protocol of LLC.
  uint16_t type = 0;
  // Where what it announces begins.
  uint32_t offset = 0;
};

// Looks through up to kMaxTags tags, of the TPIDs of IEEE 802.1Q and of those in use before it, and
// one LLC/SNAP header (IEEE 802, RFC 1042) before, between or behind them. What a length field in
// the type's place claims is not asked.
// REQUIRES: the frame has a whole Ethernet header.
std::optional<NetworkHeader> FindNetworkHeader(const FrameBytes& frame);

// What an IP packet carries.
struct TransportHeader {
  uint8_t protocol = kProtocolNone;
  uint32_t offset = 0;
  // Where the packet ends by what it says itself; within the frame.
  uint32_t end = 0;
  // It has a fragment header (IPv6), or is the first fragment of more (IPv4).
  bool fragmented = false;
};

// `offset`: of the IP header. Authentication headers are looked through (RFC 4302: they hide
// nothing). Of a fragment but the first: kProtocolNone.
std::optional<TransportHeader> FindTransportV4(const FrameBytes& frame, uint32_t offset);
// The extension headers of RFC 8200, 4.1, and those that RFC 7045 lists as shaped alike. ESP hides
// what is behind it: it is the transport.
std::optional<TransportHeader> FindTransportV6(const FrameBytes& frame, uint32_t offset);

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_WIRE_NETWORK_HEADER_H_
