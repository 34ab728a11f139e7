#include "switch/model/settings.h"

#include <span>

#include "absl/status/statusor.h"
#include "switch/base/nearest.h"
#include "switch/base/quote.h"
#include "switch/base/str_cat.h"
#include "switch/model/setting_table.h"

namespace vswitch {
namespace {

template <typename Spec>
std::vector<std::string_view> KeyNames(std::span<const SettingKey<Spec>> keys) {
  std::vector<std::string_view> names;
  for (const auto& key : keys) names.push_back(key.name);
  return names;
}

std::string Join(std::span<const std::string_view> names) {
  std::string list;
  for (const std::string_view name : names) list += StrCat(list.empty() ? "" : ", ", name);
  return list;
}

// A setting whose key is known and whose value was read.
template <typename Spec>
struct Assignment {
  const SettingKey<Spec>* key;
  uint64_t value;
};

template <typename Spec>
absl::StatusOr<std::vector<Assignment<Spec>>> Parse(const Settings& settings,
                                                    std::span<const SettingKey<Spec>> keys) {
  std::vector<Assignment<Spec>> assignments;
  for (const auto& [name, text] : settings) {
    const SettingKey<Spec>* found = nullptr;
    for (const auto& key : keys) {
      if (key.name == name) found = &key;
    }
    if (found == nullptr) {
      const std::vector<std::string_view> names = KeyNames(keys);
      const std::string hint = DidYouMean(name, names);
      return absl::InvalidArgumentError(StrCat(
          "unknown key ", Quote(name), hint.empty() ? "." : hint, " The keys are ", Join(names)));
    }
    for (const auto& earlier : assignments) {
      if (earlier.key == found) {
        return absl::InvalidArgumentError(StrCat(found->name, "= is given twice"));
      }
    }
    const absl::StatusOr<uint64_t> value = ParseValue(*found, text);
    if (!value.ok()) return value.status();
    assignments.push_back({found, *value});
  }
  return assignments;
}

absl::Status NotForThisType(const SettingKey<PortSpec>& key, PortType type) {
  return absl::InvalidArgumentError(
      StrCat(key.name, "= applies to ports of type=tap only, not to type=", PortTypeName(type)));
}

absl::Status CheckOwner(uid_t owner, uid_t caller) {
  if (caller == 0 || owner == caller) return absl::OkStatus();
  return absl::PermissionDeniedError(StrCat("owner=", UserName(owner),
                                            ": only root may give a TAP to another user; you are ",
                                            UserName(caller)));
}

template <typename Spec>
std::vector<SettingHelp> Help(std::span<const SettingKey<Spec>> keys) {
  std::vector<SettingHelp> help;
  for (const auto& key : keys) {
    help.push_back(
        {std::string(key.name), RangeText(key),
         key.form == SettingForm::kUser ? "the caller" : FormatValue(key, key.get(Spec{})),
         StrCat(key.help, key.tap_only ? " (type=tap only)" : "",
                key.creation_only ? " (only when the port is added)" : "")});
  }
  return help;
}

}  // namespace

absl::Status ApplyBridgeSettings(const Settings& settings, BridgeSpec* spec) {
  const auto assignments = Parse(settings, BridgeKeys());
  if (!assignments.ok()) return assignments.status();
  for (const auto& [key, value] : *assignments) key->set(*spec, value);
  return absl::OkStatus();
}

absl::Status ApplyPortSettings(const Settings& settings, SettingsPhase phase, uid_t caller,
                               PortSpec* spec) {
  const auto assignments = Parse(settings, PortKeys());
  if (!assignments.ok()) return assignments.status();

  PortSpec next = *spec;
  if (phase == SettingsPhase::kCreate) {
    // The type first: it decides what the others may be, whatever the order they were typed in.
    for (const auto& [key, value] : *assignments) {
      if (key->form == SettingForm::kPortType) key->set(next, value);
    }
    if (next.type == PortType::kTap) next.owner = caller;
  }
  for (const auto& [key, value] : *assignments) {
    if (key->tap_only && next.type != PortType::kTap) return NotForThisType(*key, next.type);
    if (phase == SettingsPhase::kChange) {
      if (key->get(next) == value) continue;
      if (key->creation_only) {
        return absl::InvalidArgumentError(StrCat(
            key->name, "= can only be given when the port is added; it is ",
            FormatValue(*key, key->get(next)), ". Remove the port and add it again to change it"));
      }
    }
    if (key->form == SettingForm::kUser) {
      if (absl::Status status = CheckOwner(static_cast<uid_t>(value), caller); !status.ok()) {
        return status;
      }
    }
    key->set(next, value);
  }
  *spec = std::move(next);
  return absl::OkStatus();
}

Settings FormatBridgeSettings(const BridgeSpec& spec) {
  Settings settings;
  for (const auto& key : BridgeKeys()) {
    settings.emplace_back(key.name, FormatValue(key, key.get(spec)));
  }
  return settings;
}

Settings FormatPortSettings(const PortSpec& spec) {
  Settings settings;
  for (const auto& key : PortKeys()) {
    if (key.tap_only && spec.type != PortType::kTap) continue;
    settings.emplace_back(key.name, FormatValue(key, key.get(spec)));
  }
  return settings;
}

absl::Status CheckBridgeSettings(const BridgeSpec& spec) {
  for (const auto& key : BridgeKeys()) {
    if (absl::Status status = CheckValue(key, key.get(spec)); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status CheckPortSettings(const PortSpec& spec) {
  for (const auto& key : PortKeys()) {
    if (absl::Status status = CheckValue(key, key.get(spec)); !status.ok()) return status;
    if (key.tap_only && spec.type != PortType::kTap && key.get(spec) != key.get(PortSpec{})) {
      return NotForThisType(key, spec.type);
    }
  }
  if (spec.created && spec.type != PortType::kTap) {
    return absl::InvalidArgumentError(
        "only a port of type=tap can have been created by the switch");
  }
  return absl::OkStatus();
}

std::vector<SettingHelp> BridgeSettingsHelp() { return Help(BridgeKeys()); }
std::vector<SettingHelp> PortSettingsHelp() { return Help(PortKeys()); }

}  // namespace vswitch
