// What help and `show` say of settings, read from the table that the daemon reads them with. A
// daemon of another version may know others. Thread-safety: pure functions.
#ifndef VSWITCH_CLI_VERBS_SETTINGS_HELP_H_
#define VSWITCH_CLI_VERBS_SETTINGS_HELP_H_

#include <string>
#include <string_view>
#include <vector>

namespace vswitch {

// Whether `key` is a setting of a bridge; of a port; of either; or what 'get' can print of either.
bool IsBridgeKey(std::string_view key);
bool IsPortKey(std::string_view key);
bool IsSettingKey(std::string_view key);
bool IsShownKey(std::string_view key);

// Whether it is one, and `text`, as in the daemon's JSON, is not what it is by default.
bool IsChangedBridgeSetting(std::string_view key, std::string_view text);
bool IsChangedPortSetting(std::string_view key, std::string_view text);

// What there is to know of a setting.
struct SettingRow {
  std::string_view of;  // "bridge", "port".
  std::string_view key;
  std::string_view value;  // What help writes for it: "SECONDS".
  std::string_view help;
  std::string types;  // Of ports that take it, with commas; empty: all.
  std::string allowed;
  std::string by_default;
  bool creation_only = false;
};
// Of all keys, in the order of help.
std::vector<SettingRow> SettingRows();

// "Settings:" and a few lines on each key: what it does, what it may be, what it is by default.
std::string BridgeSettingsHelp();
std::string PortSettingsHelp();

// Which of them a port may be given after it was added.
std::string ChangeablePortSettingsHelp();

}  // namespace vswitch

#endif  // VSWITCH_CLI_VERBS_SETTINGS_HELP_H_
