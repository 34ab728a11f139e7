#include "tests/harness/guest_console.h"

namespace vswitch::testing {

void GuestConsole::WaitUntilBooted() {
  if (ReadAnswer("boot", std::chrono::minutes(3)).status != 0) {
    throw Error("guest " + name_ + " did not boot");
  }
}

CommandResult GuestConsole::Try(const std::string& command, std::chrono::milliseconds limit) {
  line_.write(command + "\n");
  return ReadAnswer(command, limit);
}

std::string GuestConsole::Run(const std::string& command, std::chrono::milliseconds limit) {
  const CommandResult result = Try(command, limit);
  if (result.status != 0) {
    throw Error("guest " + name_ + ": " + command + ": exit " + std::to_string(result.status) +
                ": " + result.output);
  }
  return result.output;
}

CommandResult GuestConsole::ReadAnswer(const std::string& command,
                                       std::chrono::milliseconds limit) {
  CommandResult result;
  const bool answered = WaitUntil(
      [&] {
        const std::string text = line_.said().substr(read_);
        const size_t mark = text.find("\n@@");
        const size_t end = mark == std::string::npos ? mark : text.find('\n', mark + 1);
        if (end == std::string::npos) return !line_.is_alive();
        result.output = text.substr(0, mark);
        if (result.output.ends_with('\n')) result.output.pop_back();
        result.status = std::stoi(text.substr(mark + 3));
        read_ += end + 1;
        return true;
      },
      limit);
  if (!answered || !line_.is_alive()) {
    throw Error("guest " + name_ + " did not answer to: " + command +
                "; its console says: " + line_.said().substr(read_) + line_.complaints());
  }
  return result;
}

}  // namespace vswitch::testing
