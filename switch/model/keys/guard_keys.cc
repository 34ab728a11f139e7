// What a port's guest may claim to be.
#include "absl/status/status.h"
#include "switch/base/str_cat.h"
#include "switch/model/keys/keys.h"
#include "switch/model/list_value.h"

namespace vswitch {

std::vector<SettingKey<PortSpec>> GuardPortKeys() {
  return std::vector<SettingKey<PortSpec>>{
      {.name = "guard",
       .placeholder = "WORD,...",
       .help = "drops frames by which the port would speak for others: mac, the source is not in "
               "allowed_macs; ip, arp, nd, the sender is not in allowed_ips; dhcp-server, ra, it "
               "plays the DHCP server or the router",
       .value = WordSetValue(&PortSpec::guard, kGuardWords)},
      {.name = "allowed_macs",
       .placeholder = "MAC,...",
       .help = "the addresses that the port may send from, for guard=",
       .value = MacListValue(&PortSpec::allowed_macs)},
      {.name = "allowed_ips",
       .placeholder = "IP,...",
       .help = "the addresses that the port may send from, for guard=",
       .value = IpListValue(&PortSpec::allowed_ips)},
  };
}

absl::Status CheckGuard(const PortSpec& spec) {
  if (spec.guard & kGuardsMac && spec.allowed_macs.empty()) {
    return absl::InvalidArgumentError(
        "guard=mac would let nothing pass, as allowed_macs= is empty: give both, such as "
        "guard=mac allowed_macs=52:54:00:00:00:01");
  }
  const uint8_t by_ip = spec.guard & (kGuardsIp | kGuardsArp | kGuardsNd);
  if (by_ip != 0 && spec.allowed_ips.empty()) {
    const std::string words = WordSetText(by_ip, kGuardWords);
    return absl::InvalidArgumentError(
        StrCat("guard=", words,
               " would let nothing pass, as allowed_ips= is empty: give both, "
               "such as guard=",
               words, " allowed_ips=10.0.0.5,fd00::5"));
  }
  return absl::OkStatus();
}

}  // namespace vswitch
