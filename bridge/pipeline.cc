#include "bridge/pipeline.h"

#include <cassert>
#include <utility>

#include "bridge/forward.h"
#include "bridge/parse.h"

namespace vswitch {
namespace {

[[maybe_unused]] bool IsConsistent(const ForwardingConfig& config) {
  if (config.ports.size() > kMaxPorts) return false;
  for (const PortForwarding& port : config.ports) {
    if (port.bridge != kNoBridge && port.bridge >= config.bridges.size()) return false;
  }
  for (size_t id = 0; id < config.bridges.size(); ++id) {
    if (config.bridges[id].table == nullptr) return false;
    for (PortId port : config.bridges[id].flood_ports) {
      if (port >= config.ports.size()) return false;
      if (config.ports[port].bridge != id || !config.ports[port].up) return false;
    }
  }
  return true;
}

}  // namespace

Pipeline::Pipeline(PortCounters* counters)
    : counters_(counters), config_(std::make_shared<const ForwardingConfig>()) {}

void Pipeline::SetConfig(std::shared_ptr<const ForwardingConfig> config) {
  assert(config != nullptr && IsConsistent(*config));
  config_ = std::move(config);
}

void Pipeline::Process(std::span<Frame> batch, uint32_t now, EgressList* egress) {
  assert(batch.size() <= kMaxBatch);
  egress->clear();
  Parse(batch, *config_, counters_);
  Learn(batch, *config_, now, &learn_scratch_);
  LookUp(batch, *config_, now, &look_up_scratch_);
  Forward(batch, *config_, counters_, egress);
}

}  // namespace vswitch
