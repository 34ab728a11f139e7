#include "switch/port/netdev_port.h"

#include <netpacket/packet.h>
#include <sys/socket.h>

#include <cerrno>
#include <string>

#include "absl/strings/str_cat.h"
#include "glog/logging.h"
#include "switch/link/ethtool.h"
#include "switch/link/kernel_error.h"
#include "switch/port/device_checks.h"

namespace vswitch {
namespace {

// A packet socket's membership instead of IFF_PROMISC: the kernel counts it, so that others' wishes
// stay untouched, and takes it back when we are killed. Protocol 0: it receives nothing.
absl::StatusOr<UniqueFd> MakePromiscuous(const LinkInfo& link) {
  const std::string what = absl::StrCat("cannot make ", link.name, " promiscuous");
  UniqueFd socket(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
  if (!socket) return KernelError(errno, what);
  packet_mreq membership{};
  membership.mr_ifindex = link.ifindex;
  membership.mr_type = PACKET_MR_PROMISC;
  if (setsockopt(socket.get(), SOL_PACKET, PACKET_ADD_MEMBERSHIP, &membership,
                 sizeof(membership)) != 0) {
    return KernelError(errno, what);
  }
  return socket;
}

}  // namespace

absl::Status NetdevPort::Attach() {
  absl::StatusOr<Links> links = Links::Open();
  if (!links.ok()) return links.status();
  absl::StatusOr<LinkInfo> found = FindPortDevice(*links, spec().name);
  if (absl::IsNotFound(found.status())) {
    return absl::NotFoundError(absl::StrCat("there is no network device ", spec().name,
                                            "; type=netdev connects one that exists"));
  }
  if (!found.ok()) return found.status();
  absl::Status status = CheckIsNetdev(*found);
  if (status.ok()) status = CheckNoMaster(*links, *found);
  if (!status.ok()) return status;
  SetLink(*found);
  status = Join(*links);
  if (!status.ok()) return status;

  absl::StatusOr<UniqueFd> promiscuous = MakePromiscuous(link());
  if (!promiscuous.ok()) return promiscuous.status();
  promiscuous_ = *std::move(promiscuous);
  found_ = *std::move(found);
  const absl::StatusOr<bool> had_lro = DisableLro(link().name);
  if (!had_lro.ok()) return had_lro.status();
  had_lro_ = *had_lro;
  LinkChange change{.up = true};
  if (spec().mtu != 0) {
    change.mtu = spec().mtu;
    others_mtu_ = found_.mtu;
  }
  status = links->Change(link(), change);
  if (!status.ok()) return status;
  Refresh();
  return absl::OkStatus();
}

// A change that is taken back leaves the MTU to others again.
absl::Status NetdevPort::SetMtu(uint32_t mtu) {
  const uint32_t before = this->mtu();
  const absl::Status status = TwinnedPort::SetMtu(mtu);
  if (!status.ok()) return status;
  if (!others_mtu_) {
    others_mtu_ = before;
  } else if (*others_mtu_ == mtu) {
    others_mtu_.reset();
  }
  return absl::OkStatus();
}

// The twin may be gone already: DestroyTogether() takes it first.
absl::Status NetdevPort::Restore() {
  absl::StatusOr<Links> links = Links::Open();
  if (!links.ok()) return links.status();
  const absl::StatusOr<LinkInfo> now = links->Reload(link());
  if (!now.ok()) return now.status();
  if (had_lro_) {
    const absl::Status status = EnableLro(now->name);
    if (!status.ok()) LOG(WARNING) << status.message();
  }
  LinkChange restore;
  if (!found_.up() && now->up()) restore.up = false;
  if (others_mtu_ && *others_mtu_ != now->mtu) restore.mtu = *others_mtu_;
  return restore.up || restore.mtu ? links->Change(*now, restore) : absl::OkStatus();
}

NetdevPort::~NetdevPort() {
  // A device that is out of order may have another name when it is to serve again.
  if (!problem().ok()) KeepMark();
  if (found_.ifindex == 0) return;
  const absl::Status status = Restore();
  if (!status.ok() && !absl::IsNotFound(status)) LOG(WARNING) << status.message();
}

}  // namespace vswitch
