#include "bridge/police.h"

#include <algorithm>
#include <initializer_list>

namespace vswitch {
namespace {

// Two years: more than any bucket needs, and no sum of it and a clock overflows.
constexpr uint64_t kMaxSteps = uint64_t{1} << 60;

bool CountsBits(size_t limit) {
  return limit == static_cast<size_t>(Limit::kIngressBps) ||
         limit == static_cast<size_t>(Limit::kEgressBps);
}

// One that is not set is never asked.
Policer PolicerOf(const RateLimits& limits, size_t i) {
  const RateLimit& limit = limits[i];
  if (!limit.is_set()) return Policer(1, 1);
  const uint64_t super_frame = CountsBits(i) ? kSuperFrameBits : kSuperFrameSegments;
  return Policer(limit.rate,
                 limit.burst != 0 ? limit.burst : DefaultBurst(limit.rate, super_frame));
}

bool IsAnySet(const RateLimits& limits, std::initializer_list<Limit> of) {
  return std::ranges::any_of(
      of, [&](Limit limit) { return limits[static_cast<size_t>(limit)].is_set(); });
}

}  // namespace

// In floating point, as the product may be beyond 64 bits, and no burst has to be right to a part
// in 2^53.
Policer::Policer(uint64_t rate, uint64_t burst)
    : rate_(rate),
      burst_steps_(static_cast<uint64_t>(
          std::min(static_cast<double>(kMaxSteps),
                   static_cast<double>(burst) * kStepsPerSecond / static_cast<double>(rate)))) {}

bool Policer::Take(uint64_t amount, uint64_t now_ns) {
  const uint64_t now = now_ns * kStepsPerNs;
  const uint64_t cost = Cost(amount);
  const uint64_t bound = now + std::max(burst_steps_, cost);
  uint64_t full_at = full_at_.load(std::memory_order_relaxed);
  uint64_t next;
  do {
    next = std::max(full_at, now) + cost;
    if (next > bound) return false;
  } while (!full_at_.compare_exchange_weak(full_at, next, std::memory_order_relaxed));
  return true;
}

PortPolice::PortPolice(const RateLimits& limits, const PortPolice* before)
    : limits_(limits),
      has_ingress_(IsAnySet(limits, {Limit::kStormBroadcastPps, Limit::kStormMulticastPps,
                                     Limit::kIngressPps, Limit::kIngressBps})),
      has_egress_(IsAnySet(limits, {Limit::kEgressPps, Limit::kEgressBps})),
      policers_{PolicerOf(limits, 0), PolicerOf(limits, 1), PolicerOf(limits, 2),
                PolicerOf(limits, 3), PolicerOf(limits, 4), PolicerOf(limits, 5),
                PolicerOf(limits, 6)} {
  for (size_t i = 0; before != nullptr && i < kLimitCount; ++i) {
    if (limits[i] == before->limits_[i]) policers_[i].GoOnFrom(before->policers_[i]);
  }
}

bool PortPolice::TakeBoth(Limit pps, Limit bps, const WireLoad& load, uint64_t now_ns) {
  if (Has(pps) && !At(pps).Take(load.frames, now_ns)) return false;
  if (!Has(bps) || At(bps).Take(load.bytes * uint64_t{8}, now_ns)) return true;
  if (Has(pps)) At(pps).GiveBack(load.frames);
  return false;
}

}  // namespace vswitch
