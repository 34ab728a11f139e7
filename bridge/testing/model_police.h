// The limits of ports kept the obvious way: a bucket with a level, filled up as time passes.
#ifndef VSWITCH_BRIDGE_TESTING_MODEL_POLICE_H_
#define VSWITCH_BRIDGE_TESTING_MODEL_POLICE_H_

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <memory>

#include "bridge/forwarding_config.h"
#include "bridge/frame.h"
#include "bridge/police.h"
#include "bridge/testing/model_vlan.h"

namespace vswitch {

// Exact for rates that divide Policer's clock: 1.6e10 steps a second.
class ModelPolice {
 public:
  void SetNow(uint64_t now_ns) { now_ns_ = now_ns; }

  // kNone, or which limit the frame is beyond where it comes in.
  DropReason MayEnter(const PortForwarding& port, const Frame& frame, MacAddress destination) {
    if (port.police == nullptr) return DropReason::kNone;
    const uint64_t frames = WireLoadOf(frame).frames;
    if (destination.value == 0xffffffffffff) {
      if (!Take(port, Limit::kStormBroadcastPps, frames)) return DropReason::kStormBroadcast;
    } else if (destination.IsGroup()) {
      if (!Take(port, Limit::kStormMulticastPps, frames)) return DropReason::kStormMulticast;
    }
    return TakeBoth(port, Limit::kIngressPps, Limit::kIngressBps, frame) ? DropReason::kNone
                                                                         : DropReason::kIngressRate;
  }
  bool MayFlood(const PortForwarding& port, const Frame& frame) {
    return port.police == nullptr || Take(port, Limit::kStormUnknownPps, WireLoadOf(frame).frames);
  }
  // `tags`: how many it leaves with.
  bool MayLeave(const PortForwarding& port, const Frame& frame, size_t tags) {
    const auto more = static_cast<int>(tags) - static_cast<int>(ModelTagsOf(frame).size());
    return port.police == nullptr ||
           TakeBoth(port, Limit::kEgressPps, Limit::kEgressBps, frame, more * 4);
  }

 private:
  // In billionths of a frame or bit, as many as the rate gives in a nanosecond.
  using Level = __int128;
  static constexpr Level kOne = 1'000'000'000;
  struct Bucket {
    Level level = 0;
    uint64_t filled_at = 0;
    bool is_new = true;
  };

  static uint64_t BurstOf(const RateLimit& limit, Limit which) {
    if (limit.burst != 0) return limit.burst;
    const bool is_bits = which == Limit::kIngressBps || which == Limit::kEgressBps;
    return std::max<uint64_t>(limit.rate / 10, is_bits ? 8 * (65536 + 46 * 66) : 46);
  }

  bool Take(const PortForwarding& port, Limit which, uint64_t amount) {
    const RateLimit& limit = port.police->limits()[static_cast<size_t>(which)];
    if (limit.rate == 0) return true;
    const Level full = BurstOf(limit, which) * kOne;
    Bucket& bucket = buckets_[port.police][static_cast<size_t>(which)];
    bucket.level += Level{limit.rate} * (now_ns_ - bucket.filled_at);
    if (bucket.is_new || bucket.level > full) bucket.level = full;
    bucket.is_new = false;
    bucket.filled_at = now_ns_;
    if (amount * kOne > bucket.level && bucket.level < full) return false;
    bucket.level -= amount * kOne;
    return true;
  }

  bool TakeBoth(const PortForwarding& port, Limit pps, Limit bps, const Frame& frame,
                int more_bytes = 0) {
    WireLoad load = WireLoadOf(frame);
    load.bytes += static_cast<int>(load.frames) * more_bytes;
    if (!Take(port, pps, load.frames)) return false;
    if (Take(port, bps, load.bytes * uint64_t{8})) return true;
    if (port.police->Has(pps)) {
      buckets_[port.police][static_cast<size_t>(pps)].level += load.frames * kOne;
    }
    return false;
  }

  // By the limits, which it keeps so that no others take their place.
  std::map<std::shared_ptr<PortPolice>, std::array<Bucket, kLimitCount>> buckets_;
  uint64_t now_ns_ = 0;
};

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_TESTING_MODEL_POLICE_H_
