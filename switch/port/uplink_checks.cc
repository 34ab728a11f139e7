#include "switch/port/uplink_checks.h"

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "switch/base/quote.h"
#include "switch/link/link.h"
#include "switch/link/link_uses.h"
#include "switch/port/port_mark.h"
#include "switch/port/tc_hook.h"

namespace vswitch {
namespace {

// A container may call its device what it likes, and this goes to a terminal and into the log.
std::string NameOf(const LinkUses::Upper& upper) { return Printable(upper.name, IFNAMSIZ); }

std::string Describe(const LinkUses::Upper& upper) {
  std::string text = NameOf(upper);
  if (!upper.kind.empty()) text += absl::StrCat(" (", upper.kind, ")");
  if (!upper.where.empty()) text += absl::StrCat(" in ", upper.where);
  return text;
}

// Whose own filter of addresses would keep guests' frames out.
absl::Status CheckCarriesAll(const LinkInfo& link, const LinkUses& uses) {
  if (link.kind == "ipvlan" || link.kind == "ipvtap") {
    return absl::FailedPreconditionError(absl::StrCat(
        link.name, " is an ", link.kind, " device, which lets only packets to its own ",
        "addresses in: give the port the device below it"));
  }
  if (uses.macvlan_mode.empty() || uses.macvlan_mode == "passthru") return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      link.name, " is a ", link.kind, " in mode ", uses.macvlan_mode,
      ", which lets only frames to its own address in: give the port the device below it, or make ",
      link.name, " anew with 'mode passthru'"));
}

absl::Status CheckNobodyFallsSilent(const LinkInfo& link, const LinkUses& uses) {
  if (!uses.uppers.empty()) {
    const LinkUses::Upper& first = uses.uppers.front();
    return absl::FailedPreconditionError(absl::StrCat(
        link.name, " is used by ",
        absl::StrJoin(uses.uppers, ", ",
                      [](std::string* out, const LinkUses::Upper& upper) {
                        absl::StrAppend(out, Describe(upper));
                      }),
        ", which would receive nothing any more: delete it first ('ip link del ", NameOf(first),
        "'", first.where.empty() ? "" : absl::StrCat(" in ", first.where),
        "), or put it on a port of type=internal"));
  }
  if (!uses.addresses.empty()) {
    return absl::FailedPreconditionError(absl::StrCat(
        link.name, " has addresses of this host (", absl::StrJoin(uses.addresses, ", "),
        "), at which nobody could reach it any more: move them to a port HOST of type=internal ",
        "('ip addr del ", uses.addresses.front(), " dev ", link.name, "', then 'ip addr add ",
        uses.addresses.front(), " dev HOST')"));
  }
  if (uses.ingress_filters) {
    return absl::FailedPreconditionError(absl::StrCat(
        link.name,
        " has tc filters on its ingress, which would see no frame any more: remove them ",
        "first ('tc filter show dev ", link.name, " ingress' lists them, 'tc qdisc del dev ",
        link.name, " clsact' removes all)"));
  }
  return absl::OkStatus();
}

std::vector<std::string> Surprises(const LinkInfo& link, const LinkUses& uses) {
  std::vector<std::string> warnings;
  if (uses.xdp) {
    warnings.push_back(absl::StrCat(
        link.name, " has an XDP program, which sees frames before the switch and may take them: ",
        "'ip link set ", link.name, " xdp off' removes it"));
  }
  if (uses.egress_filters) {
    warnings.push_back(absl::StrCat(
        link.name, " has tc filters on its egress, which see what the switch sends: 'tc filter ",
        "show dev ", link.name, " egress' lists them"));
  }
  return warnings;
}

}  // namespace

absl::StatusOr<std::vector<std::string>> CheckUplink(const std::string& port) {
  absl::StatusOr<Links> links = Links::Open();
  if (!links.ok()) return links.status();
  const absl::StatusOr<LinkInfo> link = FindPortDevice(*links, port);
  if (!link.ok() || link->is_tap() || !link->is_ethernet()) return std::vector<std::string>();
  const absl::StatusOr<LinkUses> uses = FindLinkUses(*link, TcHook::kFilterHandle);
  if (!uses.ok()) return uses.status();
  absl::Status status = CheckCarriesAll(*link, *uses);
  if (status.ok()) status = CheckNobodyFallsSilent(*link, *uses);
  if (!status.ok()) return status;
  return Surprises(*link, *uses);
}

}  // namespace vswitch
