// What was asked for of learning: limits that are too low, what is learned no more, and what was
// added to ports.
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "switch/base/now_tick.h"
#include "switch/base/str_cat.h"
#include "switch/core/switch_controller.h"
#include "switch/model/diff.h"

namespace vswitch {
namespace {

// What is learned at it, or may send from it, is another matter now.
bool ChangesStations(const PortDiff& diff) {
  return !diff.is_new() && !diff.is_gone() &&
         (diff.before->learning != diff.after->learning ||
          diff.before->sticky != diff.after->sticky || diff.before->locked != diff.after->locked);
}

// What expired or was flushed is no address any more.
void SweepAll(MacTable* table) { table->Sweep(NowTick(), table->bucket_count()); }

absl::Status BelowPresent(std::string_view what, std::string_view name, size_t present,
                          uint32_t limit) {
  return absl::FailedPreconditionError(
      StrCat("learn_limit=", limit, " is below what ", what, " '", name, "' has learned, ", present,
             " addresses: give at least as many, or let some be flushed first"));
}

}  // namespace

absl::Status SwitchController::CheckLearnLimits(const StateDiff& diff) {
  for (const BridgeDiff& each : diff.bridges) {
    if (each.is_new() || each.is_gone() || each.needs_table()) continue;
    const uint32_t limit = each.after->learn_limit;
    if (limit == 0 || limit == each.before->learn_limit) continue;
    MacTable* const table = RunningBridge(each.after->name).table.get();
    SweepAll(table);
    // What was added goes by no flush, and is there whatever the limit is.
    if (table->learned_entries() <= limit + AddedSticky(*each.before, "").size()) continue;
    return BelowPresent("bridge", each.after->name, table->learned_entries(), limit);
  }
  for (const PortDiff& each : diff.ports) {
    if (each.is_new() || each.is_gone()) continue;
    const uint32_t limit = each.after->learn_limit;
    const Port& port = RunningPort(each.after->name);
    // On another bridge it has nothing yet.
    const bool moves = each.bridge_before->name != each.bridge_after->name;
    if (limit == 0 || limit == each.before->learn_limit || moves) continue;
    SweepAll(port.bridge->table.get());
    const size_t present = port.bridge->table->port_entries(port.id);
    if (present <= limit + AddedSticky(*each.bridge_before, port.name).size()) continue;
    return BelowPresent("port", port.name, present, limit);
  }
  return absl::OkStatus();
}

// The workers learn by the new snapshot already, so nothing comes after the flush.
void SwitchController::ForgetBySettings(const StateDiff& diff) {
  for (const BridgeDiff& each : diff.bridges) {
    if (each.is_new() || each.is_gone() || !each.before->learning || each.after->learning) continue;
    Bridge& bridge = RunningBridge(each.after->name);
    Flush(*each.after, "", [&] {
      bridge.table->FlushAll();
      fast_.ForgetBridge(bridge.number);
    });
    FreeFlushed(&bridge);
  }
  for (const PortDiff& each : diff.ports) {
    if (!ChangesStations(each)) continue;
    fast_.ForgetPort(RunningPort(each.after->name).id);
    // What is learned at the port is sticky no more, but what was added still is.
    if (each.before->sticky && !each.after->sticky) {
      PutAddedSticky(*each.bridge_after, each.after->name);
    }
  }
}

bool SwitchController::Passes(const Port& port) const {
  return TakesPart(port) && port.stp_state != StpState::kDiscarding;
}

// The stations behind a port that is shut may be reached by another, and those of a link that went
// down come back elsewhere.
void SwitchController::FollowStations() {
  bool flushed = false;
  for (Port* const port : ports_by_id_) {
    if (port == nullptr || port->passes == Passes(*port)) continue;
    port->passes = !port->passes;
    const auto found = desired_.FindPort(port->name);
    // One that goes is forgotten whole.
    if (!found) continue;
    if (port->passes) {
      PutAddedSticky(*found.bridge, port->name);
    } else {
      FlushStations(*found.bridge, port);
      flushed = true;
    }
  }
  if (flushed) FreeLimited();
  for (const BridgeSpec& spec : desired_.bridges) DropShutSticky(spec);
}

// Added while nothing passed by its port, or come back at the start although nothing does.
void SwitchController::DropShutSticky(const BridgeSpec& spec) {
  Bridge& bridge = RunningBridge(spec.name);
  for (const StaticEntrySpec& each : spec.static_entries) {
    if (!each.sticky) continue;
    const Port& port = RunningPort(each.port);
    // What the kernel goes on with has no port yet.
    if (port.passes || fast_.left().contains(port.name)) continue;
    const FdbKey key(each.mac, each.vlan);
    const std::optional<FdbEntry> entry = bridge.table->Get(key, NowTick());
    if (!entry || entry->kind != FdbEntryKind::kSticky || entry->port != port.id) continue;
    bridge.table->Remove(key);
    fast_.Forget(bridge.number, key);
  }
}

std::vector<FdbEntry> SwitchController::AddedSticky(const BridgeSpec& spec,
                                                    std::string_view port) const {
  const MacTable& table = *bridges_.find(spec.name)->second.table;
  std::vector<FdbEntry> added;
  for (const StaticEntrySpec& each : spec.static_entries) {
    if (!each.sticky || (!port.empty() && each.port != port)) continue;
    const Port& at = *ports_.find(each.port)->second;
    const std::optional<FdbEntry> entry = table.Get(FdbKey(each.mac, each.vlan), NowTick());
    // Once it has aged out, its station may have been learned elsewhere, which is no flush's
    // business.
    if (!at.passes || !entry.has_value() || entry->port != at.id) continue;
    if (entry->kind == FdbEntryKind::kSticky) added.push_back(*entry);
  }
  return added;
}

void SwitchController::Flush(const BridgeSpec& spec, std::string_view port,
                             const std::function<void()>& flush) {
  Bridge& bridge = RunningBridge(spec.name);
  const std::vector<FdbEntry> added = AddedSticky(spec, port);
  flush();
  bridge.sweep_due = true;
  for (const FdbEntry& each : added) {
    const std::optional<FdbEntry> now = bridge.table->Get(each.key, NowTick());
    if (now.has_value() && now->port == each.port && now->kind == each.kind) continue;
    bridge.table->Put(each, NowTick() - each.age_ticks);
    fast_.Forget(bridge.number, each.key);
  }
}

void SwitchController::FlushStations(const BridgeSpec& spec, Port* port) {
  Flush(spec, port->name, [&] {
    port->bridge->table->FlushPort(port->id);
    fast_.ForgetPort(port->id);
  });
}

void SwitchController::PutAddedSticky(const BridgeSpec& spec, std::string_view port) {
  const Bridge& bridge = RunningBridge(spec.name);
  if (!RunningPort(port).passes) return;
  for (const StaticEntrySpec& entry : spec.static_entries) {
    if (!entry.sticky || entry.port != port) continue;
    AddStatic(bridge.table.get(), entry);
    fast_.Forget(bridge.number, FdbKey(entry.mac, entry.vlan));
  }
}

void SwitchController::FreeFlushed(Bridge* bridge) {
  if (std::exchange(bridge->sweep_due, false)) SweepAll(bridge->table.get());
}

// A pass over a large table takes some 10 ms, and a guest may come and go as often as it likes.
void SwitchController::FreeLimited() {
  for (auto& [name, bridge] : bridges_) {
    if (bridge.table->has_rules()) FreeFlushed(&bridge);
  }
}

void SwitchController::KeepMoves(Port* port, const MacTable& table) {
  port->past_moves += table.port_moves(port->id);
}

}  // namespace vswitch
