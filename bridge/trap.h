// What is not for guests but for the switch itself: the control thread gets a copy of it, by
// Outcome::traps. Called by admit.cc on bridges that want such frames, and on no others.
//
// To trap another kind: an enumerator of TrapKind (outcome.h), what has to be known of bridges in
// BridgeForwarding, the question in AdmitRun() (admit.cc), a test here, and who takes it in the
// control thread (switch/core/README.md).
#ifndef VSWITCH_BRIDGE_TRAP_H_
#define VSWITCH_BRIDGE_TRAP_H_

#include <span>

#include "bridge/pass.h"

namespace vswitch {

// Of frames of one port that are not dropped:
//   the bridge's own loop probe   trapped, and ends here: `consumed`. Its source is not learned.
//                                 Also on a port that the loop guard has blocked.
//   else, from a blocked port     dropped: `loop_blocked`
// REQUIRES: bridge.probe_id != 0.
void TakeForSwitch(Pass& pass, std::span<Frame> run, const PortForwarding& port,
                   const BridgeForwarding& bridge);

// A BPDU likewise, by its address and by a length where others have a type, behind priority tags
// too: also from a port that is blocked or discards, as by them it opens again, and whatever VLANs
// the port has.
// REQUIRES: the bridge takes BPDUs, or the port is guarded against them.
void TakeBpdus(Pass& pass, std::span<Frame> run);

// All else from a port that its BPDU guard has blocked, `bpdu_blocked`, or that discards (IEEE
// 802.1D-2004, 7.4), `stp_discarding`: nothing is learned.
void ShutOut(Pass& pass, std::span<Frame> run, const PortForwarding& port);

// Last of all: what has come in by a port that only learns as yet goes no further: `stp_learning`.
void OnlyLearn(Pass& pass, std::span<Frame> run);

// IGMP, MLD and PIM hellos that were let in: trapped, and they go on as any other frame.
void TrapGroupMessages(Pass& pass, std::span<Frame> run);

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_TRAP_H_
