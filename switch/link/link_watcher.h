// Tells the control thread what happens to netdevs and to the filters on them: one netlink socket
// subscribed to RTNLGRP_LINK and RTNLGRP_TC.
// Thread-safety: control thread only.
#ifndef VSWITCH_SWITCH_LINK_LINK_WATCHER_H_
#define VSWITCH_SWITCH_LINK_LINK_WATCHER_H_

#include <functional>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "switch/link/link.h"
#include "switch/link/netlink.h"
#include "switch/link/qdisc.h"

namespace vswitch {

struct LinkEvent {
  enum class Kind {
    kChanged,  // Appeared, or changed flags, carrier, MTU, name, master, XDP program.
    kGone,     // Deleted, or moved to another namespace.
    // Filters were taken off its clsact, or put there; of `link` index and name are set.
    kFiltersChanged,
    // Its root qdisc was taken away or replaced: `qdisc`; of `link` index and name are set.
    kQdiscGone,
    // Events were lost (ENOBUFS): look at every device again. `link` is not set.
    kResync,
  };
  Kind kind = Kind::kChanged;
  LinkInfo link;  // As the kernel described it with the event.
  QdiscInfo qdisc = {};
};

class LinkWatcher {
 public:
  static absl::StatusOr<std::unique_ptr<LinkWatcher>> Open(
      std::function<void(const LinkEvent&)> on_event);
  LinkWatcher(const LinkWatcher&) = delete;
  LinkWatcher& operator=(const LinkWatcher&) = delete;

  // Poll this for input, then call Dispatch().
  int fd() const;
  // Reads what is there, without blocking, and calls on_event for each.
  void Dispatch();

 private:
  LinkWatcher(NetlinkSocket socket, std::function<void(const LinkEvent&)> on_event)
      : socket_(std::move(socket)), on_event_(std::move(on_event)) {}
  absl::Status Subscribe();
  // libnl's callback; `watcher` is the LinkWatcher, which therefore stays where it is.
  static int OnMessage(nl_msg* message, void* watcher);

  NetlinkSocket socket_;
  std::function<void(const LinkEvent&)> on_event_;
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_LINK_LINK_WATCHER_H_
