// The forwarding table.
#include <string>
#include <string_view>

#include "switch/base/str_cat.h"
#include "switch/model/keys/keys.h"
#include "switch/model/setting_value.h"

namespace vswitch {
namespace {

constexpr NumberRange kLearnLimit = {
    .min = 1, .max = kMaxFdbEntries, .unit = "addresses", .zero_means = "for no limit"};

constexpr std::string_view kOff = "off";

absl::Status ReadMoveLimit(std::string_view text, BridgeSpec* spec) {
  MoveLimitSpec limit;
  if (text != kOff) {
    const size_t slash = text.find('/');
    if (slash == text.npos) return absl::InvalidArgumentError("cannot be used");
    const auto moves = ReadNumber(text.substr(0, slash), {.min = 1, .max = 30});
    if (!moves.ok()) return moves.status();
    const auto seconds = ReadNumber(text.substr(slash + 1), {.min = 1, .max = 3600});
    if (!seconds.ok()) return seconds.status();
    limit = {.moves = static_cast<uint32_t>(*moves), .seconds = static_cast<uint32_t>(*seconds)};
  }
  spec->move_limit = limit;
  return absl::OkStatus();
}

std::string MoveLimitText(const BridgeSpec& spec) {
  const MoveLimitSpec& limit = spec.move_limit;
  return limit == MoveLimitSpec() ? std::string(kOff) : StrCat(limit.moves, "/", limit.seconds);
}

}  // namespace

std::vector<SettingKey<BridgeSpec>> FdbBridgeKeys() {
  return std::vector<SettingKey<BridgeSpec>>{
      {.name = "ageing_s",
       .placeholder = "SECONDS",
       .help = "how long a learned address is kept after its last frame",
       .value = NumberValue(&BridgeSpec::ageing_s, {.min = kMinAgeingSeconds,
                                                    .max = kMaxAgeingSeconds,
                                                    .unit = "seconds",
                                                    .zero_means = "for ever"})},
      {.name = "learning",
       .placeholder = "on|off",
       .help = "off makes a hub: nothing is learned, and frames to stations without a static entry "
               "are flooded",
       .value = SwitchValue(&BridgeSpec::learning)},
      {.name = "learn_limit",
       .placeholder = "N",
       .help = "how many addresses are learned at most, on all ports together",
       .value = NumberValue(&BridgeSpec::learn_limit, kLearnLimit)},
      {.name = "move_limit",
       .placeholder = "N/SECONDS",
       .help = "a station that moves more than N times in SECONDS is held where it was for SECONDS",
       .value = {.allowed = "off, or N/SECONDS: 1 to 30 moves in 1 to 3600 seconds",
                 .parse = ReadMoveLimit,
                 .format = MoveLimitText}},
      {.name = "fdb_entries",
       .placeholder = "N",
       .help = "how many addresses the forwarding table holds",
       .value = NumberValue(&BridgeSpec::fdb_entries,
                            {.min = kMinFdbEntries, .max = kMaxFdbEntries, .unit = "addresses"})},
  };
}

std::vector<SettingKey<PortSpec>> FdbPortKeys() {
  return std::vector<SettingKey<PortSpec>>{
      {.name = "learning",
       .placeholder = "on|off",
       .help = "whether the sources of its frames are learned",
       .value = SwitchValue(&PortSpec::learning)},
      {.name = "learn_limit",
       .placeholder = "N",
       .help =
           "how many addresses are learned at most; frames of others are forwarded all the same",
       .value = NumberValue(&PortSpec::learn_limit, kLearnLimit)},
      {.name = "sticky",
       .placeholder = "on|off",
       .help = "whether a station that is learned here stays here until it has aged out",
       .value = SwitchValue(&PortSpec::sticky)},
      {.name = "locked",
       .placeholder = "on|off",
       .help = "whether only stations with a static entry at this port may send",
       .value = SwitchValue(&PortSpec::locked)},
  };
}

}  // namespace vswitch
