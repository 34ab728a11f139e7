#include "switch/port/testing/shell.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

namespace vswitch::testing {

void Shell(const std::string& command) { ASSERT_EQ(system(command.c_str()), 0) << command; }

std::string ShellOutput(const std::string& command) {
  std::string output;
  FILE* pipe = popen(command.c_str(), "r");
  char line[512];
  while (pipe != nullptr && fgets(line, sizeof(line), pipe) != nullptr) output += line;
  if (pipe != nullptr) pclose(pipe);
  return output;
}

}  // namespace vswitch::testing
