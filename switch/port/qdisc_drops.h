// How many frames a port's netdev has lost in its root qdisc: without one, or in "noqueue", none
// are; an operator may have given it another, which shapes what the guest gets.
// Thread-safety: control thread only.
#ifndef VSWITCH_SWITCH_PORT_QDISC_DROPS_H_
#define VSWITCH_SWITCH_PORT_QDISC_DROPS_H_

#include <cstdint>
#include <optional>

#include "switch/link/link.h"
#include "switch/link/qdisc.h"

namespace vswitch {

class QdiscDrops {
 public:
  // Counts from here on; `link` as it is now.
  void Begin(const LinkInfo& link);
  // Frames lost so far. Asks the kernel where there is a queue.
  uint64_t Read(const LinkInfo& link);
  // A root qdisc of the netdev was taken away or replaced: the kernel has told its last counts.
  void OnGone(const QdiscInfo& gone);

 private:
  struct Seen {
    uint32_t handle = 0;
    uint64_t dropped = 0;  // Since it is there, as last seen.
  };
  void See(const QdiscInfo& qdisc);

  uint64_t total_ = 0;
  // The one that is there, and the one before it, of which the last word may not be heard yet.
  std::optional<Seen> present_;
  std::optional<Seen> former_;
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_PORT_QDISC_DROPS_H_
