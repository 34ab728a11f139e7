// The rules of mirrors followed the slow and obvious way: who gets which copies, and how many of
// them are lost. It starts from what the bridge has decided of the frames themselves.
#ifndef VSWITCH_BRIDGE_TESTING_MODEL_MIRROR_H_
#define VSWITCH_BRIDGE_TESTING_MODEL_MIRROR_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "bridge/egress_limit.h"
#include "bridge/forwarding_config.h"
#include "bridge/frame.h"
#include "bridge/mirror.h"
#include "bridge/wire/offload_header.h"

namespace vswitch {

class MirrorModel {
 public:
  struct Result {
    // Frame, target: as often as copies are sent.
    std::multiset<std::pair<uint16_t, PortId>> copies;
    std::array<uint64_t, kDropReasonCount> drops{};
    uint64_t made = 0;
  };

  // `batch` as the pipeline has left it; `sent`: the copies that it has made, in their order, those
  // of mirrors left out.
  Result Process(std::span<const Frame> batch, const std::vector<EgressCopy>& sent,
                 const ForwardingConfig& config) {
    Result result;
    size_t cost = 0;
    for (const Frame& frame : batch) {
      done_.erase(frame.buffer);
      if (frame.bridge == kNoBridge || frame.source.value == 0) continue;
      Copy({&frame}, config, config.ports[frame.ingress].mirrors_ingress, cost, result);
    }
    for (const EgressCopy& copy : sent) {
      Copy(copy, config, config.ports[copy.port].mirrors_egress, cost, result);
    }
    return result;
  }

 private:
  void Copy(const EgressCopy& copy, const ForwardingConfig& config, MirrorBits which, size_t& cost,
            Result& result) {
    const Frame& frame = *copy.frame;
    const std::vector<MirrorForwarding>& mirrors = config.bridges[frame.bridge].mirrors;
    for (size_t number = 0; number < mirrors.size(); ++number) {
      if ((which >> number & 1) == 0) continue;
      const MirrorForwarding& mirror = mirrors[number];
      const bool is_known =
          !config.bridges[frame.bridge].has_vlans || frame.vlan.form != VlanState::Form::kUnknown;
      if (mirror.vlan != kEveryVlan && (!is_known || mirror.vlan != frame.destination.vlan())) {
        continue;
      }
      std::set<size_t>& done = done_[frame.buffer];
      if (done.contains(number)) continue;
      for (size_t i = 0; i < mirrors.size(); ++i) {
        if (mirrors[i].to == mirror.to) done.insert(i);
      }
      ++result.made;
      const PortForwarding& target = config.ports[mirror.to];
      const size_t more = IsCostly(frame) ? WriteCost(frame) : 0;
      if (!target.up) {
        ++result.drops[static_cast<size_t>(DropReason::kEgressDown)];
      } else if (ExceedsLimit(frame, target, copy.edit)) {
        ++result.drops[static_cast<size_t>(DropReason::kExceedsMtu)];
      } else if (more > 0 && cost > 0 && cost + more > kMirrorBudget) {
        ++result.drops[static_cast<size_t>(DropReason::kMirrorLimit)];
      } else {
        result.copies.emplace(frame.buffer, mirror.to);
        cost += more;
      }
    }
  }

  // By their numbers, the mirrors that a frame has been copied for: those to its target. A frame
  // that waits while mirrors change is taken for copied by the new ones of these numbers.
  std::map<uint16_t, std::set<size_t>> done_;
};

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_TESTING_MODEL_MIRROR_H_
