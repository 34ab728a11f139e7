#include "switch/link/link_watcher.h"

#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <netlink/errno.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <sys/socket.h>

#include <cerrno>
#include <optional>
#include <utility>

#include "glog/logging.h"
#include "switch/link/kernel_error.h"

namespace vswitch {
namespace {

// Bytes: room for about a thousand events between two looks. What does not fit becomes kResync.
constexpr int kReceiveBuffer = 2 << 20;

std::optional<LinkEvent> ParseLinkEvent(nlmsghdr* header, LinkEvent::Kind kind) {
  // The bridge tells about its ports in the same group and with the same types: a DELLINK of this
  // family is a port that leaves a bridge, not a netdev that goes.
  if (static_cast<const ifinfomsg*>(nlmsg_data(header))->ifi_family == AF_BRIDGE) {
    return std::nullopt;
  }
  LinkEvent event{.kind = kind, .link = ParseLink(header)};
  if (event.link.ifindex == 0) return std::nullopt;
  return event;
}

std::optional<LinkEvent> ParseTcEvent(nlmsghdr* header) {
  const auto* changed = static_cast<const tcmsg*>(nlmsg_data(header));
  LinkEvent event;
  if (changed->tcm_parent == TC_H_ROOT) {
    if (header->nlmsg_type != RTM_DELQDISC) return std::nullopt;
    event.kind = LinkEvent::Kind::kQdiscGone;
    event.qdisc = ParseQdisc(header);
  } else if (TC_H_MAJ(changed->tcm_parent) == TC_H_MAJ(TC_H_CLSACT)) {
    // The qdisc itself or a filter of it; TC_H_INGRESS, its elder, has the same number.
    event.kind = LinkEvent::Kind::kFiltersChanged;
  } else {
    return std::nullopt;
  }
  event.link.ifindex = changed->tcm_ifindex;
  char name[IF_NAMESIZE];
  if (if_indextoname(static_cast<unsigned>(changed->tcm_ifindex), name) != nullptr) {
    event.link.name = name;
  }
  return event;
}

std::optional<LinkEvent> ParseEvent(nlmsghdr* header) {
  switch (header->nlmsg_type) {
    case RTM_NEWLINK:
      return ParseLinkEvent(header, LinkEvent::Kind::kChanged);
    case RTM_DELLINK:
      return ParseLinkEvent(header, LinkEvent::Kind::kGone);
    case RTM_NEWTFILTER:
    case RTM_DELQDISC:
    case RTM_DELTFILTER:
    case RTM_DELCHAIN:
      return ParseTcEvent(header);
    default:
      return std::nullopt;
  }
}

}  // namespace

absl::Status LinkWatcher::Subscribe() {
  nl_socket_disable_seq_check(socket_.get());
  nl_socket_modify_cb(socket_.get(), NL_CB_VALID, NL_CB_CUSTOM, OnMessage, this);
  errno = 0;
  int error = nl_connect(socket_.get(), NETLINK_ROUTE);
  if (error == 0) error = nl_socket_add_memberships(socket_.get(), RTNLGRP_LINK, RTNLGRP_TC, 0);
  if (error == 0) error = nl_socket_set_nonblocking(socket_.get());
  if (error == 0) {
    // FORCE goes beyond net.core.rmem_max. If it is refused, there are more resyncs; no more than
    // that.
    setsockopt(fd(), SOL_SOCKET, SO_RCVBUFFORCE, &kReceiveBuffer, sizeof(kReceiveBuffer));
    return absl::OkStatus();
  }
  return KernelError(errno != 0 ? errno : EIO, "cannot watch the network devices",
                     errno != 0 ? "" : nl_geterror(error));
}

int LinkWatcher::fd() const { return nl_socket_get_fd(socket_.get()); }

void LinkWatcher::Dispatch() {
  for (;;) {
    const int error = nl_recvmsgs_default(socket_.get());
    if (error >= 0) continue;
    if (error == -NLE_AGAIN) return;
    if (error == -NLE_INTR) continue;
    // NLE_NOMEM is how libnl says ENOBUFS: the kernel had more to tell than we had room for. The
    // socket goes on; so it does after anything else, of which we know no better.
    LOG_IF(WARNING, error != -NLE_NOMEM) << "link events: " << nl_geterror(error);
    on_event_({.kind = LinkEvent::Kind::kResync});
    if (error != -NLE_NOMEM) return;
  }
}

int LinkWatcher::OnMessage(nl_msg* message, void* watcher) {
  const std::optional<LinkEvent> event = ParseEvent(nlmsg_hdr(message));
  if (event) static_cast<LinkWatcher*>(watcher)->on_event_(*event);
  return NL_OK;
}

absl::StatusOr<std::unique_ptr<LinkWatcher>> LinkWatcher::Open(
    std::function<void(const LinkEvent&)> on_event) {
  NetlinkSocket socket(nl_socket_alloc());
  if (socket == nullptr) return KernelError(ENOMEM, "cannot watch the network devices");
  std::unique_ptr<LinkWatcher> watcher(new LinkWatcher(std::move(socket), std::move(on_event)));
  const absl::Status status = watcher->Subscribe();
  if (!status.ok()) return status;
  return watcher;
}

}  // namespace vswitch
