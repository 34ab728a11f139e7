#include "bridge/snooping/classify.h"

#include <algorithm>

#include "bridge/snooping/numbers.h"
#include "bridge/wire/load.h"
#include "bridge/wire/network_header.h"
#include "bridge/wire/vlan_tag.h"

namespace vswitch {
namespace {

GroupTraffic TrafficOfIgmp(uint8_t type) {
  switch (type) {
    case kIgmpV1Report:
    case kIgmpV2Report:
    case kIgmpV3Report:
    case kIgmpLeave:
      return GroupTraffic::kReport;
    case kIgmpQuery:
      return GroupTraffic::kRouter;
    default:
      // RFC 4541, 2.1.1 (4): what is not known goes to everybody.
      return GroupTraffic::kFlooded;
  }
}

GroupTraffic TrafficOfMld(uint8_t type) {
  switch (type) {
    case kMldV1Report:
    case kMldV2Report:
    case kMldDone:
      return GroupTraffic::kReport;
    case kMldQuery:
      return GroupTraffic::kRouter;
    default:
      return GroupTraffic::kFlooded;
  }
}

GroupFrame OfGroup(const MappedAddress& group) {
  if (!group.IsGroup() || group.IsAlwaysFlooded()) return {};
  return {GroupTraffic::kData, group};
}

GroupFrame ClassifyIpv4(const uint8_t* ip, uint32_t bytes) {
  if (bytes < kIpV4Bytes || ip[0] >> 4 != 4) return {};
  const uint32_t header = (ip[0] & 0xfu) * 4;
  const uint8_t protocol = ip[9];
  if (protocol == kProtocolIgmp && bytes > header) return {TrafficOfIgmp(ip[header]), {}};
  if (protocol == kProtocolPim && bytes > header && ip[header] == kPimHello) {
    return {GroupTraffic::kRouter, {}};
  }
  return OfGroup(MappedAddress::FromIpv4(LoadBig32(ip + 16)));
}

GroupFrame ClassifyIpv6(const uint8_t* ip, uint32_t bytes) {
  if (bytes < kIpV6Bytes || ip[0] >> 4 != 6) return {};
  const Ipv6Payload payload = FindIpv6Payload(ip, bytes);
  if (payload.upper == kProtocolIcmpV6) {
    const GroupTraffic traffic = TrafficOfMld(ip[payload.offset]);
    if (traffic != GroupTraffic::kFlooded) return {traffic, {}};
  }
  if (payload.upper == kProtocolPim && ip[payload.offset] == kPimHello) {
    return {GroupTraffic::kRouter, {}};
  }
  return OfGroup(MappedAddress::FromIpv6(ip + 24));
}

}  // namespace

Ipv6Payload FindIpv6Payload(const uint8_t* ip, uint32_t bytes) {
  if (bytes < kIpV6Bytes) return {};
  Ipv6Payload payload{.offset = kIpV6Bytes, .upper = ip[6]};
  if (payload.upper == kHopByHop) {
    if (bytes < kIpV6Bytes + 8) return {};
    payload.upper = ip[kIpV6Bytes];
    payload.offset += (ip[kIpV6Bytes + 1] + 1u) * 8;
  }
  return payload.offset < bytes ? payload : Ipv6Payload{};
}

GroupFrame Classify(const FrameBytes& frame) {
  // What counts stands in the head, or the frame is a strange one.
  const uint32_t bytes = std::min(frame.head_length, frame.length) - kOffloadHeaderBytes;
  const uint8_t* ethernet = frame.ethernet();
  uint32_t type_at = 12;
  for (int tags = 0; tags < kMaxTags; ++tags) {
    if (bytes < type_at + 2 || !IsVlanTpid(LoadBig16(ethernet + type_at))) break;
    type_at += kVlanTagBytes;
  }
  const uint32_t ip_at = type_at + 2;
  if (bytes <= ip_at) return {};
  const uint16_t type = LoadBig16(ethernet + type_at);
  if (type == kTypeIpV4) return ClassifyIpv4(ethernet + ip_at, bytes - ip_at);
  if (type == kTypeIpV6) return ClassifyIpv6(ethernet + ip_at, bytes - ip_at);
  return {};
}

}  // namespace vswitch
