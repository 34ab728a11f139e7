// What workers have trapped for the control thread, and what it sends itself.
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "bridge/vlan.h"
#include "bridge/wire/frame_bytes.h"
#include "bridge/wire/vlan_tag.h"
#include "switch/base/event_loop.h"
#include "switch/core/rest.h"
#include "switch/core/switch_controller.h"

namespace vswitch {
namespace {

// After each look at the feed others come first, for so long at least and for ten times as long as
// its frames took: whatever guests send, some tenth of this thread's time goes to it, also where
// one frame says a thousand things. What trees and groups make of it has rests of its own. (A
// trapped frame takes 1 to 3 us here.)
constexpr uint64_t kPauseUs = 1'000;

}  // namespace

uint64_t SwitchController::OnTraps() {
  const uint64_t now = EventLoop::NowUs();
  if (now < next_traps_us_) return next_traps_us_ - now;
  const std::vector<TrappedFrame> frames = workers_->traps().Take();
  for (const TrappedFrame& frame : frames) {
    Port* const port = frame.port < ports_by_id_.size() ? ports_by_id_[frame.port] : nullptr;
    if (port != nullptr && port->served) OnTrap(port, frame);
  }
  const uint64_t took = EventLoop::NowUs() - now;
  const uint64_t trees_pause = ApplyTrees(/*at_once=*/false);
  uint64_t waits = FollowGroups();
  if (trees_pause != 0 && (waits == 0 || trees_pause < waits)) waits = trees_pause;
  if (frames.empty()) return waits;
  const uint64_t pause = std::max(kPauseUs, took * Rest::kFactor);
  next_traps_us_ = EventLoop::NowUs() + pause;
  return std::max(pause, waits);
}

void SwitchController::OnTrap(Port* port, const TrappedFrame& frame) {
  switch (frame.kind) {
    case TrapKind::kLoopProbe:
      return OnLoopProbe(port, frame);
    case TrapKind::kGroupMessage:
      return OnGroupMessage(port, frame);
    case TrapKind::kBpdu:
      return OnBpdu(port, frame);
    case TrapKind::kCount:
      return;
  }
}

void SwitchController::Originate(Port* port, std::span<const uint8_t> ethernet) {
  PortCounters& counters = port->own;
  counters.originated_frames.Add(1);
  if (!port->up || !port->served) return counters.Drop(DropReason::kEgressDown);
  static constexpr std::array<uint8_t, kOffloadHeaderBytes> kNoOffloads{};
  std::array<iovec, 2> pieces = {
      iovec{const_cast<uint8_t*>(kNoOffloads.data()), kNoOffloads.size()},
      iovec{const_cast<uint8_t*>(ethernet.data()), ethernet.size()}};
  const int queue = port->device->queues()[0].get();
  if (pwritev2(queue, pieces.data(), pieces.size(), -1, RWF_NOWAIT) < 0) {
    return counters.Drop(errno == EIO ? DropReason::kEgressDown : DropReason::kEgressError);
  }
  counters.egress_frames.Add(1);
  counters.egress_bytes.Add(ethernet.size());
}

void SwitchController::OriginateIn(Port* port, VlanId vlan, std::span<const uint8_t> ethernet) {
  const PortForwarding& forwarding = config_->ports[port->id];
  // As a frame that has come in untagged, by an access port of this VLAN.
  const VlanState state{.form = VlanState::Form::kUntagged,
                        .tag = {.tpid = kCustomerTpid, .tci = vlan}};
  TagEdit edit = vlan == 0 ? TagEdit::kKeep : TagEdit::kPush;
  if (config_->bridges[forwarding.bridge].has_vlans) {
    if (!MayLeaveIn(forwarding.vlan, vlan, state)) return;
    edit = EditFor(forwarding.vlan, vlan, state);
  }
  if (edit != TagEdit::kPush) return Originate(port, ethernet);
  constexpr size_t kAddressBytes = 12;
  std::vector<uint8_t> tagged(ethernet.begin(), ethernet.end());
  const std::array<uint8_t, kVlanTagBytes> tag = {kCustomerTpid >> 8, kCustomerTpid & 0xff,
                                                  static_cast<uint8_t>(vlan >> 8),
                                                  static_cast<uint8_t>(vlan)};
  tagged.insert(tagged.begin() + kAddressBytes, tag.begin(), tag.end());
  Originate(port, tagged);
}

}  // namespace vswitch
