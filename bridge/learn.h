// Third stage: where each source was seen.
#ifndef VSWITCH_BRIDGE_LEARN_H_
#define VSWITCH_BRIDGE_LEARN_H_

#include <array>
#include <cstddef>
#include <vector>

#include "bridge/pass.h"

namespace vswitch {

// Room for what goes to the table in one call; kept by the pipeline, not by the stack, since it
// need not be cleared.
struct LearnScratch {
  static constexpr size_t kCapacity = 256;
  std::array<FdbKey, kCapacity> keys;
  std::array<PortId, kCapacity> ports;
  std::vector<FdbMove> moves;
};

// Tells the bridge's table the source and ingress port of every frame that was admitted.
//
// The source of a frame dropped as link_local_reserved is learned as well: it is a station that is
// really there. IEEE 802.1Q, 8.7 feeds the learning process before the frame filtering of 8.6.3,
// and Linux does the same (__br_handle_local_finish(), unless no_linklocal_learn is set). Other
// drops teach nothing, nor does a port that does not learn, nor a link-local frame where not every
// source may send (source_rules.h does not look at it).
//
// What the table answers does not matter here: a frame whose source could not be learned (table
// full, static entry elsewhere) is forwarded all the same, as in Linux.
void Learn(Pass& pass, LearnScratch* scratch);

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_LEARN_H_
