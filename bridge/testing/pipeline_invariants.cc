#include "bridge/testing/pipeline_invariants.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "bridge/backlog.h"
#include "bridge/testing/written_copy.h"
#include "bridge/vlan.h"
#include "bridge/wire/offload_header.h"

namespace vswitch {
namespace {

std::string Describe(const EgressCopy& copy) {
  return "the frame in buffer " + std::to_string(copy.frame->buffer) + " from port " +
         std::to_string(copy.frame->ingress) + " to port " + std::to_string(copy.port) + ": ";
}

// What leaves would come in again as what it is.
std::string CheckVlan(const EgressCopy& copy, const PortForwarding& port) {
  VlanId vlan = 0;
  VlanState state;
  const WrittenCopy written(copy);
  if (ClassifyVlan(port.vlan, ReadTags(written.frame()), &vlan, &state) != DropReason::kNone) {
    return "with tags that the port would not take";
  }
  return vlan == copy.frame->destination.vlan() ? "" : "into another VLAN";
}

std::string CheckCopy(const EgressCopy& copy, const ForwardingConfig& config) {
  if (copy.port >= config.ports.size()) return "no such port";
  const PortForwarding& port = config.ports[copy.port];
  if (copy.port == copy.frame->ingress) return "back to the ingress port";
  if (port.bridge != config.ports[copy.frame->ingress].bridge) return "to another bridge";
  if (!port.up) return "to a port that is down";
  if (port.loop_blocked) return "to a port that the loop guard has blocked";
  if (port.bpdu_blocked) return "to a port that its BPDU guard has blocked";
  if (port.stp_state != StpState::kForwarding) return "to a port that does not forward";
  if (port.isolated && config.ports[copy.frame->ingress].isolated) return "between isolated ports";
  if (config.bridges[port.bridge].has_vlans) return CheckVlan(copy, port);
  return "";
}

}  // namespace

std::string CheckBalance(std::span<const PortCounters> counters, uint64_t waiting) {
  PortTotals totals;
  for (const PortCounters& port : counters) totals.Add(port);
  const uint64_t in =
      totals.ingress_frames + totals.flood_copies + totals.mirror_copies + totals.originated_frames;
  const uint64_t out = totals.egress_frames + totals.AllDrops() + waiting;
  if (in == out) return "";
  return "balance: " + std::to_string(in) + " in and copied, " + std::to_string(out) +
         " out, dropped and waiting";
}

std::vector<uint16_t> CheckingWriter::waiting() const {
  std::vector<uint16_t> buffers;
  for (const Arrival& arrival : waiting_) buffers.push_back(arrival.buffer);
  return buffers;
}

std::string CheckingWriter::CheckCopies(const ForwardingConfig& config, const Outcome& outcome) {
  std::map<Flow, size_t> last;
  for (const EgressCopy& copy : outcome.copies) {
    const auto found = place_.find(copy.frame->buffer);
    if (found == place_.end()) return "a copy of no frame";
    const size_t place = found->second;
    Arrival& arrival = waiting_[place];
    counters_[copy.port].egress_frames.Add(1);
    counters_[copy.port].egress_bytes.Add(copy.frame->ethernet_length());
    // A mirror's: no fate of the frame. model_mirror.h knows them all.
    if (copy.port < config.ports.size() && config.ports[copy.port].is_mirror_target) continue;
    if (place < last[arrival.flow]) return Describe(copy) + "out of order";
    last[arrival.flow] = place;
    if (const std::string wrong = CheckCopy(copy, config); !wrong.empty()) {
      return Describe(copy) + wrong;
    }
    if (!arrival.copied_to.insert(copy.port).second) return Describe(copy) + "twice";
  }
  return "";
}

std::string CheckingWriter::CheckFates() const {
  std::set<Flow> waits;
  for (const Arrival& arrival : waiting_) {
    const std::string frame = "the frame in buffer " + std::to_string(arrival.buffer);
    // One that was taken out of the backlog is dropped where only the counters see it.
    const bool copied = !arrival.copied_to.empty();
    const bool partly = copied && arrival.is_costly;
    if (!partly && copied + arrival.dropped + !arrival.finished > 1) return frame + ": two fates";
    if (copied && waits.contains(arrival.flow)) return frame + " overtakes one that waits";
    if (!arrival.finished) waits.insert(arrival.flow);
  }
  return "";
}

std::string CheckingWriter::Write(std::span<const Frame> batch, const ForwardingConfig& config,
                                  const Outcome& outcome) {
  for (const Frame& frame : batch) {
    waiting_.push_back({.buffer = frame.buffer,
                        .flow = {frame.ingress, frame.destination.value},
                        .is_costly = frame.length >= kOffloadHeaderBytes && IsCostly(frame),
                        .dropped = frame.drop != DropReason::kNone});
  }
  place_.clear();
  for (size_t i = 0; i < waiting_.size(); ++i) place_[waiting_[i].buffer] = i;
  std::string wrong = CheckCopies(config, outcome);
  if (!wrong.empty()) return wrong;
  for (const uint16_t buffer : outcome.finished) {
    const auto found = place_.find(buffer);
    if (found == place_.end() || waiting_[found->second].finished) {
      return "finished twice: " + std::to_string(buffer);
    }
    waiting_[found->second].finished = true;
  }
  wrong = CheckFates();
  if (!wrong.empty()) return wrong;
  std::erase_if(waiting_, [](const Arrival& arrival) { return arrival.finished; });
  if (waiting_.size() > Backlog::kCapacity) return "too many frames wait";
  return CheckBalance(counters_, waiting_.size());
}

}  // namespace vswitch
