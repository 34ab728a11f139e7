#include "switch/link/link.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/net_namespace.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "absl/strings/str_cat.h"
#include "switch/base/unique_fd.h"
#include "switch/link/kernel_error.h"

namespace vswitch {
namespace {

void PutHeader(const NetlinkMessage& message, int ifindex, uint32_t flags = 0,
               uint32_t change = 0) {
  ifinfomsg header{};
  header.ifi_family = AF_UNSPEC;
  header.ifi_index = ifindex;
  header.ifi_flags = flags;
  header.ifi_change = change;
  nlmsg_append(message.get(), &header, sizeof(header), NLMSG_ALIGNTO);
}

void PutAddress(const NetlinkMessage& message, uint64_t address) {
  uint8_t octets[ETH_ALEN];
  for (int i = 0; i < ETH_ALEN; ++i) octets[i] = static_cast<uint8_t>(address >> (40 - 8 * i));
  nla_put(message.get(), IFLA_ADDRESS, sizeof(octets), octets);
}

int ParseNamespaceId(nlmsghdr* reply) {
  nlattr* attributes[NETNSA_MAX + 1];
  if (nlmsg_parse(reply, sizeof(rtgenmsg), attributes, NETNSA_MAX, nullptr) < 0 ||
      attributes[NETNSA_NSID] == nullptr) {
    return NETNSA_NSID_NOT_ASSIGNED;
  }
  return nla_get_s32(attributes[NETNSA_NSID]);
}

// Of an RTM_NEWTFILTER.
TcFilter ParseTcFilter(nlmsghdr* reply) {
  const auto* header = static_cast<const tcmsg*>(nlmsg_data(reply));
  TcFilter filter{.preference = static_cast<uint16_t>(header->tcm_info >> 16),
                  .protocol = ntohs(static_cast<uint16_t>(header->tcm_info)),
                  .handle = header->tcm_handle};
  nlattr* attributes[TCA_MAX + 1];
  if (nlmsg_parse(reply, sizeof(tcmsg), attributes, TCA_MAX, nullptr) < 0) return filter;
  if (nlattr* chain = attributes[TCA_CHAIN]; chain != nullptr) filter.chain = nla_get_u32(chain);
  if (nlattr* kind = attributes[TCA_KIND]; kind != nullptr) filter.kind = nla_get_string(kind);
  return filter;
}

void PutNamespace(const NetlinkMessage& message, int namespace_id) {
  if (namespace_id == LinkInfo::kOwnNamespace) return;
  nla_put_s32(message.get(), IFLA_TARGET_NETNSID, namespace_id);
}

void PutString(const NetlinkMessage& message, int type, const std::string& value) {
  nla_put_string(message.get(), type, value.c_str());
}

}  // namespace

absl::StatusOr<Links> Links::Open() {
  absl::StatusOr<Netlink> netlink = Netlink::Open();
  if (!netlink.ok()) return netlink.status();
  return Links(*std::move(netlink));
}

absl::StatusOr<LinkInfo> Links::Get(const NetlinkMessage& request, const std::string& what) {
  LinkInfo link;
  const absl::Status status =
      netlink_.Exchange(request, what, [&](nlmsghdr* reply) { link = ParseLink(reply); });
  if (!status.ok()) return status;
  if (link.ifindex == 0) return KernelError(EIO, what, "no answer");
  return link;
}

absl::StatusOr<LinkInfo> Links::Find(const std::string& name, int namespace_id) {
  const NetlinkMessage request = Netlink::Message(RTM_GETLINK, 0);
  PutHeader(request, 0);
  // The kernel looks an IFLA_IFNAME of up to 15 characters up among the alternative names too.
  PutString(request, name.size() < IFNAMSIZ ? IFLA_IFNAME : IFLA_ALT_IFNAME, name);
  PutNamespace(request, namespace_id);
  absl::StatusOr<LinkInfo> link = Get(request, absl::StrCat("cannot look at ", name));
  if (link.ok()) link->namespace_id = namespace_id;
  return link;
}

absl::StatusOr<LinkInfo> Links::Reload(const LinkInfo& link) {
  const NetlinkMessage request = Netlink::Message(RTM_GETLINK, 0);
  PutHeader(request, link.ifindex);
  PutNamespace(request, link.namespace_id);
  absl::StatusOr<LinkInfo> now = Get(request, absl::StrCat("cannot look at ", link.name));
  if (now.ok()) now->namespace_id = link.namespace_id;
  return now;
}

absl::StatusOr<LinkInfo> Links::Peer(const LinkInfo& link) {
  LinkInfo peer;
  peer.name = absl::StrCat("the other end of ", link.name);
  peer.ifindex = link.peer_ifindex;
  peer.namespace_id = link.peer_namespace_id;
  return Reload(peer);
}

absl::StatusOr<LinkInfo> Links::FindElsewhere(const std::string& name) {
  const NetlinkMessage request = Netlink::Message(RTM_GETNSID, NLM_F_DUMP);
  rtgenmsg header{};
  header.rtgen_family = AF_UNSPEC;
  nlmsg_append(request.get(), &header, sizeof(header), NLMSG_ALIGNTO);
  std::vector<int> ids;
  const absl::Status status =
      netlink_.Exchange(request, "cannot list the network namespaces",
                        [&](nlmsghdr* reply) { ids.push_back(ParseNamespaceId(reply)); });
  if (!status.ok()) return status;
  for (const int id : ids) {
    if (id < 0) continue;
    absl::StatusOr<LinkInfo> link = Find(name, id);
    if (link.ok()) return link;
  }
  return absl::NotFoundError(absl::StrCat("no network namespace has ", name));
}

absl::StatusOr<std::vector<LinkInfo>> Links::List() {
  const NetlinkMessage request = Netlink::Message(RTM_GETLINK, NLM_F_DUMP);
  PutHeader(request, 0);
  nla_put_u32(request.get(), IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
  std::vector<LinkInfo> links;
  const absl::Status status =
      netlink_.Exchange(request, "cannot list the network devices",
                        [&](nlmsghdr* reply) { links.push_back(ParseLink(reply)); });
  if (!status.ok()) return status;
  return links;
}

absl::Status Links::Change(const LinkInfo& link, const LinkChange& change) {
  if (link.namespace_id != LinkInfo::kOwnNamespace) {
    return absl::FailedPreconditionError(
        absl::StrCat(link.name, " is in another network namespace: change it there"));
  }
  uint32_t flags = 0, mask = 0;
  const auto set = [&](uint32_t flag, bool on) {
    mask |= flag;
    if (on) flags |= flag;
  };
  if (change.up) set(IFF_UP, *change.up);
  if (change.arp) set(IFF_NOARP, !*change.arp);
  const NetlinkMessage request = Netlink::Message(RTM_SETLINK, 0);
  PutHeader(request, link.ifindex, flags, mask);
  if (change.mtu) nla_put_u32(request.get(), IFLA_MTU, *change.mtu);
  if (change.txqueuelen) nla_put_u32(request.get(), IFLA_TXQLEN, *change.txqueuelen);
  if (change.group) nla_put_u32(request.get(), IFLA_GROUP, *change.group);
  if (change.alias) PutString(request, IFLA_IFALIAS, *change.alias);
  if (change.address) PutAddress(request, *change.address);
  if (change.no_ipv6_address) {
    nlattr* families = nla_nest_start(request.get(), IFLA_AF_SPEC | NLA_F_NESTED);
    nlattr* ipv6 = nla_nest_start(request.get(), AF_INET6 | NLA_F_NESTED);
    nla_put_u8(request.get(), IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
    nla_nest_end(request.get(), ipv6);
    nla_nest_end(request.get(), families);
  }
  std::string what = absl::StrCat("cannot configure ", link.name);
  if (change.mtu) absl::StrAppend(&what, " (mtu ", *change.mtu, ")");
  return netlink_.Exchange(request, what);
}

absl::Status Links::MakeVeth(const VethEnd& end, const VethEnd& peer) {
  const auto put = [](const NetlinkMessage& request, const VethEnd& one) {
    PutHeader(request, 0);
    PutString(request, IFLA_IFNAME, one.name);
    PutAddress(request, one.address);
    if (one.mtu != 0) nla_put_u32(request.get(), IFLA_MTU, one.mtu);
    nla_put_u32(request.get(), IFLA_TXQLEN, one.txqueuelen);
  };
  const NetlinkMessage request =
      Netlink::Message(RTM_NEWLINK, NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL);
  put(request, end);
  nlattr* info = nla_nest_start(request.get(), IFLA_LINKINFO | NLA_F_NESTED);
  PutString(request, IFLA_INFO_KIND, "veth");
  nlattr* data = nla_nest_start(request.get(), IFLA_INFO_DATA | NLA_F_NESTED);
  nlattr* other = nla_nest_start(request.get(), VETH_INFO_PEER | NLA_F_NESTED);
  put(request, peer);
  nla_nest_end(request.get(), other);
  nla_nest_end(request.get(), data);
  nla_nest_end(request.get(), info);
  std::string what = absl::StrCat("cannot make ", peer.name);
  if (peer.mtu != 0) absl::StrAppend(&what, " (mtu ", peer.mtu, ")");
  return netlink_.Exchange(request, what);
}

absl::Status Links::Delete(const LinkInfo& link) {
  const NetlinkMessage request = Netlink::Message(RTM_DELLINK, 0);
  PutHeader(request, link.ifindex);
  if (link.ifindex == 0) PutString(request, IFLA_IFNAME, link.name);
  return netlink_.Exchange(request, absl::StrCat("cannot delete ", link.name));
}

absl::Status Links::DeleteTogether(std::span<const LinkInfo> links) {
  if (links.empty()) return absl::OkStatus();
  // The kernel deletes several links by their group only. The index of one of them is nobody else's
  // in this namespace, and the highest bit keeps it apart from groups that people number.
  const uint32_t group = uint32_t{1} << 31 | static_cast<uint32_t>(links.front().ifindex);
  for (const LinkInfo& link : links) {
    const absl::Status status = Change(link, {.group = group});
    if (!status.ok() && !absl::IsNotFound(status)) return status;
  }
  const NetlinkMessage request = Netlink::Message(RTM_DELLINK, 0);
  PutHeader(request, 0);
  nla_put_u32(request.get(), IFLA_GROUP, group);
  const absl::Status status =
      netlink_.Exchange(request, absl::StrCat("cannot delete ", links.size(), " links"));
  return absl::IsNotFound(status) ? absl::OkStatus() : status;
}

absl::Status Links::Move(const LinkInfo& link, int namespace_fd, const std::string& name) {
  const NetlinkMessage request = Netlink::Message(RTM_SETLINK, 0);
  PutHeader(request, link.ifindex);
  nla_put_u32(request.get(), IFLA_NET_NS_FD, static_cast<uint32_t>(namespace_fd));
  PutString(request, IFLA_IFNAME, name);
  return netlink_.Exchange(request, absl::StrCat("cannot make ", name));
}

absl::Status Links::ChangeAlternativeName(const NetlinkMessage& request, const LinkInfo& link,
                                          const std::string& name) {
  PutHeader(request, link.ifindex);
  nlattr* list = nla_nest_start(request.get(), IFLA_PROP_LIST | NLA_F_NESTED);
  PutString(request, IFLA_ALT_IFNAME, name);
  nla_nest_end(request.get(), list);
  return netlink_.Exchange(request,
                           absl::StrCat("cannot change the name \"", name, "\" of ", link.name));
}

absl::Status Links::AddAlternativeName(const LinkInfo& link, const std::string& name) {
  return ChangeAlternativeName(
      Netlink::Message(RTM_NEWLINKPROP, NLM_F_CREATE | NLM_F_EXCL | NLM_F_APPEND), link, name);
}

absl::Status Links::RemoveAlternativeName(const LinkInfo& link, const std::string& name) {
  return ChangeAlternativeName(Netlink::Message(RTM_DELLINKPROP, 0), link, name);
}

absl::Status Links::SetNoqueue(const LinkInfo& link) {
  const NetlinkMessage request = Netlink::Message(RTM_NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE);
  tcmsg header{};
  header.tcm_ifindex = link.ifindex;
  header.tcm_parent = TC_H_ROOT;
  nlmsg_append(request.get(), &header, sizeof(header), NLMSG_ALIGNTO);
  PutString(request, TCA_KIND, "noqueue");
  return netlink_.Exchange(request, absl::StrCat("cannot set the noqueue qdisc on ", link.name));
}

absl::StatusOr<std::vector<TcFilter>> Links::Filters(const LinkInfo& link, TcSide side) {
  const NetlinkMessage request = Netlink::Message(RTM_GETTFILTER, NLM_F_DUMP);
  tcmsg header{};
  header.tcm_ifindex = link.ifindex;
  header.tcm_parent =
      TC_H_MAKE(TC_H_CLSACT, side == TcSide::kIngress ? TC_H_MIN_INGRESS : TC_H_MIN_EGRESS);
  nlmsg_append(request.get(), &header, sizeof(header), NLMSG_ALIGNTO);
  std::vector<TcFilter> found;
  const absl::Status status = netlink_.Exchange(
      request, absl::StrCat("cannot list the tc filters of ", link.name), [&](nlmsghdr* reply) {
        // Handle 0 is a group of filters; its members follow.
        const TcFilter filter = ParseTcFilter(reply);
        if (filter.handle != 0) found.push_back(filter);
      });
  if (!status.ok()) return status;
  return found;
}

absl::StatusOr<bool> Links::HasOthersOn(const LinkInfo& link, TcSide side, uint32_t but_handle) {
  const absl::StatusOr<std::vector<TcFilter>> filters = Filters(link, side);
  if (!filters.ok()) return filters.status();
  return std::ranges::any_of(*filters,
                             [&](const TcFilter& filter) { return filter.handle != but_handle; });
}

absl::StatusOr<bool> Links::HasOtherFilters(const LinkInfo& link, uint32_t handle) {
  const absl::StatusOr<bool> ingress = HasOtherIngressFilters(link, handle);
  if (!ingress.ok() || *ingress) return ingress;
  return HasOthersOn(link, TcSide::kEgress, handle);
}

absl::StatusOr<bool> Links::HasOtherIngressFilters(const LinkInfo& link, uint32_t handle) {
  return HasOthersOn(link, TcSide::kIngress, handle);
}

absl::StatusOr<int> Links::NamespaceId(int namespace_fd) {
  const auto request = [&](int type) {
    NetlinkMessage message = Netlink::Message(type, 0);
    rtgenmsg header{};
    header.rtgen_family = AF_UNSPEC;
    nlmsg_append(message.get(), &header, sizeof(header), NLMSG_ALIGNTO);
    nla_put_u32(message.get(), NETNSA_FD, static_cast<uint32_t>(namespace_fd));
    if (type == RTM_NEWNSID) nla_put_s32(message.get(), NETNSA_NSID, NETNSA_NSID_NOT_ASSIGNED);
    return message;
  };
  const auto get = [&]() -> absl::StatusOr<int> {
    int id = NETNSA_NSID_NOT_ASSIGNED;
    const absl::Status status =
        netlink_.Exchange(request(RTM_GETNSID), "cannot get a network namespace's id",
                          [&](nlmsghdr* reply) { id = ParseNamespaceId(reply); });
    if (!status.ok()) return status;
    return id;
  };
  absl::StatusOr<int> id = get();
  if (!id.ok() || *id != NETNSA_NSID_NOT_ASSIGNED) return id;
  const absl::Status status =
      netlink_.Exchange(request(RTM_NEWNSID), "cannot give a network namespace an id");
  // Another process may have been faster: that is as good.
  if (!status.ok() && !absl::IsAlreadyExists(status)) return status;
  return get();
}

absl::Status DisableIpv6(const std::string& name) {
  const std::string path = absl::StrCat("/proc/sys/net/ipv6/conf/", name, "/disable_ipv6");
  const std::string what = absl::StrCat("cannot turn IPv6 off on ", name, ": ", path);
  const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file && errno == ENOENT) return absl::OkStatus();  // A kernel without IPv6.
  if (!file) return KernelError(errno, what);
  // A container's /proc/sys is often read-only; a default of 1 serves then.
  char value = '0';
  if (read(file.get(), &value, 1) == 1 && value == '1') return absl::OkStatus();
  const UniqueFd writer(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (writer && write(writer.get(), "1", 1) == 1) return absl::OkStatus();
  if (errno != EROFS && errno != EACCES && errno != EPERM) return KernelError(errno, what);
  return absl::FailedPreconditionError(
      absl::StrCat(absl::ErrnoToStatus(errno, what).message(),
                   ": make /proc/sys/net writable, or set net.ipv6.conf.default.disable_ipv6=1 "
                   "in this network namespace before vswitchd starts"));
}

}  // namespace vswitch
