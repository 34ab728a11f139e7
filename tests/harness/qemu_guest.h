// A virtual machine: QEMU boots the image of tools/guest-image, attached to the switch by nothing
// but the name of a TAP. Commands go in and answers come back over its serial console.
// Thread-safety: none. Errors: throws Error. Limits: emulated (TCG) unless VSWITCH_KVM=1 is set.
#ifndef VSWITCH_TESTS_HARNESS_QEMU_GUEST_H_
#define VSWITCH_TESTS_HARNESS_QEMU_GUEST_H_

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "tests/harness/guest_console.h"
#include "tests/harness/net_namespace.h"
#include "tests/harness/process.h"
#include "tests/temp_folder.h"

namespace vswitch::testing {

class QemuGuest {
 public:
  struct Options {
    // ifname=
    std::string tap = {};
    // IPv4 with prefix length, for eth0: "10.0.0.1/24".
    std::string address = {};
    std::string mac = {};
    // Appended to the -device: ",guest_tso4=off".
    std::string device_options = {};
    // Runs QEMU as this user, /dev/net/tun being open to all as udev has it.
    std::optional<uid_t> user = {};
    uint32_t mtu = 1500;
  };

  // Starts booting; several guests may boot at once.
  QemuGuest(const NetNamespace& net, const Options& options);

  // Returns once the guest serves commands and eth0 has its address.
  void WaitUntilUp();

  // See GuestConsole.
  CommandResult Try(const std::string& command,
                    std::chrono::milliseconds limit = std::chrono::seconds(60)) {
    return console_->Try(command, limit);
  }
  std::string Run(const std::string& command,
                  std::chrono::milliseconds limit = std::chrono::seconds(60)) {
    return console_->Run(command, limit);
  }

  Process& process() { return *process_; }

 private:
  Options options_;
  std::optional<TempFolder> image_copy_;
  std::unique_ptr<Process> process_;
  std::optional<GuestConsole> console_;
};

// The folder with vmlinuz and initrd, as made by tools/guest-image.
std::string GuestImage();

// A command line that boots the test image, without any network device.
// `image`: its folder; empty: GuestImage().
std::vector<std::string> QemuArguments(std::string image = "");

}  // namespace vswitch::testing

#endif  // VSWITCH_TESTS_HARNESS_QEMU_GUEST_H_
