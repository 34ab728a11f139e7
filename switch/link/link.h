// Looks at netdevs and changes them, by route netlink: what `ip link` and `tc qdisc` would be
// called for, without running them.
//
// Thread-safety: one thread at a time per object. Cheap: opening costs one socket, each call one
// request; nothing is cached.
#ifndef VSWITCH_SWITCH_LINK_LINK_H_
#define VSWITCH_SWITCH_LINK_LINK_H_

#include <net/if.h>
#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "switch/link/netlink.h"

namespace vswitch {

// A TAP's own settings (drivers/net/tun.c: tun_fill_info).
struct TunInfo {
  bool persistent = false;
  bool multi_queue = false;
  bool vnet_hdr = false;     // As who has it open, or had it last, has asked for.
  uint32_t open_queues = 0;  // Queues that a process holds now.
  std::optional<uid_t> owner;
  std::optional<gid_t> group;
};

struct LinkInfo {
  static constexpr int kOwnNamespace = -1;

  int ifindex = 0;
  int namespace_id = kOwnNamespace;  // Otherwise the id of the network namespace that it is in.
  std::string name;
  std::vector<std::string> alternative_names;
  std::string kind;         // "tun", "veth", "bridge"...; empty for a hardware device.
  std::string alias;        // What `ip link set ... alias` sets.
  uint16_t hardware = 0;    // ARPHRD_*
  uint32_t flags = 0;       // IFF_*
  uint32_t mtu = 0;         // Bytes, without the Ethernet header.
  uint32_t txqueuelen = 0;  // Frames.
  std::string qdisc;        // The kind of its root qdisc: "noqueue", "tbf"...
  int master_ifindex = 0;   // The bridge or bond that it is a port of; 0: none.
  int peer_ifindex = 0;     // The other end of a veth; 0: none.
  int peer_namespace_id = kOwnNamespace;  // Where that is, as namespace_id.
  bool has_xdp = false;                   // An XDP program sees its frames first.
  uint64_t tx_dropped = 0;                // Frames.
  uint32_t carrier_ups = 0;               // How often it has got carrier; of a TAP: was opened.
  uint64_t address = 0;  // Its MAC address, the first octet highest; 0: none of 48 bits.
  std::optional<TunInfo> tun;

  bool up() const { return (flags & IFF_UP) != 0; }
  // Up, with carrier (IFF_LOWER_UP, which <net/if.h> lacks; of a TAP: somebody has it open), and
  // ready to transmit: IFF_RUNNING is set in the same step that activates the transmit queues after
  // a carrier change (linkwatch_do_dev()), until when frames are dropped.
  bool running() const {
    constexpr uint32_t kAll = IFF_UP | IFF_RUNNING | 0x10000;
    return (flags & kAll) == kAll;
  }
  bool has_carrier() const { return (flags & 0x10000) != 0; }
  bool is_tap() const;
  bool is_ethernet() const;
};

// From an RTM_NEWLINK or RTM_DELLINK; ifindex 0 when it is none.
LinkInfo ParseLink(nlmsghdr* header);

// What to change; what is not set stays.
struct LinkChange {
  std::optional<bool> up;
  std::optional<bool> arp;
  std::optional<uint32_t> mtu;         // Bytes.
  std::optional<uint32_t> txqueuelen;  // Frames; sizes a TAP's queues.
  std::optional<uint32_t> group;
  std::optional<std::string> alias;
  std::optional<uint64_t> address;  // The MAC address.
  bool no_ipv6_address = false;     // The kernel is to give it none by itself.
};

// One end of a veth pair that is to be made.
struct VethEnd {
  std::string name;  // Or a pattern with one "%d".
  uint64_t address = 0;
  uint32_t mtu = 0;  // Bytes; 0: the kernel's default.
  uint32_t txqueuelen = 0;
};

// A tc filter, by what `tc filter del` wants to hear of it.
struct TcFilter {
  uint32_t chain = 0;
  uint16_t preference = 0;  // Shared by filters of one kind and protocol.
  uint16_t protocol = 0;    // ETH_P_*
  uint32_t handle = 0;
  std::string kind;  // "u32", "bpf"...
};

// What enters the netdev, or what leaves it.
enum class TcSide { kIngress, kEgress };

class Links {
 public:
  // In the calling thread's network namespace.
  static absl::StatusOr<Links> Open();

  // NotFound when there is no such netdev, there or any more.
  absl::StatusOr<LinkInfo> Find(const std::string& name,
                                int namespace_id = LinkInfo::kOwnNamespace);
  absl::StatusOr<LinkInfo> Reload(const LinkInfo& link);
  // In any other network namespace that ours has an id for, as it has for each that a device of
  // ours was moved to. NotFound also where we may not look.
  absl::StatusOr<LinkInfo> FindElsewhere(const std::string& name);
  // The other end of a veth, wherever it is.
  absl::StatusOr<LinkInfo> Peer(const LinkInfo& link);
  // Every netdev of our own namespace, in one request and without its counters.
  absl::StatusOr<std::vector<LinkInfo>> List();

  // One request; the kernel may have applied a part of it when it refuses another.
  // FailedPrecondition in another namespace: there an index of ours may be another device's, and in
  // an RTM_SETLINK IFLA_TARGET_NETNSID means "move the device there" (do_setlink()).
  absl::Status Change(const LinkInfo& link, const LinkChange& change);
  // Makes both ends, down, in one request. AlreadyExists when a name is taken.
  absl::Status MakeVeth(const VethEnd& end, const VethEnd& peer);
  // By index, or by name when the index is 0.
  absl::Status Delete(const LinkInfo& link);
  // All of them in one request, for which the kernel waits out one grace period and not one (some
  // 20 ms) for each: 1,000 TAPs take 0.5 s and not 20 s. One that is gone already is no error.
  // REQUIRES: in our own namespace.
  absl::Status DeleteTogether(std::span<const LinkInfo> links);

  // Moves the netdev to the network namespace that `namespace_fd` is of. There it is down and has
  // the name `name`, or the first that is free of a pattern with "%d"; it keeps its index if that
  // is free. AlreadyExists, and nothing has changed, when the name is taken there.
  absl::Status Move(const LinkInfo& link, int namespace_fd, const std::string& name);

  // A second name, up to 127 characters, by which Find() finds it too. AlreadyExists when any
  // netdev of the namespace has it: the kernel decides between two daemons that claim it at once.
  absl::Status AddAlternativeName(const LinkInfo& link, const std::string& name);
  absl::Status RemoveAlternativeName(const LinkInfo& link, const std::string& name);

  // Makes the netdev transmit without a queueing discipline: a frame goes to the driver at once,
  // and all that is lost is lost in the driver and counted there.
  absl::Status SetNoqueue(const LinkInfo& link);
  // All that are on that side of the netdev's clsact, or ingress, qdisc; none where it has neither.
  absl::StatusOr<std::vector<TcFilter>> Filters(const LinkInfo& link, TcSide side);
  // Whether any tc filter but those with this handle is on the netdev's clsact, or ingress, qdisc.
  absl::StatusOr<bool> HasOtherFilters(const LinkInfo& link, uint32_t handle);
  // The same of what enters the netdev only.
  absl::StatusOr<bool> HasOtherIngressFilters(const LinkInfo& link, uint32_t handle);

  // The id by which this namespace knows the one that `namespace_fd` is of; given one if it has
  // none. Needs CAP_NET_ADMIN but, unlike setns(), no CAP_SYS_ADMIN.
  absl::StatusOr<int> NamespaceId(int namespace_fd);

 private:
  explicit Links(Netlink netlink) : netlink_(std::move(netlink)) {}
  absl::StatusOr<LinkInfo> Get(const NetlinkMessage& request, const std::string& what);
  absl::StatusOr<bool> HasOthersOn(const LinkInfo& link, TcSide side, uint32_t but_handle);
  absl::Status ChangeAlternativeName(const NetlinkMessage& request, const LinkInfo& link,
                                     const std::string& name);

  Netlink netlink_;
};

// Turns IPv6 off on a netdev of the calling thread's namespace, so that the host's stack does not
// send neighbour discovery or multicast reports into it. Before the netdev is set up. Fine when the
// kernel has no IPv6.
absl::Status DisableIpv6(const std::string& name);

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_LINK_LINK_H_
