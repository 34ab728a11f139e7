#include "switch/port/twin.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "switch/port/busy_tap.h"
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
    status = links.Change(twin.link_, {.up = true,
                                       .arp = false,
                                       .mtu = kMtu,
                                       .txqueuelen = options.txqueuelen,
                                       .alias = absl::StrCat(kAlias, options.port)});
  }
  if (!status.ok()) return status;

  absl::StatusOr<Redirect> outward = Redirect::Attach(twin.link_, other, /*hash_flow=*/false);
  if (!outward.ok()) return outward.status();
  twin.outward_ = *std::move(outward);
  absl::StatusOr<Redirect> inward =
      Redirect::Attach(other, twin.link_, /*hash_flow=*/options.queues > 1);
  if (!inward.ok()) return inward.status();
  twin.inward_ = *std::move(inward);
  return twin;
}

bool Twin::IsTwin(const LinkInfo& link) {
  return link.is_tap() && absl::StartsWith(link.alias, kAlias);
}

bool Twin::present() const {
  std::string name;
  return !queues_.empty() && TapExists(queues_[0], &name);
}

uint64_t Twin::ReadDropped(Links& links) {
  const absl::StatusOr<LinkInfo> now = links.Reload(link_);
  if (now.ok()) link_.tx_dropped = now->tx_dropped;
  return link_.tx_dropped;
}

}  // namespace vswitch
