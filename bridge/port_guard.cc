#include "bridge/port_guard.h"

#include <algorithm>
#include <array>
#include <optional>

#include "bridge/wire/load.h"
#include "bridge/wire/network_header.h"

namespace vswitch {
namespace {

bool Has(const std::vector<MacAddress>& macs, MacAddress mac) {
  return std::ranges::binary_search(macs, mac.value, {}, &MacAddress::value);
}

constexpr uint32_t kSourceAt = 6;

constexpr uint16_t kDhcpServerPort = 67;
constexpr uint16_t kDhcpClientPort = 68;
constexpr uint16_t kDhcpV6ServerPort = 547;
constexpr uint16_t kDhcpV6ClientPort = 546;

// ICMPv6 types: RFC 4861.
constexpr uint8_t kRouterSolicitation = 133;
constexpr uint8_t kRouterAdvertisement = 134;
constexpr uint8_t kNeighbourSolicitation = 135;
constexpr uint8_t kNeighbourAdvertisement = 136;
constexpr uint8_t kRedirect = 137;

constexpr uint8_t kSourceLinkLayerOption = 1;
constexpr uint8_t kTargetLinkLayerOption = 2;
// An advertisement of a router with all that it may announce has a dozen.
constexpr int kMaxOptions = 32;

constexpr uint16_t kHardwareEthernet = 1;
constexpr uint16_t kHardwareIeee802 = 6;
constexpr uint16_t kArpRequest = 1;
constexpr uint16_t kRarpRequest = 3;

constexpr IpPrefix kLinkLocal{
    .family = IpFamily::kV6, .address = {0xfe80ull << 48, 0}, .length = 64};

bool IsDiscovery(uint8_t type) { return type >= kRouterSolicitation && type <= kRedirect; }

// One frame and the rules that it is held against.
class Check {
 public:
  Check(const GuardRules& rules, const FrameBytes& frame) : rules_(rules), frame_(frame) {}

  DropReason Run() {
    if (!MayBeSource(rules_, Source())) return DropReason::kGuardMac;
    const DropReason first = FirstOf(rules_.ip, rules_.arp);
    if (first == DropReason::kNone) return first;
    const std::optional<NetworkHeader> network = FindNetworkHeader(frame_);
    if (!network) return first;
    switch (network->type) {
      case kTypeArp:
      case kTypeRarp:
        return rules_.arp && !MayArp(network->offset) ? DropReason::kGuardArp : DropReason::kNone;
      case kTypeIpV4:
        return OfV4(network->offset);
      case kTypeIpV6:
        return OfV6(network->offset);
      default:
        return DropReason::kNone;
    }
  }

 private:
  // The first rule that is there, of all or but for some.
  DropReason FirstOf(bool ip, bool arp, bool nd = true, bool ra = true) const {
    if (ip) return DropReason::kGuardIp;
    if (arp) return DropReason::kGuardArp;
    if (nd && rules_.nd) return DropReason::kGuardNd;
    if (rules_.dhcp_server) return DropReason::kGuardDhcpServer;
    return ra && rules_.ra ? DropReason::kGuardRa : DropReason::kNone;
  }

  MacAddress Source() const { return MacAddress::FromBytes(frame_.ethernet() + kSourceAt); }
  bool IsOwn(MacAddress mac) const {
    return rules_.macs.empty() ? mac == Source() : Has(rules_.macs, mac);
  }
  bool IsAllowed(IpFamily family, const IpAddress& address) const {
    return std::ranges::any_of(rules_.ips, [&](const IpPrefix& prefix) {
      return prefix.family == family && prefix.Contains(address);
    });
  }
  // As IsAllowed, and link-local ones where no rule names any.
  bool IsAllowedV6(const IpAddress& address) const {
    if (IsAllowed(IpFamily::kV6, address)) return true;
    if (!kLinkLocal.Contains(address)) return false;
    bool has_v6 = false;
    for (const IpPrefix& prefix : rules_.ips) {
      if (prefix.family != IpFamily::kV6) continue;
      has_v6 = true;
      if (prefix.length >= kLinkLocal.length && kLinkLocal.Contains(prefix.address)) return false;
    }
    return has_v6;
  }

  // RFC 826: hardware and protocol type, their lengths, operation, sender's MAC and IP.
  bool MayArp(uint32_t offset) const {
    std::array<uint8_t, 28> arp;
    if (!ReadAt(frame_, offset, &arp)) return false;
    const uint16_t hardware = LoadBig16(&arp[0]);
    if (hardware != kHardwareEthernet && hardware != kHardwareIeee802) return false;
    if (LoadBig16(&arp[2]) != kTypeIpV4 || arp[4] != 6 || arp[5] != 4) return false;
    if (!IsOwn(MacAddress::FromBytes(&arp[8]))) return false;
    const IpAddress sender = IpAddress::FromV4(&arp[14]);
    const uint16_t operation = LoadBig16(&arp[6]);
    const bool is_request = operation == kArpRequest || operation == kRarpRequest;
    return (is_request && sender.IsZero()) || IsAllowed(IpFamily::kV4, sender);
  }

  DropReason OfV4(uint32_t offset) const {
    const DropReason first = FirstOf(rules_.ip, false, false, false);
    if (first == DropReason::kNone) return first;
    const std::optional<TransportHeader> transport = FindTransportV4(frame_, offset);
    if (!transport) return first;
    std::array<uint8_t, 4> octets;
    if (!ReadAt(frame_, offset + 12, &octets)) return first;
    const IpAddress source = IpAddress::FromV4(octets.data());
    const bool is_allowed = !rules_.ip || IsAllowed(IpFamily::kV4, source);
    if (is_allowed && !rules_.dhcp_server) return DropReason::kNone;
    std::array<uint8_t, 4> ports{};
    const bool is_udp = transport->protocol == kProtocolUdp;
    if (is_udp && !ReadWithin(*transport, 0, &ports)) {
      return is_allowed ? DropReason::kGuardDhcpServer : DropReason::kGuardIp;
    }
    const uint16_t from = LoadBig16(&ports[0]);
    const uint16_t to = LoadBig16(&ports[2]);
    if (!is_allowed) {
      const bool is_client = is_udp && from == kDhcpClientPort && to == kDhcpServerPort;
      if (!source.IsZero() || !is_client || !HasV4()) return DropReason::kGuardIp;
    }
    const bool is_server = is_udp && (from == kDhcpServerPort || to == kDhcpClientPort);
    return rules_.dhcp_server && is_server ? DropReason::kGuardDhcpServer : DropReason::kNone;
  }

  DropReason OfV6(uint32_t offset) const {
    const DropReason first = FirstOf(rules_.ip, false);
    std::array<uint8_t, 16> octets;
    if (first == DropReason::kNone) return first;
    if (!ReadAt(frame_, offset + 8, &octets)) return first;
    const std::optional<TransportHeader> transport = FindTransportV6(frame_, offset);
    if (!transport) return first;
    const IpAddress source = IpAddress::FromV6(octets.data());
    std::array<uint8_t, 1> type{};
    const bool is_icmp = transport->protocol == kProtocolIcmpV6;
    if (is_icmp && !ReadWithin(*transport, 0, &type)) return first;
    if (rules_.ip && !IsAllowedV6(source)) {
      const bool has_none_yet = source.IsZero() && is_icmp && MayComeFromNobody(type[0]);
      if (!has_none_yet || !HasV6()) return DropReason::kGuardIp;
    }
    if (rules_.nd && is_icmp && IsDiscovery(type[0]) && !MayDiscover(*transport, type[0], source)) {
      return DropReason::kGuardNd;
    }
    if (rules_.dhcp_server && transport->protocol == kProtocolUdp) {
      std::array<uint8_t, 4> ports;
      if (!ReadWithin(*transport, 0, &ports)) return DropReason::kGuardDhcpServer;
      if (LoadBig16(&ports[0]) == kDhcpV6ServerPort || LoadBig16(&ports[2]) == kDhcpV6ClientPort) {
        return DropReason::kGuardDhcpServer;
      }
    }
    const bool is_router = is_icmp && (type[0] == kRouterAdvertisement || type[0] == kRedirect);
    return rules_.ra && is_router ? DropReason::kGuardRa : DropReason::kNone;
  }

  bool HasFamily(IpFamily family) const {
    return std::ranges::any_of(rules_.ips,
                               [&](const IpPrefix& prefix) { return prefix.family == family; });
  }
  bool HasV4() const { return HasFamily(IpFamily::kV4); }
  bool HasV6() const { return HasFamily(IpFamily::kV6); }

  static bool MayComeFromNobody(uint8_t icmp_type) {
    return icmp_type == kNeighbourSolicitation || icmp_type == kRouterSolicitation ||
           icmp_type == kMldV1Report || icmp_type == kMldV2Report;
  }

  // RFC 4861, 4.1 to 4.5: a fixed part, which some have a target in, and options.
  bool MayDiscover(const TransportHeader& transport, uint8_t type, const IpAddress& source) const {
    if (transport.fragmented) return false;
    const bool from_nobody = source.IsZero() && MayComeFromNobody(type);
    if (!from_nobody && !IsAllowedV6(source)) return false;
    uint32_t options_at = 8;
    if (type == kRouterAdvertisement) options_at = 16;
    if (type == kNeighbourSolicitation || type == kNeighbourAdvertisement) options_at = 24;
    if (type == kRedirect) options_at = 40;
    const bool claims_target =
        type == kNeighbourAdvertisement || type == kRedirect || source.IsZero();
    if (claims_target && options_at >= 24) {
      std::array<uint8_t, 16> target;
      if (!ReadWithin(transport, 8, &target)) return false;
      if (!IsAllowedV6(IpAddress::FromV6(target.data()))) return false;
    }
    return HasOwnOptions(transport, options_at);
  }

  bool HasOwnOptions(const TransportHeader& transport, uint32_t at) const {
    if (transport.offset + at > transport.end) return false;
    for (int options = 0; transport.offset + at < transport.end; ++options) {
      std::array<uint8_t, 8> option;
      if (options == kMaxOptions || !ReadWithin(transport, at, &option)) return false;
      const uint32_t bytes = option[1] * 8u;
      if (bytes == 0 || transport.offset + at + bytes > transport.end) return false;
      if (option[0] == kSourceLinkLayerOption || option[0] == kTargetLinkLayerOption) {
        if (bytes != option.size() || !IsOwn(MacAddress::FromBytes(&option[2]))) return false;
      }
      at += bytes;
    }
    return true;
  }

  // As ReadAt, from the transport header on, and no further than the packet goes.
  template <size_t n>
  bool ReadWithin(const TransportHeader& transport, uint32_t offset,
                  std::array<uint8_t, n>* octets) const {
    offset += transport.offset;
    return offset + n <= transport.end && ReadAt(frame_, offset, octets);
  }

  const GuardRules& rules_;
  const FrameBytes& frame_;
};

}  // namespace

bool MayBeSource(const GuardRules& rules, MacAddress source) {
  return !rules.mac || Has(rules.macs, source);
}

DropReason Guard(const GuardRules& rules, const FrameBytes& frame) {
  return Check(rules, frame).Run();
}

}  // namespace vswitch
