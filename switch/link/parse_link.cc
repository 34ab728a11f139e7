// What the kernel tells of a netdev, read from its message.
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if_arp.h>
#include <netlink/attr.h>
#include <netlink/msg.h>

#include <string>
#include <vector>

#include "switch/link/link.h"

namespace vswitch {
namespace {

std::string String(nlattr* attribute) {
  return attribute == nullptr ? "" : std::string(nla_get_string(attribute));
}

uint32_t U32(nlattr* attribute) { return attribute == nullptr ? 0 : nla_get_u32(attribute); }

uint64_t Address(nlattr* attribute) {
  if (attribute == nullptr || nla_len(attribute) != ETH_ALEN) return 0;
  const auto* octets = static_cast<const uint8_t*>(nla_data(attribute));
  uint64_t address = 0;
  for (int i = 0; i < ETH_ALEN; ++i) address = address << 8 | octets[i];
  return address;
}

TunInfo ParseTun(nlattr* data) {
  nlattr* tun[IFLA_TUN_MAX + 1];
  TunInfo info;
  if (nla_parse_nested(tun, IFLA_TUN_MAX, data, nullptr) < 0) return info;
  const auto flag = [&](int which) { return tun[which] != nullptr && nla_get_u8(tun[which]) != 0; };
  info.persistent = flag(IFLA_TUN_PERSIST);
  info.multi_queue = flag(IFLA_TUN_MULTI_QUEUE);
  info.vnet_hdr = flag(IFLA_TUN_VNET_HDR);
  if (tun[IFLA_TUN_OWNER] != nullptr) info.owner = nla_get_u32(tun[IFLA_TUN_OWNER]);
  if (tun[IFLA_TUN_GROUP] != nullptr) info.group = nla_get_u32(tun[IFLA_TUN_GROUP]);
  // Queue counts are sent for a multi-queue TAP only; otherwise the carrier tells, see ParseLink.
  info.open_queues = U32(tun[IFLA_TUN_NUM_QUEUES]) + U32(tun[IFLA_TUN_NUM_DISABLED_QUEUES]);
  return info;
}

std::vector<std::string> AlternativeNames(nlattr* list) {
  std::vector<std::string> names;
  if (list == nullptr) return names;
  int left = nla_len(list);
  for (auto* name = static_cast<nlattr*>(nla_data(list)); nla_ok(name, left);
       name = nla_next(name, &left)) {
    if (nla_type(name) == IFLA_ALT_IFNAME) names.emplace_back(nla_get_string(name));
  }
  return names;
}

bool HasXdp(nlattr* data) {
  nlattr* xdp[IFLA_XDP_MAX + 1];
  if (data == nullptr || nla_parse_nested(xdp, IFLA_XDP_MAX, data, nullptr) < 0) return false;
  return xdp[IFLA_XDP_ATTACHED] != nullptr && nla_get_u8(xdp[IFLA_XDP_ATTACHED]) != 0;
}

}  // namespace

LinkInfo ParseLink(nlmsghdr* header) {
  LinkInfo link;
  nlattr* attributes[IFLA_MAX + 1];
  const auto* message = static_cast<const ifinfomsg*>(nlmsg_data(header));
  if (nlmsg_parse(header, sizeof(*message), attributes, IFLA_MAX, nullptr) < 0) return link;
  link.ifindex = message->ifi_index;
  link.hardware = message->ifi_type;
  link.flags = message->ifi_flags;
  link.name = String(attributes[IFLA_IFNAME]);
  link.alias = String(attributes[IFLA_IFALIAS]);
  link.alternative_names = AlternativeNames(attributes[IFLA_PROP_LIST]);
  link.mtu = U32(attributes[IFLA_MTU]);
  link.txqueuelen = U32(attributes[IFLA_TXQLEN]);
  link.qdisc = String(attributes[IFLA_QDISC]);
  link.carrier_ups = U32(attributes[IFLA_CARRIER_UP_COUNT]);
  link.master_ifindex = static_cast<int>(U32(attributes[IFLA_MASTER]));
  link.has_xdp = HasXdp(attributes[IFLA_XDP]);
  if (nlattr* stats = attributes[IFLA_STATS64]; stats != nullptr) {
    rtnl_link_stats64 values{};
    nla_memcpy(&values, stats, sizeof(values));
    link.tx_dropped = values.tx_dropped;
  }
  link.address = Address(attributes[IFLA_ADDRESS]);
  nlattr* info[IFLA_INFO_MAX + 1];
  if (attributes[IFLA_LINKINFO] == nullptr ||
      nla_parse_nested(info, IFLA_INFO_MAX, attributes[IFLA_LINKINFO], nullptr) < 0) {
    return link;
  }
  link.kind = String(info[IFLA_INFO_KIND]);
  if (link.kind == "veth") {
    link.peer_ifindex = static_cast<int>(U32(attributes[IFLA_LINK]));
    nlattr* const elsewhere = attributes[IFLA_LINK_NETNSID];
    if (elsewhere != nullptr) link.peer_namespace_id = nla_get_s32(elsewhere);
  }
  if (link.kind == "tun" && info[IFLA_INFO_DATA] != nullptr) {
    link.tun = ParseTun(info[IFLA_INFO_DATA]);
    const bool carrier =
        attributes[IFLA_CARRIER] != nullptr && nla_get_u8(attributes[IFLA_CARRIER]) != 0;
    if (!link.tun->multi_queue && carrier) link.tun->open_queues = 1;
  }
  return link;
}

bool LinkInfo::is_tap() const { return tun.has_value() && is_ethernet(); }
bool LinkInfo::is_ethernet() const { return hardware == ARPHRD_ETHER; }

}  // namespace vswitch
