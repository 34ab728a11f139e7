// What `ethtool` shows and sets of a netdev. Large receive offload: a device with it on makes one
// frame of several, which cannot be sent on as they were. Its speed.
// Thread-safety: any thread; of the calling thread's network namespace.
#ifndef VSWITCH_SWITCH_LINK_ETHTOOL_H_
#define VSWITCH_SWITCH_LINK_ETHTOOL_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace vswitch {

// Turns it off, as the Linux bridge does with its ports. Whether it was on, or asked for.
// FailedPrecondition when the device cannot be without.
absl::StatusOr<bool> DisableLro(const std::string& netdev);
absl::Status EnableLro(const std::string& netdev);
// Whether it is on; false also for a driver that has none.
absl::StatusOr<bool> ReadLro(const std::string& netdev);

// Of the link as it is now, in Mbit/s; nullopt: the device does not say, or there is no link.
std::optional<uint32_t> ReadSpeed(const std::string& netdev);

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_LINK_ETHTOOL_H_
