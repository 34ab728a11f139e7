#include "switch/port/device_checks.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "switch/port/busy_tap.h"
#include "switch/port/twin.h"

namespace vswitch {
namespace {

std::string Kind(const LinkInfo& link) {
  if (link.flags & IFF_LOOPBACK) return "the loopback device";
  if (link.tun && !link.is_ethernet()) return "a tun device of layer 3";
  return link.kind.empty() ? "a network card" : absl::StrCat("a ", link.kind, " device");
}

std::string AnotherName(const LinkInfo& found) {
  return absl::StrCat(": choose another name",
                      CheckIsNetdev(found).ok() ? ", or type=netdev to connect that device" : "");
}

}  // namespace

absl::Status CheckIsTap(const LinkInfo& found) {
  if (Twin::IsTwin(found)) {
    return absl::AlreadyExistsError(absl::StrCat(
        found.name, " is a ", found.alias, ", which belongs to a vswitchd: choose another name"));
  }
  if (found.is_tap()) return absl::OkStatus();
  return absl::AlreadyExistsError(
      absl::StrCat(found.name, " exists and is no TAP but ", Kind(found), AnotherName(found)));
}

absl::Status NameIsTaken(const LinkInfo& found) {
  if (Twin::IsTwin(found)) return CheckIsTap(found);
  if (!found.is_tap()) {
    return absl::AlreadyExistsError(
        absl::StrCat(found.name, " exists already, as ", Kind(found), AnotherName(found)));
  }
  if (found.tun->open_queues > 0) {
    return absl::UnavailableError(absl::StrCat("TAP ", found.name, " is held ",
                                               ByTapHolder(FindTapHolder(found.name)),
                                               ": stop that, or choose another name"));
  }
  return absl::AlreadyExistsError(
      absl::StrCat(found.name, " is a TAP that others made, and type=internal makes its own ",
                   "device: delete it ('ip link del ", found.name, "'), or choose another name"));
}

absl::Status CheckIsNetdev(const LinkInfo& found) {
  if (found.is_tap()) {
    return absl::InvalidArgumentError(absl::StrCat(
        found.name, " is a ", Twin::IsTwin(found) ? found.alias : "TAP",
        ": use type=tap when another program has it open, type=internal when the host uses it"));
  }
  if (found.is_ethernet()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(found.name, " is ", Kind(found),
                   ", which carries no Ethernet frames: a bridge cannot have it as a port"));
}

absl::Status CheckNoMaster(Links& links, const LinkInfo& link) {
  if (link.master_ifindex == 0) return absl::OkStatus();
  LinkInfo master;
  master.ifindex = link.master_ifindex;
  const absl::StatusOr<LinkInfo> found = links.Reload(master);
  const std::string name = found.ok() ? found->name : absl::StrCat(link.master_ifindex);
  const std::string kind = found.ok() ? absl::StrCat(" (", found->kind, ")") : "";
  const std::string cure = found.ok() && found->kind == "openvswitch"
                               ? absl::StrCat("ovs-vsctl del-port ", link.name)
                               : absl::StrCat("ip link set ", link.name, " nomaster");
  return absl::UnavailableError(
      absl::StrCat(link.name, " is a port of ", name, kind, "; take it out first: ", cure));
}

absl::Status CheckNoXdp(const LinkInfo& link) {
  if (!link.has_xdp) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat(link.name, " has an XDP program, which sees the guest's frames before the ",
                   "switch: take it off with 'ip link set ", link.name, " xdp off'"));
}

std::string WhyRenamed(const LinkInfo& link, const std::string& port) {
  if (link.name == port) return "";
  return absl::StrCat("its device was renamed to ", link.name, ": 'ip link set ", link.name,
                      " name ", port, "' gives it its name back");
}

std::string WhyDown(const LinkInfo& link, const std::string& nobody_there) {
  if (link.up()) return nobody_there;
  return absl::StrCat("it is set down: 'ip link set ", link.name, " up' sets it up");
}

}  // namespace vswitch
