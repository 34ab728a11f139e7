#include "switch/model/check_state.h"

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "mac_table/fdb_key.h"
#include "switch/base/quote.h"
#include "switch/base/return_if_error.h"
#include "switch/base/str_cat.h"
#include "switch/model/at_place.h"
#include "switch/model/mirrors.h"
#include "switch/model/names.h"
#include "switch/model/settings.h"

namespace vswitch {
namespace {

absl::Status CheckStaticEntries(const BridgeSpec& bridge, const std::string& place) {
  if (bridge.static_entries.size() > bridge.fdb_entries) {
    return BadAt(
        place + ".static_entries",
        StrCat("more entries than the table holds (fdb_entries=", bridge.fdb_entries, ")"));
  }
  std::set<std::string_view> members;
  for (const PortSpec& port : bridge.ports) members.insert(port.name);
  std::set<uint64_t> keys;
  for (size_t i = 0; i < bridge.static_entries.size(); ++i) {
    const StaticEntrySpec& entry = bridge.static_entries[i];
    const std::string here = StrCat(place, ".static_entries[", i, "]");
    if (entry.mac.IsGroup() || entry.mac.IsZero()) {
      return BadAt(here, entry.mac.ToString() + " is not a unicast address");
    }
    if (entry.vlan > kMaxVlanId) return BadAt(here, StrCat("VLAN ", entry.vlan, " does not exist"));
    if (!members.contains(entry.port)) {
      return BadAt(here, StrCat(Quote(entry.port), " is no port of ", Quote(bridge.name)));
    }
    if (!keys.insert(FdbKey(entry.mac, entry.vlan).value).second) {
      return BadAt(here, StrCat(entry.mac.ToString(), " is there twice in VLAN ", entry.vlan));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckState(const Desired& desired) {
  std::set<std::string_view> bridge_names;
  std::set<std::string_view> port_names;
  for (size_t i = 0; i < desired.bridges.size(); ++i) {
    const BridgeSpec& bridge = desired.bridges[i];
    const std::string place = StrCat("bridges[", i, "]");
    VSWITCH_RETURN_IF_ERROR(AtPlace(place, CheckBridgeName(bridge.name)));
    VSWITCH_RETURN_IF_ERROR(AtPlace(place, CheckBridgeSettings(bridge)));
    if (!bridge_names.insert(bridge.name).second) {
      return BadAt(place, StrCat("a bridge ", Quote(bridge.name), " is already there"));
    }
    for (size_t j = 0; j < bridge.ports.size(); ++j) {
      const PortSpec& port = bridge.ports[j];
      const std::string here = StrCat(place, ".ports[", j, "]");
      VSWITCH_RETURN_IF_ERROR(AtPlace(here, CheckPortName(port.name)));
      VSWITCH_RETURN_IF_ERROR(AtPlace(here, CheckPortSettings(port)));
      if (!port_names.insert(port.name).second) {
        return BadAt(here, StrCat("a port ", Quote(port.name), " is already there"));
      }
    }
    if (port_names.size() > kMaxPorts) {
      return BadAt(place, StrCat("more than ", kMaxPorts, " ports in all"));
    }
    VSWITCH_RETURN_IF_ERROR(CheckStaticEntries(bridge, place));
    VSWITCH_RETURN_IF_ERROR(AtPlace(place, CheckMirrors(bridge)));
  }
  return absl::OkStatus();
}

}  // namespace vswitch
