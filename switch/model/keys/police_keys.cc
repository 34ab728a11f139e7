// How much a port may send and be sent.
#include "switch/model/keys/keys.h"
#include "switch/model/rate_value.h"

namespace vswitch {
namespace {

// As Policer::kMaxRate, and what its clock can tell apart.
constexpr uint64_t kMaxBps = 1'000'000'000'000;
constexpr uint64_t kMaxPps = 1'000'000'000;

SettingKey<PortSpec> Pps(std::string_view name, std::string_view help, uint64_t PortSpec::*field) {
  return {.name = name,
          .placeholder = "RATE",
          .help = help,
          .value = RateValue(field, kMaxPps, "frames a second", "for no limit")};
}
SettingKey<PortSpec> Bps(std::string_view name, std::string_view help, uint64_t PortSpec::*field) {
  return {.name = name,
          .placeholder = "RATE",
          .help = help,
          .value = RateValue(field, kMaxBps, "bits a second", "for no limit")};
}
constexpr std::string_view kWithoutBurst =
    "for what the rate gives in 100 ms, at least a full super-frame";
SettingKey<PortSpec> PpsBurst(std::string_view name, uint64_t PortSpec::*field) {
  return {.name = name,
          .placeholder = "FRAMES",
          .help = "how much of it may come at once",
          .value = RateValue(field, kMaxPps, "frames", kWithoutBurst)};
}
SettingKey<PortSpec> BpsBurst(std::string_view name, uint64_t PortSpec::*field) {
  return {.name = name,
          .placeholder = "BITS",
          .help = "how much of it may come at once",
          .value = RateValue(field, kMaxBps, "bits", kWithoutBurst)};
}

}  // namespace

std::vector<SettingKey<PortSpec>> PolicePortKeys() {
  using P = PortSpec;
  return {
      Pps("storm_broadcast_pps", "the most broadcasts that come in", &P::storm_broadcast_pps),
      PpsBurst("storm_broadcast_pps_burst", &P::storm_broadcast_pps_burst),
      Pps("storm_multicast_pps", "the most frames to groups that come in", &P::storm_multicast_pps),
      PpsBurst("storm_multicast_pps_burst", &P::storm_multicast_pps_burst),
      Pps("storm_unknown_pps", "the most frames to unknown stations that come in",
          &P::storm_unknown_pps),
      PpsBurst("storm_unknown_pps_burst", &P::storm_unknown_pps_burst),
      Bps("ingress_bps", "the most that the port may send", &P::ingress_bps),
      BpsBurst("ingress_bps_burst", &P::ingress_bps_burst),
      Pps("ingress_pps", "the same in frames", &P::ingress_pps),
      PpsBurst("ingress_pps_burst", &P::ingress_pps_burst),
      Bps("egress_bps", "the most that the port is sent", &P::egress_bps),
      BpsBurst("egress_bps_burst", &P::egress_bps_burst),
      Pps("egress_pps", "the same in frames", &P::egress_pps),
      PpsBurst("egress_pps_burst", &P::egress_pps_burst),
  };
}

}  // namespace vswitch
