// Shell commands, run in the namespaces of the calling process.
#ifndef VSWITCH_SWITCH_PORT_TESTING_SHELL_H_
#define VSWITCH_SWITCH_PORT_TESTING_SHELL_H_

#include <string>

namespace vswitch::testing {

// Runs a command; the test fails when the command does.
void Shell(const std::string& command);
// What it prints.
std::string ShellOutput(const std::string& command);

}  // namespace vswitch::testing

#endif  // VSWITCH_SWITCH_PORT_TESTING_SHELL_H_
