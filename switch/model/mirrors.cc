#include "switch/model/mirrors.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_split.h"
#include "switch/base/nearest.h"
#include "switch/base/quote.h"
#include "switch/base/return_if_error.h"
#include "switch/base/str_cat.h"
#include "switch/model/names.h"
#include "switch/model/setting_value.h"

namespace vswitch {
namespace {

constexpr std::string_view kAll = "all";
constexpr std::array kDirections = {MirrorDirection::kIngress, MirrorDirection::kEgress,
                                    MirrorDirection::kBoth};

absl::Status Bad(std::string_view key, std::string_view text, std::string_view what) {
  return absl::InvalidArgumentError(StrCat(key, "=", Printable(text, 40), " ", what));
}

absl::Status ReadSources(std::string_view text, MirrorSpec* mirror) {
  if (text == kAll) {
    mirror->all = true;
    return absl::OkStatus();
  }
  for (const absl::string_view name :
       absl::StrSplit(absl::string_view(text.data(), text.size()), ',')) {
    if (name.empty())
      return Bad("src", text, "has an empty name: give ports with ',' between, or all");
    VSWITCH_RETURN_IF_ERROR(CheckPortName(StdView(name)));
    mirror->sources.emplace_back(name);
  }
  return absl::OkStatus();
}

absl::Status ReadOne(std::string_view key, std::string_view text, MirrorSpec* mirror) {
  static constexpr std::string_view kKeys[] = {"src", "dir", "vlan", "to"};
  if (key == "src") return ReadSources(text, mirror);
  if (key == "to") {
    VSWITCH_RETURN_IF_ERROR(CheckPortName(text));
    mirror->to = text;
    return absl::OkStatus();
  }
  if (std::ranges::find(kKeys, key) == std::end(kKeys)) {
    return absl::InvalidArgumentError(
        StrCat("a mirror has no setting ", Quote(key), DidYouMean(key, kKeys)));
  }
  if (text.empty()) return absl::OkStatus();  // As if it were not there.
  if (key == "dir") {
    const auto direction = ReadMirrorDirection(text);
    if (!direction.ok()) return direction.status();
    mirror->direction = *direction;
    return absl::OkStatus();
  }
  const std::optional<uint64_t> vlan = ReadWholeNumber(text, /*hexadecimal=*/false);
  if (!vlan.has_value() || *vlan > kMaxVlanId) {
    return Bad(key, text, StrCat("is no VLAN: give 0 (untagged) to ", kMaxVlanId));
  }
  mirror->vlan = static_cast<VlanId>(*vlan);
  return absl::OkStatus();
}

absl::Status CheckMirror(const BridgeSpec& bridge, const MirrorSpec& mirror) {
  const auto is_member = [&](std::string_view name) {
    return std::ranges::any_of(bridge.ports,
                               [&](const PortSpec& port) { return port.name == name; });
  };
  const std::string who = StrCat("mirror ", Quote(mirror.name));
  if (mirror.all != mirror.sources.empty()) {
    return absl::InvalidArgumentError(StrCat(who, " needs src=PORT,... or src=all"));
  }
  if (mirror.to.empty()) return absl::InvalidArgumentError(StrCat(who, " needs to=PORT"));
  if (mirror.vlan.value_or(0) > kMaxVlanId) {
    return absl::InvalidArgumentError(StrCat(who, ": VLAN ", *mirror.vlan, " does not exist"));
  }
  std::vector<std::string_view> ports(mirror.sources.begin(), mirror.sources.end());
  ports.push_back(mirror.to);
  for (const std::string_view port : ports) {
    if (is_member(port)) continue;
    return absl::InvalidArgumentError(
        StrCat(who, ": ", Quote(port), " is no port of ", Quote(bridge.name)));
  }
  std::set<std::string_view> seen;
  for (const std::string& source : mirror.sources) {
    if (!seen.insert(source).second) {
      return absl::InvalidArgumentError(StrCat(who, " has ", Quote(source), " twice"));
    }
    if (!IsMirrorTarget(bridge, source)) continue;
    return absl::InvalidArgumentError(
        StrCat(who, ": ", Quote(source),
               " is the target of a mirror, and copies of copies would "
               "never end: leave it out of src"));
  }
  return absl::OkStatus();
}

}  // namespace

std::string_view MirrorDirectionName(MirrorDirection direction) {
  switch (direction) {
    case MirrorDirection::kIngress:
      return "ingress";
    case MirrorDirection::kEgress:
      return "egress";
    case MirrorDirection::kBoth:
      return "both";
  }
  return "";
}

absl::StatusOr<MirrorDirection> ReadMirrorDirection(std::string_view text) {
  for (const MirrorDirection direction : kDirections) {
    if (text == MirrorDirectionName(direction)) return direction;
  }
  return Bad("dir", text, "is no direction: give ingress (what ports send), egress or both");
}

absl::StatusOr<MirrorSpec> ReadMirror(std::string_view name, const Settings& settings) {
  MirrorSpec mirror{.name = std::string(name)};
  std::set<std::string_view> seen;
  for (const auto& [key, text] : settings) {
    if (!seen.insert(key).second) return Bad(key, text, "is there twice");
    VSWITCH_RETURN_IF_ERROR(ReadOne(key, text, &mirror));
  }
  return mirror;
}

std::vector<std::string> MirrorSourceNames(const MirrorSpec& mirror) {
  if (mirror.all) return {std::string(kAll)};
  return mirror.sources;
}

bool IsMirrorTarget(const BridgeSpec& bridge, std::string_view port) {
  return std::ranges::any_of(bridge.mirrors,
                             [&](const MirrorSpec& mirror) { return mirror.to == port; });
}

bool IsSourceOf(const MirrorSpec& mirror, const BridgeSpec& bridge, std::string_view port) {
  if (mirror.all) return !IsMirrorTarget(bridge, port);
  return std::ranges::find(mirror.sources, port) != mirror.sources.end();
}

absl::Status CheckMirrors(const BridgeSpec& bridge) {
  if (bridge.mirrors.size() > kMaxMirrors) {
    return absl::ResourceExhaustedError(StrCat("bridge ", Quote(bridge.name), " has at most ",
                                               kMaxMirrors, " mirrors: delete one first"));
  }
  std::set<std::string_view> names;
  for (const MirrorSpec& mirror : bridge.mirrors) {
    VSWITCH_RETURN_IF_ERROR(CheckMirrorName(mirror.name));
    if (!names.insert(mirror.name).second) {
      return absl::AlreadyExistsError(
          StrCat("bridge ", Quote(bridge.name), " has a mirror ", Quote(mirror.name), " already"));
    }
    VSWITCH_RETURN_IF_ERROR(CheckMirror(bridge, mirror));
  }
  return absl::OkStatus();
}

}  // namespace vswitch
