// The verbs on ports, and what runs of a port.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "switch/base/str_cat.h"
#include "switch/core/draft.h"
#include "switch/core/mirrors.h"
#include "switch/core/switch_controller.h"
#include "switch/model/names.h"
#include "switch/model/settings.h"
#include "switch/model/users.h"
#include "switch/port/leftovers.h"
#include "switch/port/uplink_checks.h"

namespace vswitch {
namespace {

// A TAP that others made keeps its owner, whoever was asked for or is the caller.
void WarnOfOwner(const PortSpec& spec, uid_t asked, const Caller& caller) {
  if (spec.type != PortType::kTap || spec.owner == asked) return;
  caller.Warn(StrCat("the TAP ", spec.name, " was there already and belongs to ",
                     UserName(spec.owner), ", not to ", UserName(asked),
                     "; setting its owner hands it over"));
}

// Of "PORT BR" instead of "BR PORT".
absl::Status BridgeComesFirst(std::string_view bridge, std::string_view name) {
  return absl::NotFoundError(StrCat("there is no bridge '", bridge, "', but a bridge '", name,
                                    "': the bridge comes first, then the port"));
}

// With its static entries.
void ErasePortSpec(BridgeSpec* bridge, std::string_view name) {
  std::erase_if(bridge->ports, [&](const PortSpec& port) { return port.name == name; });
  std::erase_if(bridge->static_entries,
                [&](const StaticEntrySpec& entry) { return entry.port == name; });
}

}  // namespace

absl::Status SwitchController::AddPort(std::string_view bridge_name, std::string_view name,
                                       const Settings& settings, bool may_exist,
                                       const Caller& caller) {
  if (const auto bridge = FindBridge(bridge_name); !bridge.ok()) {
    if (wanted().FindBridge(name) == nullptr) return bridge.status();
    return BridgeComesFirst(bridge_name, name);
  }
  if (const absl::Status status = CheckPortName(name); !status.ok()) return status;
  if (const auto other = wanted().FindPort(name)) {
    if (may_exist && other.bridge->name == bridge_name) {
      return CheckPortHas(settings, *other.port, Shown(*other.port));
    }
    return absl::AlreadyExistsError(StrCat("port '", name, "' exists already on bridge '",
                                           other.bridge->name,
                                           "'; a name belongs to one port of one bridge"));
  }
  PortSpec spec{.name = std::string(name)};
  const absl::Status status =
      ApplyPortSettings(settings, SettingsPhase::kCreate, caller.uid, &spec);
  if (!status.ok()) return status;
  if (spec.type == PortType::kNetdev) {
    const absl::StatusOr<std::vector<std::string>> warnings = CheckUplink(spec.name);
    if (!warnings.ok()) return warnings.status();
    for (const std::string& warning : *warnings) caller.Warn(warning);
  }
  const uid_t asked_owner = spec.owner;
  Desired next = ToEdit();
  next.FindBridge(bridge_name)->ports.push_back(std::move(spec));
  const absl::Status done = Commit(std::move(next));
  if (!done.ok()) return done;
  // A guest may open it again before it is deleted again.
  if (draft_ != nullptr) draft_->forced.erase(std::string(name));
  Afterwards([this, name = std::string(name), asked_owner, caller] {
    if (const auto port = desired_.FindPort(name)) WarnOfOwner(*port.port, asked_owner, caller);
  });
  return done;
}

// With what its device has, where there is one.
PortSpec SwitchController::Shown(const PortSpec& spec) {
  PortSpec shown = spec;
  if (!ports_.contains(spec.name)) return shown;
  const PortStatus status = StatusOf(spec);
  shown.mtu = status.mtu;
  shown.mac = status.mac;
  shown.owner = status.owner.value_or(shown.owner);
  return shown;
}

absl::StatusOr<std::optional<KeptTap>> SwitchController::DeletePort(std::string_view bridge,
                                                                    std::string_view name,
                                                                    bool if_exists, bool force,
                                                                    const Caller& caller) {
  if (!bridge.empty()) {
    if (const auto found = FindBridge(bridge); !found.ok()) {
      // A slip, also where what is not there is no error.
      if (wanted().FindBridge(name) != nullptr && !wanted().FindPort(name)) {
        return BridgeComesFirst(bridge, name);
      }
      if (if_exists) return std::nullopt;
      return found.status();
    }
  }
  const auto found = FindPort(name);
  if (!found.ok()) {
    if (if_exists) return std::nullopt;
    if (force && draft_ == nullptr && DeleteMadeTap(lock_.id(), name).ok()) return std::nullopt;
    return found.status();
  }
  const std::string home = found->bridge->name;
  if (!bridge.empty() && bridge != home) {
    return absl::NotFoundError(
        StrCat("port '", name, "' is not on bridge '", bridge, "' but on '", home, "'"));
  }
  Desired next = ToEdit();
  absl::Status left = LeaveMirrors(next.FindBridge(home), name, caller);
  if (!left.ok()) return left;
  ErasePortSpec(next.FindBridge(home), name);
  const PortNames forced = force ? PortNames{std::string(name)} : PortNames{};
  if (const absl::Status status = Commit(std::move(next), forced); !status.ok()) return status;
  if (draft_ == nullptr) return TakeKeptTap(SweepLeftovers(), name, force);
  Afterwards([this, name = std::string(name), caller, draft = draft_.get()] {
    if (ports_.contains(name)) return;  // It was added again.
    if (!draft->left.has_value()) draft->left = SweepLeftovers();
    auto tap = TakeKeptTap(*draft->left, name, draft->forced.contains(name));
    if (!tap.ok()) caller.Warn(std::string(tap.status().message()));
    if (tap.ok() && tap->has_value()) draft->kept.emplace(name, **std::move(tap));
  });
  return std::nullopt;
}

absl::StatusOr<std::optional<KeptTap>> SwitchController::TakeKeptTap(
    const std::vector<LinkInfo>& left, std::string_view name, bool force) {
  for (const LinkInfo& tap : left) {
    if (MadeForPort(lock_.id(), tap.alternative_names) != name) continue;
    if (!force) return KeptTap{.name = tap.name, .holder = FindTapHolder(tap.name)};
    // Of a port that was missing.
    const absl::Status status = DeleteMadeTap(lock_.id(), name);
    if (!status.ok()) return status;
  }
  return std::nullopt;
}

absl::Status SwitchController::MovePort(std::string_view name, std::string_view bridge,
                                        const Caller& caller) {
  const auto found = FindPort(name);
  if (!found.ok()) return found.status();
  const auto target = FindBridge(bridge);
  if (!target.ok()) return target.status();
  if (found->bridge == *target) return absl::OkStatus();
  Desired next = ToEdit();
  BridgeSpec* const home = next.FindBridge(found->bridge->name);
  if (absl::Status left = LeaveMirrors(home, name, caller); !left.ok()) return left;
  next.FindBridge(bridge)->ports.push_back(*found->port);
  ErasePortSpec(next.FindBridge(found->bridge->name), name);
  return Commit(std::move(next));
}

absl::Status SwitchController::SetPort(std::string_view name, const Settings& settings,
                                       const Caller& caller) {
  if (const auto found = FindPort(name); !found.ok()) return found.status();
  Desired next = ToEdit();
  const absl::Status status =
      ApplyPortSettings(settings, SettingsPhase::kChange, caller.uid, next.FindPort(name).port);
  if (!status.ok()) return status;
  const absl::Status done = Commit(std::move(next));
  // Also when it was on before: that is how the user opens the port again.
  const auto is_guard = [](const auto& setting) { return setting.first == "bpdu_guard"; };
  if (!done.ok() || std::ranges::none_of(settings, is_guard)) return done;
  Afterwards([this, name = std::string(name)] {
    if (const auto port = ports_.find(name); port != ports_.end()) OpenGuarded(port->second.get());
  });
  return done;
}

std::optional<PortId> SwitchController::FreeId(std::string_view name) const {
  const auto left = fast_.left().find(name);
  if (left != fast_.left().end()) return left->second.id;
  for (size_t id = 0; id < kMaxPorts; ++id) {
    const bool is_free = id >= ports_by_id_.size() || ports_by_id_[id] == nullptr;
    if (is_free && !fast_.HasPort(static_cast<PortId>(id))) return static_cast<PortId>(id);
  }
  return std::nullopt;
}

SwitchController::Port* SwitchController::NewPort(std::string_view name, Bridge* bridge) {
  const std::optional<PortId> id = FreeId(name);
  if (!id.has_value()) return nullptr;
  if (*id >= ports_by_id_.size()) ports_by_id_.resize(*id + 1);
  auto port = std::make_unique<Port>();
  port->name = name;
  port->id = *id;
  port->bridge = bridge;
  workers_->ResetCounters(port->id);
  ports_by_id_[*id] = port.get();
  return (ports_[port->name] = std::move(port)).get();
}

void SwitchController::ErasePort(Port* port) {
  loop_guard_.Forget(port->id);
  // Before its number may be another's.
  if (captures_.Forget(port->id)) workers_->SetCaptures(captures_.Set());
  ports_by_id_[port->id] = nullptr;
  bpdu_guard_.Release(port->id);
  ports_.erase(ports_.find(port->name));
}

}  // namespace vswitch
