#include "switch/port/tap_port.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "glog/logging.h"
#include "switch/link/qdisc.h"
#include "switch/port/busy_tap.h"
#include "switch/port/device_checks.h"
#include "switch/port/leftovers.h"
#include "switch/port/queue_length.h"
#include "switch/port/tap.h"

namespace vswitch {
namespace {

// Calls of Settle(), which come once a second: at least one second lies between two.
constexpr int kNoqueueTicks = 2;

absl::Status CheckAdoptable(const LinkInfo& found, const PortSpec& spec) {
  const absl::Status status = CheckIsTap(found);
  if (!status.ok()) return status;
  if (spec.queues == 1 && found.tun->multi_queue) {
    return absl::InvalidArgumentError(absl::StrCat(
        found.name, " is a multi-queue TAP, which QEMU opens with two queues or more only: give ",
        "queues=2, or delete it (ip link del ", found.name, ") and it is made anew with one"));
  }
  if (spec.queues > 1 && !found.tun->multi_queue) {
    return absl::InvalidArgumentError(
        absl::StrCat(found.name, " exists with a single queue, queues=", spec.queues,
                     " needs a multi-queue TAP: delete it first (ip link del ", found.name, ")"));
  }
  return absl::OkStatus();
}

// What somebody has chosen stays.
absl::Status KeepOrSetNoqueue(Links& links, const LinkInfo& tap) {
  const absl::StatusOr<bool> settled = QdiscIsSettled(tap);
  if (!settled.ok()) return settled.status();
  return *settled ? absl::OkStatus() : links.SetNoqueue(tap);
}

}  // namespace

absl::Status TapPort::Make(Links& links) {
  const auto mark = [&] {
    const absl::StatusOr<LinkInfo> tap = links.Find(spec().name);
    return tap.ok() ? GiveMadeName(links, *tap) : tap.status();
  };
  const absl::Status status =
      MakeGuestTap(spec().name, spec().queues > 1, spec().owner, options().made_in, mark);
  created_ = status.ok();
  return status;
}

absl::Status TapPort::GiveMadeName(Links& links, const LinkInfo& tap) {
  if (MadeForPort(options().switch_id, tap.alternative_names)) return absl::OkStatus();
  return links.AddAlternativeName(tap, MadeName(options().switch_id, spec().name));
}

// The owner of a TAP that was made for us by others stays; a TAP that is open to everybody gets
// ours.
absl::Status TapPort::TakeOwnership() {
  const TunInfo& tun = *link().tun;
  const bool open_to_all = !tun.owner && !tun.group;
  const bool ours_and_changed = ours_ && tun.owner != spec().owner;
  if ((!open_to_all && !ours_and_changed) || tun.open_queues > 0) return absl::OkStatus();
  const absl::Status status = SetTapOwner(link().name, tun.multi_queue, spec().owner);
  // A guest was faster: then it keeps the TAP, which is what matters.
  return absl::IsUnavailable(status) ? absl::OkStatus() : status;
}

absl::Status TapPort::Configure(Links& links) {
  absl::Status status = created_ ? absl::OkStatus() : TakeOwnership();
  // One of an earlier release has no such name yet.
  if (status.ok() && ours_) status = GiveMadeName(links, link());
  if (status.ok()) status = DisableIpv6(link().name);
  if (status.ok()) status = KeepOrSetNoqueue(links, link());
  if (!status.ok()) return status;
  LinkChange change{.arp = false, .txqueuelen = spec().txqueuelen};
  if (spec().mtu != 0) change.mtu = spec().mtu;
  return links.Change(link(), change);
}

absl::Status TapPort::CheckUsable(Links& links, const LinkInfo& now) const {
  const absl::Status status = CheckNoMaster(links, now);
  return status.ok() ? CheckNoXdp(now) : status;
}

void TapPort::Keep(Links& links, LinkInfo* now) {
  if (attached_) KeepQueueLength(links, spec().txqueuelen, now);
}

absl::Status TapPort::Attach() {
  absl::StatusOr<Links> links = Links::Open();
  if (!links.ok()) return links.status();
  absl::StatusOr<LinkInfo> found = FindPortDevice(*links, spec().name);
  absl::Status status = found.status();
  if (found.ok()) {
    status = CheckAdoptable(*found, spec());
    if (status.ok()) status = CheckUsable(*links, *found);
  } else if (absl::IsNotFound(status)) {
    status = Make(*links);
    if (status.ok()) found = links->Find(spec().name);
    if (status.ok()) status = found.status();
  }
  if (!status.ok()) return status;
  ours_ = spec().created || MadeForPort(options().switch_id, found->alternative_names).has_value();
  SetLink(*std::move(found));
  // The twin first: if another daemon has the TAP, nothing of it is touched. Up last: from then on
  // a guest's frames flow, and they have only our way to go.
  status = Join(*links);
  if (status.ok()) status = Configure(*links);
  if (status.ok()) status = links->Change(link(), {.up = true});
  if (!status.ok()) return status;
  attached_ = true;
  used_ = !created_;
  Refresh();
  settled_ = *link().tun;
  carrier_ups_ = link().carrier_ups;
  if (left()) CleanUp();
  if (!created_ && !spec().created) AdoptOwner(owner().value_or(spec().owner));
  return absl::OkStatus();
}

std::string TapPort::down_detail() const {
  if (!held()) return WhyDown(link(), "no guest has the TAP open");
  if (enabled_queues_ == 0) return WhyDown(link(), "its guest has detached all of its queues");
  return WhyDown(link(), link().has_carrier() ? "its guest has opened it just now"
                                              : "its guest has set the carrier off");
}

void TapPort::Refresh() {
  TwinnedPort::Refresh();
  enabled_queues_ = EnabledQueues(link().name);
  used_ |= held() || (attached_ && link().carrier_ups != carrier_ups_);
}

// An operator's own, which he has taken away, or ours, which he is about to replace: libvirt
// deletes the root qdisc and then adds one, which fails where one has been put back meanwhile. So
// he has a second.
void TapPort::OnQdiscGone(const QdiscInfo& gone) {
  TwinnedPort::OnQdiscGone(gone);
  noqueue_in_ = kNoqueueTicks;
}

void TapPort::Settle() {
  if (!TwinnedPort::is_settled()) TwinnedPort::Settle();
  if (noqueue_in_ == 0 || --noqueue_in_ > 0) return;
  absl::StatusOr<Links> links = Links::Open();
  const absl::StatusOr<LinkInfo> now = links.ok() ? links->Reload(link()) : links.status();
  if (!now.ok()) return;
  const absl::Status status = KeepOrSetNoqueue(*links, *now);
  if (!status.ok()) LOG(WARNING) << status.message();
}

bool TapPort::left() const { return used_ && problem().ok() && !held(); }

void TapPort::CleanUp() {
  // Whoever was there since left() said so will let go of it too, and be cleaned up after.
  const uint32_t seen = link().carrier_ups;
  Refresh();
  if (!left() || link().carrier_ups != seen) return;
  const TunInfo now = *link().tun;
  absl::Status status;
  // The kernel takes back no group, and no owner where there was none.
  if (link().is_ethernet() && now.group == settled_.group &&
      now.owner.has_value() == settled_.owner.has_value()) {
    status = ResetTap(link().name, now.multi_queue, settled_.owner);
  } else if (created_ || spec().created) {
    LOG(WARNING) << "TAP " << link().name << " is made anew: its guest has changed who may open it";
    absl::StatusOr<Links> links = Links::Open();
    status = links.ok() ? links->Delete(link()) : links.status();
  }
  if (absl::IsUnavailable(status)) return;  // The next guest was faster.
  if (!status.ok()) LOG(WARNING) << status.message();
  used_ = false;
  // Before Linux 6.2 we have been one of those who open it.
  TwinnedPort::Refresh();
  carrier_ups_ = link().carrier_ups;
}

TapPort::~TapPort() {
  if (attached_ && !forgotten_) KeepMark();
  if (!is_there() || (!attached_ && !created_)) return;
  absl::StatusOr<Links> links = Links::Open();
  absl::Status status = links.status();
  if (status.ok()) {
    // Attach has failed: a TAP that it made goes. One that it found stays up or down, as it was.
    LinkInfo made;
    made.name = spec().name;
    status = attached_ ? links->Change(link(), {.up = false}) : links->Delete(made);
  }
  if (!status.ok() && !absl::IsNotFound(status)) LOG(WARNING) << status.message();
  // Once it is down. A TAP of others gets rid of them.
  if (attached_ && ours_) LeaveIdle();
}

absl::StatusOr<bool> TapPort::Forget(bool force) {
  forgotten_ = true;
  if (!ours_) return false;
  absl::StatusOr<Links> links = Links::Open();
  if (!links.ok()) return links.status();
  const absl::StatusOr<LinkInfo> now = links->Reload(link());
  absl::Status status = now.status();
  // The index may be another device's by now.
  if (now.ok() && MadeForPort(options().switch_id, now->alternative_names) != spec().name &&
      MarkedPort(*now) != spec().name) {
    return false;
  }
  if (now.ok() && !force && now->tun && now->tun->open_queues > 0) {
    // The next port of the name finds it by its mark.
    forgotten_ = false;
    return true;
  }
  if (now.ok()) status = links->Delete(*now);
  if (status.ok() || absl::IsNotFound(status)) return false;
  return status;
}

absl::Status TapPort::SetOwner(uid_t owner) {
  absl::StatusOr<Links> links = Links::Open();
  if (!links.ok()) return links.status();
  const absl::StatusOr<LinkInfo> now = links->Reload(link());
  if (!now.ok()) return now.status();
  if (now->tun && now->tun->owner == owner) return absl::OkStatus();
  absl::Status status = absl::UnavailableError("");
  // A further queue of a multi-queue TAP would take frames from the guest that has it open.
  if (now->tun && now->tun->open_queues == 0) {
    status = SetTapOwner(now->name, now->tun->multi_queue, owner);
    if (status.ok()) settled_.owner = owner;
  }
  if (!absl::IsUnavailable(status)) return status;
  return absl::UnavailableError(
      absl::StrCat("cannot change the owner of ", now->name, " while it is held ",
                   ByTapHolder(FindTapHolder(now->name)), ": stop that first"));
}

}  // namespace vswitch
