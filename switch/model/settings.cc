#include "switch/model/settings.h"

#include <algorithm>
#include <span>

#include "absl/status/statusor.h"
#include "switch/base/nearest.h"
#include "switch/base/quote.h"
#include "switch/base/return_if_error.h"
#include "switch/base/str_cat.h"
#include "switch/model/keys/keys.h"
#include "switch/model/setting_table.h"
#include "switch/model/users.h"
#include "switch/model/vlan_settings.h"

namespace vswitch {
namespace {

template <typename Spec>
using Keys = std::vector<const SettingKey<Spec>*>;

std::string Join(std::span<const std::string_view> names) {
  std::string list;
  for (const std::string_view name : names) list += StrCat(list.empty() ? "" : ", ", name);
  return list;
}

template <typename Spec>
absl::StatusOr<const SettingKey<Spec>*> FindKey(std::string_view name) {
  std::vector<std::string_view> names;
  for (const SettingKey<Spec>& key : KeysOf<Spec>()) {
    if (key.name == name) return &key;
    names.push_back(key.name);
  }
  const std::string hint = DidYouMean(name, names);
  return absl::InvalidArgumentError(StrCat("unknown key ", Quote(name), hint.empty() ? "." : hint,
                                           " The keys are ", Join(names)));
}

// Two keys may write one field.
template <typename Spec>
absl::Status CheckNoneIsLost(const Settings& settings, const Keys<Spec>& given, const Spec& spec,
                             const Spec& defaults) {
  for (size_t i = 0; i < given.size(); ++i) {
    Spec alone = spec;
    VSWITCH_RETURN_IF_ERROR(given[i]->Parse(settings[i].second, &alone, defaults));
    if (given[i]->Format(alone) == given[i]->Format(spec)) continue;
    return absl::InvalidArgumentError(StrCat(
        given[i]->name,
        "= is another name of a key that is given too, with another value: ", "give one of them"));
  }
  return absl::OkStatus();
}

// Reads all of them into `spec`, and returns their keys. Those without a value get that of
// `defaults`.
template <typename Spec>
absl::StatusOr<Keys<Spec>> Assign(const Settings& settings, Spec* spec, const Spec& defaults = {}) {
  Keys<Spec> given;
  for (const auto& [name, text] : settings) {
    const absl::StatusOr<const SettingKey<Spec>*> key = FindKey<Spec>(name);
    if (!key.ok()) return key.status();
    if (std::ranges::find(given, *key) != given.end()) {
      return absl::InvalidArgumentError(StrCat(name, "= is given twice"));
    }
    VSWITCH_RETURN_IF_ERROR((*key)->Parse(text, spec, defaults));
    given.push_back(*key);
  }
  VSWITCH_RETURN_IF_ERROR(CheckNoneIsLost(settings, given, *spec, defaults));
  return given;
}

absl::Status DoesNotApply(const SettingKey<PortSpec>& key, PortType type) {
  return absl::InvalidArgumentError(
      StrCat(key.name, "= applies to ports of type=", PortTypeList(key.applies_to),
             " only, not to type=", PortTypeName(type)));
}

absl::Status CheckChangeable(const SettingKey<PortSpec>& key, const PortSpec& before,
                             const PortSpec& next) {
  if (!key.creation_only || key.Format(next) == key.Format(before)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      StrCat(key.name, "= can only be given when the port is added; it is ", key.Format(before),
             ". Remove the port and add it again to change it"));
}

absl::Status CheckOwner(uid_t owner, uid_t caller) {
  if (caller == 0 || owner == caller) return absl::OkStatus();
  return absl::PermissionDeniedError(StrCat("owner=", UserName(owner),
                                            ": only root may give a TAP to another user; you are ",
                                            UserName(caller)));
}

// What of `asked`, by its keys `given`, neither `spec` nor `shown` has.
template <typename Spec>
absl::Status CheckNoDifference(std::string_view what, const Keys<Spec>& given, const Spec& asked,
                               const Spec& spec, const Spec& shown) {
  std::string list;
  bool changeable = true;
  for (const SettingKey<Spec>* key : given) {
    const std::string wanted = key->Format(asked);
    if (wanted == key->Format(spec) || wanted == key->Format(shown)) continue;
    list += StrCat(list.empty() ? "" : ", ", key->name, "=", key->Format(shown), " and not ",
                   key->name, "=", wanted);
    changeable &= !key->creation_only;
  }
  if (list.empty()) return absl::OkStatus();
  return absl::AlreadyExistsError(
      StrCat(what, " '", spec.name, "' exists already, but has ", list, ": ",
             changeable ? "change that" : "remove it and add it again"));
}

// A value is in its range if its text can be read back.
template <typename Spec>
absl::Status CheckRanges(const Spec& spec) {
  Spec scratch;
  for (const SettingKey<Spec>& key : KeysOf<Spec>()) {
    const std::string text = key.Format(spec);
    if (key.Parse(text, &scratch).ok()) continue;
    return absl::InvalidArgumentError(
        StrCat(key.name, "=", text, " is out of range: give ", key.value.allowed));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ApplyBridgeSettings(const Settings& settings, BridgeSpec* spec) {
  BridgeSpec next = *spec;
  VSWITCH_RETURN_IF_ERROR(Assign(settings, &next).status());
  *spec = std::move(next);
  return absl::OkStatus();
}

absl::Status ApplyPortSettings(const Settings& settings, SettingsPhase phase, uid_t caller,
                               PortSpec* spec) {
  PortSpec next = *spec;
  if (phase == SettingsPhase::kCreate) next.owner = caller;
  const uid_t owner_unless_given = next.owner;
  const absl::StatusOr<Keys<PortSpec>> given =
      Assign(settings, &next, PortSpec{.name = {}, .owner = caller});
  if (!given.ok()) return given.status();

  // The type decides what the others may be, in whatever order they were typed.
  const PortType type = phase == SettingsPhase::kCreate ? next.type : spec->type;
  for (const SettingKey<PortSpec>* key : *given) {
    if (!key->AppliesTo(type)) return DoesNotApply(*key, type);
    if (phase == SettingsPhase::kCreate) continue;
    VSWITCH_RETURN_IF_ERROR(CheckChangeable(*key, *spec, next));
  }
  if (next.owner != owner_unless_given) VSWITCH_RETURN_IF_ERROR(CheckOwner(next.owner, caller));
  if (next.type != PortType::kTap) next.owner = PortSpec{}.owner;
  VSWITCH_RETURN_IF_ERROR(CheckVlanSettings(next));
  VSWITCH_RETURN_IF_ERROR(CheckGuard(next));
  *spec = std::move(next);
  return absl::OkStatus();
}

absl::Status CheckBridgeHas(const Settings& settings, const BridgeSpec& spec) {
  BridgeSpec asked = spec;
  const absl::StatusOr<Keys<BridgeSpec>> given = Assign(settings, &asked);
  if (!given.ok()) return given.status();
  return CheckNoDifference("bridge", *given, asked, spec, spec);
}

absl::Status CheckPortHas(const Settings& settings, const PortSpec& spec, const PortSpec& shown) {
  PortSpec asked = spec;
  const absl::StatusOr<Keys<PortSpec>> given = Assign(settings, &asked);
  if (!given.ok()) return given.status();
  VSWITCH_RETURN_IF_ERROR(CheckNoDifference("port", *given, asked, spec, shown));
  for (const SettingKey<PortSpec>* key : *given) {
    if (!key->AppliesTo(spec.type)) return DoesNotApply(*key, spec.type);
  }
  return absl::OkStatus();
}

absl::Status CheckBridgeSettings(const BridgeSpec& spec) { return CheckRanges(spec); }

absl::Status CheckPortSettings(const PortSpec& spec) {
  VSWITCH_RETURN_IF_ERROR(CheckRanges(spec));
  VSWITCH_RETURN_IF_ERROR(CheckGuard(spec));
  for (const SettingKey<PortSpec>& key : PortKeys()) {
    if (key.AppliesTo(spec.type) || key.Format(spec) == key.Format(PortSpec{})) continue;
    return DoesNotApply(key, spec.type);
  }
  VSWITCH_RETURN_IF_ERROR(CheckVlanSettings(spec));
  if (spec.created && spec.type != PortType::kTap) {
    return absl::InvalidArgumentError(
        "only a port of type=tap can have been created by the switch");
  }
  return absl::OkStatus();
}

}  // namespace vswitch
