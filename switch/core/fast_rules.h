// What the kernel's fast path has to know of the rules of a port: those by which it passes a frame
// at once, and which stations it may know there. What it must not pass, it knows no station for.
//
// Thread-safety: values and pure functions.
#ifndef VSWITCH_SWITCH_CORE_FAST_RULES_H_
#define VSWITCH_SWITCH_CORE_FAST_RULES_H_

#include <memory>
#include <optional>

#include "bridge/forwarding_config.h"
#include "bridge/port_guard.h"
#include "bridge/vlan.h"
#include "mac_table/mac_table.h"
#include "switch/fast_path/fast_path.h"

namespace vswitch {

struct FastRules {
  VlanPolicy vlan;
  bool is_isolated = false;
  // By the loop guard, the spanning tree or the BPDU guard, or as it is a mirror's target.
  bool is_blocked = false;
  // Where nothing is learned, what the kernel sees must not keep an entry from ageing; at a locked
  // port only static stations may send. So at either it knows static ones only.
  bool learns = true;
  bool locked = false;
  // Who may send by guard=mac, if that is among its rules; null: anybody. A worker drops what comes
  // from others, which must move no station before.
  std::shared_ptr<const PortGuard> guard;

  friend bool operator==(const FastRules& one, const FastRules& other);
};

FastRules RulesOf(const PortForwarding& port);

// Whether a frame to or from the station may take the fast path at the port where the table has it.
bool MayBeKnown(const FastRules& rules, const FdbEntry& entry);

// The part of a port's configuration that they are, but for the VLANs that it carries.
void PutRules(const FastRules& rules, port_config* config);
// Whether it would change nothing.
bool GoesBy(const port_config& config, const FastRules& rules);
// Those, which go into a map of their own; nullopt: all.
std::optional<VlanSet> TrunksOf(const FastRules& rules);

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_CORE_FAST_RULES_H_
