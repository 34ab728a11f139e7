#include "switch/port/twinned_port.h"

#include "absl/strings/str_cat.h"
#include "switch/port/tc_hook.h"

namespace vswitch {

void TwinnedPort::SetLink(LinkInfo link) {
  link_ = std::move(link);
  tx_dropped_before_ = options().lost_before.value_or(link_.tx_dropped);
  qdisc_drops_.Begin(link_);
}

absl::Status TwinnedPort::Join(Links& links) {
  // First, so that it tells of what a killed daemon has left behind it.
  const bool had_mark = MarkedPort(link_) == spec().name;
  absl::StatusOr<PortMark> mark = PortMark::Set(links, link_, spec().name);
  if (!mark.ok()) return mark.status();
  absl::StatusOr<Twin> twin = Twin::Join(links, link_,
                                         {.port = spec().name,
                                          .queues = options().worker_queues,
                                          .nonblocking = options().nonblocking,
                                          .txqueuelen = spec().txqueuelen,
                                          .made_in = options().made_in,
                                          .peer_address = peer_address(),
                                          .forward_program = options().forward_program,
                                          .guard_other = has_guard(),
                                          .in_haste = options().in_haste});
  if (!twin.ok()) {
    // It may be that of another daemon, which serves the port.
    if (had_mark) mark->Keep();
    return twin.status();
  }
  LookForFilters(links);
  mark_ = *std::move(mark);
  twin_ = *std::move(twin);
  return absl::OkStatus();
}

std::optional<LinkInfo> TwinnedPort::ephemeral_link() const {
  if (!twin_.IsHere()) return std::nullopt;
  return twin_.link();
}

void TwinnedPort::Refresh() {
  absl::StatusOr<Links> links = Links::Open();
  // Out of descriptors or memory: what we knew is the best we have.
  if (links.ok()) problem_ = Look(*links);
}

absl::Status TwinnedPort::Look(Links& links) {
  absl::StatusOr<LinkInfo> now = links.Reload(link_);
  if (absl::IsNotFound(now.status())) return DeviceWasDeleted();
  if (!now.ok()) return problem_;
  // The index may be another device's by now.
  if (MarkedPort(*now) != spec().name) return DeviceWasDeleted();
  link_ = *std::move(now);
  const absl::Status status = CheckUsable(links, link_);
  if (!status.ok()) return status;
  Keep(links, &link_);
  const absl::Status aimed = twin_.Aim(link_, peer_address());
  return aimed.ok() ? twin_.Look(links) : aimed;
}

absl::StatusOr<std::string> TwinnedPort::Mend() {
  absl::StatusOr<Links> links = Links::Open();
  if (!links.ok()) return links.status();
  LookForFilters(*links);
  return twin_.Mend(*links, link_);
}

void TwinnedPort::LookForFilters(Links& links) {
  has_idle_filters_ =
      links.HasOtherIngressFilters(link_, TcHook::kFilterHandle).value_or(has_idle_filters_);
}

std::string TwinnedPort::note() const {
  const std::string renamed = WhyRenamed(link_, spec().name);
  if (!has_idle_filters_) return renamed;
  return absl::StrCat(renamed, renamed.empty() ? "" : "; ", "tc filters on the ingress of ",
                      link_.name,
                      " see no frame, as the switch takes each before ('tc filter show ", "dev ",
                      link_.name, " ingress' lists them)");
}

KernelDrops TwinnedPort::ReadKernelDrops() {
  absl::StatusOr<Links> links = Links::Open();
  if (!links.ok()) return drops_;
  drops_.ingress_queue_full = twin_.ReadDropped(*links);
  const absl::StatusOr<LinkInfo> now = links->Reload(link_);
  if (now.ok()) {
    drops_.egress_queue_full = now->tx_dropped - tx_dropped_before_ + qdisc_drops_.Read(*now);
  }
  return drops_;
}

absl::Status TwinnedPort::SetMtu(uint32_t mtu) {
  absl::StatusOr<Links> links = Links::Open();
  if (!links.ok()) return links.status();
  absl::Status status = links->Change(link_, {.mtu = mtu});
  if (status.ok()) link_.mtu = mtu;
  return status;
}

}  // namespace vswitch
