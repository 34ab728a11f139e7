// The frame by which a bridge finds that two of its ports, or one with itself, are joined outside:
//
//   Ethernet   to kLoopProbeGroup, type 0x88B6 (IEEE 802, local experimental, the second)
//   octets 0-7    BridgeForwarding::probe_id: whose it is, for the data path
//          8-23   nonce: random, new in each probe. Nobody who was not sent it can know it, and it
//                 is good for some seconds only: that is all the proof there is.
//          24-27  sequence, counted by port
//          28-    "vswitch loop guard: PORT", for who reads it on the wire
//
// It is sent untagged. One that comes back behind a tag was bridged into that VLAN by others, which
// is a loop of ours if it left in the same (LoopGuard says); it goes no further in any case, lest
// probes join the frames that circle.
//
// Integers in network order. Thread-safety: pure functions.
#ifndef VSWITCH_BRIDGE_LOOP_PROBE_H_
#define VSWITCH_BRIDGE_LOOP_PROBE_H_

#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "bridge/wire/frame_bytes.h"
#include "mac_table/fdb_key.h"
#include "mac_table/mac_address.h"

namespace vswitch {

// Locally administered: a group that every bridge passes on, unlike 01-80-C2-00-00-0X.
inline constexpr MacAddress kLoopProbeGroup{0x037673776c67};

struct LoopNonce {
  uint64_t high = 0;
  uint64_t low = 0;
  friend auto operator<=>(const LoopNonce&, const LoopNonce&) = default;
};

struct LoopProbe {
  uint64_t id = 0;
  LoopNonce nonce;
  uint32_t sequence = 0;
  // Of the tag that it came back behind; 0: none, or a priority tag.
  VlanId vlan = 0;
};

// Whether it is the probe of this bridge, untagged or behind one tag. Anybody may say so of his
// frames. REQUIRES: the frame was parsed, so that its Ethernet header and outermost tag are
// whole.
bool IsLoopProbe(const FrameBytes& frame, uint64_t id);

// The frame without offload header, untagged.
std::vector<uint8_t> BuildLoopProbe(const LoopProbe& probe, MacAddress source,
                                    std::string_view port);
// Of such a frame, likewise; nullopt when it is none.
std::optional<LoopProbe> ReadLoopProbe(std::span<const uint8_t> ethernet);

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_LOOP_PROBE_H_
