// Whether a netdev that exists may become a port, and why one that is carries nothing; each answer
// says what to do.
// Thread-safety: control thread.
#ifndef VSWITCH_SWITCH_PORT_DEVICE_CHECKS_H_
#define VSWITCH_SWITCH_PORT_DEVICE_CHECKS_H_

#include <string>

#include "absl/status/status.h"
#include "switch/link/link.h"

namespace vswitch {

// For the port types that a TAP is made for, when the name exists: AlreadyExists if it is none, or
// a twin.
absl::Status CheckIsTap(const LinkInfo& found);

// For a port type that makes its device, when a device of others has the name: AlreadyExists, or
// Unavailable while a process holds it.
absl::Status NameIsTaken(const LinkInfo& found);

// For type=netdev: InvalidArgument for a TAP, the loopback device, and what carries no Ethernet.
absl::Status CheckIsNetdev(const LinkInfo& found);

// Unavailable when the netdev is a bridge's or bond's port, which would go on sending frames out of
// it.
absl::Status CheckNoMaster(Links& links, const LinkInfo& link);

// Unavailable when an XDP program is on a guest's TAP: it would see the guest's frames before us,
// and take what it likes.
absl::Status CheckNoXdp(const LinkInfo& link);

// That the port's netdev has another name, and how it gets its own back; empty when it has its own.
std::string WhyRenamed(const LinkInfo& link, const std::string& port);

// Why a netdev that is not running is not: it is set down, and by which command it comes up, or
// `nobody_there`.
std::string WhyDown(const LinkInfo& link, const std::string& nobody_there);

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_PORT_DEVICE_CHECKS_H_
