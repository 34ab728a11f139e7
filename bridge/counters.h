// What one worker counted for one port. A worker owns its counters and is their only writer; any
// thread may read them. Relaxed loads and stores, no read-modify-write: on x86 each is a plain add.
//
// The balance that the system tests hold: over all ports, at rest,
//   ingress_frames + flood_copies + mirror_copies + originated_frames =
//   egress_frames + all drops.
// flood_copies counts what flooding added: a frame that leaves by k ports adds k - 1. mirror_copies
// counts copies for mirrors, of the port that the frame came in by.
// originated_frames: the switch's own frames to the port, which the control thread writes.
#ifndef VSWITCH_BRIDGE_COUNTERS_H_
#define VSWITCH_BRIDGE_COUNTERS_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <numeric>

#include "bridge/drop_reason.h"

namespace vswitch {

class Counter {
 public:
  // REQUIRES: called by the owning worker only.
  void Add(uint64_t n) {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  uint64_t Read() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

// X(name): what is counted of a port beside its drops; the struct of counters, that of their sums
// and what is shown of them all follow from this list. Bytes are Ethernet bytes without the
// virtio_net_hdr. ingress_offloaded: frames that carry a GSO type, super-frames passed whole.
#define VSWITCH_PORT_COUNTERS(X) \
  X(ingress_frames)              \
  X(ingress_bytes)               \
  X(egress_frames)               \
  X(egress_bytes)                \
  X(flood_copies)                \
  X(mirror_copies)               \
  X(ingress_offloaded)           \
  X(originated_frames)

struct alignas(64) PortCounters {
#define VSWITCH_X(name) Counter name;
  VSWITCH_PORT_COUNTERS(VSWITCH_X)
#undef VSWITCH_X
  std::array<Counter, kDropReasonCount> drops;

  void Drop(DropReason reason) { drops[static_cast<size_t>(reason)].Add(1); }
};

// The same as plain numbers: one port's counters, summed over the workers.
struct PortTotals {
#define VSWITCH_X(name) uint64_t name = 0;
  VSWITCH_PORT_COUNTERS(VSWITCH_X)
#undef VSWITCH_X
  std::array<uint64_t, kDropReasonCount> drops{};

  void Add(const PortCounters& counters) {
#define VSWITCH_X(name) name += counters.name.Read();
    VSWITCH_PORT_COUNTERS(VSWITCH_X)
#undef VSWITCH_X
    for (size_t i = 0; i < kDropReasonCount; ++i) drops[i] += counters.drops[i].Read();
  }
  uint64_t AllDrops() const { return std::accumulate(drops.begin(), drops.end(), uint64_t{0}); }
};

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_COUNTERS_H_
