// A libvirtd of a test's own, with domains that boot the image of tools/guest-image: the system's,
// or an unprivileged user's session. It is in a network namespace of the caller's, and in mount
// and process namespaces of its own: its folders under /run, /etc and /var are its alone, and all
// of its guests end with it, however the test ends.
// Thread-safety: none. Errors: throws Error.
#ifndef VSWITCH_TESTS_HARNESS_LIBVIRT_H_
#define VSWITCH_TESTS_HARNESS_LIBVIRT_H_

#include <memory>
#include <optional>
#include <string>

#include "switch/base/unique_fd.h"
#include "tests/harness/guest_console.h"
#include "tests/harness/net_namespace.h"
#include "tests/harness/process.h"
#include "tests/temp_folder.h"

namespace vswitch::testing {

class Libvirt {
 public:
  struct Options {
    // A session's user; else it is the system's daemon.
    std::optional<uid_t> user = {};
    // Lines of qemu.conf.
    std::string qemu_conf = {};
  };

  // Why none can run here; empty when it can.
  static std::string WhyNotRunnable();

  // Returns when it answers, which takes it seconds: it asks each QEMU what that can.
  Libvirt(const NetNamespace& net, const Options& options);

  // A command of virsh: its output; throws when it fails.
  std::string Virsh(const std::string& command) const;
  CommandResult TryVirsh(const std::string& command) const;

  // Starts a guest with this <interface> element. It boots while the test goes on.
  class Guest {
   public:
    Guest(const Libvirt& libvirt, const std::string& name, const std::string& interface);
    GuestConsole& console() { return console_; }

   private:
    std::string Said();

    UniqueFd line_;
    std::string said_;
    bool ended_ = false;
    GuestConsole console_;
  };

 private:
  TempFolder folder_;
  Options options_;
  std::string uri_;
  std::unique_ptr<Process> daemon_;
};

}  // namespace vswitch::testing

#endif  // VSWITCH_TESTS_HARNESS_LIBVIRT_H_
