#include "switch/port/leftovers.h"

#include <utility>

#include "glog/logging.h"
#include "switch/base/str_cat.h"
#include "switch/port/port_mark.h"
#include "switch/port/tc_hook.h"
#include "switch/port/twin.h"
#include "switch/port/veth_pair.h"

namespace vswitch {
namespace {

constexpr std::string_view kPrefix = "vswitch-";
constexpr std::string_view kMadeFor = "-made-";

std::string Prefix(std::string_view switch_id) { return StrCat(kPrefix, switch_id, kMadeFor); }

// Takes away what is of ours on a netdev of others.
absl::Status Clean(Links& links, const LinkInfo& netdev) {
  absl::Status status = TcHook::RemoveLeftOver(netdev);
  const std::string port = MarkedPort(netdev);
  if (!port.empty()) status.Update(links.RemoveAlternativeName(netdev, PortMarkOf(port)));
  return status;
}

// Of a netdev that this switch has not made and that was a port: whether it was another switch's,
// whose daemon may be dead for the moment; or, of a TAP, that cannot be told: it may be a guest's,
// whom what is on it keeps off the host.
bool IsOfOthers(const LinkInfo& link, std::string_view switch_id, const SwitchOf& switch_of) {
  // A device that another switch has made.
  for (const std::string& name : link.alternative_names) {
    if (IsMadeName(name, MarkedPort(link))) return true;
  }
  const std::string whose = switch_of(TcHook::ProgramOn(link, TcDirection::kIngress));
  return whose.empty() ? link.tun.has_value() : whose != switch_id;
}

// False: it has to stay for now.
absl::StatusOr<bool> Sweep(Links& links, const LinkInfo& link, const std::string& port,
                           bool we_made_it) {
  if (Twin::Of(links, port).ok()) return false;
  absl::Status status;
  if (!we_made_it) {
    // Nothing of a guest may reach the host's own stack.
    if (link.tun && link.up()) status = links.Change(link, {.up = false});
    if (status.ok()) status = Clean(links, link);
    LOG_IF(INFO, status.ok()) << "cleaned " << link.name << ", which was port " << port;
  } else if (!link.tun || link.tun->open_queues == 0) {
    status = links.Delete(link);
    LOG_IF(INFO, status.ok()) << "removed " << link.name << ", which was port " << port;
  } else {
    // The same.
    if (link.up()) status = links.Change(link, {.up = false});
    if (status.ok()) return false;
  }
  if (status.ok() || absl::IsNotFound(status)) return true;
  return status;
}

}  // namespace

std::string MadeName(std::string_view switch_id, std::string_view port) {
  return StrCat(Prefix(switch_id), port);
}

bool IsMadeName(std::string_view name, std::string_view port) {
  return name.starts_with(kPrefix) && name.ends_with(StrCat(kMadeFor, port));
}

std::optional<std::string> MadeForPort(std::string_view switch_id,
                                       std::span<const std::string> alternative_names) {
  const std::string prefix = Prefix(switch_id);
  for (const std::string& name : alternative_names) {
    if (name.starts_with(prefix)) return name.substr(prefix.size());
  }
  return std::nullopt;
}

absl::StatusOr<std::vector<LinkInfo>> SweepLeftovers(
    const std::string& switch_id, const std::function<bool(std::string_view port)>& is_port,
    const SwitchOf& switch_of) {
  absl::StatusOr<Links> links = Links::Open();
  if (!links.ok()) return links.status();
  absl::StatusOr<std::vector<LinkInfo>> all = links->List();
  if (!all.ok()) return all.status();
  std::vector<LinkInfo> left;
  for (LinkInfo& link : *all) {
    std::optional<std::string> made_for = MadeForPort(switch_id, link.alternative_names);
    if (const std::string port = UnmarkedHostEndOf(*links, switch_id, link); !port.empty()) {
      made_for = port;
    }
    const std::string port = made_for.value_or(MarkedPort(link));
    if (port.empty() || is_port(port) || (!made_for && IsOfOthers(link, switch_id, switch_of)))
      continue;
    const absl::StatusOr<bool> is_gone = Sweep(*links, link, port, made_for.has_value());
    if (!is_gone.ok()) {
      LOG_EVERY_T(WARNING, 60) << is_gone.status().message();
    }
    if (!is_gone.ok() || !*is_gone) left.push_back(std::move(link));
  }
  return left;
}

std::map<std::string, LinkInfo> DevicesOfPorts() {
  std::map<std::string, LinkInfo> devices;
  absl::StatusOr<Links> links = Links::Open();
  if (!links.ok()) return devices;
  absl::StatusOr<std::vector<LinkInfo>> all = links->List();
  if (!all.ok()) return devices;
  for (LinkInfo& link : *all) {
    const std::string port = MarkedPort(link);
    if (!port.empty()) devices[port] = std::move(link);
  }
  return devices;
}

std::vector<uint32_t> ProgramsOnPorts() {
  std::vector<uint32_t> programs;
  for (const auto& [port, device] : DevicesOfPorts()) {
    if (const uint32_t id = TcHook::ProgramOn(device, TcDirection::kIngress); id != 0)
      programs.push_back(id);
  }
  return programs;
}

uint32_t ProgramOnPort(const std::string& port) {
  const std::map<std::string, LinkInfo> devices = DevicesOfPorts();
  const auto found = devices.find(port);
  return found == devices.end() ? 0 : TcHook::ProgramOn(found->second, TcDirection::kIngress);
}

absl::Status CleanNetdev(const std::string& port) {
  absl::StatusOr<Links> links = Links::Open();
  if (!links.ok()) return links.status();
  const absl::StatusOr<LinkInfo> netdev = FindPortDevice(*links, port);
  if (absl::IsNotFound(netdev.status())) return absl::OkStatus();
  return netdev.ok() ? Clean(*links, *netdev) : netdev.status();
}

absl::Status DeleteMadeTap(std::string_view switch_id, std::string_view port) {
  absl::StatusOr<Links> links = Links::Open();
  if (!links.ok()) return links.status();
  const absl::StatusOr<LinkInfo> tap = links->Find(MadeName(switch_id, port));
  return tap.ok() ? links->Delete(*tap) : tap.status();
}

}  // namespace vswitch
