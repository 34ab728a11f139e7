#include "switch/port/internal_port.h"

#include <sys/stat.h>

#include <cerrno>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "switch/link/kernel_error.h"
#include "switch/link/link.h"
#include "switch/port/busy_tap.h"
#include "switch/port/device_checks.h"
#include "switch/port/queue_length.h"
#include "switch/port/steering.h"
#include "switch/port/tap.h"

namespace vswitch {
namespace {

bool InOwnNamespace(const UniqueFd& other) {
  struct stat ours, theirs;
  return stat("/proc/thread-self/ns/net", &ours) == 0 && fstat(other.get(), &theirs) == 0 &&
         ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino;
}

absl::Status CheckAdoptable(const LinkInfo& found, int worker_queues) {
  const absl::Status status = CheckIsTap(found);
  if (!status.ok()) return status;
  if (worker_queues > 1 && !found.tun->multi_queue) {
    return absl::InvalidArgumentError(
        absl::StrCat(found.name, " exists with a single queue, ", worker_queues,
                     " workers need a multi-queue TAP: delete it (ip link del ", found.name,
                     ") and it is made anew"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status InternalPort::OpenQueues(Links& links) {
  const absl::Time deadline = absl::Now() + kHolderGraceTime;
  for (absl::Duration pause = absl::Milliseconds(5);; pause *= 2) {
    const absl::StatusOr<LinkInfo> found = links.Find(spec().name);
    if (!found.ok() && !absl::IsNotFound(found.status())) return found.status();
    absl::Status status =
        found.ok() ? CheckAdoptable(*found, options().worker_queues) : absl::OkStatus();
    if (!status.ok()) return status;
    // A multi-queue TAP would let us in beside its holder, and give each of us some of the frames.
    if (!found.ok() || found->tun->open_queues == 0) {
      const bool open_to_all = !found.ok() || (!found->tun->owner && !found->tun->group);
      absl::StatusOr<TapQueues> tap = OpenTap(
          {.name = spec().name,
           .queues = options().worker_queues,
           .multi_queue = found.ok() ? found->tun->multi_queue : options().worker_queues > 1,
           .nonblocking = options().nonblocking,
           .must_be_new = !found.ok(),
           .owner = open_to_all ? std::optional(geteuid()) : std::nullopt,
           .made_in = options().made_in});
      if (tap.ok()) {
        queues_ = std::move(tap->fds);
        adopted_ = found.ok();
        return absl::OkStatus();
      }
      if (!absl::IsUnavailable(tap.status())) return tap.status();
    }
    const std::optional<TapHolder> holder = FindTapHolder(spec().name);
    if (holder || absl::Now() > deadline) {
      return absl::UnavailableError(absl::StrCat("TAP ", spec().name, " is held ",
                                                 ByTapHolder(holder),
                                                 ": stop that, or choose another name"));
    }
    absl::SleepFor(pause);
  }
}

absl::Status InternalPort::Attach() {
  absl::StatusOr<Links> links = Links::Open();
  if (!links.ok()) return links.status();
  absl::Status status = OpenQueues(*links);
  if (!status.ok()) return status;
  absl::StatusOr<LinkInfo> link = links->Find(spec().name);
  if (!link.ok()) return link.status();
  link_ = *std::move(link);
  ifindex_ = link_.ifindex;
  tx_dropped_before_ = link_.tx_dropped;

  // With a qdisc in between, frames could be lost there, where no counter of the netdev sees it. An
  // adopted device keeps the qdisc that its user may have chosen.
  if (!adopted_) status = links->SetNoqueue(link_);
  if (!status.ok()) return status;
  if (queues_.size() > 1) status = SteerByFlow(queues_[0], spec().name);
  if (!status.ok()) return status;
  LinkChange change{.up = true, .txqueuelen = spec().txqueuelen};
  if (spec().mtu != 0) change.mtu = spec().mtu;
  status = links->Change(link_, change);
  if (!status.ok()) return status;
  Refresh();
  return absl::OkStatus();
}

absl::StatusOr<LinkInfo> InternalPort::Locate(Links& links) const {
  std::string name;
  if (!TapExists(queues_[0], &name)) {
    return absl::NotFoundError(absl::StrCat("TAP ", spec().name, " was deleted"));
  }
  const UniqueFd where = TapNamespace(queues_[0]);
  if (!where) {
    return KernelError(errno, absl::StrCat("cannot find the network namespace of ", name));
  }
  if (InOwnNamespace(where)) return links.Find(name);
  const absl::StatusOr<int> id = links.NamespaceId(where.get());
  if (!id.ok()) return id.status();
  return links.Find(name, *id);
}

std::optional<LinkInfo> InternalPort::ephemeral_link() const {
  absl::StatusOr<Links> links = Links::Open();
  if (!links.ok()) return std::nullopt;
  absl::StatusOr<LinkInfo> now = Locate(*links);
  // A persistent TAP that others made stays.
  if (!now.ok() || now->namespace_id != LinkInfo::kOwnNamespace) return std::nullopt;
  if (now->tun && now->tun->persistent) return std::nullopt;
  return *std::move(now);
}

void InternalPort::Refresh() {
  absl::StatusOr<Links> links = Links::Open();
  if (!links.ok()) return;  // Out of descriptors or memory: what we knew is the best we have.
  absl::StatusOr<LinkInfo> now = Locate(*links);
  if (now.ok()) link_ = *std::move(now);
  if (!moved()) {
    ifindex_ = link_.ifindex;
    if (now.ok()) KeepQueueLength(*links, spec().txqueuelen, &link_);
  }
  std::string name;
  problem_ = TapExists(queues_[0], &name) ? absl::OkStatus() : DeviceWasDeleted();
}

absl::Status InternalPort::SetMtu(uint32_t mtu) {
  absl::StatusOr<Links> links = Links::Open();
  if (!links.ok()) return links.status();
  const absl::StatusOr<LinkInfo> now = Locate(*links);
  if (!now.ok()) return now.status();
  const absl::Status status = links->Change(*now, {.mtu = mtu});
  if (status.ok()) link_.mtu = mtu;
  return status;
}

KernelDrops InternalPort::ReadKernelDrops() {
  absl::StatusOr<Links> links = Links::Open();
  if (links.ok()) {
    const absl::StatusOr<LinkInfo> now = Locate(*links);
    if (now.ok()) link_.tx_dropped = now->tx_dropped;
  }
  return {.ingress_queue_full = link_.tx_dropped - tx_dropped_before_};
}

}  // namespace vswitch
