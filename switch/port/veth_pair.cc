#include "switch/port/veth_pair.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "glog/logging.h"
#include "switch/base/str_cat.h"
#include "switch/base/text_hash.h"
#include "switch/base/unique_fd.h"
#include "switch/link/kernel_error.h"
#include "switch/port/device_checks.h"
#include "switch/port/leftovers.h"
#include "switch/port/port_mark.h"

namespace vswitch {
namespace {

constexpr char kVeth[] = "veth";
constexpr std::string_view kHostEndName = "vswi";

// Two machines of one image may have the same switch id. Not every machine has such a file.
absl::StatusOr<std::string> MachineId() {
  constexpr char kPath[] = "/etc/machine-id";
  const UniqueFd file(open(kPath, O_RDONLY | O_CLOEXEC));
  if (!file && errno == ENOENT) return "";
  char id[64];
  const ssize_t size = file ? read(file.get(), id, sizeof(id)) : -1;
  if (size < 0) return KernelError(errno, StrCat("cannot read ", kPath));
  return std::string(id, size);
}

absl::StatusOr<uint64_t> Address(std::string_view text) {
  constexpr uint64_t kGroup = uint64_t{1} << 40;
  constexpr uint64_t kLocal = uint64_t{1} << 41;
  constexpr uint64_t kAll = (uint64_t{1} << 48) - 1;
  const absl::StatusOr<std::string> machine = MachineId();
  if (!machine.ok()) return machine.status();
  const uint64_t hash = TextHash(StrCat(*machine, " ", text));
  return ((hash ^ hash >> 48) & kAll & ~kGroup) | kLocal;
}

absl::StatusOr<uint64_t> HostEndAddress(std::string_view switch_id, std::string_view port) {
  return Address(StrCat(switch_id, " ", port, " host end"));
}

// Whether it is the host end that was made for this port, by its address.
bool WasMadeFor(const LinkInfo& link, std::string_view switch_id, std::string_view port) {
  const absl::StatusOr<uint64_t> address = HostEndAddress(switch_id, port);
  return address.ok() && link.address == *address;
}

// Nothing stays of a pair that could not be made, also where only the answer was lost. By a socket
// of its own: the other one may be waiting for that answer.
absl::Status Unmake(std::string_view switch_id, const std::string& port, const absl::Status& why) {
  absl::StatusOr<Links> links = Links::Open();
  if (!links.ok()) return why;
  const absl::StatusOr<LinkInfo> user_end = links->Find(port);
  if (!user_end.ok() || user_end->kind != kVeth) return why;
  const absl::StatusOr<LinkInfo> host_end = links->Peer(*user_end);
  if (!host_end.ok() || !WasMadeFor(*host_end, switch_id, port)) return why;
  const absl::Status deleted = links->Delete(*host_end);
  LOG_IF(WARNING, !deleted.ok()) << deleted.message();
  return why;
}

// Also of a switch whose state file was elsewhere: the mark says that it is this port's.
bool IsHostEnd(const LinkInfo& link, const std::string& port) {
  return link.kind == kVeth &&
         std::ranges::any_of(link.alternative_names,
                             [&](const std::string& name) { return IsMadeName(name, port); });
}

}  // namespace

absl::StatusOr<uint64_t> DerivedAddress(std::string_view switch_id, std::string_view port) {
  return Address(StrCat(switch_id, " ", port));
}

std::string UnmarkedHostEndOf(Links& links, std::string_view switch_id, const LinkInfo& link) {
  const bool is_here = link.peer_namespace_id == LinkInfo::kOwnNamespace;
  if (link.kind != kVeth || !is_here || !link.alternative_names.empty()) return "";
  // Nobody has had the time to rename it. A host may have thousands of others.
  if (!link.name.starts_with(kHostEndName)) return "";
  const absl::StatusOr<LinkInfo> peer = links.Peer(link);
  return peer.ok() && WasMadeFor(link, switch_id, peer->name) ? peer->name : "";
}

absl::StatusOr<LinkInfo> FindHostEnd(Links& links, std::string_view switch_id,
                                     const std::string& port) {
  absl::StatusOr<LinkInfo> found = links.Find(MadeName(switch_id, port));
  if (absl::IsNotFound(found.status())) found = FindPortDevice(links, port);
  if (!found.ok() || IsHostEnd(*found, port)) return found;
  if (found->kind == kVeth && found->peer_namespace_id == LinkInfo::kOwnNamespace) {
    absl::StatusOr<LinkInfo> other = links.Peer(*found);
    if (other.ok() && UnmarkedHostEndOf(links, switch_id, *other) == port) return other;
  }
  return NameIsTaken(*found);
}

absl::StatusOr<LinkInfo> MakeVethPair(Links& links, std::string_view switch_id,
                                      const PortSpec& spec) {
  absl::StatusOr<uint64_t> address = spec.mac.value;
  if (spec.mac.IsZero()) address = DerivedAddress(switch_id, spec.name);
  if (!address.ok()) return address.status();
  const absl::StatusOr<uint64_t> host_address = HostEndAddress(switch_id, spec.name);
  if (!host_address.ok()) return host_address.status();
  const VethEnd host{.name = StrCat(kHostEndName, "%d"),
                     .address = *host_address,
                     .mtu = spec.mtu,
                     .txqueuelen = spec.txqueuelen};
  const VethEnd user{
      .name = spec.name, .address = *address, .mtu = spec.mtu, .txqueuelen = spec.txqueuelen};
  absl::Status status = links.MakeVeth(host, user);
  if (!status.ok()) return Unmake(switch_id, spec.name, status);
  absl::StatusOr<LinkInfo> end = links.Find(spec.name);
  if (end.ok()) end = links.Peer(*end);
  if (end.ok()) status = links.AddAlternativeName(*end, MadeName(switch_id, spec.name));
  if (end.ok() && status.ok()) end = links.Reload(*end);
  status.Update(end.status());
  if (!status.ok()) return Unmake(switch_id, spec.name, status);
  return end;
}

}  // namespace vswitch
