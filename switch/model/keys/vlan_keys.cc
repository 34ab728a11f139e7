// VLANs.
#include "switch/model/keys/keys.h"
#include "switch/model/setting_value.h"
#include "switch/model/vlan_settings.h"

namespace vswitch {
namespace {

SettingValue<PortSpec> ModeValue() {
  return {.allowed =
              "access, trunk, native-tagged, native-untagged or dot1q-tunnel, or nothing for what "
              "tag and trunks alone mean",
          .json = JsonForm::kText,
          .parse = [](std::string_view text, PortSpec* spec) -> absl::Status {
            const absl::StatusOr<VlanModeSetting> mode = ReadVlanMode(text);
            if (mode.ok()) spec->vlan_mode = *mode;
            return mode.status();
          },
          .format = [](const PortSpec& spec) { return std::string(VlanModeName(spec.vlan_mode)); }};
}

SettingValue<PortSpec> TagValue() {
  constexpr NumberRange kRange = {.min = 1, .max = kMaxVlanId};
  return {.allowed = StrCat(AllowedNumbers(kRange), ", or nothing for none"),
          .json = JsonForm::kNumber,
          .parse = [=](std::string_view text, PortSpec* spec) -> absl::Status {
            const absl::StatusOr<uint64_t> tag =
                text.empty() ? absl::StatusOr<uint64_t>(0) : ReadNumber(text, kRange);
            if (tag.ok()) spec->tag = static_cast<VlanId>(*tag);
            return tag.status();
          },
          .format = [](const PortSpec& spec) { return spec.tag == 0 ? "" : StrCat(spec.tag); }};
}

SettingValue<PortSpec> TrunksValue() {
  return {.allowed = StrCat("VLANs of 0 (untagged) to ", kMaxVlanId,
                            " and ranges of them, such as 10,20-30, or nothing for all"),
          .json = JsonForm::kText,
          .parse = [](std::string_view text, PortSpec* spec) -> absl::Status {
            const absl::StatusOr<VlanList> list = ReadVlanList(text);
            // As it is written shortest, so that the same VLANs are the same text.
            if (list.ok()) spec->trunks = VlanListText(*list);
            return list.status();
          },
          .format = [](const PortSpec& spec) { return spec.trunks; }};
}

}  // namespace

std::vector<SettingKey<PortSpec>> VlanPortKeys() {
  return std::vector<SettingKey<PortSpec>>{
      {.name = "vlan_mode",
       .placeholder = "MODE",
       .help = "access: untagged, in VLAN tag; trunk: tagged, in trunks; native-tagged, "
               "native-untagged: a trunk that puts untagged frames into VLAN tag, which leaves "
               "with or without it; dot1q-tunnel: whatever comes is in VLAN tag, by an 802.1ad tag",
       .default_words = "access where tag is given, trunk where trunks are, else all VLANs pass",
       .value = ModeValue()},
      {.name = "tag",
       .placeholder = "VLAN",
       .help = "the VLAN that the port's untagged frames are in",
       .default_words = "none",
       .value = TagValue()},
      {.name = "trunks",
       .placeholder = "VLANS",
       .help = "the VLANs that the port carries with their tags",
       .default_words = "all",
       .value = TrunksValue()},
  };
}

}  // namespace vswitch
