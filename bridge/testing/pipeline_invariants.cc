#include "bridge/testing/pipeline_invariants.h"

#include <set>
#include <utility>
#include <vector>

#include "bridge/flood.h"

namespace vswitch {
namespace {

std::string Describe(const EgressCopy& copy, const Frame& frame) {
  return "frame " + std::to_string(copy.frame) + " from port " + std::to_string(frame.ingress) +
         " to port " + std::to_string(copy.port) + ": ";
}

std::string CheckCopy(const EgressCopy& copy, const Frame& frame, const ForwardingConfig& config) {
  if (copy.port >= config.ports.size()) return "no such port";
  const PortForwarding& port = config.ports[copy.port];
  if (copy.port == frame.ingress) return "back to the ingress port";
  if (port.bridge != config.ports[frame.ingress].bridge) return "to another bridge";
  if (!port.up) return "to a port that is down";
  return "";
}

std::string CheckBalance(std::span<const PortCounters> counters, uint64_t deferred) {
  uint64_t in = 0;
  uint64_t out = deferred;
  for (const PortCounters& port : counters) {
    in += port.ingress_frames.Read() + port.flood_copies.Read();
    out += port.egress_frames.Read();
    for (const Counter& drop : port.drops) out += drop.Read();
  }
  if (in == out) return "";
  return "balance: " + std::to_string(in) + " in and copied, " + std::to_string(out) +
         " out, dropped and deferred";
}

}  // namespace

std::string WriteAndCheck(std::span<const Frame> batch, const ForwardingConfig& config,
                          const EgressList& egress, std::span<PortCounters> counters) {
  std::set<std::pair<uint16_t, PortId>> seen;
  std::vector<bool> has_copy(batch.size(), false);
  uint16_t last = 0;
  for (const EgressCopy& copy : egress) {
    if (copy.frame >= batch.size()) return "a copy of no frame";
    const Frame& frame = batch[copy.frame];
    if (copy.frame < last) return Describe(copy, frame) + "out of order";
    last = copy.frame;
    const std::string wrong = CheckCopy(copy, frame, config);
    if (!wrong.empty()) return Describe(copy, frame) + wrong;
    if (!seen.insert({copy.frame, copy.port}).second) return Describe(copy, frame) + "twice";
    has_copy[copy.frame] = true;
    counters[copy.port].egress_frames.Add(1);
    counters[copy.port].egress_bytes.Add(frame.ethernet_length());
  }
  uint64_t deferred = 0;
  for (size_t i = 0; i < batch.size(); ++i) {
    const bool dropped = batch[i].drop != DropReason::kNone;
    const int fates = has_copy[i] + dropped + batch[i].deferred;
    if (fates != 1) {
      return "frame " + std::to_string(i) + (has_copy[i] ? ": copied" : ": not copied") +
             (dropped ? ", dropped" : ", not dropped") +
             (batch[i].deferred ? ", deferred" : ", not deferred");
    }
    deferred += batch[i].deferred;
  }
  if (deferred > kMaxDeferred) return "too many deferred frames";
  return CheckBalance(counters, deferred);
}

}  // namespace vswitch
