// Stations that move too often are held where they were before, for a while: bridge
// move_limit=N/SECONDS. The limiter, which workers tell of moves, is asked once a second.
#include <algorithm>
#include <memory>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include "glog/logging.h"
#include "switch/base/now_tick.h"
#include "switch/base/str_cat.h"
#include "switch/core/switch_controller.h"

namespace vswitch {
namespace {

// Of a bridge. With more, who moves too often is not held.
constexpr size_t kMaxHolds = 512;

FdbKey KeyOf(uint64_t value) {
  FdbKey key;
  key.value = value;
  return key;
}

std::string Named(FdbKey key) { return StrCat(key.mac().ToString(), " vlan ", key.vlan()); }

bool HasPassed(uint32_t tick, uint32_t now) { return static_cast<int32_t>(now - tick) >= 0; }

}  // namespace

void SwitchController::SetMoveLimit(const BridgeSpec& spec, Bridge* bridge) {
  const MoveLimitSpec& wanted = spec.move_limit;
  if (wanted.moves == 0 || !spec.learning) {
    bridge->move_limiter = nullptr;
    bridge->holds.clear();
    return;
  }
  const MoveLimiter::Limit limit = {.moves = wanted.moves, .ticks = wanted.seconds};
  if (bridge->move_limiter == nullptr || bridge->move_limiter->limit() != limit) {
    bridge->move_limiter = std::make_shared<MoveLimiter>(limit, std::random_device()());
  }
  // What went may be followed by another of its id.
  std::erase_if(bridge->holds, [&](const auto& hold) {
    return std::ranges::none_of(spec.ports, [&](const PortSpec& port) {
      return RunningPort(port.name).id == hold.second.port;
    });
  });
}

bool SwitchController::IsServing(const Bridge& bridge, PortId id) const {
  const Port* const port = id < ports_by_id_.size() ? ports_by_id_[id] : nullptr;
  return port != nullptr && port->bridge == &bridge && Passes(*port);
}

void SwitchController::HoldFlapping() {
  const uint32_t now = NowTick();
  bool changed = false;
  std::vector<std::pair<Bridge*, MoveLimiter::Flapping>> begun;
  for (auto& [name, bridge] : bridges_) {
    for (auto hold = bridge.holds.begin(); hold != bridge.holds.end();) {
      // At whose port nothing passes is nowhere, and must be reached elsewhere.
      if (!HasPassed(hold->second.until, now) && IsServing(bridge, hold->second.port)) {
        ++hold;
        continue;
      }
      if (const auto left_out = bridge.holds_log.Take(now)) {
        LOG(INFO) << "bridge " << name << ": " << Named(KeyOf(hold->first)) << " is held no more"
                  << LeftOutText(*left_out);
      }
      hold = bridge.holds.erase(hold);
      changed = true;
    }
    if (bridge.move_limiter == nullptr) continue;
    for (const MoveLimiter::Flapping& flapping : bridge.move_limiter->Take()) {
      if (BeginHold(name, &bridge, flapping)) begun.emplace_back(&bridge, flapping);
    }
  }
  if (!changed && begun.empty()) return;
  Publish();
  // No frame moves them any more. The kernel may know them where they were last.
  for (const auto& [bridge, flapping] : begun) {
    // Nowhere rather than elsewhere, should its port have no room for it (learn_limit).
    bridge->table->FlushMac(flapping.key.mac(), flapping.key.vlan());
    bridge->table->Learn(flapping.key, flapping.home, now);
    fast_.Forget(bridge->number, flapping.key);
  }
}

bool SwitchController::BeginHold(std::string_view name, Bridge* bridge,
                                 const MoveLimiter::Flapping& flapping) {
  if (!IsServing(*bridge, flapping.home)) return false;
  const uint32_t now = NowTick();
  // Who has added an entry since it moved has said where the station is.
  const std::optional<FdbEntry> entry = bridge->table->Get(flapping.key, now);
  if (entry.has_value() && entry->kind != FdbEntryKind::kLearned) return false;
  if (bridge->holds.size() >= kMaxHolds) {
    if (const auto left_out = bridge->holds_log.Take(now); left_out.has_value()) {
      LOG(WARNING) << "bridge " << name << ": " << Named(flapping.key) << " moves too often, but "
                   << kMaxHolds << " stations are held already: look for a loop"
                   << LeftOutText(*left_out);
    }
    return false;
  }
  const MoveLimiter::Limit& limit = bridge->move_limiter->limit();
  bridge->holds[flapping.key.value] = {.port = flapping.home, .until = now + limit.ticks};
  ++bridge->holds_begun;
  const auto left_out = bridge->holds_log.Take(now);
  if (!left_out.has_value()) return true;
  LOG(WARNING) << "bridge " << name << ": " << Named(flapping.key) << " has moved more than "
               << limit.moves << " times in " << limit.ticks << " s: for " << limit.ticks
               << " s it is held at " << ports_by_id_[flapping.home]->name
               << ", and its frames from elsewhere are dropped (mac_flapping). There is a loop, or "
                  "somebody else sends with its address"
               << LeftOutText(*left_out);
  return true;
}

void SwitchController::EndHolds(Bridge* bridge, std::optional<MacAddress> mac,
                                std::optional<VlanId> vlan, PortId port) {
  const size_t ended = std::erase_if(bridge->holds, [&](const auto& hold) {
    const FdbKey key = KeyOf(hold.first);
    return (!mac.has_value() || key.mac() == *mac) && (!vlan.has_value() || key.vlan() == *vlan) &&
           (port == kNoPort || hold.second.port == port);
  });
  if (ended != 0) Publish();
}

std::shared_ptr<const HeldStations> SwitchController::HeldOn(const Bridge& bridge) {
  if (bridge.holds.empty()) return nullptr;
  auto held = std::make_shared<HeldStations>();
  for (const auto& [key, hold] : bridge.holds) {
    held->push_back({.key = KeyOf(key), .port = hold.port});
  }
  return held;
}

}  // namespace vswitch
