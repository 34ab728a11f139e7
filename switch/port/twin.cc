#include "switch/port/twin.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "switch/port/busy_tap.h"
#include "switch/port/queue_length.h"
#include "switch/port/steering.h"
#include "switch/port/tap.h"

namespace vswitch {
namespace {

constexpr char kNamePattern[] = "vsw%d";
constexpr char kAlias[] = "vswitch twin of ";
constexpr char kAlternativeName[] = "vswitch-twin-of-";

// The largest that tun.c allows (MAX_MTU less the Ethernet header). Neither bpf_redirect() to
// egress nor tun_net_xmit() looks at it, so it limits nothing; it says so to whoever looks.
constexpr uint32_t kMtu = 65521;

// A queue takes back the room of what was read in steps of so many frames (`batch` of the kernel's
// include/linux/ptr_ring.h), so it may be full by as many before it holds what it could. The fast
// path's program counts frames itself, and lets no more in than there is room for.
constexpr uint32_t kQueueStep = 16;

// The alternative name is the lock: the kernel gives it to one netdev only.
absl::Status Claim(Links& links, const LinkInfo& twin, const std::string& port) {
  const std::string claim = absl::StrCat(kAlternativeName, port);
  const absl::Time deadline = absl::Now() + kHolderGraceTime;
  for (absl::Duration pause = absl::Milliseconds(5);; pause *= 2) {
    const absl::Status status = links.AddAlternativeName(twin, claim);
    if (!absl::IsAlreadyExists(status)) return status;
    const absl::StatusOr<LinkInfo> present = links.Find(claim);
    if (present.ok()) {
      const std::optional<TapHolder> holder = FindTapHolder(present->name);
      if (holder || absl::Now() > deadline) {
        return absl::UnavailableError(
            absl::StrCat(port, " is served already ", ByTapHolder(holder), ": its twin ",
                         present->name, " exists; stop that vswitchd or delete the port there"));
      }
    }
    absl::SleepFor(pause);
  }
}

}  // namespace

absl::StatusOr<Twin> Twin::Join(Links& links, const LinkInfo& other, const Options& options) {
  absl::StatusOr<TapQueues> tap = OpenTap({.name = kNamePattern,
                                           .queues = options.queues,
                                           .multi_queue = options.queues > 1,
                                           .nonblocking = options.nonblocking,
                                           .must_be_new = true,
                                           .owner = geteuid(),
                                           .made_in = options.made_in});
  if (!tap.ok()) return tap.status();
  Twin twin;
  twin.txqueuelen_ = options.txqueuelen + (options.forward_program >= 0 ? kQueueStep : 0);
  twin.queues_ = std::move(tap->fds);
  absl::StatusOr<LinkInfo> link = links.Find(tap->name);
  if (!link.ok()) return link.status();
  twin.link_ = *std::move(link);

  absl::Status status = Claim(links, twin.link_, options.port);
  if (status.ok() && options.queues > 1) {
    status = SteerByFlow(twin.queues_[0], twin.link_.name);
  }
  if (status.ok()) status = DisableIpv6(twin.link_.name);
  if (status.ok()) status = links.SetNoqueue(twin.link_);
  if (status.ok()) {
    twin.link_.alias = absl::StrCat(kAlias, options.port);
    status = links.Change(twin.link_, {.up = true,
                                       .arp = false,
                                       .mtu = kMtu,
                                       .txqueuelen = twin.txqueuelen_,
                                       .alias = twin.link_.alias});
  }
  if (!status.ok()) return status;

  absl::StatusOr<Redirect> outward = twin.AttachOutward(other);
  if (!outward.ok()) return outward.status();
  twin.outward_ = *std::move(outward);
  twin.forward_program_ = options.forward_program;
  absl::StatusOr<Redirect> inward = twin.AttachInward(other);
  if (!inward.ok()) return inward.status();
  twin.inward_ = *std::move(inward);
  return twin;
}

absl::StatusOr<LinkInfo> Twin::Of(Links& links, const std::string& port) {
  return links.Find(absl::StrCat(kAlternativeName, port));
}

bool Twin::IsTwin(const LinkInfo& link) {
  return link.is_tap() && absl::StartsWith(link.alias, kAlias);
}

bool Twin::IsHere() const {
  std::string name;
  return !queues_.empty() && TapExists(queues_[0], &name) &&
         if_nametoindex(name.c_str()) == static_cast<unsigned>(link_.ifindex);
}

absl::Status Twin::Look(Links& links) {
  const absl::StatusOr<LinkInfo> now = links.Reload(link_);
  if (absl::IsNotFound(now.status()) || (now.ok() && now->alias != link_.alias)) {
    return absl::UnavailableError(absl::StrCat(
        "the twin ", link_.name, " was deleted or moved to another network namespace"));
  }
  if (!now.ok()) return absl::OkStatus();  // Out of memory or descriptors.
  link_ = *now;
  if (now->master_ifindex != 0) {
    return absl::UnavailableError(
        absl::StrCat("the twin ", link_.name, " was made a port of another device"));
  }
  if (now->has_xdp) {
    return absl::UnavailableError(absl::StrCat("the twin ", link_.name, " got an XDP program"));
  }
  KeepQueueLength(links, txqueuelen_, &link_);
  return absl::OkStatus();
}

bool Twin::IsSound(const LinkInfo& link) const {
  return link.ifindex != link_.ifindex ||
         (link.up() && link.master_ifindex == 0 && !link.has_xdp && link.alias == link_.alias &&
          link.txqueuelen == txqueuelen_);
}

absl::StatusOr<Redirect> Twin::AttachOutward(const LinkInfo& other) const {
  return Redirect::Attach(link_, other, /*hash_flow=*/false);
}

absl::StatusOr<Redirect> Twin::AttachInward(const LinkInfo& other) const {
  if (forward_program_ >= 0) return Redirect::AttachProgram(other, link_, forward_program_);
  return Redirect::Attach(other, link_, /*hash_flow=*/queues_.size() > 1);
}

absl::StatusOr<std::string> Twin::Mend(Links& links, const LinkInfo& other) {
  std::vector<std::string> amiss;
  if (!link_.up()) {
    if (absl::Status status = links.Change(link_, {.up = true}); !status.ok()) return status;
    amiss.push_back(absl::StrCat("the twin ", link_.name, " was set down"));
    link_.flags |= IFF_UP;
  }
  const auto put_back = [&](Redirect& redirect, const LinkInfo& from, auto attach) -> absl::Status {
    if (redirect.InPlace()) return absl::OkStatus();
    absl::StatusOr<Redirect> again = attach();
    if (!again.ok()) return again.status();
    redirect = *std::move(again);
    amiss.push_back(absl::StrCat("the redirection was taken off ", from.name));
    return absl::OkStatus();
  };
  absl::Status status = put_back(outward_, link_, [&] { return AttachOutward(other); });
  if (status.ok()) status = put_back(inward_, other, [&] { return AttachInward(other); });
  if (!status.ok()) return status;
  return absl::StrJoin(amiss, "; ");
}

uint64_t Twin::ReadDropped(Links& links) {
  const absl::StatusOr<LinkInfo> now = links.Reload(link_);
  if (now.ok()) link_.tx_dropped = now->tx_dropped;
  return link_.tx_dropped;
}

}  // namespace vswitch
