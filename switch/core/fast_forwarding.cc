#include "switch/core/fast_forwarding.h"

#include <algorithm>
#include <atomic>
#include <set>
#include <utility>

#include "glog/logging.h"
#include "switch/base/now_tick.h"
#include "switch/fast_path/left_maps.h"

namespace vswitch {
namespace {

// Stations to look at in a tick, each a call into the kernel: all within four ticks, and not
// more than so many unless the shortest ageing time demands it. All must come up in a quarter of
// that, so that none ages out of a table while the kernel sees it.
constexpr size_t kReviewTicks = 4;
constexpr size_t kReviewShare = 1024;
constexpr size_t kReviewsPerAge = 4;

uint64_t Load(__u64& word) { return std::atomic_ref(word).load(std::memory_order_acquire); }

StationPlace PlaceOf(uint32_t bridge, const FdbEntry& entry, uint32_t now) {
  return {.bridge = bridge,
          .key = entry.key,
          .port = entry.port,
          .seen = now - entry.age_ticks,
          .is_static = entry.kind == FdbEntryKind::kStatic,
          .is_sticky = entry.kind == FdbEntryKind::kSticky};
}

FdbEntry EntryOf(const FastPath::KnownStation& station) {
  const uint64_t where = station.what.where;
  return {.key = station.key,
          .port = static_cast<PortId>(STATION_PORT(where)),
          .kind = (where & STATION_STATIC) != 0   ? FdbEntryKind::kStatic
                  : (where & STATION_STICKY) != 0 ? FdbEntryKind::kSticky
                                                  : FdbEntryKind::kLearned};
}

}  // namespace

FastForwarding::FastForwarding(const Options& options) {
  if (!options.wanted) {
    why_off_ = "the daemon was started with --fast_path=off";
    return;
  }
  Open(options);
  if (fast_path_ == nullptr) return;
  stations_ =
      std::make_unique<StationCache>(fast_path_.get(), /*only_worker=*/options.workers == 1);
  for (const auto& [id, config] : fast_path_->Ports()) {
    left_[config.name] = {.id = id, .config = config};
    ports_[id] = {};
  }
}

void FastForwarding::Open(const Options& options) {
  absl::StatusOr<std::unique_ptr<FastPath>> fast_path;
  const auto left = LeftMaps::Find(options.switch_id, options.programs);
  if (left.ok()) {
    fast_path = FastPath::Load(options.switch_id, &*left);
  } else {
    fast_path = left.status();
  }
  if (!fast_path.ok()) {
    LOG_IF(WARNING, !absl::IsNotFound(left.status()))
        << "what the kernel knows of an earlier daemon is not taken over, all is learned anew: "
        << fast_path.status().message();
    fast_path = FastPath::Load(options.switch_id);
  }
  if (fast_path.ok()) {
    fast_path_ = *std::move(fast_path);
    return;
  }
  why_off_ = std::string(fast_path.status().message());
  LOG(WARNING) << "no fast path, every frame passes through a worker: " << why_off_;
}

// ---- Ports ----

void FastForwarding::SetPorts(std::span<const std::pair<PortId, FastPort>> ports) {
  if (!is_on()) return;
  std::set<PortId> changed;
  for (const auto& [id, port] : ports) {
    const auto known = ports_.find(id);
    if (known == ports_.end()) continue;
    const FastPort& told = known->second.told;
    if (told.rules != port.rules || told.bridge != port.bridge) changed.insert(id);
  }
  if (!changed.empty()) {
    stations_->EraseIf([&](uint32_t, FdbKey, PortId at) { return changed.contains(at); });
    // A frame that was let pass by the old rules of one port must not find the new ones of another.
    fast_path_->WaitForFrames();
  }
  for (const auto& [id, port] : ports) SetPort(id, port);
}

void FastForwarding::SetPort(PortId id, const FastPort& port) {
  const auto [found, is_new] = ports_.try_emplace(id);
  if (!is_new && found->second.told == port) return;
  const bool other_device = is_new || found->second.told.twin != port.twin;
  left_.erase(port.name);
  found->second.told = port;
  const uint32_t flags =
      (port.is_fast ? PORT_IS_FAST : 0) | (port.several_queues ? PORT_HASHES_FLOWS : 0) |
      (port.has_limit ? PORT_HAS_LIMIT : 0) | (port.has_guard ? PORT_HAS_GUARD : 0) |
      (port.peer_address != 0 ? PORT_IS_VETH : 0);
  port_config config = {.device = static_cast<uint32_t>(port.device),
                        .twin = static_cast<uint32_t>(port.twin),
                        .bridge = port.bridge,
                        .flags = flags,
                        .ageing_s = port.ageing_s,
                        .queue_frames = port.queue_frames,
                        .lost_before = port.lost_before};
  port.name.copy(config.name, sizeof(config.name) - 1);
  MacAddress{port.peer_address}.ToBytes(config.peer_address);
  PutRules(port.rules, &config);
  if (other_device) found->second.lost = 0;
  Tell(id, port.rules, config, other_device);
}

void FastForwarding::Tell(PortId id, const FastRules& rules, const port_config& config,
                          bool is_new) {
  const std::optional<VlanSet> trunks = TrunksOf(rules);
  absl::Status status = fast_path_->SetTrunks(id, trunks.has_value() ? &*trunks : nullptr);
  if (status.ok()) status = fast_path_->SetPort(id, config, is_new);
  if (!status.ok()) LOG(ERROR) << status.message();
}

void FastForwarding::RemovePort(PortId id, bool with_counters) {
  if (!is_on() || ports_.erase(id) == 0) return;
  std::erase_if(left_, [id](const auto& left) { return left.second.id == id; });
  fast_path_->RemovePort(id, with_counters);
}

void FastForwarding::LetGo(PortId id, int ifindex) {
  if (!is_on()) return;
  const auto [found, is_new] = let_go_.try_emplace(id, ifindex);
  if (!is_new) fast_path_->LetGo(std::exchange(found->second, ifindex), false);
  fast_path_->LetGo(ifindex, true);
}

FastCounters FastForwarding::CountersOf(PortId id) const {
  return is_on() ? fast_path_->CountersOf(id) : FastCounters();
}

// ---- What tables forget ----

void FastForwarding::Forget(uint32_t bridge, FdbKey key) {
  if (is_on()) stations_->Erase(bridge, key);
}

void FastForwarding::ForgetPort(PortId port) {
  if (!is_on()) return;
  stations_->EraseIf([port](uint32_t, FdbKey, PortId at) { return at == port; });
}

void FastForwarding::ForgetPortVlan(PortId port, VlanId vlan) {
  if (!is_on()) return;
  stations_->EraseIf(
      [&](uint32_t, FdbKey key, PortId at) { return at == port && key.vlan() == vlan; });
}

void FastForwarding::ForgetVlan(uint32_t bridge, VlanId vlan) {
  if (!is_on()) return;
  stations_->EraseIf(
      [&](uint32_t in, FdbKey key, PortId) { return in == bridge && key.vlan() == vlan; });
}

void FastForwarding::ForgetMac(uint32_t bridge, MacAddress mac, std::optional<VlanId> vlan,
                               PortId port) {
  if (!is_on()) return;
  stations_->EraseIf([&](uint32_t in, FdbKey key, PortId at) {
    return in == bridge && key.mac() == mac && (!vlan.has_value() || key.vlan() == *vlan) &&
           (port == kNoPort || at == port);
  });
}

void FastForwarding::ForgetBridge(uint32_t bridge) {
  if (!is_on()) return;
  stations_->EraseIf([bridge](uint32_t in, FdbKey, PortId) { return in == bridge; });
}

// ---- What an earlier daemon has left ----

void FastForwarding::TakeUp(std::map<std::string, LeftSettings> ports) {
  std::erase_if(ports, [&](const auto& port) { return left_.at(port.first).told == port.second; });
  if (ports.empty()) return;
  EraseWhatHasOtherRules(ports);
  for (const auto& [name, settings] : ports) {
    LeftPort& left = left_.at(name);
    left.told = settings;
    left.config.bridge = settings.bridge;
    left.config.ageing_s = settings.ageing_s;
    if (!settings.may_be_fast) left.config.flags &= ~uint32_t{PORT_IS_FAST};
    PutRules(settings.rules, &left.config);
    FastPort& told = ports_[left.id].told;
    told.bridge = settings.bridge;
    told.ageing_s = settings.ageing_s;
    told.rules = settings.rules;
    Tell(left.id, settings.rules, left.config, /*is_new=*/false);
  }
}

// As SetPorts(): what may stay goes by the same rules before and after.
void FastForwarding::EraseWhatHasOtherRules(const std::map<std::string, LeftSettings>& ports) {
  // Null: others than the kernel goes by.
  std::map<PortId, const FastRules*> rules_of;
  for (const auto& [name, settings] : ports) {
    const LeftPort& left = left_.at(name);
    const bool is_same =
        left.config.bridge == settings.bridge && GoesBy(left.config, settings.rules);
    rules_of[left.id] = is_same ? &settings.rules : nullptr;
  }
  bool has_erased = false;
  for (const FastPath::KnownStation& station : fast_path_->Stations()) {
    const FdbEntry entry = EntryOf(station);
    const auto rules = rules_of.find(entry.port);
    if (rules == rules_of.end()) continue;
    if (rules->second != nullptr && MayBeKnown(*rules->second, entry)) continue;
    Forget(station.bridge, station.key);
    has_erased = true;
  }
  if (has_erased) fast_path_->WaitForFrames();
}

void FastForwarding::LearnLeft(const TableOf& table_of) {
  if (left_.empty()) return;
  const uint32_t now = NowTick();
  std::vector<FastPath::KnownStation> stations = fast_path_->Stations();
  // Null for those that the kernel itself does not go by.
  const auto table_for = [&](const FastPath::KnownStation& station) -> MacTable* {
    const uint64_t where = station.what.where;
    const auto port = ports_.find(static_cast<PortId>(STATION_PORT(where)));
    if ((where & (STATION_MOVED | STATION_PENDING)) != 0 || port == ports_.end()) return nullptr;
    const FastPort& told = port->second.told;
    const bool has_aged = now - std::min(now, station.what.seen) >= told.ageing_s;
    const bool is_static = (where & STATION_STATIC) != 0;
    if (told.bridge != station.bridge || (has_aged && !is_static)) return nullptr;
    if (!is_static && (told.rules.locked || !told.rules.learns)) return nullptr;
    return table_of(station.bridge);
  };
  for (const FastPath::KnownStation& station : stations) {
    MacTable* const table = table_for(station);
    if (table == nullptr || (station.what.where & STATION_STATIC) != 0) continue;
    table->Learn(station.key, static_cast<PortId>(STATION_PORT(station.what.where)),
                 std::min(now, station.what.seen));
  }
  // Not before all are learned: a table may be too small for them.
  for (const FastPath::KnownStation& station : stations) {
    MacTable* const table = table_for(station);
    const auto port = static_cast<PortId>(STATION_PORT(station.what.where));
    const auto entry = table != nullptr ? table->Get(station.key, now) : std::nullopt;
    if (entry && entry->port == port && entry->kind == EntryOf(station).kind) {
      stations_->TakeOver(station.bridge, station.key, port);
    } else {
      fast_path_->Erase(station.bridge, station.key);
    }
  }
}

void FastForwarding::EndTakeOver(const TableOf& table_of) {
  if (!is_on()) return;
  for (const FastPath::KnownStation& station : fast_path_->Stations()) {
    if ((station.what.where & STATION_MOVED) == 0) continue;
    MacTable* const table = table_of(station.bridge);
    const auto entry = table != nullptr ? table->Get(station.key, NowTick()) : std::nullopt;
    // Any other entry does not move.
    if (entry.has_value() && entry->kind == FdbEntryKind::kLearned) table->Remove(station.key);
    Forget(station.bridge, station.key);
  }
}

// ---- What tables know ----

void FastForwarding::Want(uint32_t bridge, FdbKey key, const MacTable& table) {
  const uint32_t now = NowTick();
  const auto entry = table.Get(key, now);
  if (!entry.has_value()) return;
  const auto port = ports_.find(entry->port);
  if (port == ports_.end() || !port->second.told.is_fast) return;
  if (!MayBeKnown(port->second.told.rules, *entry)) return;
  stations_->Want(PlaceOf(bridge, *entry, now));
}

void FastForwarding::OnCandidates(std::span<const Candidate> candidates, const TableOf& table_of) {
  if (!is_on()) return;
  for (const Candidate& candidate : candidates) {
    const MacTable* const table = table_of(candidate.bridge);
    if (table == nullptr) continue;
    Want(candidate.bridge, candidate.destination, *table);
    Want(candidate.bridge, candidate.source, *table);
  }
}

bool FastForwarding::Settle(const TableOf& table_of) {
  if (!is_on()) return false;
  const auto is_true = [&](const StationPlace& place) {
    const MacTable* const table = table_of(place.bridge);
    return table != nullptr && table->LookUp(place.key, NowTick()) == place.port;
  };
  stations_->Settle(is_true);
  // Where nothing is on its way to the tables, there is nothing to wait for.
  stations_->Settle(is_true);
  return stations_->HasPending();
}

bool FastForwarding::Review(const StationPlace& place, const TableOf& table_of) {
  MacTable* const table = table_of(place.bridge);
  if (table == nullptr) return false;
  const uint32_t now = NowTick();
  const auto entry = table->Get(place.key, now);
  if (!entry.has_value() || entry->port != place.port) return false;
  // Of another kind by now: it comes back as what it is.
  if ((entry->kind == FdbEntryKind::kSticky) != place.is_sticky) return false;
  const uint32_t age = now - std::min(now, place.seen);
  if (age < entry->age_ticks) table->Learn(place.key, place.port, now - age);
  return true;
}

size_t FastForwarding::ReviewShare() const {
  size_t ticks = kMaxAgeingSeconds;
  for (const auto& [id, port] : ports_) {
    ticks = std::min<size_t>(ticks, port.told.ageing_s / kReviewsPerAge);
  }
  const size_t all = stations_->size();
  return std::max(all / std::max<size_t>(ticks, 1), std::min(all / kReviewTicks, kReviewShare));
}

void FastForwarding::OnTick(const TableOf& table_of, const TwinState& twins,
                            bool stations_have_moved) {
  if (!is_on()) return;
  const size_t share = stations_have_moved ? stations_->size() : ReviewShare();
  stations_->Review(share + 1, [&](const StationPlace& place) { return Review(place, table_of); });
  for (auto& [id, port] : ports_) {
    // One that was taken over may have none yet.
    if (port.told.twin != 0) ForgetLost(id, &port, twins);
  }
}

// What was counted as handed up and then got lost on its way would take room for ever, and keep
// flows from becoming fast. What a queue has lost its device counts; that is asked only where a
// flow waits. Of the rest (a twin that was down for a moment) nothing is on its way when a tick has
// passed without a frame, and none stands in a queue.
void FastForwarding::ForgetLost(PortId id, Port* port, const TwinState& twins) {
  port_order& order = fast_path_->orders()[id];
  if (Load(order.wanted) != 0) {
    const uint64_t lost = twins.lost(id);
    if (lost != port->lost) fast_path_->ForgetLost(id, lost - std::exchange(port->lost, lost));
  }
  const uint64_t total = Load(order.total);
  const uint64_t read = Load(order.read);
  const bool still =
      total == std::exchange(port->total, total) && read == std::exchange(port->read, read);
  if (total == read || !still || twins.has_frames(id)) return;
  fast_path_->ForgetLost(id, total - read);
  port->lost = twins.lost(id);
}

std::optional<uint32_t> FastForwarding::AgeOf(uint32_t bridge, FdbKey key) const {
  if (!is_on()) return std::nullopt;
  const std::optional<uint32_t> seen = stations_->SeenByKernel(bridge, key);
  if (!seen.has_value()) return std::nullopt;
  const uint32_t now = NowTick();
  return now - std::min(now, *seen);
}

}  // namespace vswitch
