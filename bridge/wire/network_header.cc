#include "bridge/wire/network_header.h"

#include "bridge/wire/load.h"
#include "bridge/wire/vlan_tag.h"

namespace vswitch {
namespace {

// Below it a type is a length: IEEE 802.3, 3.2.6.
constexpr uint16_t kLeastType = 0x0600;

// LLC's SAP for SNAP, without the bit that says group or response.
constexpr uint8_t kSnapSap = 0xaa;
constexpr uint8_t kSapMask = 0xfe;
constexpr uint8_t kUnnumberedInformation = 0x03;

constexpr uint8_t kRouting = 43;
constexpr uint8_t kFragment = 44;
constexpr uint8_t kAuthentication = 51;
constexpr uint8_t kDestinationOptions = 60;
constexpr uint8_t kMobility = 135;
constexpr uint8_t kHostIdentity = 139;
constexpr uint8_t kShim6 = 140;

// Those that hosts took before IEEE 802.1ad had one, too.
bool IsAnyTpid(uint16_t type) {
  return IsVlanTpid(type) || type == 0x9100 || type == 0x9200 || type == 0x9300;
}

bool IsSnap(const FrameBytes& frame, uint32_t offset) {
  std::array<uint8_t, 2> saps;
  return ReadAt(frame, offset, &saps) && (saps[0] & kSapMask) == kSnapSap &&
         (saps[1] & kSapMask) == kSnapSap;
}

// Headers of 8 octets and a length that counts more of them.
bool IsExtensionHeader(uint8_t protocol) {
  switch (protocol) {
    case kHopByHop:
    case kRouting:
    case kDestinationOptions:
    case kMobility:
    case kHostIdentity:
    case kShim6:
      return true;
    default:
      return false;
  }
}

// Steps over an authentication header (RFC 4302, 2.2: its length is in words of 4 octets, less 2).
bool SkipAuthentication(const FrameBytes& frame, TransportHeader* at) {
  std::array<uint8_t, 2> header;
  if (!ReadAt(frame, at->offset, &header)) return false;
  at->protocol = header[0];
  at->offset += (header[1] + 2u) * 4;
  return at->offset <= at->end;
}

bool SkipExtension(const FrameBytes& frame, TransportHeader* at) {
  std::array<uint8_t, 2> header;
  if (!ReadAt(frame, at->offset, &header)) return false;
  at->protocol = header[0];
  at->offset += (header[1] + 1u) * 8;
  return at->offset <= at->end;
}

// Of a later fragment nothing can be said: it becomes kProtocolNone.
bool SkipFragment(const FrameBytes& frame, TransportHeader* at) {
  std::array<uint8_t, 8> header;
  if (!ReadAt(frame, at->offset, &header)) return false;
  const bool is_first = (LoadBig16(&header[2]) & 0xfff8) == 0;
  at->fragmented = true;
  at->protocol = is_first ? header[0] : kProtocolNone;
  at->offset += 8;
  return at->offset <= at->end;
}

}  // namespace

std::optional<NetworkHeader> FindNetworkHeader(const FrameBytes& frame) {
  NetworkHeader found{.type = LoadBig16(frame.ethernet() + kEthernetHeaderBytes - 2),
                      .offset = kEthernetHeaderBytes};
  bool has_snap = false;
  for (int tags = 0;;) {
    if (IsAnyTpid(found.type)) {
      // The tag's TCI, then the next type.
      std::array<uint8_t, kVlanTagBytes> tag;
      if (++tags > kMaxTags || !ReadAt(frame, found.offset, &tag)) return std::nullopt;
      found.type = LoadBig16(&tag[2]);
      found.offset += kVlanTagBytes;
    } else if (found.type < kLeastType) {
      if (!IsSnap(frame, found.offset)) return NetworkHeader{.offset = found.offset};
      std::array<uint8_t, 8> llc;
      if (has_snap || !ReadAt(frame, found.offset, &llc)) return std::nullopt;
      if (llc[2] != kUnnumberedInformation) return std::nullopt;
      has_snap = true;
      // RFC 1042, and IEEE 802.1H for what bridges tunnel; others' are no EtherTypes.
      const uint32_t oui = uint32_t{llc[3]} << 16 | LoadBig16(&llc[4]);
      if (oui != 0 && oui != 0x0000f8) return NetworkHeader{.offset = found.offset};
      found.type = LoadBig16(&llc[6]);
      found.offset += 8;
    } else {
      return found;
    }
  }
}

std::optional<TransportHeader> FindTransportV4(const FrameBytes& frame, uint32_t offset) {
  std::array<uint8_t, kIpV4Bytes> ip;
  if (!ReadAt(frame, offset, &ip) || ip[0] >> 4 != 4) return std::nullopt;
  const uint32_t header_bytes = (ip[0] & 0xfu) * 4;
  uint32_t packet_bytes = LoadBig16(&ip[2]);
  // Too large for the field, as Linux's BIG TCP is: all of the frame.
  if (packet_bytes == 0) packet_bytes = frame.ethernet_length() - offset;
  if (header_bytes < kIpV4Bytes || packet_bytes < header_bytes) return std::nullopt;
  // RFC 1122, 3.2.1.7: nobody takes a packet that is longer than what has come.
  if (offset + packet_bytes > frame.ethernet_length()) return std::nullopt;
  const uint16_t fragment = LoadBig16(&ip[6]);
  TransportHeader found{.protocol = ip[9],
                        .offset = offset + header_bytes,
                        .end = offset + packet_bytes,
                        .fragmented = (fragment & 0x2000) != 0};
  if ((fragment & 0x1fff) != 0) {
    found.protocol = kProtocolNone;
    return found;
  }
  for (int headers = 0; found.protocol == kAuthentication; ++headers) {
    if (headers == kMaxExtensionHeaders || !SkipAuthentication(frame, &found)) return std::nullopt;
  }
  return found;
}

std::optional<TransportHeader> FindTransportV6(const FrameBytes& frame, uint32_t offset) {
  std::array<uint8_t, 8> ip;
  if (offset + kIpV6Bytes > frame.ethernet_length()) return std::nullopt;
  if (!ReadAt(frame, offset, &ip) || ip[0] >> 4 != 6) return std::nullopt;
  uint32_t end = offset + kIpV6Bytes + LoadBig16(&ip[4]);
  // A jumbogram (RFC 2675), or Linux's BIG TCP: all of the frame.
  if (end == offset + kIpV6Bytes) end = frame.ethernet_length();
  // RFC 8200: nobody takes a packet that is longer than what has come.
  if (end > frame.ethernet_length()) return std::nullopt;
  TransportHeader found{.protocol = ip[6], .offset = offset + kIpV6Bytes, .end = end};
  for (int headers = 0;; ++headers) {
    bool (*skip)(const FrameBytes&, TransportHeader*) = nullptr;
    if (found.protocol == kFragment) skip = SkipFragment;
    if (found.protocol == kAuthentication) skip = SkipAuthentication;
    if (IsExtensionHeader(found.protocol)) skip = SkipExtension;
    if (skip == nullptr) return found;
    if (headers == kMaxExtensionHeaders || !skip(frame, &found)) return std::nullopt;
  }
}

}  // namespace vswitch
