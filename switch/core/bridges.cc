// The verbs on bridges, and what runs of a bridge.
#include <random>
#include <utility>

#include "absl/strings/str_join.h"
#include "glog/logging.h"
#include "switch/base/now_tick.h"
#include "switch/base/str_cat.h"
#include "switch/base/zeroed_pages.h"
#include "switch/core/switch_controller.h"
#include "switch/model/names.h"
#include "switch/model/settings.h"

namespace vswitch {
namespace {

uint64_t RandomSeed() {
  std::random_device device;
  return static_cast<uint64_t>(device()) << 32 | device();
}

}  // namespace

absl::Status SwitchController::AddBridge(std::string_view name, const Settings& settings,
                                         bool may_exist) {
  if (const absl::Status status = CheckBridgeName(name); !status.ok()) return status;
  if (const BridgeSpec* const other = wanted().FindBridge(name); other != nullptr) {
    if (may_exist) return CheckBridgeHas(settings, *other);
    return absl::AlreadyExistsError(StrCat("bridge '", name, "' exists already"));
  }
  BridgeSpec spec{.name = std::string(name)};
  if (const absl::Status status = ApplyBridgeSettings(settings, &spec); !status.ok()) return status;
  Desired next = ToEdit();
  next.bridges.push_back(std::move(spec));
  return Commit(std::move(next));
}

absl::Status SwitchController::DeleteBridge(std::string_view name, bool if_exists, bool force) {
  const auto bridge = FindBridge(name);
  if (!bridge.ok()) return if_exists ? absl::OkStatus() : bridge.status();
  if (!(*bridge)->ports.empty() && !force) {
    return absl::FailedPreconditionError(
        StrCat("bridge '", name, "' still has ", (*bridge)->ports.size(), " port(s): ",
               absl::StrJoin((*bridge)->ports, ", ",
                             [](std::string* out, const PortSpec& port) { *out += port.name; })));
  }
  PortNames gone;
  for (const PortSpec& port : (*bridge)->ports) gone.insert(port.name);
  Desired next = ToEdit();
  std::erase_if(next.bridges, [&](const BridgeSpec& each) { return each.name == name; });
  return Commit(std::move(next), gone);
}

absl::Status SwitchController::SetBridge(std::string_view name, const Settings& settings) {
  if (const auto found = FindBridge(name); !found.ok()) return found.status();
  Desired next = ToEdit();
  const absl::Status status = ApplyBridgeSettings(settings, next.FindBridge(name));
  return status.ok() ? Commit(std::move(next)) : status;
}

absl::StatusOr<SwitchController::Bridge*> SwitchController::NewBridge(const BridgeSpec& spec) {
  auto table = NewTable(spec);
  if (!table.ok()) return table.status();
  const uint32_t number = NumberFor(spec);
  Bridge& bridge = bridges_[spec.name];
  bridge.number = number;
  bridge.table = *std::move(table);
  bridge.probe_id = RandomSeed() | 1;
  return &bridge;
}

SwitchController::Bridge* SwitchController::NewBrokenBridge(const BridgeSpec& spec,
                                                            const absl::Status& problem) {
  LOG(ERROR) << problem.message();
  const uint32_t number = NumberFor(spec);
  Bridge& bridge = bridges_[spec.name];
  bridge.number = number;
  // On the heap: this much there is, or nothing runs at all.
  bridge.table = std::make_shared<MacTable>(MacTable::Options{.capacity = kMinFdbEntries});
  bridge.problem = std::string(problem.message());
  return &bridge;
}

absl::StatusOr<std::shared_ptr<MacTable>> SwitchController::NewTable(const BridgeSpec& spec) {
  const size_t bytes = MacTable::MemoryBytes(spec.fdb_entries);
  ZeroedMemory memory = MapZeroed(bytes);
  if (memory == nullptr) {
    return absl::ResourceExhaustedError(
        StrCat("there is no memory for the table of bridge '", spec.name,
               "': fdb_entries=", spec.fdb_entries, " takes ", (bytes >> 20) + 1,
               " MiB; set it lower, or let vswitchd have more (ulimit -v, vm.overcommit_memory)"));
  }
  return std::make_shared<MacTable>(MacTable::Options{.capacity = spec.fdb_entries,
                                                      .ageing_ticks = AgeingTicks(spec),
                                                      .seed = RandomSeed(),
                                                      .memory = std::move(memory)});
}

bool SwitchController::AddStatic(MacTable* table, const StaticEntrySpec& entry) {
  const FdbKey key(entry.mac, entry.vlan);
  const PortId port = RunningPort(entry.port).id;
  return entry.sticky ? table->AddSticky(key, port, NowTick())
                      : table->AddStatic(key, port, NowTick());
}

}  // namespace vswitch
