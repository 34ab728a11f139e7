// What is left of ports that are gone, and how it is known to be ours.
//
// A TAP or a veth pair's host end that a switch makes has an alternative name with the switch's id
// and the port's name. It has it before it can outlive us and keeps it when it is renamed; the
// kernel gives it to one device of a namespace only. A netdev that is a port has the port's mark
// (port_mark.h) before anything else of ours.
//
// What has such a name but belongs to no port any more is left over: from a daemon that was killed
// in the midst of adding or deleting a port, from a step that failed while a port was taken away,
// or of a port that was deleted while a guest had its TAP open. Sweeping removes it, so nothing
// needs to be written down elsewhere.
//
// Limits: a netdev of others keeps its MTU and that it is up. A TAP of others keeps the filter and
// the mark that a killed daemon has left there when that daemon had no fast path, which would tell
// whose it was.
// Thread-safety: control thread.
#ifndef VSWITCH_SWITCH_PORT_LEFTOVERS_H_
#define VSWITCH_SWITCH_PORT_LEFTOVERS_H_

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "switch/link/link.h"

namespace vswitch {

// The alternative name. `switch_id`: what is one switch's alone, of letters and digits.
std::string MadeName(std::string_view switch_id, std::string_view port);

// Whether an alternative name is one that a switch, this or another, gives to what it makes for
// `port`.
bool IsMadeName(std::string_view name, std::string_view port);

// The port of this switch that a device with these alternative names was made for; nullopt: none.
std::optional<std::string> MadeForPort(std::string_view switch_id,
                                       std::span<const std::string> alternative_names);

// The switch whose program it is, by the program's id; empty: it cannot be told.
using SwitchOf = std::function<std::string(uint32_t program)>;

// Removes each TAP and each veth pair of this switch whose port `is_port` does not know, wherever
// the pair's other end is, and cleans such netdevs of others; TAPs of others are also set down. A
// TAP of ours that somebody has open is set down instead, and returned; so is what another daemon
// serves, or one that is torn down, which is left as it is.
absl::StatusOr<std::vector<LinkInfo>> SweepLeftovers(
    const std::string& switch_id, const std::function<bool(std::string_view port)>& is_port,
    const SwitchOf& switch_of);

// The devices with ports' marks, of whatever switch, by the ports' names.
std::map<std::string, LinkInfo> DevicesOfPorts();
// Ids: the programs that daemons have left on their ingress. Of one port's: 0 when there is none.
std::vector<uint32_t> ProgramsOnPorts();
uint32_t ProgramOnPort(const std::string& port);

// Takes away what there still is of ours on the netdev of others that was port `port`. REQUIRES: it
// is none any more.
absl::Status CleanNetdev(const std::string& port);

// Removes the TAP that this switch made for `port`, whoever has it open. NotFound: there is none.
absl::Status DeleteMadeTap(std::string_view switch_id, std::string_view port);

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_PORT_LEFTOVERS_H_
