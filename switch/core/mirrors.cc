// The verbs on mirrors, and what the workers are told of them.
#include "switch/core/mirrors.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_join.h"
#include "switch/base/str_cat.h"
#include "switch/core/switch_controller.h"
#include "switch/model/mirrors.h"

namespace vswitch {

absl::Status SwitchController::AddMirror(std::string_view bridge, MirrorSpec mirror) {
  const auto found = FindBridge(bridge);
  if (!found.ok()) return found.status();
  for (const std::string& port : mirror.sources) {
    if (const absl::Status status = CheckIsOn(bridge, port); !status.ok()) return status;
  }
  if (const absl::Status status = CheckIsOn(bridge, mirror.to); !status.ok()) return status;
  Desired next = ToEdit();
  next.FindBridge(bridge)->mirrors.push_back(std::move(mirror));
  if (const absl::Status status = CheckMirrors(*next.FindBridge(bridge)); !status.ok()) {
    return status;
  }
  return Commit(std::move(next));
}

absl::Status SwitchController::DeleteMirror(std::string_view bridge, std::string_view name) {
  const auto found = FindBridge(bridge);
  if (!found.ok()) return found.status();
  Desired next = ToEdit();
  const auto is_it = [&](const MirrorSpec& mirror) { return mirror.name == name; };
  if (std::erase_if(next.FindBridge(bridge)->mirrors, is_it) == 0) {
    return absl::NotFoundError(StrCat(
        "bridge '", bridge, "' has no mirror '", name, "'",
        (*found)->mirrors.empty()
            ? std::string(": it has none")
            : StrCat(": it has ", absl::StrJoin((*found)->mirrors, ", ",
                                                [](std::string* out, const MirrorSpec& mirror) {
                                                  *out += mirror.name;
                                                }))));
  }
  return Commit(std::move(next));
}

absl::StatusOr<std::vector<MirrorStatus>> SwitchController::ShowMirrors(std::string_view bridge) {
  const auto bridges = BridgesNamed(bridge);
  if (!bridges.ok()) return bridges.status();
  std::vector<MirrorStatus> all;
  for (const BridgeSpec* const each : *bridges) {
    for (const MirrorSpec& mirror : each->mirrors) all.push_back({each->name, mirror});
  }
  return all;
}

static_assert(kMaxMirrors <= 8 * sizeof(MirrorBits));

void SwitchController::TellMirrors(const BridgeSpec& spec, ForwardingConfig* config) const {
  for (size_t i = 0; i < spec.mirrors.size(); ++i) {
    const MirrorSpec& mirror = spec.mirrors[i];
    const Port& target = *ports_.find(mirror.to)->second;
    const auto bit = static_cast<MirrorBits>(1u << i);
    config->bridges[target.bridge->id].mirrors.push_back(
        {.to = target.id, .vlan = mirror.vlan.value_or(kEveryVlan)});
    for (const PortSpec& port : spec.ports) {
      if (!IsSourceOf(mirror, spec, port.name)) continue;
      PortForwarding& source = config->ports[ports_.find(port.name)->second->id];
      if (mirror.direction != MirrorDirection::kEgress) source.mirrors_ingress |= bit;
      if (mirror.direction != MirrorDirection::kIngress) source.mirrors_egress |= bit;
    }
  }
}

std::string WhyMirrored(const BridgeSpec& bridge, std::string_view port) {
  for (const MirrorSpec& mirror : bridge.mirrors) {
    if (mirror.to == port) return StrCat("it is the target of mirror '", mirror.name, "'");
    if (IsSourceOf(mirror, bridge, port)) return StrCat("mirror '", mirror.name, "' copies it");
  }
  return "";
}

// A target keeps its mirror from becoming something that looks alive; a source that goes leaves the
// others.
absl::Status LeaveMirrors(BridgeSpec* bridge, std::string_view port, const Caller& caller) {
  for (const MirrorSpec& mirror : bridge->mirrors) {
    if (mirror.to != port) continue;
    return absl::FailedPreconditionError(
        StrCat("port '", port, "' is the target of mirror '", mirror.name, "': delete that first"));
  }
  std::erase_if(bridge->mirrors, [&](MirrorSpec& mirror) {
    if (std::erase(mirror.sources, port) == 0) return false;
    const bool is_empty = mirror.sources.empty();
    caller.Warn(is_empty ? StrCat("mirror '", mirror.name, "' had no other port and is gone too")
                         : StrCat("mirror '", mirror.name, "' goes on without it"));
    return is_empty;
  });
  return absl::OkStatus();
}

}  // namespace vswitch
