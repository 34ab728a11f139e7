// Fourth stage: which port the destination is on.
#ifndef VSWITCH_BRIDGE_LOOK_UP_H_
#define VSWITCH_BRIDGE_LOOK_UP_H_

#include <array>
#include <cstddef>

#include "bridge/pass.h"

namespace vswitch {

// Room for the keys that go to the table in one call; kept by the pipeline, not by the stack, since
// it need not be cleared.
struct LookUpScratch {
  static constexpr size_t kCapacity = 256;
  // A key once for a row of frames that share it.
  std::array<FdbKey, kCapacity> keys;
  std::array<PortId, kCapacity> ports;
  struct Question {
    Frame* frame;
    // Its number in `keys`.
    size_t key;
  };
  std::array<Question, kCapacity> questions;
};

// Sets Frame::egress of every frame that is not dropped: the port where the destination was last
// seen, or kNoPort, which means flood: a group address, an unknown or aged-out one, or one that the
// table still has on a port that has left the bridge (IEEE 802.1Q, 8.8.1: such an entry no longer
// filters).
void LookUp(Pass& pass, LookUpScratch* scratch);

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_LOOK_UP_H_
