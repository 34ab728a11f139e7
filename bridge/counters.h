// What one worker counted for one port. A worker owns its counters and is their only writer; any
// thread may read them. Relaxed loads and stores, no read-modify-write: on x86 each is a plain add.
//
// The balance that the system tests hold: over all ports, at rest,
//   ingress_frames + flood_copies = egress_frames + all drops.
// flood_copies counts what flooding added: a frame that leaves by k ports adds k - 1.
#ifndef VSWITCH_BRIDGE_COUNTERS_H_
#define VSWITCH_BRIDGE_COUNTERS_H_

#include <array>
#include <atomic>
#include <cstdint>

#include "bridge/drop_reason.h"

namespace vswitch {

class Counter {
 public:
  // REQUIRES: called by the owning worker only.
  void Add(uint64_t n) {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  uint64_t Read() const { return value_.load(std::memory_order_relaxed); }
  // REQUIRES: no worker counts meanwhile.
  void Reset() { value_.store(0, std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

struct alignas(64) PortCounters {
  Counter ingress_frames;
  Counter ingress_bytes;  // Ethernet bytes without the virtio_net_hdr, as all byte counts.
  Counter egress_frames;
  Counter egress_bytes;
  Counter flood_copies;
  Counter ingress_offloaded;  // Frames that carry a GSO type: super-frames, passed whole.
  std::array<Counter, kDropReasonCount> drops;

  void Drop(DropReason reason) { drops[static_cast<size_t>(reason)].Add(1); }
};

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_COUNTERS_H_
