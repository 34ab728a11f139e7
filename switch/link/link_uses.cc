#include "switch/link/link_uses.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <sys/stat.h>

#include <array>
#include <functional>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "switch/base/unique_fd.h"
#include "switch/link/namespace_paths.h"
#include "switch/link/netlink.h"

namespace vswitch {
namespace {

using OnReply = std::function<void(nlmsghdr*)>;

std::string Text(nlattr* attribute) {
  return attribute == nullptr ? "" : std::string(nla_get_string(attribute));
}

template <typename Header>
NetlinkMessage Request(int type, int flags, const Header& header) {
  NetlinkMessage request = Netlink::Message(type, flags);
  nlmsg_append(request.get(), const_cast<Header*>(&header), sizeof(header), NLMSG_ALIGNTO);
  return request;
}

std::string MacvlanMode(nlattr* data) {
  nlattr* macvlan[IFLA_MACVLAN_MAX + 1];
  if (data == nullptr || nla_parse_nested(macvlan, IFLA_MACVLAN_MAX, data, nullptr) < 0 ||
      macvlan[IFLA_MACVLAN_MODE] == nullptr) {
    return "";
  }
  switch (nla_get_u32(macvlan[IFLA_MACVLAN_MODE])) {
    case MACVLAN_MODE_PRIVATE:
      return "private";
    case MACVLAN_MODE_VEPA:
      return "vepa";
    case MACVLAN_MODE_BRIDGE:
      return "bridge";
    case MACVLAN_MODE_PASSTHRU:
      return "passthru";
    default:
      return "source";
  }
}

bool HasXdp(nlattr* attribute) {
  nlattr* xdp[IFLA_XDP_MAX + 1];
  return attribute != nullptr && nla_parse_nested(xdp, IFLA_XDP_MAX, attribute, nullptr) >= 0 &&
         xdp[IFLA_XDP_ATTACHED] != nullptr &&
         nla_get_u8(xdp[IFLA_XDP_ATTACHED]) != XDP_ATTACHED_NONE;
}

// The netdev itself: its own kind and what is attached to it.
absl::Status ReadItself(Netlink& netlink, const LinkInfo& link, LinkUses* uses) {
  ifinfomsg header{};
  header.ifi_index = link.ifindex;
  return netlink.Exchange(
      Request(RTM_GETLINK, 0, header), absl::StrCat("cannot look at ", link.name),
      [uses](nlmsghdr* reply) {
        nlattr* attributes[IFLA_MAX + 1];
        if (nlmsg_parse(reply, sizeof(ifinfomsg), attributes, IFLA_MAX, nullptr) < 0) return;
        uses->xdp = HasXdp(attributes[IFLA_XDP]);
        nlattr* info[IFLA_INFO_MAX + 1];
        if (attributes[IFLA_LINKINFO] == nullptr ||
            nla_parse_nested(info, IFLA_INFO_MAX, attributes[IFLA_LINKINFO], nullptr) < 0) {
          return;
        }
        const std::string kind = Text(info[IFLA_INFO_KIND]);
        if (kind == "macvlan" || kind == "macvtap") {
          uses->macvlan_mode = MacvlanMode(info[IFLA_INFO_DATA]);
        }
      });
}

// ---- Addresses ----

absl::Status ReadAddresses(Netlink& netlink, const LinkInfo& link, LinkUses* uses) {
  const ifaddrmsg all{};
  return netlink.Exchange(
      Request(RTM_GETADDR, NLM_F_DUMP, all), absl::StrCat("cannot list addresses of ", link.name),
      [&link, uses](nlmsghdr* reply) {
        const auto* message = static_cast<const ifaddrmsg*>(nlmsg_data(reply));
        if (static_cast<int>(message->ifa_index) != link.ifindex) return;
        if (message->ifa_family == AF_INET6 && message->ifa_scope == RT_SCOPE_LINK) return;
        nlattr* attributes[IFA_MAX + 1];
        if (nlmsg_parse(reply, sizeof(*message), attributes, IFA_MAX, nullptr) < 0) return;
        // A point-to-point address has the peer's in IFA_ADDRESS.
        nlattr* const address =
            attributes[IFA_LOCAL] != nullptr ? attributes[IFA_LOCAL] : attributes[IFA_ADDRESS];
        char text[INET6_ADDRSTRLEN];
        if (address == nullptr ||
            inet_ntop(message->ifa_family, nla_data(address), text, sizeof(text)) == nullptr) {
          return;
        }
        uses->addresses.push_back(absl::StrCat(text, "/", message->ifa_prefixlen));
      });
}

// ---- tc ----

absl::Status ReadFilters(Netlink& netlink, const LinkInfo& link, uint32_t own, LinkUses* uses) {
  const std::pair<uint32_t, bool*> hooks[] = {{TC_H_MIN_INGRESS, &uses->ingress_filters},
                                              {TC_H_MIN_EGRESS, &uses->egress_filters}};
  for (const auto& [hook, found] : hooks) {
    tcmsg header{};
    header.tcm_ifindex = link.ifindex;
    header.tcm_parent = TC_H_MAKE(TC_H_CLSACT, hook);
    const absl::Status status = netlink.Exchange(
        Request(RTM_GETTFILTER, NLM_F_DUMP, header),
        absl::StrCat("cannot list the tc filters of ", link.name), [own, &found](nlmsghdr* reply) {
          // Handle 0 is a group of filters; its members follow.
          const auto* filter = static_cast<const tcmsg*>(nlmsg_data(reply));
          *found |= filter->tcm_handle != 0 && filter->tcm_handle != own;
        });
    if (!status.ok()) return status;
  }
  tcmsg header{};
  header.tcm_ifindex = link.ifindex;
  return netlink.Exchange(
      Request(RTM_GETQDISC, NLM_F_DUMP, header),
      absl::StrCat("cannot list the qdiscs of ", link.name), [&link, uses](nlmsghdr* reply) {
        const auto* qdisc = static_cast<const tcmsg*>(nlmsg_data(reply));
        nlattr* attributes[TCA_MAX + 1];
        if (qdisc->tcm_ifindex != link.ifindex ||
            nlmsg_parse(reply, sizeof(*qdisc), attributes, TCA_MAX, nullptr) < 0) {
          return;
        }
        uses->ingress_filters |= attributes[TCA_INGRESS_BLOCK] != nullptr;
      });
}

// ---- Netdevs above it ----

// A veth's IFLA_LINK is its peer, which gets what is sent and not what is received.
bool IsPeerKind(const std::string& kind) {
  return kind == "veth" || kind == "netkit" || kind == "vxcan";
}

// Of the namespace `id`, those above `link`, which is in our own, known there as `own_id`.
absl::Status ReadUppers(Netlink& netlink, const LinkInfo& link, int id, int own_id,
                        const std::string& where, LinkUses* uses) {
  const ifinfomsg header{};
  NetlinkMessage request = Request(RTM_GETLINK, NLM_F_DUMP, header);
  const bool here = id == LinkInfo::kOwnNamespace;
  if (!here) nla_put_s32(request.get(), IFLA_TARGET_NETNSID, id);
  return netlink.Exchange(request, "cannot list the network devices", [&](nlmsghdr* reply) {
    nlattr* attributes[IFLA_MAX + 1];
    if (nlmsg_parse(reply, sizeof(ifinfomsg), attributes, IFLA_MAX, nullptr) < 0) return;
    if (attributes[IFLA_LINK] == nullptr ||
        static_cast<int>(nla_get_u32(attributes[IFLA_LINK])) != link.ifindex) {
      return;
    }
    // Without it the netdev below is in the same namespace.
    nlattr* const below = attributes[IFLA_LINK_NETNSID];
    if (here ? below != nullptr : below == nullptr || nla_get_s32(below) != own_id) return;
    nlattr* info[IFLA_INFO_MAX + 1] = {};
    if (attributes[IFLA_LINKINFO] != nullptr) {
      nla_parse_nested(info, IFLA_INFO_MAX, attributes[IFLA_LINKINFO], nullptr);
    }
    const std::string kind = Text(info[IFLA_INFO_KIND]);
    if (IsPeerKind(kind)) return;
    uses->uppers.push_back({Text(attributes[IFLA_IFNAME]), kind, where});
  });
}

absl::Status ReadUppersElsewhere(Netlink& netlink, const LinkInfo& link, LinkUses* uses) {
  absl::StatusOr<Links> links = Links::Open();
  if (!links.ok()) return links.status();
  const UniqueFd own(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
  struct stat info;
  if (!own || fstat(own.get(), &info) != 0) return absl::OkStatus();
  std::set<ino_t> seen = {info.st_ino};
  int own_id = LinkInfo::kOwnNamespace;
  for (const auto& [path, where] : NamespacePaths()) {
    if (stat(path.c_str(), &info) != 0 || !seen.insert(info.st_ino).second) continue;
    const UniqueFd other(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!other) continue;
    if (own_id == LinkInfo::kOwnNamespace) {
      const absl::StatusOr<int> id = links->NamespaceId(own.get());
      if (!id.ok()) return id.status();
      own_id = *id;
    }
    const absl::StatusOr<int> id = links->NamespaceId(other.get());
    // One that ends meanwhile, or that is not for us to look into, has nothing to tell.
    if (id.ok()) ReadUppers(netlink, link, *id, own_id, where, uses).IgnoreError();
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<LinkUses> FindLinkUses(const LinkInfo& link, uint32_t own_filters) {
  absl::StatusOr<Netlink> netlink = Netlink::Open();
  if (!netlink.ok()) return netlink.status();
  LinkUses uses;
  absl::Status status = ReadItself(*netlink, link, &uses);
  if (status.ok()) {
    status =
        ReadUppers(*netlink, link, LinkInfo::kOwnNamespace, LinkInfo::kOwnNamespace, "", &uses);
  }
  if (status.ok()) status = ReadUppersElsewhere(*netlink, link, &uses);
  if (status.ok()) status = ReadAddresses(*netlink, link, &uses);
  if (status.ok()) status = ReadFilters(*netlink, link, own_filters, &uses);
  if (!status.ok()) return status;
  return uses;
}

}  // namespace vswitch
