// How much a port may send and be sent: token buckets for storms, for what comes in by a port and
// for what leaves by it. Asked by Admit (group frames, ingress), Forward (floods to unknown
// stations) and for each copy (egress); a port without a limit is not asked at all.
//
// Thread-safety: one Policer is asked by all workers at once, as a port's queues may be read by
// several. Its whole state is one atomic word, changed by compare and exchange; it orders nothing
// else, so relaxed. police_test.cc proves under TSan that threads together get what one would.
// Ownership: shared by the snapshots (PortForwarding::police), so that a change elsewhere does not
// fill the buckets.
#ifndef VSWITCH_BRIDGE_POLICE_H_
#define VSWITCH_BRIDGE_POLICE_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "bridge/wire/offload_header.h"

namespace vswitch {

// A rate per second and how much may come at once, in frames or in bits.
struct RateLimit {
  // 0: none.
  uint64_t rate = 0;
  // 0: DefaultBurst().
  uint64_t burst = 0;

  bool is_set() const { return rate != 0; }
  friend bool operator==(const RateLimit&, const RateLimit&) = default;
};

// What a full super-frame is: 64 KiB in segments of an MTU of 1,500, each with its headers.
inline constexpr uint64_t kSuperFrameSegments = 46;
inline constexpr uint64_t kSuperFrameBits = 8 * (65536 + kSuperFrameSegments * 66);

// What the rate gives in 100 ms, at least one full super-frame.
inline constexpr uint64_t DefaultBurst(uint64_t rate, uint64_t super_frame) {
  return rate / 10 > super_frame ? rate / 10 : super_frame;
}

// A token bucket, as the generic cell rate algorithm (ITU-T I.371): instead of a level that has to
// be filled up, the time at which the bucket will be full again.
class Policer {
 public:
  // REQUIRES: both are above 0, and at most kMaxRate.
  Policer(uint64_t rate, uint64_t burst);
  static constexpr uint64_t kMaxRate = 1'000'000'000'000;

  // Whether `amount` may pass now, and takes it then. What is more than the burst passes when the
  // bucket is full, and is paid for by those behind it: else a super-frame could never pass a small
  // bucket. `now_ns`: of any monotonic clock.
  bool Take(uint64_t amount, uint64_t now_ns);
  // What was taken and did not pass after all.
  void GiveBack(uint64_t amount) { full_at_.fetch_sub(Cost(amount), std::memory_order_relaxed); }
  // As empty as `other`, which is of the same rate and burst. Pairs with nothing: what is taken of
  // `other` meanwhile is taken of it alone.
  void GoOnFrom(const Policer& other) {
    full_at_.store(other.full_at_.load(std::memory_order_relaxed), std::memory_order_relaxed);
  }

 private:
  // Sixteenths of a nanosecond: fine enough for a short frame at 100 Gbit/s, and good for 36 years.
  static constexpr uint64_t kStepsPerNs = 16;
  static constexpr uint64_t kStepsPerSecond = kStepsPerNs * 1'000'000'000;

  // What the rate takes for it.
  uint64_t Cost(uint64_t amount) const { return (amount * kStepsPerSecond + rate_ / 2) / rate_; }

  const uint64_t rate_;
  const uint64_t burst_steps_;
  std::atomic<uint64_t> full_at_{0};
};

// The limits of a port, in frames for ..._pps and bits for ..._bps. A super-frame counts as its
// segments and the bits of each on a wire (WireLoad).
enum class Limit {
  kStormBroadcastPps,
  kStormMulticastPps,
  kStormUnknownPps,
  kIngressPps,
  kIngressBps,
  kEgressPps,
  kEgressBps,
};
inline constexpr size_t kLimitCount = 7;
using RateLimits = std::array<RateLimit, kLimitCount>;

// The buckets of one port.
class PortPolice {
 public:
  // `before`: of the same port, or null. Limits that stay the same keep their buckets as they are.
  explicit PortPolice(const RateLimits& limits, const PortPolice* before = nullptr);

  const RateLimits& limits() const { return limits_; }
  bool Has(Limit limit) const { return limits_[static_cast<size_t>(limit)].is_set(); }
  // Whether Admit has to ask.
  bool has_ingress() const { return has_ingress_; }
  bool has_egress() const { return has_egress_; }

  // Whether the frame may pass; asked once for each.
  bool MayStorm(Limit storm, const FrameBytes& frame, uint64_t now_ns) {
    return !Has(storm) || At(storm).Take(WireLoadOf(frame).frames, now_ns);
  }
  bool MayEnter(const FrameBytes& frame, uint64_t now_ns) {
    return TakeBoth(Limit::kIngressPps, Limit::kIngressBps, WireLoadOf(frame), now_ns);
  }
  bool MayLeave(const FrameBytes& frame, TagEdit edit, uint64_t now_ns) {
    return TakeBoth(Limit::kEgressPps, Limit::kEgressBps, WireLoadOf(frame, edit), now_ns);
  }

 private:
  Policer& At(Limit limit) { return policers_[static_cast<size_t>(limit)]; }
  bool TakeBoth(Limit pps, Limit bps, const WireLoad& load, uint64_t now_ns);

  const RateLimits limits_;
  const bool has_ingress_;
  const bool has_egress_;
  std::array<Policer, kLimitCount> policers_;
};

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_POLICE_H_
