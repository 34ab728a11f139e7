// Tells the control thread what happens to netdevs: one netlink socket subscribed to RTNLGRP_LINK.
// Thread-safety: control thread only.
#ifndef VSWITCH_SWITCH_LINK_LINK_WATCHER_H_
#define VSWITCH_SWITCH_LINK_LINK_WATCHER_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace vswitch {

struct LinkEvent {
  enum class Kind {
    kChanged,  // Appeared, or changed flags, carrier, MTU, name.
    kGone,     // Deleted, or moved to another namespace.
    kResync,  // Events were lost (ENOBUFS): look at every device again. Name and index are not set.
  };
  Kind kind = Kind::kChanged;
  int ifindex = 0;
  std::string name;
};

class LinkWatcher {
 public:
  static absl::StatusOr<std::unique_ptr<LinkWatcher>> Open(
      std::function<void(const LinkEvent&)> on_event);
  virtual ~LinkWatcher() = default;
  // Poll this for input, then call Dispatch().
  virtual int fd() const = 0;
  // Reads what is there, without blocking, and calls on_event for each.
  virtual void Dispatch() = 0;
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_LINK_LINK_WATCHER_H_
