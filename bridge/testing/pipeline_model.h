// The rules of the bridge followed the slow and obvious way: what tests hold the pipeline against.
#ifndef VSWITCH_BRIDGE_TESTING_PIPELINE_MODEL_H_
#define VSWITCH_BRIDGE_TESTING_PIPELINE_MODEL_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "bridge/flood.h"
#include "bridge/forwarding_config.h"
#include "bridge/frame.h"
#include "bridge/port_guard.h"
#include "bridge/testing/model_egress.h"
#include "bridge/testing/model_groups.h"
#include "bridge/testing/model_police.h"
#include "bridge/testing/model_probe.h"
#include "bridge/testing/model_rstp.h"
#include "bridge/testing/model_vlan.h"
#include "bridge/unicast.h"
#include "bridge/wire/offload_header.h"

namespace vswitch {

// The rules, read off the README, with nothing shared with the code but the questions to the
// offload header and to a port's guard (their tests answer for those). Frames are known by their
// buffers.
class PipelineModel {
 public:
  static constexpr uint32_t kAgeingTicks = 300;

  struct Outcome {
    // And the tags with which it leaves by each.
    std::map<PortId, ModelTags> ports;
    bool waits = false;
    friend bool operator==(const Outcome&, const Outcome&) = default;
  };
  struct Result {
    std::map<uint16_t, Outcome> frames;
    // Of whole frames: copies that a flood loses are not among them.
    std::array<uint64_t, kDropReasonCount> drops{};
  };

  void AddStatic(BridgeId bridge, FdbKey key, PortId port) {
    fdb_[{bridge, key.value}] = {port, 0, true};
  }
  void AddSticky(BridgeId bridge, FdbKey key, PortId port, uint32_t now) {
    fdb_[{bridge, key.value}] = {port, now, false, true};
  }

  // In the batch, keys and VLAN are the model's own.
  Result Process(std::vector<Frame> batch, const ForwardingConfig& config, uint32_t now,
                 uint64_t now_ns) {
    Result result;
    police_.SetNow(now_ns);
    std::vector<DropReason> reasons;
    for (Frame& frame : batch) {
      DropReason& reason = reasons.emplace_back(Classify(frame, config));
      if (reason == DropReason::kNone && IsHeldElsewhere(frame, config)) {
        reason = DropReason::kMacFlapping;
      }
      if (reason == DropReason::kNone && !MaySend(frame, config)) reason = DropReason::kLocked;
      if (reason == DropReason::kNone) {
        reason = police_.MayEnter(config.ports[frame.ingress], frame, frame.destination.mac());
      }
      if (reason == DropReason::kNone) reason = StopsHere(frame, config);
    }
    for (size_t i = 0; i < batch.size(); ++i) LearnFrom(batch[i], reasons[i], config, now);
    flooded_ = 0;
    sent_on_ = 0;
    ServeBacklog(config, now, result);
    for (size_t i = 0; i < batch.size(); ++i) {
      if (reasons[i] != DropReason::kNone) {
        Drop(batch[i], reasons[i], result);
      } else if (IsBeyondStormLimit(batch[i], config, now)) {
        Drop(batch[i], DropReason::kStormUnknown, result);
      } else if (MustWait(batch[i], config, now)) {
        Queue(batch[i], result);
      } else if (Frame frame = batch[i]; Deliver(frame, config, now, result) != Sent::kWhole) {
        Queue(frame, result);
      }
    }
    for (const auto& [port, queue] : backlog_) {
      for (const Frame& frame : queue) result.frames[frame.buffer].waits = true;
    }
    return result;
  }

 private:
  struct Place {
    PortId port = kNoPort;
    uint32_t seen = 0;
    bool is_static = false;
    bool is_sticky = false;
  };

  static bool IsFresh(const Place& place, uint32_t now) { return now - place.seen < kAgeingTicks; }

  static bool IsHeldElsewhere(const Frame& frame, const ForwardingConfig& config) {
    const auto& held = config.bridges[config.ports[frame.ingress].bridge].held;
    return held != nullptr && std::ranges::any_of(*held, [&](const HeldStation& station) {
             return station.key == frame.source && station.port != frame.ingress;
           });
  }

  bool MaySend(const Frame& frame, const ForwardingConfig& config) const {
    if (!config.ports[frame.ingress].locked) return true;
    const auto found = fdb_.find({config.ports[frame.ingress].bridge, frame.source.value});
    return found != fdb_.end() && found->second.is_static && found->second.port == frame.ingress;
  }

  void LearnFrom(const Frame& frame, DropReason reason, const ForwardingConfig& config,
                 uint32_t now) {
    if (reason != DropReason::kNone && reason != DropReason::kLinkLocalReserved &&
        reason != DropReason::kStpLearning) {
      return;
    }
    const PortForwarding& port = config.ports[frame.ingress];
    if (!port.learns) return;
    const auto [found, is_new] = fdb_.try_emplace({port.bridge, frame.source.value});
    Place& place = found->second;
    const bool is_pinned = place.is_sticky && IsFresh(place, now);
    if (place.is_static || (is_pinned && place.port != frame.ingress)) return;
    place = {frame.ingress, now, false, is_pinned};
  }

  static bool IsTagged(const Frame& frame) {
    const uint8_t* type = frame.ethernet() + 12;
    return (type[0] == 0x81 && type[1] == 0x00) || (type[0] == 0x88 && type[1] == 0xa8);
  }
  static VlanId VlanOf(const Frame& frame) {
    if (!IsTagged(frame)) return 0;
    return static_cast<VlanId>((frame.ethernet()[14] & 0xf) << 8 | frame.ethernet()[15]);
  }
  static DropReason Classify(Frame& frame, const ForwardingConfig& config) {
    if (frame.ingress >= config.ports.size()) return DropReason::kPortRemoved;
    const BridgeId bridge = config.ports[frame.ingress].bridge;
    if (bridge == kNoBridge) return DropReason::kPortRemoved;
    if (frame.drop != DropReason::kNone) return frame.drop;
    if (frame.length < 12 + 14) return DropReason::kRunt;
    if (!IsPlainFrame(frame) && !IsValidOffload(frame)) return DropReason::kBadOffloadHeader;
    const MacAddress source = MacAddress::FromBytes(frame.ethernet() + 6);
    if (source.IsGroup()) return DropReason::kSourceGroup;
    if (source.IsZero()) return DropReason::kSourceZero;
    if (IsTagged(frame) && frame.length < 12 + 18) return DropReason::kRunt;
    if (ModelIsTarget(config, frame.ingress)) return DropReason::kMirrorTarget;
    const MacAddress destination = MacAddress::FromBytes(frame.ethernet());
    frame.source = FdbKey(source, VlanOf(frame));
    frame.destination = FdbKey(destination, VlanOf(frame));
    if (ModelTakesBpdu(frame, config)) return DropReason::kConsumed;
    const DropReason shut = ModelShutsOut(config.ports[frame.ingress]);
    if (shut != DropReason::kNone) return shut;
    if (ModelIsProbe(frame, config.bridges[bridge].probe_id)) return DropReason::kConsumed;
    if (config.ports[frame.ingress].loop_blocked) return DropReason::kLoopBlocked;
    if (HasVlans(config, bridge)) {
      const DropReason reason = ModelClassify(config.ports[frame.ingress].vlan, frame);
      if (reason != DropReason::kNone) return reason;
    }
    // port_guard_test.cc and the fuzz target beside it answer for the rules themselves.
    if (const auto& guard = config.ports[frame.ingress].guard; guard != nullptr) {
      const DropReason reason = Guard(guard->rules(), frame);
      if (reason != DropReason::kNone) return reason;
    }
    return DropReason::kNone;
  }

  // What is learned from, but goes no further.
  static DropReason StopsHere(const Frame& frame, const ForwardingConfig& config) {
    const PortForwarding& port = config.ports[frame.ingress];
    const MacAddress destination = frame.destination.mac();
    const bool relayed = config.bridges[port.bridge].group_fwd_mask >> (destination.value & 15) & 1;
    if (destination.IsLinkLocalReserved() && !relayed) return DropReason::kLinkLocalReserved;
    return ModelOnlyLearns(port);
  }

  static bool HasVlans(const ForwardingConfig& config, BridgeId bridge) {
    return std::ranges::any_of(config.ports, [&](const PortForwarding& port) {
      return port.bridge == bridge && port.vlan.mode != VlanMode::kTransparent;
    });
  }
  // Nothing where the frame may not leave by the port.
  static std::optional<ModelTags> Leaves(const Frame& frame, const ForwardingConfig& config,
                                         size_t port) {
    if (!HasVlans(config, config.ports[port].bridge)) return ModelTagsOf(frame);
    return ModelLeaves(config.ports[port].vlan, frame);
  }

  // With `tags` instead of its own.
  static bool IsTooLong(const Frame& frame, const ModelTags& tags, const PortForwarding& port) {
    if (port.max_frame_bytes == 0) return false;
    // What announces a tag and is cut short is none here.
    const size_t before = ModelTagsOf(frame).size();
    const size_t cut = 12 + 4 * before + 2 > frame.ethernet_length() ? 1 : 0;
    const auto uncounted = [cut](size_t count) { return 4 * std::min<size_t>(count - cut, 2); };
    const size_t bytes = WireBytes(frame) + uncounted(before) + 4 * tags.size() - 4 * before;
    return bytes - uncounted(tags.size()) > port.max_frame_bytes;
  }

  bool IsBeyondStormLimit(const Frame& frame, const ForwardingConfig& config, uint32_t now) {
    return !frame.destination.mac().IsGroup() && PlaceOf(frame, config, now) == kNoPort &&
           !police_.MayFlood(config.ports[frame.ingress], frame);
  }

  static constexpr size_t kCapacity = 1024;

  static void Drop(const Frame& frame, DropReason reason, Result& result) {
    result.frames[frame.buffer];
    ++result.drops[static_cast<size_t>(reason)];
  }

  // kNoPort: to be flooded.
  PortId PlaceOf(const Frame& frame, const ForwardingConfig& config, uint32_t now) const {
    const BridgeId bridge = config.ports[frame.ingress].bridge;
    const auto found = fdb_.find({bridge, frame.destination.value});
    if (frame.destination.mac().IsGroup() || found == fdb_.end()) return kNoPort;
    const Place& place = found->second;
    if (!place.is_static && !IsFresh(place, now)) return kNoPort;
    return config.ports[place.port].bridge == bridge ? place.port : kNoPort;
  }

  bool MustWait(const Frame& frame, const ForwardingConfig& config, uint32_t now) {
    const std::deque<Frame>& queue = backlog_[frame.ingress];
    if (PlaceOf(frame, config, now) == kNoPort) return flooded_ >= kFloodBudget || !queue.empty();
    return std::ranges::any_of(
               queue, [&](const Frame& other) { return other.destination == frame.destination; }) ||
           IsTooMuch(frame);
  }

  // Of a known frame: whether this batch has sent on too much already.
  bool IsTooMuch(const Frame& frame) const {
    return IsCostly(frame) && sent_on_ > 0 && sent_on_ + WriteCost(frame) > kUnicastBudget;
  }

  void ServeBacklog(const ForwardingConfig& config, uint32_t now, Result& result) {
    std::deque<PortId> stopped;
    std::deque<PortId> partly;
    while (!turn_.empty()) {
      const PortId port = turn_.front();
      turn_.pop_front();
      std::deque<Frame>& queue = backlog_[port];
      if (queue.empty()) continue;
      uint32_t& debt = debts_[port];
      debt -= std::min(debt, uint32_t{64});
      if (debt > 0) {
        turn_.push_back(port);
        continue;
      }
      Frame& frame = queue.front();
      Sent sent = Sent::kWhole;
      if (config.ports[port].bridge == kNoBridge) {
        Drop(frame, DropReason::kPortRemoved, result);
      } else {
        sent = DeliverWaiting(frame, config, now, result);
      }
      if (sent == Sent::kPartly) partly.push_back(port);
      if (sent == Sent::kNotYet) stopped.push_back(port);
      if (sent != Sent::kWhole) continue;
      debt = queue.size() == 1 ? 0 : WriteCost(frame) - 1;
      queue.pop_front();
      --size_;
      if (!queue.empty()) turn_.push_back(port);
    }
    turn_ = std::move(stopped);
    turn_.insert(turn_.end(), partly.begin(), partly.end());
  }

  void Queue(const Frame& frame, Result& result) {
    if (size_ == kCapacity) {
      size_t ports = 0;
      for (const auto& [port, queue] : backlog_) ports += !queue.empty() || port == frame.ingress;
      if (backlog_[frame.ingress].size() >= size_ / ports) {
        return Drop(frame, DropReason::kFloodLimit, result);
      }
      const PortId longest =
          *std::ranges::max_element(turn_, {}, [&](PortId port) { return backlog_[port].size(); });
      Drop(backlog_[longest].back(), DropReason::kFloodLimit, result);
      backlog_[longest].pop_back();
      if (backlog_[longest].empty()) debts_[longest] = 0;
      --size_;
    }
    backlog_[frame.ingress].push_back(frame);
    ++size_;
    if (std::ranges::find(turn_, frame.ingress) == turn_.end()) turn_.push_back(frame.ingress);
  }

  enum class Sent { kWhole, kPartly, kNotYet };

  // A frame that came before its bridge had VLANs is in the one that it was in.
  Sent DeliverWaiting(Frame& frame, const ForwardingConfig& config, uint32_t now, Result& result) {
    if (config.ports[frame.ingress].loop_blocked) {
      Drop(frame, DropReason::kLoopBlocked, result);
      return Sent::kWhole;
    }
    if (HasVlans(config, config.ports[frame.ingress].bridge) &&
        frame.vlan.form == VlanState::Form::kUnknown) {
      const DropReason reason = ModelClassify(VlanPolicy(), frame);
      if (reason != DropReason::kNone) {
        Drop(frame, reason, result);
        return Sent::kWhole;
      }
    }
    return Deliver(frame, config, now, result);
  }

  Sent Deliver(Frame& frame, const ForwardingConfig& config, uint32_t now, Result& result) {
    const PortId port = frame.flooded_to == kNoPort ? PlaceOf(frame, config, now) : kNoPort;
    Outcome& outcome = result.frames[frame.buffer];
    if (port != kNoPort) {
      if (IsTooMuch(frame)) return Sent::kNotYet;
      if (port == frame.ingress) {
        Drop(frame, DropReason::kSamePort, result);
      } else if (config.ports[port].loop_blocked) {
        Drop(frame, DropReason::kLoopBlocked, result);
      } else if (ModelShutsIn(config.ports[port]) != DropReason::kNone) {
        Drop(frame, ModelShutsIn(config.ports[port]), result);
      } else if (!Leaves(frame, config, port).has_value()) {
        Drop(frame, DropReason::kVlanEgress, result);
      } else if (ModelIsTarget(config, port)) {
        Drop(frame, DropReason::kMirrorTarget, result);
      } else if (ModelAreIsolated(config, frame.ingress, port)) {
        Drop(frame, DropReason::kIsolated, result);
      } else if (!config.ports[port].up) {
        Drop(frame, DropReason::kEgressDown, result);
      } else if (IsTooLong(frame, *Leaves(frame, config, port), config.ports[port])) {
        Drop(frame, DropReason::kExceedsMtu, result);
      } else if (!police_.MayLeave(config.ports[port], frame,
                                   Leaves(frame, config, port)->size())) {
        Drop(frame, DropReason::kEgressRate, result);
      } else {
        outcome.ports[port] = *Leaves(frame, config, port);
        if (IsCostly(frame)) sent_on_ += WriteCost(frame);
      }
      return Sent::kWhole;
    }
    if (flooded_ >= kFloodBudget) return Sent::kNotYet;
    return FloodSome(frame, config, outcome, result);
  }

  Sent FloodSome(Frame& frame, const ForwardingConfig& config, Outcome& outcome, Result& result) {
    const BridgeId bridge = config.ports[frame.ingress].bridge;
    const std::optional<std::set<PortId>> group =
        ModelGroupPorts(frame, config.bridges[bridge].groups.get());
    bool anybody = false;
    const size_t begin = frame.flooded_to == kNoPort ? 0 : frame.flooded_to + size_t{1};
    for (size_t port = begin; port < config.ports.size(); ++port) {
      if (port == frame.ingress || config.ports[port].bridge != bridge || !config.ports[port].up) {
        continue;
      }
      if (ModelIsTarget(config, port) || ModelAreIsolated(config, frame.ingress, port) ||
          config.ports[port].loop_blocked ||
          ModelShutsIn(config.ports[port]) != DropReason::kNone) {
        continue;
      }
      if (group.has_value() ? !group->contains(static_cast<PortId>(port))
                            : !ModelTakesFlood(frame, config.ports[port])) {
        continue;
      }
      const std::optional<ModelTags> tags = Leaves(frame, config, port);
      if (!tags.has_value()) continue;
      if (anybody && IsCostly(frame) && flooded_ >= kFloodBudget) return Sent::kPartly;
      anybody = true;
      if (IsCostly(frame)) frame.flooded_to = static_cast<PortId>(port);
      if (IsTooLong(frame, *tags, config.ports[port])) continue;
      if (!police_.MayLeave(config.ports[port], frame, tags->size())) continue;
      outcome.ports[static_cast<PortId>(port)] = *tags;
      flooded_ += WriteCost(frame);
    }
    if (!anybody) {
      Drop(frame, group.has_value() ? DropReason::kNoGroupMember : DropReason::kNoEgressPort,
           result);
    }
    return Sent::kWhole;
  }

  ModelPolice police_;
  std::map<std::pair<BridgeId, uint64_t>, Place> fdb_;
  std::map<PortId, std::deque<Frame>> backlog_;
  std::deque<PortId> turn_;
  size_t size_ = 0;
  std::map<PortId, uint32_t> debts_;
  // What this batch has cost.
  size_t flooded_ = 0;
  size_t sent_on_ = 0;
};

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_TESTING_PIPELINE_MODEL_H_
