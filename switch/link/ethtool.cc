#include "switch/link/ethtool.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "switch/base/unique_fd.h"
#include "switch/link/kernel_error.h"

namespace vswitch {
namespace {

// The kernel's bit for it is ETH_FLAG_LRO by its own promise (linux/netdev_features.h), in the
// first of two words.
constexpr uint32_t kWords = 2;

// ethtool_gfeatures and ethtool_sfeatures, whose last members C++ does not have.
template <typename Word>
struct Features {
  uint32_t command;
  uint32_t size = kWords;
  Word words[kWords] = {};
};

// An errno, or 0. A request of `features` has done less than was asked when it is above 0 (-errno
// otherwise), which what is read next tells.
int Request(const std::string& netdev, void* command) {
  const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket) return errno;
  ifreq request{};
  netdev.copy(request.ifr_name, IFNAMSIZ - 1);
  request.ifr_data = static_cast<char*>(command);
  return ioctl(socket.get(), SIOCETHTOOL, &request) < 0 ? errno : 0;
}

int Read(const std::string& netdev, ethtool_get_features_block* first) {
  Features<ethtool_get_features_block> features{.command = ETHTOOL_GFEATURES};
  const int error = Request(netdev, &features);
  *first = features.words[0];
  return error;
}

int Write(const std::string& netdev, bool on) {
  Features<ethtool_set_features_block> features{.command = ETHTOOL_SFEATURES};
  features.words[0] = {.valid = ETH_FLAG_LRO, .requested = on ? uint32_t{ETH_FLAG_LRO} : 0};
  return Request(netdev, &features);
}

}  // namespace

absl::StatusOr<bool> DisableLro(const std::string& netdev) {
  const std::string what = absl::StrCat("cannot turn large receive offload off on ", netdev);
  ethtool_get_features_block found{};
  // A driver without ethtool has no offload to turn off.
  if (const int error = Read(netdev, &found); error == EOPNOTSUPP) {
    return false;
  } else if (error != 0) {
    return KernelError(error, what);
  }
  if (((found.requested | found.active) & ETH_FLAG_LRO) == 0) return false;
  if (const int error = Write(netdev, false); error != 0) return KernelError(error, what);
  ethtool_get_features_block now{};
  if (const int error = Read(netdev, &now); error != 0) return KernelError(error, what);
  if ((now.active & ETH_FLAG_LRO) == 0) return true;
  return absl::FailedPreconditionError(absl::StrCat(
      what, ": its driver keeps it on, and such frames cannot be sent on; see 'ethtool ", "-k ",
      netdev, "'"));
}

absl::Status EnableLro(const std::string& netdev) {
  const int error = Write(netdev, true);
  if (error == 0) return absl::OkStatus();
  return KernelError(error, absl::StrCat("cannot turn large receive offload on again on ", netdev));
}

absl::StatusOr<bool> ReadLro(const std::string& netdev) {
  ethtool_get_features_block found{};
  if (const int error = Read(netdev, &found); error == EOPNOTSUPP) {
    return false;
  } else if (error != 0) {
    return KernelError(error, absl::StrCat("cannot look at the offloads of ", netdev));
  }
  return (found.active & ETH_FLAG_LRO) != 0;
}

std::optional<uint32_t> ReadSpeed(const std::string& netdev) {
  // By the old request, whose answer has a fixed length; every driver still has it.
  ethtool_cmd settings{};
  settings.cmd = ETHTOOL_GSET;
  if (Request(netdev, &settings) != 0) return std::nullopt;
  const uint32_t speed = ethtool_cmd_speed(&settings);
  if (speed == 0 || speed == static_cast<uint32_t>(SPEED_UNKNOWN)) return std::nullopt;
  // What has no more bits for it in that answer.
  return speed == UINT16_MAX ? std::nullopt : std::optional(speed);
}

}  // namespace vswitch
