// The mark by which a port's netdev is known whatever it is called: the alternative name
// `vswitch-port-vm0` on the device of port vm0, for types tap and netdev. It stays on a device that
// is renamed, goes with one that is moved to another network namespace, and is on a guest's TAP
// also while no daemon runs, so that the next one finds the guest. The kernel gives it to one
// netdev of a namespace only.
//
// It says whose device this is, not who made it: that is PortSpec::created.
// Thread-safety: control thread.
#ifndef VSWITCH_SWITCH_PORT_PORT_MARK_H_
#define VSWITCH_SWITCH_PORT_PORT_MARK_H_

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "switch/link/link.h"

namespace vswitch {

// The alternative name.
std::string PortMarkOf(std::string_view port);

// The port whose mark the device has; empty when it has none.
std::string MarkedPort(const LinkInfo& link);

// The netdev that port `port` stands for: the one with its mark, else the one of that name.
// NotFound when there is none. InvalidArgument when that is only an alternative name, Unavailable
// when the device has another port's mark; both name the device and the cure.
absl::StatusOr<LinkInfo> FindPortDevice(Links& links, const std::string& port);

// A mark that goes with this object, unless it is kept.
class PortMark {
 public:
  // Fine when the device has it already.
  static absl::StatusOr<PortMark> Set(Links& links, const LinkInfo& link, std::string_view port);

  PortMark() = default;
  PortMark(PortMark&& other) noexcept { *this = std::move(other); }
  PortMark& operator=(PortMark&& other) noexcept {
    std::swap(link_, other.link_);
    std::swap(mark_, other.mark_);
    return *this;
  }
  ~PortMark();

  // It stays on the device.
  void Keep() { mark_.clear(); }

 private:
  LinkInfo link_;
  std::string mark_;  // Empty: nothing to take away.
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_PORT_PORT_MARK_H_
