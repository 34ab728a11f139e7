// The loop guard, joined to ports: who takes part, what is sent, what a blocked port loses.
#include <algorithm>
#include <random>

#include "glog/logging.h"
#include "switch/base/now_tick.h"
#include "switch/base/str_cat.h"
#include "switch/core/switch_controller.h"

namespace vswitch {
namespace {

LoopNonce RandomNonce() {
  std::random_device device;
  const auto random = [&device] { return static_cast<uint64_t>(device()) << 32 | device(); };
  return {.high = random(), .low = random()};
}

// Locally administered, of this bridge and port, so that other switches see no station move.
MacAddress ProbeSource(uint64_t probe_id, PortId port) {
  return {0x020000000000 | (probe_id & 0xffffff) << 16 | port};
}

}  // namespace

uint64_t SwitchController::ProbeIdOf(const BridgeSpec& bridge, const Bridge& running) {
  return std::ranges::any_of(bridge.ports, &PortSpec::loop_guard) ? running.probe_id : 0;
}

void SwitchController::TellLoopGuard(const BridgeSpec& bridge, const PortSpec& spec,
                                     const Port& port) {
  const uint64_t probe_id = ProbeIdOf(bridge, *port.bridge);
  if (probe_id == 0) return loop_guard_.Forget(port.id);
  loop_guard_.SetPort(
      port.id,
      {.name = spec.name, .probe_id = probe_id, .guarded = spec.loop_guard, .vlan = spec.tag});
}

bool SwitchController::IsSilent(const Port& port) const {
  return port.is_mirror_target || port.stp_state != StpState::kForwarding ||
         bpdu_guard_.IsBlocked(port.id);
}

void SwitchController::SendLoopProbes() {
  for (const BridgeSpec& bridge : desired_.bridges) {
    const uint64_t probe_id = ProbeIdOf(bridge, RunningBridge(bridge.name));
    if (probe_id == 0) continue;
    for (const PortSpec& spec : bridge.ports) {
      Port* const port = &RunningPort(spec.name);
      if (!port->up || !port->served || IsSilent(*port)) continue;
      const LoopProbe probe = loop_guard_.NextProbe(port->id, RandomNonce());
      Originate(port, BuildLoopProbe(probe, ProbeSource(probe_id, port->id), port->name));
    }
  }
}

void SwitchController::OnLoopProbe(Port* port, const TrappedFrame& frame) {
  const std::optional<LoopProbe> probe = ReadLoopProbe(frame.ethernet);
  if (!probe.has_value()) return;
  if (!loop_guard_.OnProbe(port->id, *probe, NowTick())) return;
  Publish();
  if (const auto left_out = port->log.Take(NowTick()); left_out.has_value()) {
    LOG(WARNING) << "port " << port->name << ": " << LoopDetail(*port) << LeftOutText(*left_out);
  }
}

std::string SwitchController::LoopDetail(const Port& port) const {
  const std::string& from = loop_guard_.HeardFrom(port.id);
  return StrCat("blocked by loop_guard: it hears what ",
                from == port.name ? "it sends itself" : StrCat("port ", from, " sends"),
                ", so outside of the switch they are joined; it opens when it has heard none for ",
                LoopGuard::kClearSeconds, " seconds");
}

void SwitchController::TickLoopGuard() {
  const std::vector<PortId> cleared = loop_guard_.Clear(NowTick());
  for (const PortId id : cleared)
    LOG(INFO) << "port " << ports_by_id_[id]->name << ": the loop is gone";
  if (!cleared.empty()) Publish();
  SendLoopProbes();
}

}  // namespace vswitch
