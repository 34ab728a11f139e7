// What a user asked of a mirror. A plain value; a part of its bridge's (port_spec.h).
#ifndef VSWITCH_SWITCH_MODEL_MIRROR_SPEC_H_
#define VSWITCH_SWITCH_MODEL_MIRROR_SPEC_H_

#include <optional>
#include <string>
#include <vector>

#include "mac_table/fdb_key.h"

namespace vswitch {

// Of the switch: ingress is what ports send.
enum class MirrorDirection { kIngress, kEgress, kBoth };

struct MirrorSpec {
  std::string name;
  // All ports of the bridge that are no targets, also those to come; `sources` is empty then.
  bool all = false;
  std::vector<std::string> sources;
  MirrorDirection direction = MirrorDirection::kBoth;
  std::optional<VlanId> vlan;  // Nullopt: every VLAN.
  std::string to;

  friend bool operator==(const MirrorSpec&, const MirrorSpec&) = default;
};

// A bridge has no more.
inline constexpr size_t kMaxMirrors = 8;

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_MODEL_MIRROR_SPEC_H_
