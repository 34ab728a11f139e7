// The QEMU arguments that attach a guest to a port. Pure: text in, text out.
//
//   -netdev tap,id=PORT,ifname=DEVICE,script=no,downscript=no[,queues=N]
//   -device virtio-net-pci,netdev=PORT,mac=52:54:00:xx:xx:xx[,mq=on,vectors=2N+2][,host_mtu=MTU]
//
// Why a MAC is always given: QEMU's own default is 52:54:00:12:34:56 for the first card of *every*
// guest. Two guests with the same MAC look to a switch like one that moves back and forth, and
// neither gets all of its frames.
#ifndef VSWITCH_CLI_QEMU_ARGS_H_
#define VSWITCH_CLI_QEMU_ARGS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace vswitch {

// QEMU's device, used unless told otherwise.
inline constexpr std::string_view kDefaultModel = "virtio-net-pci";

struct QemuPort {
  std::string name;
  std::string device;  // What its TAP is called now.
  uint32_t queues = 1;
  uint32_t mtu = 1500;  // Bytes; 0 when not known.
};

struct QemuCard {
  std::string mac;  // Empty: MacForPort(name).
  std::string model{kDefaultModel};
};

// `name` itself if QEMU takes it as an id (a letter, then letters, digits, '-', '.' or '_';
// id_wellformed() in QEMU's util/id.c). Otherwise "port-", the name with '_' for what is not
// allowed, and a hash that keeps two names apart.
std::string QemuId(std::string_view name);

// Always the same MAC for the same name, in QEMU's own range 52:54:00: unicast and locally
// administered, but never in 52:54:00:12:34:00..ff, where QEMU's defaults are. Two names share a
// MAC with a probability of 2^-24.
std::string MacForPort(std::string_view name);

// InvalidArgument (exit code 2): the MAC is not one, or not a unicast one. FailedPrecondition: more
// than one queue with a model that has only one.
absl::StatusOr<std::vector<std::string>> QemuArguments(const QemuPort& port, const QemuCard& card);

}  // namespace vswitch

#endif  // VSWITCH_CLI_QEMU_ARGS_H_
