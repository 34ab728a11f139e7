#include "switch/port/internal_port.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "glog/logging.h"
#include "switch/port/device_checks.h"
#include "switch/port/leftovers.h"
#include "switch/port/veth_pair.h"

namespace vswitch {
namespace {

constexpr char kAlias[] = "vswitch host end of ";

}  // namespace

absl::Status InternalPort::CheckUsable(Links& links, const LinkInfo& now) const {
  const absl::Status status = CheckNoMaster(links, now);
  return status.ok() ? CheckNoXdp(now) : status;
}

absl::Status InternalPort::Configure(Links& links) {
  absl::Status status;
  if (!MadeForPort(options().switch_id, link().alternative_names)) {
    status = links.AddAlternativeName(link(), MadeName(options().switch_id, spec().name));
  }
  if (status.ok()) status = DisableIpv6(link().name);
  if (status.ok()) {
    status = links.Change(
        link(),
        {.arp = false, .alias = absl::StrCat(kAlias, spec().name), .no_ipv6_address = true});
  }
  // In another namespace both are its user's to choose.
  if (status.ok() && !moved() && spec().mtu != 0) status = SetMtu(spec().mtu);
  if (status.ok() && !moved() && !spec().mac.IsZero()) status = SetAddress(spec().mac.value);
  // Up last: from then on frames flow, and they have only our way to go.
  if (status.ok()) status = links.Change(link(), {.up = true, .mtu = user_end_.mtu});
  if (status.ok() && created_) status = links.Change(user_end_, {.up = true});
  return status;
}

absl::Status InternalPort::Attach() {
  absl::StatusOr<Links> links = Links::Open();
  if (!links.ok()) return links.status();
  absl::StatusOr<LinkInfo> found = FindHostEnd(*links, options().switch_id, spec().name);
  if (absl::IsNotFound(found.status())) {
    found = MakeVethPair(*links, options().switch_id, spec());
    created_ = found.ok();
  }
  if (!found.ok()) return found.status();
  SetLink(*found);
  absl::Status status = CheckUsable(*links, *found);
  if (!status.ok()) return status;
  absl::StatusOr<LinkInfo> user_end = links->Peer(*found);
  if (!user_end.ok()) return user_end.status();
  user_end_ = *std::move(user_end);
  // The twin first: if another daemon has the port, nothing of it is touched.
  status = Join(*links);
  if (status.ok()) status = Configure(*links);
  if (!status.ok()) return status;
  attached_ = true;
  Refresh();
  return absl::OkStatus();
}

// The host end is nobody's but ours; what its user does to the other one, it follows.
void InternalPort::Keep(Links& links, LinkInfo* now) {
  absl::StatusOr<LinkInfo> user_end = links.Peer(*now);
  if (user_end.ok()) user_end_ = *std::move(user_end);
  LinkChange change;
  if (now->mtu != user_end_.mtu) change.mtu = user_end_.mtu;
  if (attached_ && !now->up()) change.up = true;
  if (!change.mtu && !change.up) return;
  const absl::Status status = links.Change(*now, change);
  if (!status.ok()) {
    LOG(WARNING) << status.message();
    return;
  }
  if (change.up) LOG(WARNING) << now->name << " was set down: it is up again";
  now->mtu = user_end_.mtu;
  now->flags |= IFF_UP;
}

bool InternalPort::HasChangedElsewhere(Links& links) const {
  if (!moved()) return false;
  const absl::StatusOr<LinkInfo> now = links.Reload(user_end_);
  return !now.ok() || now->mtu != user_end_.mtu || now->address != user_end_.address ||
         now->name != user_end_.name || now->up() != user_end_.up();
}

std::string InternalPort::down_detail() const {
  if (!moved()) return WhyDown(user_end_, "it has no carrier");
  return user_end_.up() ? "it has no carrier" : "it is set down";
}

std::string InternalPort::note() const {
  if (!moved()) return WhyRenamed(user_end_, spec().name);
  const std::string renamed =
      user_end_.name == spec().name ? "" : absl::StrCat(", as ", user_end_.name);
  return absl::StrCat("its device is in another network namespace", renamed, " (nsid ",
                      user_end_.namespace_id, " of 'ip netns list-id')");
}

absl::Status InternalPort::SetMtu(uint32_t mtu) {
  absl::StatusOr<Links> links = Links::Open();
  if (!links.ok()) return links.status();
  const absl::Status status = links->Change(user_end_, {.mtu = mtu});
  // The host end follows it in any case.
  if (status.ok()) user_end_.mtu = mtu;
  return status.ok() ? TwinnedPort::SetMtu(mtu) : status;
}

absl::Status InternalPort::SetAddress(uint64_t address) {
  absl::StatusOr<Links> links = Links::Open();
  if (!links.ok()) return links.status();
  if (address == 0) {
    const auto derived = DerivedAddress(options().switch_id, spec().name);
    if (!derived.ok()) return derived.status();
    address = *derived;
  }
  const absl::Status status = links->Change(user_end_, {.address = address});
  if (status.ok()) user_end_.address = address;
  return status;
}

absl::StatusOr<bool> InternalPort::Forget(bool) {
  absl::StatusOr<Links> links = Links::Open();
  if (!links.ok()) return links.status();
  const absl::StatusOr<LinkInfo> now = links->Reload(link());
  absl::Status status = now.status();
  // The index may be another device's by now.
  if (now.ok() && MarkedPort(*now) == spec().name) status = links->Delete(*now);
  if (!status.ok() && !absl::IsNotFound(status)) return status;
  deleted_ = true;
  return false;
}

InternalPort::~InternalPort() {
  if (attached_) KeepMark();
  if (deleted_ || !is_there() || (!attached_ && !created_)) return;
  absl::StatusOr<Links> links = Links::Open();
  absl::Status status = links.status();
  // Set down, so that the user's end has no carrier while nobody serves it. Attach has failed: what
  // it made goes.
  if (links.ok()) {
    status = attached_ ? links->Change(link(), {.up = false}) : links->Delete(link());
  }
  if (!status.ok() && !absl::IsNotFound(status)) LOG(WARNING) << status.message();
  if (attached_) LeaveIdle();
}

}  // namespace vswitch
