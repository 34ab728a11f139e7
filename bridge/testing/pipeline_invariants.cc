#include "bridge/testing/pipeline_invariants.h"

#include <algorithm>
#include <set>
#include <utility>

#include "bridge/flood.h"

namespace vswitch {
namespace {

std::string Describe(const EgressCopy& copy) {
  return "the frame in buffer " + std::to_string(copy.frame->buffer) + " from port " +
         std::to_string(copy.frame->ingress) + " to port " + std::to_string(copy.port) + ": ";
}

std::string CheckCopy(const EgressCopy& copy, const ForwardingConfig& config) {
  if (copy.port >= config.ports.size()) return "no such port";
  const PortForwarding& port = config.ports[copy.port];
  if (copy.port == copy.frame->ingress) return "back to the ingress port";
  if (port.bridge != config.ports[copy.frame->ingress].bridge) return "to another bridge";
  if (!port.up) return "to a port that is down";
  return "";
}

}  // namespace

std::string CheckBalance(std::span<const PortCounters> counters, uint64_t waiting) {
  PortTotals totals;
  for (const PortCounters& port : counters) totals.Add(port);
  const uint64_t in = totals.ingress_frames + totals.flood_copies;
  const uint64_t out = totals.egress_frames + totals.AllDrops() + waiting;
  if (in == out) return "";
  return "balance: " + std::to_string(in) + " in and copied, " + std::to_string(out) +
         " out, dropped and waiting";
}

std::string CheckingWriter::CheckCopies(const std::vector<uint16_t>& order,
                                        const ForwardingConfig& config, const Outcome& outcome,
                                        std::vector<bool>* has_copy) {
  std::set<std::pair<size_t, PortId>> seen;
  size_t last = 0;
  for (const EgressCopy& copy : outcome.copies) {
    const auto found = std::ranges::find(order, copy.frame->buffer);
    if (found == order.end()) return "a copy of no frame";
    const auto place = static_cast<size_t>(found - order.begin());
    if (place < last) return Describe(copy) + "out of order";
    last = place;
    if (const std::string wrong = CheckCopy(copy, config); !wrong.empty()) {
      return Describe(copy) + wrong;
    }
    if (!seen.insert({place, copy.port}).second) return Describe(copy) + "twice";
    (*has_copy)[place] = true;
    counters_[copy.port].egress_frames.Add(1);
    counters_[copy.port].egress_bytes.Add(copy.frame->ethernet_length());
  }
  return "";
}

std::string CheckingWriter::Write(std::span<const Frame> batch, const ForwardingConfig& config,
                                  const Outcome& outcome) {
  std::vector<uint16_t> order = waiting_;
  const size_t waited = order.size();
  for (const Frame& frame : batch) order.push_back(frame.buffer);
  std::vector<bool> has_copy(order.size(), false);
  std::string wrong = CheckCopies(order, config, outcome, &has_copy);
  if (!wrong.empty()) return wrong;

  std::vector<uint16_t> left = order;
  for (const uint16_t buffer : outcome.finished) {
    if (std::erase(left, buffer) != 1) return "finished twice: " + std::to_string(buffer);
  }
  for (size_t i = 0; i < order.size(); ++i) {
    const bool waits = std::ranges::find(left, order[i]) != left.end();
    const bool dropped = i >= waited && batch[i - waited].drop != DropReason::kNone;
    // A frame that has waited is dropped where only the counters see it.
    if (i < waited ? has_copy[i] && waits : has_copy[i] + dropped + waits != 1) {
      return "the frame in buffer " + std::to_string(order[i]) +
             (has_copy[i] ? ": copied" : ": not copied") + (dropped ? ", dropped" : "") +
             (waits ? ", waits" : ", finished");
    }
  }
  waiting_ = std::move(left);
  if (waiting_.size() > Backlog::kCapacity) return "too many frames wait";
  return CheckBalance(counters_, waiting_.size());
}

}  // namespace vswitch
