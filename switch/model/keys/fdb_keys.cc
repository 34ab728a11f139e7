// The forwarding table.
#include "switch/model/keys/keys.h"
#include "switch/model/setting_value.h"

namespace vswitch {

std::vector<SettingKey<BridgeSpec>> FdbBridgeKeys() {
  return std::vector<SettingKey<BridgeSpec>>{
      {.name = "ageing_s",
       .placeholder = "SECONDS",
       .help = "how long a learned address is kept after its last frame",
       .value =
           NumberValue(&BridgeSpec::ageing_s,
                       {.min = kMinAgeingSeconds, .max = kMaxAgeingSeconds, .unit = "seconds"})},
      {.name = "fdb_entries",
       .placeholder = "N",
       .help = "how many addresses the forwarding table holds",
       .value = NumberValue(&BridgeSpec::fdb_entries,
                            {.min = kMinFdbEntries, .max = kMaxFdbEntries, .unit = "addresses"})},
  };
}

}  // namespace vswitch
