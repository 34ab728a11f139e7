#include "bridge/parse.h"

#include <cassert>

#include "bridge/wire/load.h"
#include "bridge/wire/offload_header.h"
#include "bridge/wire/vlan_tag.h"

namespace vswitch {
namespace {

// Returns kNone and the keys, or the reason to drop.
DropReason ParseFrame(Frame& frame) {
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
  }
  frame.source = FdbKey(source, vlan);
  frame.destination = FdbKey(destination, vlan);
  return DropReason::kNone;
}

uint32_t CountedBytes(const Frame& frame) {
  return frame.length < kOffloadHeaderBytes ? 0 : frame.ethernet_length();
}

void ParseRun(Pass& pass, std::span<Frame> run) {
  const PortId ingress = run.front().ingress;
  assert(ingress < kMaxPorts);
  const BridgeId bridge = pass.BridgeOf(ingress);
  uint64_t bytes = 0;
  uint64_t offloaded = 0;
  for (Frame& frame : run) {
    bytes += CountedBytes(frame);
    frame.bridge = bridge;
    frame.egress = kNoPort;
    DropReason reason = DropReason::kPortRemoved;
    if (bridge != kNoBridge) {
      reason = frame.drop == DropReason::kNone ? ParseFrame(frame) : frame.drop;
    }
    if (reason == DropReason::kNone) {
      offloaded += HasGso(frame);
    } else {
      pass.Drop(frame, ingress, reason);
    }
  }
  PortCounters& counters = pass.counters[ingress];
  counters.ingress_frames.Add(run.size());
  counters.ingress_bytes.Add(bytes);
  if (offloaded != 0) counters.ingress_offloaded.Add(offloaded);
}

}  // namespace

void Parse(Pass& pass) {
  ForEachRun(pass.batch, [&pass](std::span<Frame> run) { ParseRun(pass, run); });
}

}  // namespace vswitch
