// The verbs on ports, and what runs of a port.
#include <algorithm>
#include <utility>

#include "switch/base/str_cat.h"
#include "switch/core/switch_controller.h"
#include "switch/model/names.h"
#include "switch/model/settings.h"
#include "switch/model/users.h"
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

}  // namespace

absl::Status SwitchController::AddPort(std::string_view bridge_name, std::string_view name,
                                       const Settings& settings, bool may_exist,
                                       const Caller& caller) {
  if (const auto bridge = FindBridge(bridge_name); !bridge.ok()) {
    if (desired_.FindBridge(name) == nullptr) return bridge.status();
    return BridgeComesFirst(bridge_name, name);
  }
  if (const absl::Status status = CheckPortName(name); !status.ok()) return status;
  if (const auto other = desired_.FindPort(name)) {
    if (may_exist && other.bridge->name == bridge_name) {
      const PortStatus status = StatusOf(*other.port);
      PortSpec shown = *other.port;
      shown.mtu = status.mtu;
      shown.owner = status.owner.value_or(shown.owner);
      return CheckPortHas(settings, *other.port, shown);
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
  Desired next = desired_;
  next.FindBridge(bridge_name)->ports.push_back(std::move(spec));
  const absl::Status done = Commit(std::move(next));
  if (done.ok()) WarnOfOwner(*desired_.FindPort(name).port, asked_owner, caller);
  return done;
}

absl::Status SwitchController::DeletePort(std::string_view bridge, std::string_view name,
                                          bool if_exists) {
  if (!bridge.empty()) {
    if (const auto found = FindBridge(bridge); !found.ok()) {
      // A slip, also where what is not there is no error.
      if (desired_.FindBridge(name) != nullptr && !desired_.FindPort(name)) {
        return BridgeComesFirst(bridge, name);
      }
      return if_exists ? absl::OkStatus() : found.status();
    }
  }
  const auto found = FindPort(name);
  if (!found.ok()) return if_exists ? absl::OkStatus() : found.status();
  const std::string& home = found->bridge->name;
  if (!bridge.empty() && bridge != home) {
    return absl::NotFoundError(
        StrCat("port '", name, "' is not on bridge '", bridge, "' but on '", home, "'"));
  }
  Desired next = desired_;
  BridgeSpec* const spec = next.FindBridge(home);
  std::erase_if(spec->ports, [&](const PortSpec& port) { return port.name == name; });
  std::erase_if(spec->static_entries,
                [&](const StaticEntrySpec& entry) { return entry.port == name; });
  return Commit(std::move(next));
}

absl::Status SwitchController::SetPort(std::string_view name, const Settings& settings,
                                       const Caller& caller) {
  if (const auto found = FindPort(name); !found.ok()) return found.status();
  Desired next = desired_;
  const absl::Status status =
      ApplyPortSettings(settings, SettingsPhase::kChange, caller.uid, next.FindPort(name).port);
  return status.ok() ? Commit(std::move(next)) : status;
}

SwitchController::Port* SwitchController::NewPort(std::string_view name, Bridge* bridge) {
  auto slot = std::ranges::find(ports_by_id_, nullptr);
  if (slot == ports_by_id_.end()) {
    if (ports_by_id_.size() >= kMaxPorts) return nullptr;
    ports_by_id_.push_back(nullptr);
    slot = ports_by_id_.end() - 1;
  }
  auto port = std::make_unique<Port>();
  port->name = name;
  port->id = static_cast<PortId>(slot - ports_by_id_.begin());
  port->bridge = bridge;
  workers_->ResetCounters(port->id);
  *slot = port.get();
  return (ports_[port->name] = std::move(port)).get();
}

void SwitchController::ErasePort(Port* port) {
  ports_by_id_[port->id] = nullptr;
  ports_.erase(ports_.find(port->name));
}

}  // namespace vswitch
