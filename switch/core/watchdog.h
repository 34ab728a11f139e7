// Looks, once a second, whether frames wait in our queues that no worker reads, although nobody
// told of anything: whatever such a port suffers from, it must not be shown as `up`.
//
// It asks the queues themselves, all in one poll(): 1,000 take less than 1 ms.
// Thread-safety: control thread.
#ifndef VSWITCH_SWITCH_CORE_WATCHDOG_H_
#define VSWITCH_SWITCH_CORE_WATCHDOG_H_

#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "mac_table/fdb_key.h"

namespace vswitch {

class Watchdog {
 public:
  // Looks in a row at which frames wait and none has been read: a worker that is merely busy comes
  // by in between.
  static constexpr int kLooks = 3;

  struct Queue {
    PortId port = kNoPort;
    int worker = 0;  // Whose it is.
    int fd = -1;
    uint64_t frames_read = 0;  // By that worker from that port, so far.
  };

  // `queues`: all that are served. Returns the ports of those that are stuck.
  std::vector<PortId> Look(std::span<const Queue> queues);

 private:
  struct Wait {
    uint64_t frames_read = 0;
    int looks = 0;
  };

  // Queues in which frames waited at the last look, by port and worker.
  std::map<std::pair<PortId, int>, Wait> waiting_;
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_CORE_WATCHDOG_H_
