#include "switch/port/twin.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "glog/logging.h"
#include "switch/port/busy_tap.h"
#include "switch/port/queue_length.h"
#include "switch/port/redirect.h"
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

// Puts a program in its place, if it is not there.
template <typename Attach>
absl::Status Put(TcHook* hook, const LinkInfo& device, const Attach& attach,
                 std::vector<std::string>* amiss) {
  if (hook->InPlace()) return absl::OkStatus();
  absl::StatusOr<TcHook> put = attach();
  if (!put.ok()) return put.status();
  // Nothing of it is there; and it may have been the same program.
  hook->Keep();
  *hook = *std::move(put);
  amiss->push_back(absl::StrCat("a program was taken off ", device.name));
  return absl::OkStatus();
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
  twin.peer_address_ = options.peer_address;
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
  twin.forward_program_ = options.forward_program;
  twin.guard_other_ = options.guard_other;
  Amiss amiss;
  // Before anybody can send there.
  if (status.ok()) status = twin.PutOnTwin(other, &amiss);
  if (status.ok()) {
    twin.link_.alias = absl::StrCat(kAlias, options.port);
    status = links.Change(twin.link_, {.up = true,
                                       .arp = false,
                                       .mtu = kMtu,
                                       .txqueuelen = twin.txqueuelen_,
                                       .alias = twin.link_.alias});
  }
  const auto place = options.in_haste ? TcHook::Place::kWithoutWaiting : TcHook::Place::kTcx;
  if (status.ok()) status = twin.PutOnOther(other, place, &amiss);
  if (!status.ok()) return status;
  twin.settled_ = twin.inward_.place() == TcHook::Place::kTcx &&
                  (!twin.guard_other_ || twin.guard_.place() == TcHook::Place::kTcx);
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

absl::StatusOr<TcHook> Twin::AttachOutward(const LinkInfo& other) const {
  const RedirectOptions options{.target_has_guard = guard_other_, .peer_address = peer_address_};
  return AttachRedirect(link_, other, options, TcHook::Place::kClsact);
}

absl::Status Twin::PutOnTwin(const LinkInfo& other, Amiss* amiss) {
  constexpr auto kPlace = TcHook::Place::kClsact;
  const auto redirect = [&] { return AttachOutward(other); };
  const absl::Status status = Put(&outward_, link_, redirect, amiss);
  outward_.Keep();
  if (!status.ok()) return status;
  const auto guard = [&] { return AttachGuard(link_, kPlace); };
  const absl::Status guarded = Put(&own_guard_, link_, guard, amiss);
  own_guard_.Keep();
  return guarded;
}

absl::StatusOr<TcHook> Twin::AttachInward(const LinkInfo& other, TcHook::Place place) const {
  if (forward_program_ >= 0) {
    return TcHook::Attach(other, TcDirection::kIngress, {.fd = forward_program_}, place);
  }
  const RedirectOptions options{.hash_flow = queues_.size() > 1, .target_has_guard = true};
  return AttachRedirect(other, link_, options, place);
}

absl::Status Twin::PutOnOther(const LinkInfo& other, TcHook::Place place, Amiss* amiss) {
  if (guard_other_) {
    const auto guard = [&] { return AttachGuard(other, place); };
    const absl::Status status = Put(&guard_, other, guard, amiss);
    // Before Linux 6.6, with an operator's qdisc in the way.
    if (absl::IsFailedPrecondition(status)) {
      LOG(WARNING) << status.message() << "; until then the host's own frames reach the guest";
      guard_other_ = false;
    } else if (!status.ok()) {
      return status;
    }
  }
  return Put(
      &inward_, other, [&] { return AttachInward(other, place); }, amiss);
}

void Twin::Settle(const LinkInfo& other) {
  settled_ = true;
  const auto move = [](TcHook* hook, const auto& attach) {
    if (hook->place() == TcHook::Place::kTcx) return;
    absl::StatusOr<TcHook> moved = attach();
    if (moved.ok()) {
      hook->Keep();
      *hook = *std::move(moved);
    } else {
      LOG(WARNING) << moved.status().message();
    }
  };
  if (guard_other_) move(&guard_, [&] { return AttachGuard(other, TcHook::Place::kTcx); });
  move(&inward_, [&] { return AttachInward(other, TcHook::Place::kTcx); });
}

bool Twin::GuardsOther() const { return guard_.InPlace(); }

bool Twin::IsJoined() const {
  const auto stands = [](const TcHook& hook) {
    return hook.place() == TcHook::Place::kClsact || hook.InPlace();
  };
  return stands(inward_) && (!guard_other_ || stands(guard_));
}

absl::Status Twin::Aim(const LinkInfo& other, uint64_t peer_address) {
  // While it is being made, it is aimed at once.
  if (queues_.empty() || peer_address_ == peer_address) return absl::OkStatus();
  const uint64_t before = std::exchange(peer_address_, peer_address);
  absl::StatusOr<TcHook> again = AttachOutward(other);
  if (!again.ok()) {
    peer_address_ = before;
    return again.status();
  }
  outward_ = *std::move(again);
  outward_.Keep();
  return absl::OkStatus();
}

absl::StatusOr<std::string> Twin::Mend(Links& links, const LinkInfo& other) {
  Amiss amiss;
  absl::Status status = PutOnTwin(other, &amiss);
  if (status.ok() && !link_.up()) {
    status = links.Change(link_, {.up = true});
    amiss.push_back(absl::StrCat("the twin ", link_.name, " was set down"));
    link_.flags |= IFF_UP;
  }
  if (status.ok()) status = PutOnOther(other, TcHook::Place::kTcx, &amiss);
  if (!status.ok()) return status;
  return absl::StrJoin(amiss, "; ");
}

void Twin::LeaveIdle() {
  vswitch::LeaveIdle(std::move(inward_));
  if (guard_other_) vswitch::LeaveIdle(std::move(guard_));
}

uint64_t Twin::ReadDropped(Links& links) {
  const absl::StatusOr<LinkInfo> now = links.Reload(link_);
  if (now.ok()) link_.tx_dropped = now->tx_dropped;
  return link_.tx_dropped;
}

}  // namespace vswitch
