// What the data path must know of bridges and ports: an immutable snapshot. The controller builds a
// new one for every change and hands it to each worker, which swaps it between two batches.
// Thread-safety: const after construction; shared by all workers. The tables it points to outlive
// it (the snapshot shares their ownership).
#ifndef VSWITCH_BRIDGE_FORWARDING_CONFIG_H_
#define VSWITCH_BRIDGE_FORWARDING_CONFIG_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "bridge/held_stations.h"
#include "bridge/move_limiter.h"
#include "bridge/snooping/group_map.h"
#include "bridge/vlan.h"
#include "mac_table/mac_table.h"

namespace vswitch {

class PortGuard;
class PortPolice;

using BridgeId = uint16_t;
inline constexpr BridgeId kNoBridge = 0xffff;

// IEEE 802.1D-2004, 7.4: what a port does with frames of others.
enum class StpState : uint8_t { kForwarding, kLearning, kDiscarding };

// Of a bridge's mirrors, by their places: bit n is the n-th.
using MirrorBits = uint8_t;
inline constexpr VlanId kEveryVlan = 0xffff;

// A copy of frames for a port that takes nothing else (mirror.h).
struct MirrorForwarding {
  PortId to = kNoPort;
  // Only frames of this VLAN.
  VlanId vlan = kEveryVlan;
  // Those that have the same target, itself too; set by ForwardingConfig::Derive().
  MirrorBits same_target = 0;
};

struct PortForwarding {
  BridgeId bridge = kNoBridge;  // kNoBridge: the slot is unused.
  bool up = false;              // Frames can leave by it.
  // The most bytes that one egress frame may have on the wire without its VLAN tags (MTU + 14); 0:
  // no limit. A super-frame is measured by the segments it will become.
  uint32_t max_frame_bytes = 0;
  // The kernel may forward between this and others by itself, once it knows the stations.
  bool fast = false;

  // What it counts as dropped is told too (Outcome::drops).
  bool tells_drops = false;

  // ---- Rules that few ports have ----
  VlanPolicy vlan;
  // It reaches only ports that are not isolated, and is reached by them only.
  bool isolated = false;
  // Whether what goes to everybody may leave by it: frames to unknown stations, to groups, to all.
  bool flood = true;
  bool mcast_flood = true;
  bool bcast_flood = true;
  // Its frames go nowhere and none leaves by it: the loop guard has heard a probe there.
  bool loop_blocked = false;
  // What its guest may claim to be; null: anything. Shared by the snapshots.
  std::shared_ptr<PortGuard> guard;
  // How much it may send and be sent; null: anything. Shared by the snapshots.
  std::shared_ptr<PortPolice> police;
  // What the spanning tree makes of it.
  StpState stp_state = StpState::kForwarding;
  // It must hear no BPDU; and whether it has, by which nothing enters or leaves any more.
  bool bpdu_guard = false;
  bool bpdu_blocked = false;

  // Whether the sources of its frames are learned.
  bool learns = true;
  // Only stations with a static entry at the port may send.
  bool locked = false;

  // Mirrors that copy what it sends; what is sent to it.
  MirrorBits mirrors_ingress = 0;
  MirrorBits mirrors_egress = 0;
  // Only copies of mirrors leave by it, and what it sends goes nowhere.
  bool is_mirror_target = false;

  // Whether egress_rules.h has to be asked of it; set by ForwardingConfig::Derive().
  bool has_egress_rules = false;
  // Likewise source_rules.h.
  bool has_source_rules = false;
};

struct BridgeForwarding {
  std::shared_ptr<MacTable> table;
  std::vector<PortId> flood_ports;  // Members that are up, ascending.
  // Bit n set: relay 01-80-C2-00-00-0n. Named and shaped after the Linux bridge's group_fwd_mask.
  uint16_t group_fwd_mask = 0;
  // Is told of moves; null: they are not limited.
  std::shared_ptr<MoveLimiter> move_limiter;
  // Null: none.
  std::shared_ptr<const HeldStations> held;
  // Names it in every snapshot; its BridgeId may differ from one to the next.
  uint32_t number = 0;
  // Marks the loop guard's probes (loop_probe.h); 0: there is no loop guard.
  uint64_t probe_id = 0;
  // Who has joined which group; null: the bridge does not snoop.
  std::shared_ptr<const GroupMap> groups;
  // It speaks the spanning tree's protocol: BPDUs are for the switch itself.
  bool takes_bpdus = false;
  // No more than MirrorBits has bits.
  std::vector<MirrorForwarding> mirrors;
  // Some port of it has; set by ForwardingConfig::Derive().
  bool has_egress_rules = false;
  // Some port of it has VLAN settings; set likewise.
  bool has_vlans = false;
};

struct ForwardingConfig {
  std::vector<PortForwarding> ports;  // By PortId; shorter than kMaxPorts where the rest is unused.
  std::vector<BridgeForwarding> bridges;  // By BridgeId.
  // Some port has limits; set by Derive().
  bool has_police = false;
  // Some port has source rules, or learns not as all others do; set by Derive().
  bool has_learn_rules = false;
  // Some bridge has; set by Derive().
  bool has_mirrors = false;

  // Sets what follows from the rest: every bridge's flood_ports, and who has rules.
  void Derive() {
    has_mirrors = false;
    for (BridgeForwarding& bridge : bridges) {
      bridge.flood_ports.clear();
      has_mirrors |= !bridge.mirrors.empty();
      for (MirrorForwarding& mirror : bridge.mirrors) {
        mirror.same_target = 0;
        for (size_t i = 0; i < bridge.mirrors.size(); ++i) {
          mirror.same_target |= static_cast<MirrorBits>((bridge.mirrors[i].to == mirror.to) << i);
        }
      }
      bridge.has_egress_rules = false;
      bridge.has_vlans = false;
    }
    for (const PortForwarding& port : ports) {
      if (port.bridge != kNoBridge) bridges[port.bridge].has_vlans |= !port.vlan.is_transparent();
    }
    has_police = false;
    has_learn_rules = false;
    for (size_t id = 0; id < ports.size(); ++id) {
      PortForwarding& port = ports[id];
      if (port.bridge == kNoBridge) continue;
      BridgeForwarding& bridge = bridges[port.bridge];
      if (port.up && !port.is_mirror_target) bridge.flood_ports.push_back(static_cast<PortId>(id));
      port.has_egress_rules = port.isolated || !port.flood || !port.mcast_flood ||
                              !port.bcast_flood || port.loop_blocked || bridge.has_vlans ||
                              port.bpdu_blocked || port.stp_state != StpState::kForwarding ||
                              port.is_mirror_target;
      bridge.has_egress_rules |= port.has_egress_rules;
      has_police |= port.police != nullptr;
      port.has_source_rules = port.locked || bridge.held != nullptr;
      has_learn_rules |= !port.learns || port.has_source_rules || bridge.move_limiter != nullptr;
    }
  }
};

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_FORWARDING_CONFIG_H_
