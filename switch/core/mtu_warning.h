// Whether the ports of a bridge take frames of the same length. Thread-safety: a pure function.
#ifndef VSWITCH_SWITCH_CORE_MTU_WARNING_H_
#define VSWITCH_SWITCH_CORE_MTU_WARNING_H_

#include <span>
#include <string>

#include "switch/core/controller.h"

namespace vswitch {

// "the ports' MTUs differ (1500: vm0, vm1; 9000: vm2): ..."; empty when those that have a device
// have the same. Of each MTU, a few ports are named.
std::string MtuWarning(std::span<const PortStatus> ports);

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_CORE_MTU_WARNING_H_
