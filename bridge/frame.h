// A frame in the switch and the copies of it that leave. Its bytes lie in a buffer that the worker
// owns; stages read them and write their findings beside; nothing is copied.
#ifndef VSWITCH_BRIDGE_FRAME_H_
#define VSWITCH_BRIDGE_FRAME_H_

#include <cstdint>

#include "bridge/drop_reason.h"
#include "bridge/forwarding_config.h"
#include "bridge/vlan.h"
#include "bridge/wire/frame_bytes.h"
#include "bridge/wire/vlan_tag.h"
#include "mac_table/fdb_key.h"

namespace vswitch {

struct Frame : FrameBytes {
  // Set by the worker, beside the bytes.
  PortId ingress = kNoPort;
  // The worker's: the bridge only hands it back (Outcome::finished).
  uint16_t buffer = 0;
  // Why the frame went no further; later stages skip it. Set by the worker too: kNone, or what it
  // found itself (kTruncated).
  DropReason drop = DropReason::kNone;

  // Set by the stages of the pipeline, in this order.
  // Parse: the ingress port's.
  BridgeId bridge = kNoBridge;
  FdbKey source;
  FdbKey destination;
  // Admit: how it carries its VLAN, which the keys have.
  VlanState vlan;
  // Look-up; kNoPort: flood.
  PortId egress = kNoPort;
  // Flood: the last port that it has reached, when it is not over; kNoPort: it has not begun.
  PortId flooded_to = kNoPort;
  // Mirror: those that have a copy of it. Mutable, as what leaves is known by its copies, which do
  // not change a frame otherwise.
  mutable MirrorBits mirrored = 0;
};

// One copy to write: `frame` to `port`, with this done to its tags. What is pushed or put in
// another's place is frame->vlan.tag.
struct EgressCopy {
  const Frame* frame = nullptr;
  PortId port = kNoPort;
  TagEdit edit = TagEdit::kKeep;
};

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_FRAME_H_
