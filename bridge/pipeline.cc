#include "bridge/pipeline.h"

#include <cassert>
#include <utility>

#include "bridge/admit.h"
#include "bridge/forward.h"
#include "bridge/mirror.h"
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

void Pipeline::Process(std::span<Frame> batch, uint32_t now, Outcome* outcome, uint64_t now_ns,
                       Trace* trace) {
  assert(batch.size() <= kMaxBatch);
  outcome->Clear();
  Pass pass{batch, *config_, now, counters_, *outcome};
  pass.now_ns = now_ns;
  pass.trace = trace;
  pass.Enter("parse");
  Parse(pass);
  pass.Enter("admit");
  Admit(pass);
  if (config_->has_mirrors) {
    pass.Enter("mirror");
    MirrorIngress(pass);
  }
  pass.Enter("learn");
  Learn(pass, &learn_scratch_);
  pass.Enter("look_up");
  LookUp(pass, &look_up_scratch_);
  pass.Enter("forward");
  Forward(pass, &backlog_);
  if (config_->has_mirrors) {
    pass.Enter("mirror");
    MirrorEgress(pass);
  }
  pass.Enter("");
}

void Pipeline::DropWaiting(PortId port, Outcome* outcome) {
  outcome->Clear();
  Pass pass{{}, *config_, 0, counters_, *outcome};
  backlog_.DropFrom(pass, port);
}

}  // namespace vswitch
