// What a worker tells the control thread of a port, when it happens first: a counter says how often
// it happened since. The way is a mailbox, whose event the control thread's loop watches.
#ifndef VSWITCH_SWITCH_WORKER_PORT_NOTICE_H_
#define VSWITCH_SWITCH_WORKER_PORT_NOTICE_H_

#include <cstdint>

#include "mac_table/fdb_key.h"
#include "switch/worker/mailbox.h"

namespace vswitch {

struct PortNotice {
  enum class Kind : uint8_t {
    // A read failed and took its frame with it; the port is read on. Counted as `unreadable`.
    kFrameLost,
    // The kernel refused a write; others are tried. Counted as `egress_error`.
    kWriteFailed,
    // The worker reads the port no more, until it is removed and added again.
    kReadingEnded,
  };

  PortId port = kNoPort;
  Kind kind = Kind::kReadingEnded;
  // errno.
  int error = 0;
};

using PortNotices = Mailbox<PortNotice>;

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_WORKER_PORT_NOTICE_H_
