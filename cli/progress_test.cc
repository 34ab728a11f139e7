// The bar's text by table, and what a real terminal and a real pipe get of it.
#include "cli/progress.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <stdlib.h>
#include <unistd.h>

#include <string>

#include "switch/base/unique_fd.h"

namespace vswitch {
namespace {

TEST(ProgressTest, TheLineFitsTheTerminal) {
  struct Case {
    uint64_t done;
    uint64_t total;
    size_t columns;
    std::string line;
  };
  const Case cases[] = {
      {0, 1000, 80, "ports [--------------------]    0/1000"},
      {450, 1000, 80, "ports [#########-----------]  450/1000"},
      {1000, 1000, 80, "ports [####################] 1000/1000"},
      {7, 3, 80, "ports [####################] 3/3"},
      {0, 0, 80, "ports [####################] 0/0"},
      {1, 10, 34, "ports [##------------------]  1/10"},
      {1, 10, 20, "ports  1/10"},
      {1, 10, 6, " 1/10"},
      {1, 10, 3, " 1/"},
  };
  for (const Case& each : cases) {
    EXPECT_EQ(ProgressLine("ports", each.done, each.total, each.columns), each.line);
  }
  EXPECT_EQ(ProgressLine("a\x1b[2Jb", 1, 1, 20), "a\\x1b[2Jb 1/1");
}

// What can be read without waiting.
std::string Read(int fd) {
  fcntl(fd, F_SETFL, O_NONBLOCK);
  char text[4096];
  const ssize_t count = read(fd, text, sizeof(text));
  return {text, static_cast<size_t>(count < 0 ? 0 : count)};
}

class ProgressTerminalTest : public ::testing::Test {
 protected:
  ProgressTerminalTest() {
    setenv("TERM", "xterm", 1);
    int ours = -1;
    int theirs = -1;
    const winsize size{.ws_row = 24, .ws_col = 80, .ws_xpixel = 0, .ws_ypixel = 0};
    EXPECT_EQ(openpty(&ours, &theirs, nullptr, nullptr, &size), 0);
    ours_ = UniqueFd(ours);
    terminal_ = UniqueFd(theirs);
  }

  UniqueFd ours_;
  UniqueFd terminal_;
};

TEST_F(ProgressTerminalTest, ATerminalSeesItAndSeesItGo) {
  {
    Progress progress("ports", 4, {.fd = terminal_.get(), .after = {}, .pause = {}});
    progress.Update(1);
    EXPECT_EQ(Read(ours_.get()), "\rports [#####---------------] 1/4\x1b[K");
    progress.Update(4);
    EXPECT_EQ(Read(ours_.get()), "\rports [####################] 4/4\x1b[K");
  }
  EXPECT_EQ(Read(ours_.get()), "\r\x1b[K");
}

TEST_F(ProgressTerminalTest, WhatIsQuickShowsNothing) {
  {
    Progress progress("ports", 2, {.fd = terminal_.get(), .after = std::chrono::hours(1)});
    progress.Update(1);
    progress.Update(2);
  }
  EXPECT_EQ(Read(ours_.get()), "");
}

TEST_F(ProgressTerminalTest, ADumbTerminalAndAPipeGetNothing) {
  int pipe_fds[2];
  ASSERT_EQ(pipe2(pipe_fds, O_CLOEXEC), 0);
  const UniqueFd from(pipe_fds[0]);
  const UniqueFd to(pipe_fds[1]);
  Progress({}, 1, {.fd = to.get(), .after = {}}).Update(1);
  EXPECT_EQ(Read(from.get()), "");
  setenv("TERM", "dumb", 1);
  Progress({}, 1, {.fd = terminal_.get(), .after = {}}).Update(1);
  EXPECT_EQ(Read(ours_.get()), "");
}

}  // namespace
}  // namespace vswitch
