// The BPDUs of IEEE 802.1D-2004, clause 9: what they say, and their bytes in an Ethernet frame
// behind an LLC header (IEEE 802.2). They come from whoever is at the port's other end: every
// length is checked before a byte is read, and times that no bridge may have are brought into the
// ranges of table 17-1.
#ifndef VSWITCH_BRIDGE_RSTP_BPDU_H_
#define VSWITCH_BRIDGE_RSTP_BPDU_H_

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "bridge/rstp/vectors.h"

namespace vswitch::rstp {

// Table 7-9.
inline constexpr MacAddress kBridgeGroupAddress{0x0180c2000000};

// 9.3: of a bridge that only knows STP, kConfiguration and kTopologyChangeNotification.
enum class BpduType : uint8_t {
  kConfiguration = 0x00,
  kTopologyChangeNotification = 0x80,
  kRapid = 0x02,
};

// 9.2.9.
enum class BpduRole : uint8_t { kUnknown = 0, kAlternateOrBackup = 1, kRoot = 2, kDesignated = 3 };

struct Bpdu {
  BpduType type = BpduType::kRapid;
  // What follows is not in a topology change notification.
  bool topology_change = false;
  bool topology_change_ack = false;
  // These five are in a kRapid one only; a kConfiguration one comes from a designated port.
  bool proposal = false;
  BpduRole role = BpduRole::kDesignated;
  bool learning = false;
  bool forwarding = false;
  bool agreement = false;
  PriorityVector priority;
  Times times;

  bool operator==(const Bpdu&) const = default;
};

// Without FCS: padded to the least length of a frame.
inline constexpr size_t kBpduFrameBytes = 60;
using BpduFrame = std::array<uint8_t, kBpduFrameBytes>;

// What an untagged Ethernet frame to kBridgeGroupAddress says, by 9.3.4; nullopt: it is no BPDU, or
// not a valid one. An RST BPDU without a role is as good as a configuration BPDU (9.2.9). What a
// newer version adds behind it is left alone (9.3.4).
std::optional<Bpdu> ParseBpdu(std::span<const uint8_t> frame);

// `source` is the sending port's address (7.12.2).
BpduFrame BuildBpdu(const Bpdu& bpdu, MacAddress source);

}  // namespace vswitch::rstp

#endif  // VSWITCH_BRIDGE_RSTP_BPDU_H_
