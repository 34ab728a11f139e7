#include "bridge/snooping/group_message.h"

#include <algorithm>
#include <cstddef>

#include "bridge/snooping/checksum.h"
#include "bridge/snooping/classify.h"
#include "bridge/snooping/numbers.h"
#include "bridge/wire/load.h"
#include "bridge/wire/network_header.h"
#include "bridge/wire/vlan_tag.h"

namespace vswitch {
namespace {

using Bytes = std::span<const uint8_t>;

// RFC 3376, 4.1.1 and 4.1.7; RFC 3810, 5.1.3: beyond `exact` a number has an exponent of 3 bits
// behind its highest one, and `mantissa_bits` of mantissa.
uint32_t ReadCode(uint32_t code, uint32_t exact, int mantissa_bits) {
  if (code < exact) return code;
  const uint32_t mantissa = code & ((1u << mantissa_bits) - 1);
  const uint32_t exponent = code >> mantissa_bits & 7;
  return (mantissa | 1u << mantissa_bits) << (exponent + 3);
}
uint32_t ReadCode8(uint8_t code) { return ReadCode(code, 128, 4); }
uint32_t ReadCode16(uint16_t code) { return ReadCode(code, 32768, 12); }

MappedAddress ReadAddress(const uint8_t* at, bool ipv6) {
  return ipv6 ? MappedAddress::FromIpv6(at) : MappedAddress::FromIpv4(LoadBig32(at));
}

void AddRecord(const MappedAddress& group, bool joins, GroupMessage* message) {
  if (!group.IsGroup() || group.IsAlwaysFlooded()) return;
  message->records.push_back({.group = group, .joins = joins});
}

// RFC 3376, 4.2.12; RFC 3810, 5.2.12. Who wants some sources wants the group here. Which sources
// are blocked is not kept track of, so a group of which all are ends by its timer.
void AddTypedRecord(uint8_t type, const MappedAddress& group, bool has_sources,
                    GroupMessage* message) {
  enum { kIsInclude = 1, kIsExclude, kToInclude, kToExclude, kAllow, kBlock };
  switch (type) {
    case kIsInclude:
    case kAllow:
      if (has_sources) AddRecord(group, true, message);
      return;
    case kIsExclude:
    case kToExclude:
      return AddRecord(group, true, message);
    case kToInclude:
      return AddRecord(group, has_sources, message);
    default:
      return;
  }
}

MappedAddress AllHosts(bool ipv6) {
  return ipv6 ? MappedAddress{0xff02000000000000, 1} : MappedAddress::FromIpv4(0xe0000001);
}
MappedAddress AllRouters(bool ipv6) {
  return ipv6 ? MappedAddress{0xff02000000000000, 2} : MappedAddress::FromIpv4(0xe0000002);
}
// Who hear reports with records.
MappedAddress AllReportRouters(bool ipv6) {
  return ipv6 ? MappedAddress{0xff02000000000000, 0x16} : MappedAddress::FromIpv4(0xe0000016);
}
MappedAddress AllPimRouters(bool ipv6) {
  return ipv6 ? MappedAddress{0xff02000000000000, 0xd} : MappedAddress::FromIpv4(0xe000000d);
}

bool IsLeaveSentRightly(const MappedAddress& group, const GroupMessage& message) {
  return message.destination == group || message.destination == AllRouters(message.ipv6);
}

// IGMPv3 and MLDv2 reports: 8 octets, then records of 4 octets, an address, sources and auxiliary
// data. False: they do not fit.
bool ReadRecords(Bytes body, bool ipv6, GroupMessage* message) {
  if (body.size() < 8 || message->destination != AllReportRouters(ipv6)) return false;
  const size_t address_bytes = ipv6 ? 16 : 4;
  Bytes rest = body.subspan(8);
  for (uint32_t left = LoadBig16(body.data() + 6); left > 0; --left) {
    if (rest.size() < 4 + address_bytes) return false;
    const size_t sources = LoadBig16(rest.data() + 2);
    const size_t bytes = 4 + address_bytes + sources * address_bytes + rest[1] * size_t{4};
    if (rest.size() < bytes) return false;
    AddTypedRecord(rest[0], ReadAddress(rest.data() + 4, ipv6), sources > 0, message);
    rest = rest.subspan(bytes);
  }
  return true;
}

// What both families have behind the address of a query of their last version.
bool ReadQueryTail(Bytes tail, size_t address_bytes, GroupMessage* message) {
  if (tail.size() < 4 + LoadBig16(tail.data() + 2) * address_bytes) return false;
  message->suppresses = (tail[0] & 8) != 0;
  message->robustness = tail[0] & 7;
  message->interval_s = ReadCode8(tail[1]);
  return true;
}

// None is asked for by the unspecified address, and by no other that is not a group's.
bool ReadQueriedGroup(const MappedAddress& group, GroupMessage* message) {
  const bool to_all = message->destination == AllHosts(message->ipv6);
  if (group.IsUnspecified()) return to_all;
  message->group = group;
  return group.IsGroup() && (to_all || message->destination == group);
}

bool ReadIgmpQuery(Bytes igmp, bool has_router_alert, GroupMessage* message) {
  message->type = GroupMessage::Type::kQuery;
  const uint8_t code = igmp[1];
  uint32_t tenths = code;
  if (igmp.size() >= 12) {
    message->version = 3;
    tenths = ReadCode8(code);
    if (!ReadQueryTail(igmp.subspan(8), 4, message)) return false;
  } else if (igmp.size() == 8) {
    // RFC 2236, 4: a router of version 1 says 0, which means 10 seconds.
    message->version = code == 0 ? 1 : 2;
    if (code == 0) tenths = 100;
  } else {
    return false;
  }
  if (message->version > 1 && !has_router_alert) return false;
  message->response_s = (tenths + 9) / 10;
  return ReadQueriedGroup(ReadAddress(igmp.data() + 4, false), message);
}

bool ReadIgmp(Bytes igmp, bool has_router_alert, GroupMessage* message) {
  if (igmp.size() < 8 || FinishChecksum(ChecksumPart(igmp)) != 0) return false;
  const MappedAddress group = ReadAddress(igmp.data() + 4, false);
  message->type = GroupMessage::Type::kReport;
  switch (igmp[0]) {
    case kIgmpQuery:
      return ReadIgmpQuery(igmp, has_router_alert, message);
    case kIgmpV1Report:
    case kIgmpV2Report:
      message->version = igmp[0] == kIgmpV1Report ? 1 : 2;
      AddRecord(group, true, message);
      return group.IsGroup();
    case kIgmpLeave:
      message->version = 2;
      AddRecord(group, false, message);
      return group.IsGroup() && IsLeaveSentRightly(group, *message);
    case kIgmpV3Report:
      message->version = 3;
      return ReadRecords(igmp, false, message);
    default:
      return false;
  }
}

bool ReadMldQuery(Bytes mld, GroupMessage* message) {
  message->type = GroupMessage::Type::kQuery;
  uint32_t response_ms = LoadBig16(mld.data() + 4);
  if (mld.size() >= 28) {
    message->version = 2;
    response_ms = ReadCode16(static_cast<uint16_t>(response_ms));
    if (!ReadQueryTail(mld.subspan(24), 16, message)) return false;
  } else if (mld.size() == 24) {
    message->version = 1;
  } else {
    return false;  // RFC 3810, 8.1.
  }
  message->response_s = (response_ms + 999) / 1000;
  return ReadQueriedGroup(ReadAddress(mld.data() + 8, true), message);
}

bool ReadMld(Bytes mld, GroupMessage* message) {
  if (mld.size() < 8) return false;
  message->type = GroupMessage::Type::kReport;
  if (mld[0] == kMldV2Report) {
    message->version = 2;
    return ReadRecords(mld, true, message);
  }
  if (mld.size() < 24) return false;
  if (mld[0] == kMldQuery) return ReadMldQuery(mld, message);
  if (mld[0] != kMldV1Report && mld[0] != kMldDone) return false;
  message->version = 1;
  const MappedAddress group = ReadAddress(mld.data() + 8, true);
  AddRecord(group, mld[0] == kMldV1Report, message);
  return group.IsGroup() && (mld[0] == kMldV1Report || IsLeaveSentRightly(group, *message));
}

bool ReadHello(Bytes pim, GroupMessage* message) {
  message->type = GroupMessage::Type::kHello;
  return pim.size() >= 4 && pim[0] == kPimHello &&
         message->destination == AllPimRouters(message->ipv6);
}

// RFC 2113: option 148, four octets, value 0.
bool HasRouterAlert(Bytes options) {
  while (!options.empty() && options[0] != 0) {
    if (options[0] == 1) {
      options = options.subspan(1);
      continue;
    }
    if (options.size() < 2 || options[1] < 2 || options[1] > options.size()) return false;
    if (options[0] == 148 && options[1] == 4 && LoadBig16(options.data() + 2) == 0) return true;
    options = options.subspan(options[1]);
  }
  return false;
}

// RFC 2711: option 5, two octets, value 0 for MLD; `options`: of the hop-by-hop header.
bool HasMldAlert(Bytes options) {
  while (!options.empty()) {
    if (options[0] == 0) {
      options = options.subspan(1);
      continue;
    }
    if (options.size() < 2 || options[1] + size_t{2} > options.size()) return false;
    if (options[0] == 5 && options[1] == 2 && LoadBig16(options.data() + 2) == 0) return true;
    options = options.subspan(options[1] + size_t{2});
  }
  return false;
}

bool ReadIpv4(Bytes packet, GroupMessage* message) {
  if (packet.size() < kIpV4Bytes || packet[0] >> 4 != 4) return false;
  const size_t header = (packet[0] & 0xfu) * 4;
  const size_t total = LoadBig16(packet.data() + 2);
  if (header < kIpV4Bytes || total < header || packet.size() < total) return false;
  if (FinishChecksum(ChecksumPart(packet.first(header))) != 0) return false;
  const bool is_fragment = (LoadBig16(packet.data() + 6) & 0x3fff) != 0;
  if (is_fragment || packet[8] != 1) return false;
  message->source = ReadAddress(packet.data() + 12, false);
  message->destination = ReadAddress(packet.data() + 16, false);
  const Bytes payload = packet.subspan(header, total - header);
  if (packet[9] == kProtocolIgmp) {
    return ReadIgmp(payload, HasRouterAlert(packet.subspan(kIpV4Bytes, header - kIpV4Bytes)),
                    message);
  }
  return packet[9] == kProtocolPim && FinishChecksum(ChecksumPart(payload)) == 0 &&
         ReadHello(payload, message);
}

bool ReadIpv6(Bytes packet, GroupMessage* message) {
  if (packet.size() < kIpV6Bytes || packet[0] >> 4 != 6) return false;
  const size_t total = kIpV6Bytes + LoadBig16(packet.data() + 4);
  if (packet.size() < total || packet[7] != 1) return false;
  packet = packet.first(total);
  const Ipv6Payload found = FindIpv6Payload(packet.data(), static_cast<uint32_t>(total));
  if (found.upper != kProtocolIcmpV6 && found.upper != kProtocolPim) return false;
  message->ipv6 = true;
  message->source = ReadAddress(packet.data() + 8, true);
  message->destination = ReadAddress(packet.data() + 24, true);
  const Bytes payload = packet.subspan(found.offset);
  const uint32_t sum =
      Ipv6PseudoHeader(packet.data() + 8, static_cast<uint32_t>(payload.size()), found.upper);
  if (FinishChecksum(ChecksumPart(payload, sum)) != 0) return false;
  if (found.upper == kProtocolPim)
    return message->source.IsLinkLocal() && ReadHello(payload, message);
  if (found.offset == kIpV6Bytes ||
      !HasMldAlert(packet.subspan(kIpV6Bytes + 2, found.offset - kIpV6Bytes - 2))) {
    return false;
  }
  if (!ReadMld(payload, message)) return false;
  if (message->source.IsLinkLocal()) return true;
  return message->type == GroupMessage::Type::kReport && message->source == MappedAddress{};
}

}  // namespace

std::optional<GroupMessage> ReadGroupMessage(std::span<const uint8_t> ethernet) {
  size_t type_at = 12;
  for (int tags = 0; tags < kMaxTags; ++tags) {
    if (ethernet.size() < type_at + 2 || !IsVlanTpid(LoadBig16(&ethernet[type_at]))) break;
    type_at += kVlanTagBytes;
  }
  if (ethernet.size() < type_at + 2) return std::nullopt;
  GroupMessage message{.source_mac = MacAddress::FromBytes(ethernet.data() + 6)};
  const uint16_t type = LoadBig16(&ethernet[type_at]);
  const Bytes packet = ethernet.subspan(type_at + 2);
  const bool read = (type == kTypeIpV4 && ReadIpv4(packet, &message)) ||
                    (type == kTypeIpV6 && ReadIpv6(packet, &message));
  // By another address nobody would have heard it.
  const bool arrives = message.destination.IsGroup() &&
                       MacAddress::FromBytes(ethernet.data()) == message.destination.GroupMac();
  return read && arrives ? std::optional(std::move(message)) : std::nullopt;
}

}  // namespace vswitch
