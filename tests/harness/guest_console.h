// A guest's shell over its serial console; tools/guest-init describes the protocol.
// Thread-safety: none. Errors: throws Error.
#ifndef VSWITCH_TESTS_HARNESS_GUEST_CONSOLE_H_
#define VSWITCH_TESTS_HARNESS_GUEST_CONSOLE_H_

#include <chrono>
#include <functional>
#include <string>

#include "tests/harness/process.h"

namespace vswitch::testing {

class GuestConsole {
 public:
  // The two ends of the serial line, whatever it is made of.
  struct Line {
    // All that the guest has said so far.
    std::function<std::string()> said;
    std::function<void(const std::string& text)> write;
    std::function<bool()> is_alive;
    // What messages add: what else is known of why it does not answer.
    std::function<std::string()> complaints = [] { return ""; };
  };

  GuestConsole(std::string name, Line line) : name_(std::move(name)), line_(std::move(line)) {}

  // An emulated boot takes 3 s on an idle machine.
  void WaitUntilBooted();

  // Runs a shell command inside (its output comes without the last newline); throws when the guest
  // does not answer in time.
  CommandResult Try(const std::string& command,
                    std::chrono::milliseconds limit = std::chrono::seconds(60));
  // The same; throws when it fails.
  std::string Run(const std::string& command,
                  std::chrono::milliseconds limit = std::chrono::seconds(60));

 private:
  CommandResult ReadAnswer(const std::string& command, std::chrono::milliseconds limit);

  std::string name_;
  Line line_;
  size_t read_ = 0;  // How much of what was said was read.
};

}  // namespace vswitch::testing

#endif  // VSWITCH_TESTS_HARNESS_GUEST_CONSOLE_H_
