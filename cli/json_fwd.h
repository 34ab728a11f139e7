// The JSON type of the CLI for headers that only name it: json.h takes a compiler seconds to read.
#ifndef VSWITCH_CLI_JSON_FWD_H_
#define VSWITCH_CLI_JSON_FWD_H_

#include <nlohmann/json_fwd.hpp>

namespace vswitch {

using Json = nlohmann::ordered_json;

}  // namespace vswitch

#endif  // VSWITCH_CLI_JSON_FWD_H_
