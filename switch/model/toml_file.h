// The desired state as TOML, for people to write: vswitch.toml, `apply`, `diff`, `save`.
//
//   [bridge.br0]
//   ageing_s = 60
//
//   [bridge.br0.port.vm0]
//   owner = "alice"
//   mtu = 9000
//   isolated = true
//
//   [[bridge.br0.fdb]]
//   mac = "52:54:00:12:34:56"
//   port = "vm0"
//   vlan = 10
//   sticky = true
//
//   [bridge.br0.mirror.m1]
//   src = ["vm0"]
//   to = "vm9"
//
// Keys and values are those of the settings (setting_table.h), with TOML's own ways to write them:
// a number as one, true and false for on and off, a list as an array. docs/configuration.md is for
// users. Bridges and ports keep the order in which they stand.
//
// The text is untrusted: toml_bounds.h limits its size and depth before it is parsed.
// Thread-safety: pure functions, but for the user database that owner = "NAME" is looked up in.
#ifndef VSWITCH_SWITCH_MODEL_TOML_FILE_H_
#define VSWITCH_SWITCH_MODEL_TOML_FILE_H_

#include <set>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "switch/model/desired.h"

namespace vswitch {

struct TomlState {
  Desired desired;
  // The ports of whose owner it speaks; the others' is root.
  std::set<std::string, std::less<>> owned;
};

// InvalidArgument is one line, "FILE:LINE:COLUMN: ..." with `name` for FILE, and says what is wrong
// and what would be right. Whatever is accepted passes CheckState().
absl::StatusOr<TomlState> ReadToml(std::string_view text, std::string_view name);

// Only what is not as by default, but for owners that are not root; reads back as the same state,
// PortSpec::created apart. REQUIRES: CheckState(desired).ok().
std::string WriteToml(const Desired& desired);

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_MODEL_TOML_FILE_H_
