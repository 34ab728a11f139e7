#include "cli/doctor/port_checks.h"

#include <pwd.h>

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_join.h"
#include "cli/doctor/services.h"
#include "cli/format.h"
#include "switch/base/look_at_program.h"
#include "switch/base/str_cat.h"

namespace vswitch {
namespace {

std::string Device(const PortFacts& port) { return ShellQuote(port.link->name); }

std::string Ip(const PortFacts& port, std::string_view words) {
  return port.machine->AsRoot(StrCat("ip ", words));
}

std::string Ctl(const PortFacts& port, std::string_view words) {
  return StrCat(port.machine->vswitchctl, " ", words);
}

Judgement CannotSee(const PortFacts& port, const absl::Status& why) {
  const bool as_root = absl::IsPermissionDenied(why) && port.machine->host->euid != 0;
  return Unknown(
      std::string(why.message()),
      as_root ? StrCat("sudo ", Ctl(port, StrCat("doctor ", ShellQuote(port.name)))) : "");
}

bool IsHeld(const PortFacts& port) {
  return !port.holders.empty() || (port.link->tun.has_value() && port.link->tun->open_queues > 0);
}

// ---- What stands in the way of frames ----

Judgement Master(const PortFacts& port) {
  if (port.link->master_ifindex == 0) return Well("it is no port of another switch");
  const std::string name = port.master.has_value() ? port.master->name : "another device";
  const std::string kind = port.master.has_value() ? port.master->kind : "";
  const std::string cure = kind == "openvswitch"
                               ? port.machine->AsRoot(StrCat("ovs-vsctl del-port ", Device(port)))
                               : Ip(port, StrCat("link set ", Device(port), " nomaster"));
  return Problem(StrCat("it is a port of ", name, kind.empty() ? "" : StrCat(" (", kind, ")")),
                 cure);
}

Judgement Xdp(const PortFacts& port) {
  if (!port.link->has_xdp) return Well("none");
  const std::string cure = Ip(port, StrCat("link set ", Device(port), " xdp off"));
  const std::string detail =
      "an XDP program sees its frames before the switch does, and takes what it likes";
  return port.type == "tap" ? Problem(detail, cure) : Warning(detail, cure);
}

Judgement State(const PortFacts& port) {
  if (port.state == "up" || port.state == "down") return Well(port.state);
  if (port.state == "blocked") {
    return Problem(StrCat("blocked: ", port.detail, "; it opens by itself when the loop is gone"),
                   "");
  }
  const std::string detail = StrCat(port.state, ": ", port.detail);
  if (!port.moved_to.empty()) {
    return Problem(detail, port.machine->AsRoot(StrCat("nsenter --net=", ShellQuote(port.moved_to),
                                                       " ip link set ", ShellQuote(port.device),
                                                       " netns ", port.machine->daemon.pid)));
  }
  if (!port.link.ok()) {
    // The switch makes again what it has made itself.
    return Problem(detail,
                   port.type == "tap" && port.state == "missing"
                       ? Ip(port, StrCat("tuntap add dev ", ShellQuote(port.device), " mode tap"))
                       : "");
  }
  for (const auto judge : {Master, Xdp}) {
    const Judgement found = judge(port);
    if (found.verdict != Verdict::kOk) return Problem(detail, found.cure);
  }
  return Problem(detail, "");
}

Judgement DeviceIsHere(const PortFacts& port) {
  if (!port.link.ok()) {
    if (port.type == "internal" && absl::IsNotFound(port.link.status())) {
      return Well("in another network namespace, as an internal port's device may be");
    }
    return CannotSee(port, port.link.status());
  }
  if (port.link->name == port.name) return Well("here, by its own name");
  return Warning(StrCat("it was renamed to ", port.link->name, ", and QEMU has to open it so"),
                 Ip(port, StrCat("link set ", Device(port), " name ", ShellQuote(port.name))));
}

std::string Holders(const PortFacts& port) {
  std::vector<std::string> words;
  for (const TapHolder& holder : port.holders) {
    const passwd* user = getpwuid(holder.uid);
    words.push_back(StrCat("process ", holder.pid, " (", holder.command, ") of ",
                           user == nullptr ? StrCat(holder.uid) : user->pw_name));
  }
  std::ranges::sort(words);
  words.erase(std::unique(words.begin(), words.end()), words.end());
  return absl::StrJoin(words, ", ");
}

Judgement Link(const PortFacts& port) {
  const LinkInfo& link = *port.link;
  if (!link.up()) {
    return Problem("it is set down", Ip(port, StrCat("link set ", Device(port), " up")));
  }
  if (link.has_carrier()) return Well("up, with carrier");
  if (link.tun.has_value()) {
    if (!port.holders.empty()) {
      return Warning(StrCat(Holders(port),
                            " has it open, and its guest has the link off or its "
                            "queues detached: set the card up in the guest"),
                     "");
    }
    return Warning("no guest has it open", Ctl(port, StrCat("run ", ShellQuote(port.name),
                                                            " -- qemu-system-x86_64 -nographic")));
  }
  if (port.peer.has_value() && !port.peer->up()) {
    return Warning(StrCat("no carrier: its other end, ", port.peer->name, ", is set down"),
                   Ip(port, StrCat("link set ", ShellQuote(port.peer->name), " up")));
  }
  return Warning("no carrier: the cable, or the device at its other end", "");
}

// ---- The guest ----

Judgement Guest(const PortFacts& port) {
  if (!port.holders.empty()) return Well(Holders(port));
  if (!IsHeld(port)) return Well("nobody has it open");
  const absl::Status why =
      port.all_holders_seen
          ? absl::NotFoundError("no process of this network namespace has it open, another has")
          : absl::PermissionDeniedError("a process that this user may not look at has it open");
  return CannotSee(port, why);
}

Judgement Owner(const PortFacts& port) {
  const Host& host = *port.machine->host;
  const std::string set = StrCat("set port ", ShellQuote(port.name), " owner=");
  if (!port.link->tun.has_value()) return Unknown("it is no TAP");
  const std::string whose = port.owner.empty() ? "a group" : port.owner;
  if (host.has_net_admin || port.owner == host.user || port.link->tun->owner == host.euid) {
    return Well(StrCat("belongs to ", whose));
  }
  return Warning(StrCat("belongs to ", whose, ": ", host.user, " cannot start a guest on it"),
                 port.machine->AsRoot(Ctl(port, StrCat(set, ShellQuote(host.user)))));
}

std::string QemuArgs(const PortFacts& port) {
  return Ctl(port, StrCat("qemu-args ", ShellQuote(port.name)));
}

Judgement VnetHdr(const PortFacts& port) {
  if (!IsHeld(port)) return Well("no guest has it open");
  if (!port.link->tun.has_value()) return Unknown("it is no TAP");
  if (port.link->tun->vnet_hdr) return Well("the guest takes and gives offloads");
  return Warning(
      "the guest has opened it without vnet_hdr: no offloads, so TCP is slow; start it "
      "anew with the arguments that this prints",
      QemuArgs(port));
}

Judgement Queues(const PortFacts& port) {
  if (!port.link->tun.has_value() || !IsHeld(port)) {
    return Well(StrCat("no guest has it open; QEMU has to open it with ",
                       port.queues > 1 ? StrCat("queues=", port.queues) : "one queue, no queues="));
  }
  const uint32_t open = port.link->tun->open_queues;
  if (port.queues <= 1 || open >= port.queues) return Well(StrCat(open, " open"));
  return Warning(StrCat("the guest has opened ", open, " of ", port.queues,
                        " queues; start it anew with the arguments that this prints"),
                 QemuArgs(port));
}

// ---- What it shares with others ----

Judgement Mtu(const PortFacts& port) {
  if (port.mtu == port.usual_mtu || port.usual_mtu == 0) return Well(StrCat(port.mtu));
  return Warning(StrCat(port.mtu, ", and most ports of ", port.bridge, " have ", port.usual_mtu,
                        ": what is longer is lost on the way"),
                 Ctl(port, StrCat("set port ", ShellQuote(port.name), " mtu=", port.usual_mtu)));
}

// The commands that take others' filters off one side, and leave ours, which is among them where
// the kernel has no tcx. A preference of theirs goes whole: the handles of some kinds (u32) hang
// together. Beside ours, which is of kind bpf as all of its preference are, each goes alone.
std::vector<std::string> FilterCures(const PortFacts& port, const std::vector<TcFilter>& filters,
                                     std::string_view side) {
  const auto is_ours = [](const TcFilter& filter) { return filter.handle == kOwnFilterHandle; };
  const auto group = [](const TcFilter& filter) {
    return std::pair(filter.chain, filter.preference);
  };
  std::vector<std::string> cures;
  for (const TcFilter& filter : filters) {
    if (is_ours(filter)) continue;
    const bool beside_ours = std::ranges::any_of(filters, [&](const TcFilter& other) {
      return is_ours(other) && group(other) == group(filter);
    });
    const std::string cure = port.machine->AsRoot(StrCat(
        "tc filter del dev ", Device(port), " ", side,
        filter.chain == 0 ? "" : StrCat(" chain ", filter.chain), " pref ", filter.preference,
        beside_ours ? StrCat(" protocol all handle ", filter.handle, " bpf") : ""));
    if (std::ranges::find(cures, cure) == cures.end()) cures.push_back(cure);
  }
  return cures;
}

Judgement Filters(const PortFacts& port) {
  if (!port.ingress_filters.ok()) return CannotSee(port, port.ingress_filters.status());
  if (!port.egress_filters.ok()) return CannotSee(port, port.egress_filters.status());
  const auto ingress = FilterCures(port, *port.ingress_filters, "ingress");
  std::vector<std::string> cures = FilterCures(port, *port.egress_filters, "egress");
  if (ingress.empty() && cures.empty()) return Well("none of others");
  cures.insert(cures.begin(), ingress.begin(), ingress.end());
  return Warning(ingress.empty()
                     ? "another's tc filters are on its egress, and see what the switch sends"
                     : "another's tc filters are on its ingress, and see no frame: the switch "
                       "takes each before them",
                 absl::StrJoin(cures, " && "));
}

Judgement Programs(const PortFacts& port) {
  if (!port.programs.ok()) return CannotSee(port, port.programs.status());
  if (port.programs->empty()) return Well("none of others");
  return Warning(
      StrCat("another's BPF programs are in its tcx hooks: ", absl::StrJoin(*port.programs, ", "),
             "; no tc command takes them off, but whoever has put them there can"),
      "");
}

Judgement Addresses(const PortFacts& port) {
  if (port.addresses.empty()) return Well("none");
  std::vector<std::string> cures;
  for (const std::string& address : port.addresses) {
    cures.push_back(Ip(port, StrCat("addr del ", address, " dev ", Device(port))));
  }
  return Problem(StrCat("it has addresses of this host, ", absl::StrJoin(port.addresses, ", "),
                        ", at which nobody reaches it: they belong on a port of type=internal"),
                 absl::StrJoin(cures, " && "));
}

Judgement Uppers(const PortFacts& port) {
  if (!port.uses.ok()) return CannotSee(port, port.uses.status());
  if (port.uses->uppers.empty()) return Well("nothing is on it");
  std::vector<std::string> names;
  std::vector<std::string> cures;
  for (const LinkUses::Upper& upper : port.uses->uppers) {
    names.push_back(StrCat(upper.name, " (", upper.kind, ")",
                           upper.where.empty() ? "" : StrCat(" in ", upper.where)));
    if (upper.where.empty()) cures.push_back(Ip(port, StrCat("link del ", ShellQuote(upper.name))));
  }
  return Problem(StrCat(absl::StrJoin(names, ", "), " got its frames, and receives nothing now"),
                 absl::StrJoin(cures, " && "));
}

Judgement Lro(const PortFacts& port) {
  if (!port.lro.ok()) return CannotSee(port, port.lro.status());
  if (!*port.lro) return Well("off");
  return Problem("large receive offload is on: the guests' TCP stalls",
                 port.machine->AsRoot(StrCat("ethtool -K ", Device(port), " lro off")));
}

Judgement Ipv6(const PortFacts& port) {
  if (absl::IsNotFound(port.ipv6_disabled.status())) return Well("this kernel has none");
  if (!port.ipv6_disabled.ok()) return CannotSee(port, port.ipv6_disabled.status());
  if (*port.ipv6_disabled == "1") return Well("off");
  return Warning(
      "this host's IPv6 is on there: it speaks to the guest's link and takes addresses "
      "from its router",
      port.machine->AsRoot(StrCat("sysctl -w net/ipv6/conf/", Device(port), "/disable_ipv6=1")));
}

// Frames between ports pass no netfilter hook. Those that leave into a Linux bridge do.
Judgement BrNetfilter(const PortFacts& port) {
  const auto is_bridge = [](const std::optional<LinkInfo>& link) {
    return link.has_value() && link->kind == "bridge";
  };
  const std::string bridge = is_bridge(port.peer_master) ? port.peer_master->name
                             : port.type == "internal" && is_bridge(port.master) ? port.master->name
                                                                                 : "";
  if (bridge.empty()) return Well("its frames pass no firewall");
  const auto& ipv4 = port.machine->bridge_nf_call;
  const auto& ipv6 = port.machine->bridge_nf_call6;
  if (absl::IsNotFound(ipv4.status())) return Well("br_netfilter is not there");
  if (!ipv4.ok()) return CannotSee(port, ipv4.status());
  if (*ipv4 == "0" && ipv6.value_or("0") == "0") return Well("bridges pass no firewall");
  return Warning(StrCat("it leads into the Linux bridge ", bridge,
                        ", where br_netfilter hands "
                        "frames to the FORWARD chain, which Docker lets drop them"),
                 port.machine->AsRoot("sysctl -w net.bridge.bridge-nf-call-iptables=0 "
                                      "net.bridge.bridge-nf-call-ip6tables=0"));
}

Judgement Services(const PortFacts& port) {
  Judgement worst = Well("no service that takes devices runs");
  for (const std::string& service : port.machine->services) {
    Judgement found = JudgeService(service, {port.link->name, port.link->ifindex}, *port.machine);
    if (found.verdict >= worst.verdict) worst = std::move(found);
  }
  return worst;
}

constexpr PortCheck kChecks[] = {
    {"state", "tap internal netdev", "what the daemon says: missing, broken, blocked", State,
     false},
    {"device", "tap internal netdev", "whether its device is here, by its own name", DeviceIsHere,
     false},
    {"link", "tap internal netdev", "set down; no guest; no carrier: three different things", Link},
    {"guest", "tap", "who has it open", Guest},
    {"owner", "tap", "whose it is, and whether this user can start a guest on it", Owner},
    {"vnet_hdr", "tap", "whether the guest has opened it with offloads", VnetHdr},
    {"queues", "tap", "whether the guest has opened as many as there are", Queues},
    {"mtu", "tap internal netdev", "whether it is that of the bridge's other ports", Mtu, false},
    {"master", "tap netdev", "whether another switch has it as a port", Master},
    {"xdp", "tap netdev", "whether an XDP program sees its frames first", Xdp},
    {"filters", "tap netdev", "others' tc filters", Filters},
    {"programs", "tap netdev", "others' BPF programs in tcx", Programs},
    {"addresses", "tap netdev", "addresses of this host", Addresses},
    {"uppers", "netdev", "VLAN, macvlan and other devices on it, in containers too", Uppers},
    {"lro", "netdev", "large receive offload", Lro},
    {"ipv6", "tap", "whether this host's IPv6 speaks into the guest's link", Ipv6},
    {"br_netfilter", "internal netdev",
     "whether it leads into a Linux bridge, whose frames pass a firewall", BrNetfilter},
    // The user's end of an internal port is the user's, and his services'.
    {"services", "tap netdev",
     "whether NetworkManager, systemd-networkd, dhcpcd or connman take it", Services},
};

}  // namespace

std::span<const PortCheck> PortChecks() { return kChecks; }

}  // namespace vswitch
