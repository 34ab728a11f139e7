// A frame in the switch and the copies of it that leave. A Frame points into an ingress buffer that
// the worker owns; stages read it and write their findings beside it; nothing is copied.
#ifndef VSWITCH_BRIDGE_FRAME_H_
#define VSWITCH_BRIDGE_FRAME_H_

#include <cstdint>
#include <vector>

#include "bridge/drop_reason.h"
#include "bridge/forwarding_config.h"
#include "mac_table/mac_table.h"

namespace vswitch {

// virtio_net_hdr_v1 (virtio 1.2, 5.1.6), little endian, in front of every frame inside the switch.
inline constexpr uint32_t kOffloadHeaderBytes = 12;
inline constexpr uint32_t kEthernetHeaderBytes = 14;

struct Frame {
  // Set by the worker.
  const uint8_t* data = nullptr;  // virtio_net_hdr, then Ethernet.
  uint32_t length = 0;            // Bytes at `data`, header included.
  PortId ingress = kNoPort;
  uint16_t buffer = 0;  // The worker's; the bridge does not look at it.

  // Set by the stages of the pipeline, in this order.
  FdbKey source;       // parse
  FdbKey destination;  // parse
  DropReason drop =
      DropReason::kNone;        // any; a dropped frame is skipped by later stages. The worker
                                // sets it too: kNone, or what it found itself (kTruncated).
  BridgeId bridge = kNoBridge;  // parse; the ingress port's
  PortId egress = kNoPort;      // look up; kNoPort: flood
  // forward: not flooded yet. To be handed in again, as it is, at the head of the next batch.
  bool deferred = false;

  // REQUIRES: length >= kOffloadHeaderBytes.
  const uint8_t* ethernet() const { return data + kOffloadHeaderBytes; }
  uint32_t ethernet_length() const { return length - kOffloadHeaderBytes; }
};

// One copy to write: batch[frame] to `port`.
struct EgressCopy {
  uint16_t frame = 0;
  PortId port = kNoPort;

  friend bool operator==(const EgressCopy&, const EgressCopy&) = default;
};

// In the order of the batch, so that a flow stays in order.
using EgressList = std::vector<EgressCopy>;

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_FRAME_H_
