#include "cli/doctor/port.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <sys/stat.h>

#include <bit>
#include <map>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "switch/base/look_at_program.h"
#include "switch/base/str_cat.h"
#include "switch/base/tcx.h"
#include "switch/base/unique_fd.h"
#include "switch/link/ethtool.h"
#include "switch/link/namespace_paths.h"

namespace vswitch {
namespace {

// ---- The daemon's ----

PortFacts FromShow(const Json& port, const std::string& bridge) {
  PortFacts facts;
  facts.name = TextField(port, "name");
  facts.bridge = bridge;
  facts.type = TextField(port, "type");
  facts.state = TextField(port, "state");
  facts.detail = TextField(port, "detail");
  facts.device = TextField(port, "device");
  if (facts.device.empty()) facts.device = facts.name;
  facts.owner = TextField(port, "owner");
  facts.mtu = UintField(port, "mtu", 0);
  facts.queues = UintField(port, "queues", 1);
  return facts;
}

bool IsServed(const Json& port) {
  const std::string state = TextField(port, "state");
  return state != "missing" && state != "broken";
}

// That of most ports; of several such, the smallest, which all can take.
uint32_t UsualMtu(const Json& ports) {
  std::map<uint32_t, int> counts;
  for (const Json& port : ports) {
    if (IsServed(port)) ++counts[UintField(port, "mtu", 0)];
  }
  uint32_t usual = 0;
  int most = 0;
  for (const auto& [mtu, count] : counts) {
    if (count > most) std::tie(usual, most) = std::pair(mtu, count);
  }
  return usual;
}

// ---- The kernel's ----

using Addresses = std::multimap<std::string, std::string>;

int PrefixLength(const sockaddr* mask) {
  if (mask == nullptr) return 0;
  int bits = 0;
  if (mask->sa_family == AF_INET) {
    bits = std::popcount(reinterpret_cast<const sockaddr_in*>(mask)->sin_addr.s_addr);
  } else {
    for (const uint8_t octet : reinterpret_cast<const sockaddr_in6*>(mask)->sin6_addr.s6_addr) {
      bits += std::popcount(octet);
    }
  }
  return bits;
}

// Of all devices, by name, but for link-local ones, which the kernel gives by itself.
Addresses ReadAddresses() {
  Addresses found;
  ifaddrs* first = nullptr;
  if (getifaddrs(&first) != 0) return found;
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> list(first, freeifaddrs);
  for (const ifaddrs* entry = first; entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr) continue;
    const int family = entry->ifa_addr->sa_family;
    const void* address = nullptr;
    if (family == AF_INET) {
      address = &reinterpret_cast<const sockaddr_in*>(entry->ifa_addr)->sin_addr;
    } else if (family == AF_INET6) {
      const auto& ipv6 = reinterpret_cast<const sockaddr_in6*>(entry->ifa_addr)->sin6_addr;
      if (IN6_IS_ADDR_LINKLOCAL(&ipv6)) continue;
      address = &ipv6;
    }
    char text[INET6_ADDRSTRLEN];
    if (address == nullptr || inet_ntop(family, address, text, sizeof(text)) == nullptr) continue;
    found.emplace(entry->ifa_name, StrCat(text, "/", PrefixLength(entry->ifa_netmask)));
  }
  return found;
}

std::optional<LinkInfo> ByIndex(Links& links, int ifindex) {
  if (ifindex == 0) return std::nullopt;
  LinkInfo wanted;
  wanted.ifindex = ifindex;
  const absl::StatusOr<LinkInfo> found = links.Reload(wanted);
  return found.ok() ? std::optional(*found) : std::nullopt;
}

// Those that are not ours.
absl::StatusOr<std::vector<std::string>> OthersInTcx(const MachineFacts& machine, int ifindex) {
  if (!machine.Has(CAP_NET_ADMIN)) {
    return absl::PermissionDeniedError("only who has CAP_NET_ADMIN can list them");
  }
  std::vector<std::string> others;
  for (const TcDirection direction : {TcDirection::kIngress, TcDirection::kEgress}) {
    for (const uint32_t id : tcx::List(ifindex, direction)) {
      const std::optional<std::string> name = ProgramName(id);
      if (!name.has_value()) {
        return absl::PermissionDeniedError("only who has CAP_SYS_ADMIN can tell whose they are");
      }
      if (absl::StartsWith(*name, kOwnProgramPrefix)) continue;
      others.push_back(name->empty() ? StrCat("id ", id) : *name);
    }
  }
  return others;
}

absl::StatusOr<LinkUses> Uses(const MachineFacts& machine, const LinkInfo& link) {
  if (!machine.Has(CAP_NET_ADMIN) || !machine.Has(CAP_SYS_PTRACE)) {
    return absl::PermissionDeniedError("only root can look into all network namespaces");
  }
  return FindLinkUses(link, kOwnFilterHandle);
}

// The path of the first namespace that has a device of that name; empty: none, or we may not look.
std::string FindElsewhere(Links& links, const std::string& name) {
  std::set<ino_t> seen;
  struct stat info;
  if (stat("/proc/self/ns/net", &info) == 0) seen.insert(info.st_ino);
  for (const auto& [path, where] : NamespacePaths()) {
    const UniqueFd other(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!other || fstat(other.get(), &info) != 0 || !seen.insert(info.st_ino).second) continue;
    const absl::StatusOr<int> id = links.NamespaceId(other.get());
    if (id.ok() && links.Find(name, *id).ok()) return path;
  }
  return "";
}

class Reader {
 public:
  Reader(const MachineFacts& machine, Links* links)
      : machine_(machine),
        links_(*links),
        holders_(FindTapHolders(machine.host->proc_path)),
        addresses_(ReadAddresses()) {}

  void Read(PortFacts* port) {
    port->link = links_.Find(port->device);
    if (!port->link.ok()) {
      if (port->state == "missing") port->moved_to = FindElsewhere(links_, port->device);
      return;
    }
    const LinkInfo& link = *port->link;
    port->master = ByIndex(links_, link.master_ifindex);
    if (link.peer_namespace_id == LinkInfo::kOwnNamespace) {
      port->peer = ByIndex(links_, link.peer_ifindex);
    }
    if (port->peer.has_value()) port->peer_master = ByIndex(links_, port->peer->master_ifindex);
    const auto [first, last] = holders_.by_tap.equal_range(link.name);
    for (auto it = first; it != last; ++it) port->holders.push_back(it->second);
    port->all_holders_seen = holders_.all_seen;
    const auto [begin, end] = addresses_.equal_range(link.name);
    for (auto it = begin; it != end; ++it) port->addresses.push_back(it->second);
    port->ingress_filters = links_.Filters(link, TcSide::kIngress);
    port->egress_filters = links_.Filters(link, TcSide::kEgress);
    port->programs = OthersInTcx(machine_, link.ifindex);
    port->ipv6_disabled =
        machine_.files.Read(StrCat("/proc/sys/net/ipv6/conf/", link.name, "/disable_ipv6"));
    if (port->type != "netdev") return;
    port->uses = Uses(machine_, link);
    port->lro = ReadLro(link.name);
  }

 private:
  const MachineFacts& machine_;
  Links& links_;
  const TapHolders holders_;
  const Addresses addresses_;
};

}  // namespace

std::vector<PortFacts> ReadPorts(const MachineFacts& machine, const std::set<std::string>& names) {
  std::vector<PortFacts> all;
  for (const Json& bridge : ListField(machine.daemon.show, "bridges")) {
    const Json& ports = ListField(bridge, "ports");
    const uint32_t usual_mtu = UsualMtu(ports);
    for (const Json& port : ports) {
      if (!names.empty() && !names.contains(TextField(port, "name"))) continue;
      PortFacts& facts = all.emplace_back(FromShow(port, TextField(bridge, "name")));
      facts.usual_mtu = usual_mtu;
      facts.machine = &machine;
    }
  }
  absl::StatusOr<Links> links = Links::Open();
  if (!links.ok() || !machine.daemon.is_here.value_or(true)) {
    const absl::Status why =
        links.ok() ? absl::FailedPreconditionError("vswitchd is in another network namespace")
                   : links.status();
    for (PortFacts& port : all) port.link = why;
    return all;
  }
  Reader reader(machine, &*links);
  for (PortFacts& port : all) reader.Read(&port);
  return all;
}

}  // namespace vswitch
