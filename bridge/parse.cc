#include "bridge/parse.h"

#include <cassert>

#include "bridge/wire/load.h"
#include "bridge/wire/offload_header.h"
#include "bridge/wire/vlan_tag.h"

namespace vswitch {
namespace {

bool IsRelayedLinkLocal(MacAddress destination, const BridgeForwarding& bridge) {
  return bridge.group_fwd_mask >> (destination.value & 0xf) & 1;
}

// Returns kNone and the keys, or the reason to drop. The keys are set for link_local_reserved too:
// its source is learned.
DropReason ParseFrame(const BridgeForwarding& bridge, Frame& frame) {
  if (frame.length < kOffloadHeaderBytes + kEthernetHeaderBytes) return DropReason::kRunt;
  if (!IsPlainFrame(frame) && !IsValidOffload(frame)) return DropReason::kBadOffloadHeader;

  // Two loads take the whole Ethernet header, and no byte beyond it:
  // destination in octets 0-5, source in 6-11, type in 12-13.
  const uint8_t* ethernet = frame.ethernet();
  const uint64_t source_and_type = LoadBig64(ethernet + 6);
  const MacAddress destination{LoadBig64(ethernet) >> 16};
  const MacAddress source{source_and_type >> 16};
  const auto ether_type = static_cast<uint16_t>(source_and_type);

  if (source.IsGroup()) return DropReason::kSourceGroup;
  if (source.IsZero()) return DropReason::kSourceZero;

  VlanId vlan = 0;
  if (IsVlanTpid(ether_type)) {
    if (frame.ethernet_length() < kEthernetHeaderBytes + kVlanTagBytes) return DropReason::kRunt;
    vlan = LoadBig16(ethernet + kEthernetHeaderBytes) & kVlanIdMask;
    if (vlan == kReservedVlanId) return DropReason::kVlanReserved;
  }
  frame.source = FdbKey(source, vlan);
  frame.destination = FdbKey(destination, vlan);

  if (destination.IsLinkLocalReserved() && !IsRelayedLinkLocal(destination, bridge)) {
    return DropReason::kLinkLocalReserved;
  }
  return DropReason::kNone;
}

uint32_t CountedBytes(const Frame& frame) {
  return frame.length < kOffloadHeaderBytes ? 0 : frame.ethernet_length();
}

// Frames of one port follow each other, as a port's reads complete: what belongs to the port is
// looked up and counted once for the run.
void ParseRun(std::span<Frame> run, const ForwardingConfig& config, PortCounters& counters) {
  const PortId ingress = run.front().ingress;
  const BridgeId bridge_id =
      ingress < config.ports.size() ? config.ports[ingress].bridge : kNoBridge;
  uint64_t frames = 0;
  uint64_t bytes = 0;
  uint64_t offloaded = 0;
  for (Frame& frame : run) {
    if (!frame.deferred) {
      ++frames;
      bytes += CountedBytes(frame);
    }
    frame.bridge = bridge_id;
    frame.egress = kNoPort;
    if (bridge_id == kNoBridge) {
      frame.drop = DropReason::kPortRemoved;
      frame.deferred = false;
    } else if (frame.drop == DropReason::kNone && !frame.deferred) {
      frame.drop = ParseFrame(config.bridges[bridge_id], frame);
      if (frame.drop == DropReason::kNone) offloaded += HasGso(frame);
    }
    if (frame.drop != DropReason::kNone) counters.Drop(frame.drop);
  }
  counters.ingress_frames.Add(frames);
  counters.ingress_bytes.Add(bytes);
  if (offloaded != 0) counters.ingress_offloaded.Add(offloaded);
}

}  // namespace

void Parse(std::span<Frame> batch, const ForwardingConfig& config, PortCounters* counters) {
  while (!batch.empty()) {
    const PortId ingress = batch.front().ingress;
    assert(ingress < kMaxPorts);
    size_t end = 1;
    while (end < batch.size() && batch[end].ingress == ingress) ++end;
    ParseRun(batch.first(end), config, counters[ingress]);
    batch = batch.subspan(end);
  }
}

}  // namespace vswitch
