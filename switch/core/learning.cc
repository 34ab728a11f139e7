// What was asked for of learning, told to the tables: limits, ports whose stations stay, what is
// learned no more.
#include "absl/status/status.h"
#include "switch/base/now_tick.h"
#include "switch/base/str_cat.h"
#include "switch/core/diff.h"
#include "switch/core/switch_controller.h"

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

void SwitchController::SetTableRules() {
  for (const BridgeSpec& spec : desired_.bridges) {
    Bridge& bridge = RunningBridge(spec.name);
    SetMoveLimit(spec, &bridge);
    bridge.table->SetAgeing(AgeingTicks(spec));
    bridge.table->SetLearnLimit(spec.learn_limit);
    for (const PortSpec& each : spec.ports) {
      Port& port = RunningPort(each.name);
      port.learns = spec.learning && each.learning;
      bridge.table->SetPortRules(port.id, {.learn_limit = each.learn_limit, .sticky = each.sticky});
    }
  }
}

absl::Status SwitchController::CheckLearnLimits(const StateDiff& diff) {
  for (const BridgeDiff& each : diff.bridges) {
    if (each.is_new() || each.is_gone() || each.needs_table()) continue;
    const uint32_t limit = each.after->learn_limit;
    if (limit == 0 || limit == each.before->learn_limit) continue;
    MacTable* const table = RunningBridge(each.after->name).table.get();
    SweepAll(table);
    if (table->learned_entries() <= limit) continue;
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
    if (present <= limit) continue;
    return BelowPresent("port", port.name, present, limit);
  }
  return absl::OkStatus();
}

// The workers learn by the new snapshot already, so nothing comes after the flush.
void SwitchController::ForgetBySettings(const StateDiff& diff) {
  for (const BridgeDiff& each : diff.bridges) {
    if (each.is_new() || each.is_gone() || !each.before->learning || each.after->learning) continue;
    const Bridge& bridge = RunningBridge(each.after->name);
    bridge.table->FlushAll();
    SweepAll(bridge.table.get());
    fast_.ForgetBridge(bridge.number);
    PutAddedSticky(*each.after);
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

void SwitchController::PutAddedSticky(const BridgeSpec& spec, std::string_view port) {
  const Bridge& bridge = RunningBridge(spec.name);
  for (const StaticEntrySpec& entry : spec.static_entries) {
    if (!entry.sticky || (!port.empty() && entry.port != port)) continue;
    AddStatic(bridge.table.get(), entry);
    fast_.Forget(bridge.number, FdbKey(entry.mac, entry.vlan));
  }
}

void SwitchController::PutBack(Bridge* bridge, const FdbEntry& entry) {
  const uint32_t seen = NowTick() - entry.age_ticks;
  switch (entry.kind) {
    case FdbEntryKind::kStatic:
      bridge->table->AddStatic(entry.key, entry.port, seen);
      return;
    case FdbEntryKind::kSticky:
      bridge->table->AddSticky(entry.key, entry.port, seen);
      return;
    case FdbEntryKind::kLearned:
      bridge->table->Learn(entry.key, entry.port, seen);
      return;
  }
}

void SwitchController::FreeFlushed(MacTable* table) {
  if (table->has_rules()) SweepAll(table);
}

void SwitchController::KeepMoves(Port* port, const MacTable& table) {
  port->past_moves += table.port_moves(port->id);
}

}  // namespace vswitch
