// Spanning trees, joined to bridges and ports: who takes part, what the data path makes of it, what
// is sent; and the guard of ports that must hear no BPDU.
//
// A tree moves when a port comes, goes or changes (BuildConfig), when a BPDU comes, once a second.
// Then, in this order: ports that it closes are closed, for the workers and for the kernel; ports
// that it opens are opened; stations are forgotten; BPDUs are sent. What a BPDU promises is so by
// then (IEEE 802.1D-2004, 17.21.3 to 17.21.6): that ports are closed. Those that open may have to
// wait, and nobody relies on that they have.
#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "bridge/rstp/bpdu.h"
#include "glog/logging.h"
#include "switch/base/event_loop.h"
#include "switch/base/now_tick.h"
#include "switch/base/str_cat.h"
#include "switch/core/switch_controller.h"
#include "switch/port/veth_pair.h"

namespace vswitch {
namespace {

static_assert(kDefaultRstpBridgePriority == rstp::kDefaultBridgePriority);
static_assert(kDefaultRstpPortPriority == rstp::kDefaultPortPriority);

// IEEE 802.1D-2004, table 17-3: 20 Tbit/s by the speed. What has none, a TAP or a pair of veths, is
// taken for 10 Gbit/s.
constexpr uint64_t kCostTimesMbps = 20'000'000;
constexpr uint32_t kSpeedWithoutWire = 10'000;

uint32_t CostOf(uint32_t mbps) {
  return static_cast<uint32_t>(std::max<uint64_t>(kCostTimesMbps / mbps, 1));
}

std::string IdText(rstp::BridgeIdentifier id) {
  return absl::StrFormat("%04x.%s", rstp::PriorityOf(id), rstp::AddressOf(id).ToString());
}
std::string IdText(rstp::PortIdentifier id) { return absl::StrFormat("%04x", id); }

std::string_view RoleText(rstp::Role role) {
  switch (role) {
    case rstp::Role::kDisabled:
      return "disabled";
    case rstp::Role::kRoot:
      return "root";
    case rstp::Role::kDesignated:
      return "designated";
    case rstp::Role::kAlternate:
      return "alternate";
    case rstp::Role::kBackup:
      return "backup";
  }
  return "";
}

std::string_view StateText(StpState state) {
  switch (state) {
    case StpState::kForwarding:
      return "forwarding";
    case StpState::kLearning:
      return "learning";
    case StpState::kDiscarding:
      return "discarding";
  }
  return "";
}

}  // namespace

rstp::PortSettings SwitchController::TreeSettings(const PortSpec& spec, const Port& port) const {
  const uint32_t cost = CostOf(port.speed_mbps.value_or(kSpeedWithoutWire));
  return {.priority = spec.rstp_priority,
          .path_cost = spec.rstp_cost != 0 ? spec.rstp_cost : cost,
          .admin_edge = spec.rstp_edge == RstpEdge::kOn,
          .auto_edge = spec.rstp_edge != RstpEdge::kOff,
          .point_to_point = true};
}

void SwitchController::FollowTree(const BridgeSpec& spec, Bridge* bridge) {
  if (!spec.rstp) {
    bridge->tree.reset();
    for (const PortSpec& each : spec.ports) {
      RunningPort(each.name).stp_state = StpState::kForwarding;
    }
    return;
  }
  if (bridge->tree == nullptr) {
    const auto address = DerivedAddress(lock_.id(), StrCat("bridge ", spec.name));
    LOG_IF(ERROR, !address.ok()) << address.status().message();
    bridge->tree =
        std::make_unique<SpanningTree>(MacAddress{address.value_or(0)}, spec.rstp_priority);
  }
  std::vector<SpanningTree::PortFacts> facts;
  for (const PortSpec& each : spec.ports) {
    const Port& port = RunningPort(each.name);
    facts.push_back(
        {.id = port.id, .enabled = TakesPart(port), .settings = TreeSettings(each, port)});
  }
  bridge->tree->Follow(spec.rstp_priority, facts);
  for (const PortSpec& each : spec.ports) {
    Port& port = RunningPort(each.name);
    const StpState next = TreeStateOf(port);
    port.stp_state = closing_only_ ? std::max(port.stp_state, next) : next;
  }
}

// What has no part in the tree has no state by it: mirrors' copies leave by a target, and probes by
// a port that the loop guard has blocked, which opens again by what it hears of them.
StpState SwitchController::TreeStateOf(const Port& port) const {
  if (port.is_mirror_target || loop_guard_.IsBlocked(port.id)) return StpState::kForwarding;
  return port.bridge->tree->StateOf(port.id);
}

// All workers go by a new snapshot each time, and who sends BPDUs has ports close and open as often
// as he likes. What closes does so at once, as there may be a loop; what opens may have to wait.
uint64_t SwitchController::ApplyTrees(bool at_once) {
  bool closes = false;
  bool opens = false;
  for (const Port* port : ports_by_id_) {
    if (port == nullptr || port->bridge->tree == nullptr) continue;
    const StpState next = TreeStateOf(*port);
    closes |= next > port->stp_state;
    opens |= next < port->stp_state;
  }
  const uint64_t begun = EventLoop::NowUs();
  if (closes) {
    closing_only_ = opens;
    Publish();
    closing_only_ = false;
  }
  const uint64_t closed = EventLoop::NowUs();
  if (closes) opening_rest_.Worked(closed, closed - begun);
  const uint64_t rest = at_once ? 0 : opening_rest_.Left(closed);
  if (!opens || rest != 0) {
    WorkOffTrees();
    return opens ? rest : 0;
  }
  Publish();
  const uint64_t now = EventLoop::NowUs();
  opening_rest_.Worked(now, now - closed);
  return 0;
}

void SwitchController::WorkOffTrees() {
  if (closing_only_) return;
  for (auto& [name, bridge] : bridges_) {
    if (bridge.tree == nullptr) continue;
    SpanningTree::Work work = bridge.tree->TakeWork();
    // As often as BPDUs say so: what it leaves in the table is freed with the next tick.
    const BridgeSpec* const spec = desired_.FindBridge(name);
    for (const PortId id : work.flushed) {
      Port* const port = id < ports_by_id_.size() ? ports_by_id_[id] : nullptr;
      if (spec == nullptr || port == nullptr || port->bridge != &bridge) continue;
      FlushStations(*spec, port);
    }
    for (const SpanningTree::Outgoing& each : work.frames) {
      Port* const port = ports_by_id_[each.port];
      if (port != nullptr && port->served) Originate(port, each.frame);
    }
  }
}

void SwitchController::OnBpdu(Port* port, const TrappedFrame& frame) {
  const std::optional<rstp::Bpdu> bpdu = rstp::ParseBpdu(frame.ethernet);
  if (desired_.FindPort(port->name).port->bpdu_guard) {
    // Also one that is not valid: whoever sends it is no guest that should.
    if (!bpdu_guard_.Hear(port->id, NowTick())) return;
    Publish();
    if (const auto left_out = port->log.Take(NowTick()); left_out.has_value()) {
      LOG(WARNING) << "port " << port->name << ": " << TreeDetail(*port) << LeftOutText(*left_out);
    }
    return;
  }
  SpanningTree* const tree = port->bridge->tree.get();
  if (!bpdu.has_value() || tree == nullptr || !tree->Has(port->id)) return;
  tree->Receive(port->id, *bpdu);
}

void SwitchController::OpenGuarded(Port* port) {
  if (!bpdu_guard_.Release(port->id)) return;
  LOG(INFO) << "port " << port->name << " is open again, after bpdu_guard had blocked it";
  Publish();
}

void SwitchController::TickTrees() {
  for (const PortId id : bpdu_guard_.Silent(NowTick())) OpenGuarded(ports_by_id_[id]);
  for (auto& [name, bridge] : bridges_) {
    if (bridge.tree != nullptr) bridge.tree->Tick();
  }
  ApplyTrees(/*at_once=*/true);
}

std::string SwitchController::TreeDetail(const Port& port) const {
  if (bpdu_guard_.IsBlocked(port.id)) {
    return StrCat(
        "blocked by bpdu_guard: it has heard a BPDU; it opens when it has heard none for ",
        bpdu_guard_.SecondsLeft(port.id, NowTick()),
        " seconds more, or now by: vswitchctl set port ", port.name, " bpdu_guard=on");
  }
  if (port.stp_state == StpState::kForwarding) return "";
  const SpanningTree* const tree = port.bridge->tree.get();
  if (tree == nullptr || !tree->Has(port.id)) {
    return "rstp: discarding, as the bridge has more ports than the protocol can count, 4095";
  }
  return StrCat("rstp: ", StateText(port.stp_state), ", ", RoleText(tree->port(port.id).role),
                " port");
}

RstpStatus SwitchController::TreeStatus(const BridgeSpec& spec, const Bridge& bridge) const {
  const SpanningTree& tree = *bridge.tree;
  const rstp::Variables& variables = tree.variables();
  const PortId root_port = tree.root_port();
  RstpStatus status = {
      .bridge = spec.name,
      .bridge_id = IdText(variables.bridge_identifier),
      .root_id = IdText(variables.root_priority.root),
      .root_port = root_port != kNoPort ? ports_by_id_[root_port]->name : "",
      .root_path_cost = variables.root_priority.root_path_cost,
      .max_age_s = variables.root_times.max_age,
      .hello_time_s = variables.root_times.hello_time,
      .forward_delay_s = variables.root_times.forward_delay,
      .topology_change = variables.topology_change,
      .topology_changes = variables.topology_change_count,
  };
  for (const PortSpec& each : spec.ports) {
    const Port& running = *ports_.find(each.name)->second;
    const PortId id = running.id;
    if (!tree.Has(id)) continue;
    const rstp::Port& port = tree.port(id);
    const SpanningTree::PortCounts& counts = tree.counts(id);
    status.ports.push_back({
        .port = each.name,
        .port_id = IdText(port.port_id),
        .role = std::string(RoleText(port.role)),
        .state = std::string(StateText(std::max(tree.StateOf(id), running.stp_state))),
        .path_cost = port.port_path_cost,
        .edge = port.oper_edge,
        .point_to_point = port.oper_point_to_point_mac,
        .protocol = port.send_rstp ? "rstp" : "stp",
        .designated_bridge = IdText(port.port_priority.designated_bridge),
        .designated_port = IdText(port.port_priority.designated_port),
        .designated_cost = port.port_priority.root_path_cost,
        .ingress_bpdus = counts.ingress_bpdus,
        .egress_bpdus = counts.egress_bpdus,
        .ignored_bpdus = counts.ignored_bpdus,
    });
  }
  return status;
}

absl::StatusOr<std::vector<RstpStatus>> SwitchController::RstpShow(std::string_view name) {
  const auto specs = BridgesNamed(name);
  if (!specs.ok()) return specs.status();
  std::vector<RstpStatus> all;
  for (const BridgeSpec* spec : *specs) {
    const Bridge& bridge = RunningBridge(spec->name);
    if (bridge.tree != nullptr) all.push_back(TreeStatus(*spec, bridge));
  }
  if (!name.empty() && all.empty()) {
    return absl::FailedPreconditionError(StrCat(
        "bridge '", name, "' has rstp=off; turn it on by: vswitchctl set br ", name, " rstp=on"));
  }
  return all;
}

}  // namespace vswitch
