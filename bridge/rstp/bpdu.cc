#include "bridge/rstp/bpdu.h"

#include <algorithm>

#include "bridge/wire/frame_bytes.h"
#include "bridge/wire/load.h"
#include "bridge/wire/protocol_numbers.h"

namespace vswitch::rstp {
namespace {

// IEEE 802.2: destination and source service access point of the spanning tree protocols
// (802.1D-2004, table 7-10), and unnumbered information.
constexpr std::array<uint8_t, 3> kLlc = {0x42, 0x42, 0x03};
constexpr size_t kBpduOffset = kEthernetHeaderBytes + kLlc.size();
// A length up to here, an EtherType above (IEEE 802.3, 3.2.6).

// 9.3.1 to 9.3.3.
constexpr size_t kNotificationBytes = 4;
constexpr size_t kConfigurationBytes = 35;
constexpr size_t kRapidBytes = 36;
constexpr uint8_t kRapidVersion = 2;

// 9.2.9 and figure 9-5: the bits of the flags.
constexpr uint8_t kTopologyChange = 0x01;
constexpr uint8_t kProposal = 0x02;
constexpr int kRoleShift = 2;
constexpr uint8_t kRoleMask = 0x3;
constexpr uint8_t kLearning = 0x10;
constexpr uint8_t kForwarding = 0x20;
constexpr uint8_t kAgreement = 0x40;
constexpr uint8_t kTopologyChangeAck = 0x80;

// Where a configuration BPDU has its parts, figure 9-1.
constexpr size_t kVersionAt = 2;
constexpr size_t kTypeAt = 3;
constexpr size_t kFlagsAt = 4;
constexpr size_t kRootAt = 5;
constexpr size_t kCostAt = 13;
constexpr size_t kBridgeAt = 17;
constexpr size_t kPortAt = 25;
constexpr size_t kMessageAgeAt = 27;
constexpr size_t kMaxAgeAt = 29;
constexpr size_t kHelloTimeAt = 31;
constexpr size_t kForwardDelayAt = 33;

// 9.2.8: in 1/256 of a second; here to the nearest whole one.
constexpr uint16_t kTimeUnits = 256;
uint16_t Seconds(uint16_t time) {
  return static_cast<uint16_t>((time + uint32_t{kTimeUnits} / 2) / kTimeUnits);
}

Times ReadTimes(const uint8_t* bpdu) {
  // Table 17-1, the range for compatibility; of Hello Time that of IEEE 802.1D-1998, table 8-3.
  return {
      .message_age = std::min<uint16_t>(Seconds(LoadBig16(bpdu + kMessageAgeAt)), UINT8_MAX),
      .max_age = std::clamp<uint16_t>(Seconds(LoadBig16(bpdu + kMaxAgeAt)), 6, 40),
      .forward_delay = std::clamp<uint16_t>(Seconds(LoadBig16(bpdu + kForwardDelayAt)), 4, 30),
      .hello_time = std::clamp<uint16_t>(Seconds(LoadBig16(bpdu + kHelloTimeAt)), 1, 10),
  };
}

PriorityVector ReadPriority(const uint8_t* bpdu) {
  return {
      .root = LoadBig64(bpdu + kRootAt),
      .root_path_cost = LoadBig32(bpdu + kCostAt),
      .designated_bridge = LoadBig64(bpdu + kBridgeAt),
      .designated_port = LoadBig16(bpdu + kPortAt),
  };
}

void Store(uint64_t value, size_t bytes, uint8_t* at) {
  for (size_t i = 0; i < bytes; ++i) at[i] = static_cast<uint8_t>(value >> 8 * (bytes - 1 - i));
}

Bpdu ReadBody(const uint8_t* bytes, BpduType type) {
  const uint8_t flags = bytes[kFlagsAt];
  Bpdu bpdu = {.type = type,
               .topology_change = (flags & kTopologyChange) != 0,
               .topology_change_ack = (flags & kTopologyChangeAck) != 0,
               .priority = ReadPriority(bytes),
               .times = ReadTimes(bytes)};
  if (type != BpduType::kRapid) return bpdu;
  const auto role = static_cast<BpduRole>(flags >> kRoleShift & kRoleMask);
  if (role == BpduRole::kUnknown) {
    bpdu.type = BpduType::kConfiguration;
    return bpdu;
  }
  bpdu.role = role;
  bpdu.proposal = (flags & kProposal) != 0;
  bpdu.learning = (flags & kLearning) != 0;
  bpdu.forwarding = (flags & kForwarding) != 0;
  bpdu.agreement = (flags & kAgreement) != 0;
  return bpdu;
}

uint8_t FlagsOf(const Bpdu& bpdu) {
  uint8_t flags = (bpdu.topology_change ? kTopologyChange : 0) |
                  (bpdu.topology_change_ack ? kTopologyChangeAck : 0);
  if (bpdu.type != BpduType::kRapid) return flags;
  flags |= static_cast<uint8_t>(bpdu.role) << kRoleShift;
  flags |= (bpdu.proposal ? kProposal : 0) | (bpdu.learning ? kLearning : 0) |
           (bpdu.forwarding ? kForwarding : 0) | (bpdu.agreement ? kAgreement : 0);
  return flags;
}

}  // namespace

std::optional<Bpdu> ParseBpdu(std::span<const uint8_t> frame) {
  if (frame.size() < kBpduOffset + kNotificationBytes) return std::nullopt;
  const uint16_t length = LoadBig16(frame.data() + 12);
  if (length > kMaxLength || length > frame.size() - kEthernetHeaderBytes ||
      length < kLlc.size() + kNotificationBytes) {
    return std::nullopt;
  }
  if (!std::ranges::equal(frame.subspan(kEthernetHeaderBytes, kLlc.size()), kLlc)) {
    return std::nullopt;
  }
  const std::span<const uint8_t> bytes = frame.subspan(kBpduOffset, length - kLlc.size());
  if (LoadBig16(bytes.data()) != 0) return std::nullopt;  // The protocol identifier, 9.3.4.
  switch (static_cast<BpduType>(bytes[kTypeAt])) {
    case BpduType::kTopologyChangeNotification:
      return Bpdu{.type = BpduType::kTopologyChangeNotification};
    case BpduType::kConfiguration:
      // 9.3.4, a: too old is as good as never heard.
      if (bytes.size() < kConfigurationBytes ||
          LoadBig16(bytes.data() + kMessageAgeAt) >= LoadBig16(bytes.data() + kMaxAgeAt)) {
        return std::nullopt;
      }
      return ReadBody(bytes.data(), BpduType::kConfiguration);
    case BpduType::kRapid:
      if (bytes.size() < kRapidBytes || bytes[kVersionAt] < kRapidVersion) return std::nullopt;
      return ReadBody(bytes.data(), BpduType::kRapid);
  }
  return std::nullopt;
}

BpduFrame BuildBpdu(const Bpdu& bpdu, MacAddress source) {
  BpduFrame frame{};
  kBridgeGroupAddress.ToBytes(frame.data());
  source.ToBytes(frame.data() + 6);
  std::ranges::copy(kLlc, frame.data() + kEthernetHeaderBytes);
  uint8_t* const bytes = frame.data() + kBpduOffset;
  bytes[kTypeAt] = static_cast<uint8_t>(bpdu.type);
  size_t length = kNotificationBytes;
  if (bpdu.type != BpduType::kTopologyChangeNotification) {
    bytes[kFlagsAt] = FlagsOf(bpdu);
    Store(bpdu.priority.root, 8, bytes + kRootAt);
    Store(bpdu.priority.root_path_cost, 4, bytes + kCostAt);
    Store(bpdu.priority.designated_bridge, 8, bytes + kBridgeAt);
    Store(bpdu.priority.designated_port, 2, bytes + kPortAt);
    Store(bpdu.times.message_age * kTimeUnits, 2, bytes + kMessageAgeAt);
    Store(bpdu.times.max_age * kTimeUnits, 2, bytes + kMaxAgeAt);
    Store(bpdu.times.hello_time * kTimeUnits, 2, bytes + kHelloTimeAt);
    Store(bpdu.times.forward_delay * kTimeUnits, 2, bytes + kForwardDelayAt);
    length = kConfigurationBytes;
  }
  if (bpdu.type == BpduType::kRapid) {
    bytes[kVersionAt] = kRapidVersion;
    length = kRapidBytes;  // 9.3.3: the last is the length of what version 1 has, none.
  }
  Store(kLlc.size() + length, 2, frame.data() + 12);
  return frame;
}

}  // namespace vswitch::rstp
