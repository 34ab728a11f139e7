#include "switch/model/state_file.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "switch/base/str_cat.h"
#include "switch/model/state_json.h"
#include "tests/temp_folder.h"

namespace vswitch {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

Desired State(size_t ports, uint32_t mtu = 0) {
  Desired desired;
  BridgeSpec& bridge = desired.bridges.emplace_back();
  bridge.name = "br0";
  for (size_t i = 0; i < ports; ++i) {
    bridge.ports.push_back({.name = absl::StrCat("vm", i), .mtu = mtu});
  }
  return desired;
}

std::string Message(const absl::Status& status) { return std::string(status.message()); }

// Runs `body` in a child process and returns what it returned.
std::string InChild(const std::function<std::string()>& body) {
  int ends[2];
  if (pipe(ends) != 0) return "pipe failed";
  const pid_t child = fork();
  if (child == 0) {
    const std::string result = body();
    if (write(ends[1], result.data(), result.size()) < 0) _exit(1);
    _exit(0);
  }
  close(ends[1]);
  std::string result;
  char chunk[4096];
  for (ssize_t count; (count = read(ends[0], chunk, sizeof(chunk))) > 0;) {
    result.append(chunk, count);
  }
  close(ends[0]);
  waitpid(child, nullptr, 0);
  return result;
}

class StateFileTest : public ::testing::Test {
 protected:
  void Write(std::string_view text) {
    std::ofstream(path_, std::ios::binary) << text;
    std::filesystem::permissions(path_, std::filesystem::perms(0600));
  }
  std::string Read() {
    std::stringstream text;
    text << std::ifstream(path_, std::ios::binary).rdbuf();
    return text.str();
  }
  size_t FilesInFolder() {
    size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
      ++count;
    }
    return count;
  }

  const TempFolder folder_;
  const std::string path_ = folder_ / "state.json";
};

TEST_F(StateFileTest, NoFileIsAnEmptyState) {
  const auto state = LoadStateFile(path_);
  ASSERT_TRUE(state.ok()) << state.status();
  EXPECT_EQ(*state, Desired());
}

TEST_F(StateFileTest, RoundTrip) {
  const mode_t old_mask = umask(0);
  const absl::Status saved = SaveStateFile(path_, State(100));
  umask(old_mask);
  ASSERT_TRUE(saved.ok()) << saved;
  struct stat info;
  ASSERT_EQ(stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0600u);
  EXPECT_EQ(FilesInFolder(), 1u);
  const auto state = LoadStateFile(path_);
  ASSERT_TRUE(state.ok()) << state.status();
  EXPECT_EQ(*state, State(100));

  ASSERT_TRUE(SaveStateFile(path_, State(1)).ok());
  EXPECT_EQ(Read(), StateToJson(State(1)));
}

TEST_F(StateFileTest, MakesItsFolder) {
  const std::string path = folder_ / "lib/state.json";
  ASSERT_TRUE(SaveStateFile(path, State(1)).ok());
  EXPECT_TRUE(LoadStateFile(path).ok());
  EXPECT_THAT(Message(SaveStateFile(folder_ / "a/b/state.json", State(1))),
              HasSubstr("cannot make the folder"));
}

TEST_F(StateFileTest, CutAnywhereIsAnErrorThatNamesFileAndCure) {
  const std::string text = StateToJson(State(2));
  for (size_t size = 0; size + 1 < text.size(); ++size) {
    Write(text.substr(0, size));
    const auto state = LoadStateFile(path_);
    ASSERT_EQ(state.status().code(), absl::StatusCode::kInvalidArgument) << size;
    EXPECT_THAT(Message(state.status()), HasSubstr(path_));
    EXPECT_THAT(Message(state.status()), HasSubstr("correct it, or move it away"));
    ASSERT_EQ(Read(), text.substr(0, size)) << "the damaged file must stay as it was";
  }
}

TEST_F(StateFileTest, PlaceOfTheDamageIsNamed) {
  Write("{\"version\": 1,\n \"bridges\": [{\"name\": \"br0\", \"ageing_s\": 1}]}");
  EXPECT_EQ(
      Message(LoadStateFile(path_).status()),
      path_ +
          ": bridges[0].ageing_s: ageing_s=1 is out of range: give 10 to 1000000 seconds, or 0 "
          "for ever. The file was left as it is: correct it, or move it away to start without "
          "bridges");
  Write("{\"version\": 1,\n \"bridges\": [}]}");
  EXPECT_THAT(Message(LoadStateFile(path_).status()), HasSubstr("line 2, column 14"));
}

TEST_F(StateFileTest, OnlyARegularFileIsRead) {
  Write(StateToJson(State(1)));
  std::filesystem::rename(path_, path_ + ".real");
  ASSERT_EQ(symlink((path_ + ".real").c_str(), path_.c_str()), 0);
  EXPECT_THAT(Message(LoadStateFile(path_).status()), HasSubstr("is a symbolic link"));
  EXPECT_EQ(SaveStateFile(path_, State(2)).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(std::filesystem::is_symlink(path_));

  std::filesystem::remove(path_);
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  EXPECT_THAT(Message(LoadStateFile(path_).status()), HasSubstr("not a regular file"));

  std::filesystem::remove(path_);
  std::filesystem::create_directory(path_);
  EXPECT_THAT(Message(LoadStateFile(path_).status()), HasSubstr("not a regular file"));
  EXPECT_FALSE(SaveStateFile(path_, State(1)).ok());
}

TEST_F(StateFileTest, HugeFileIsRefusedUnread) {
  Write("");
  ASSERT_EQ(truncate(path_.c_str(), kMaxStateBytes + 1), 0);
  EXPECT_THAT(Message(LoadStateFile(path_).status()), HasSubstr("more than the 67108864 allowed"));
}

TEST_F(StateFileTest, FileThatOthersMayWriteIsNotTrusted) {
  Write(StateToJson(State(1)));
  ASSERT_EQ(chmod(path_.c_str(), 0602), 0);
  const absl::Status status = LoadStateFile(path_).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(Message(status), HasSubstr("chmod 600 " + path_));
  ASSERT_EQ(chmod(path_.c_str(), 0644), 0);
  EXPECT_TRUE(LoadStateFile(path_).ok());
  if (geteuid() != 0) GTEST_SKIP() << "giving a file to another user needs root";
  if (chown(path_.c_str(), 65534, 65534) != 0) GTEST_SKIP() << "no second user in this namespace";
  EXPECT_EQ(LoadStateFile(path_).status().code(), absl::StatusCode::kPermissionDenied);
}

TEST_F(StateFileTest, PermissionDenied) {
  ASSERT_TRUE(SaveStateFile(path_, State(1)).ok());
  const char* folder = folder_.path().c_str();
  if (geteuid() != 0) {
    ASSERT_EQ(chmod(path_.c_str(), 0), 0);
  } else if (chown(folder, 65534, 0) != 0 || chown(folder, 0, 0) != 0) {
    GTEST_SKIP() << "no second user in this namespace";
  }
  const auto as_nobody = [&](const std::function<absl::Status()>& body) {
    return InChild([&]() -> std::string {
      if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0)) return "cannot be nobody";
      const absl::Status status = body();
      return StrCat(absl::StatusCodeToString(status.code()), " ", status.message());
    });
  };
  EXPECT_EQ(as_nobody([&] { return LoadStateFile(path_).status(); }),
            "PERMISSION_DENIED cannot open " + path_ +
                ": Permission denied. Run vswitchd as root, or choose a path that it may use");
  if (geteuid() != 0) {
    ASSERT_EQ(chmod(folder, 0555), 0);
  }
  EXPECT_THAT(as_nobody([&] { return SaveStateFile(path_, State(2)); }),
              HasSubstr("PERMISSION_DENIED"));
  if (geteuid() != 0) {
    ASSERT_EQ(chmod(folder, 0755), 0);
  }
}

// The kernel refuses to let the new file grow beyond 10,000 bytes, as a full disk would.
TEST_F(StateFileTest, DiskFullInTheMiddleLeavesTheOldFile) {
  ASSERT_TRUE(SaveStateFile(path_, State(1)).ok());
  ASSERT_GT(StateToJson(State(1000)).size(), 20'000u);
  const std::string result = InChild([&] {
    signal(SIGXFSZ, SIG_IGN);
    const rlimit limit = {10'000, 10'000};
    setrlimit(RLIMIT_FSIZE, &limit);
    const absl::Status status = SaveStateFile(path_, State(1000));
    return StrCat(absl::StatusCodeToString(status.code()), " ", status.message());
  });
  EXPECT_THAT(result, HasSubstr("RESOURCE_EXHAUSTED"));
  EXPECT_THAT(result, HasSubstr("The old file is kept"));
  EXPECT_EQ(Read(), StateToJson(State(1)));
  EXPECT_EQ(FilesInFolder(), 1u) << "the unfinished file must be removed";
}

// Property: killed at any moment, the file holds one of the two states that were being saved in
// turn.
TEST_F(StateFileTest, KilledWhileSaving) {
  const Desired states[] = {State(300), State(300, 9000)};
  ASSERT_TRUE(SaveStateFile(path_, states[0]).ok());
  for (int round = 0; round < 20; ++round) {
    const pid_t child = fork();
    if (child == 0) {
      for (int i = 0;; ++i) {
        if (!SaveStateFile(path_, states[i % 2]).ok()) _exit(1);
      }
    }
    std::this_thread::sleep_for(std::chrono::microseconds(5000 + 1777 * round));
    kill(child, SIGKILL);
    int how = 0;
    waitpid(child, &how, 0);
    ASSERT_TRUE(WIFSIGNALED(how)) << "the child must save, not fail";
    const auto state = LoadStateFile(path_);
    ASSERT_TRUE(state.ok()) << state.status();
    const std::string text = StateToJson(*state);
    EXPECT_TRUE(text == StateToJson(states[0]) || text == StateToJson(states[1]));
  }
  // What the last one left behind is in nobody's way.
  EXPECT_TRUE(SaveStateFile(path_, State(1)).ok());
  EXPECT_EQ(FilesInFolder(), 1u);
}

// flock() is of the open file, so two holders in one process are two.
TEST_F(StateFileTest, OneHolderAtATime) {
  std::string id;
  {
    const auto lock = StateLock::Take(path_);
    ASSERT_TRUE(lock.ok()) << lock.status();
    id = lock->id();
    const auto second = StateLock::Take(path_);
    EXPECT_TRUE(absl::IsAlreadyExists(second.status())) << second.status();
    EXPECT_THAT(std::string(second.status().message()),
                AllOf(HasSubstr(StrCat("(pid ", getpid(), ")")), HasSubstr(path_)));
    // Neither a save, which replaces the file, nor another file lets go of it.
    ASSERT_TRUE(SaveStateFile(path_, State(1)).ok());
    EXPECT_TRUE(absl::IsAlreadyExists(StateLock::Take(path_).status()));
    const auto other = StateLock::Take(path_ + "2");
    ASSERT_TRUE(other.ok()) << other.status();
    EXPECT_NE(other->id(), id);
  }
  const auto again = StateLock::Take(path_);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->id(), id);
}

TEST_F(StateFileTest, AHolderThatEndsIsWaitedFor) {
  auto first = StateLock::Take(path_);
  ASSERT_TRUE(first.ok()) << first.status();
  first->MarkEnding();
  std::thread end([&] {
    std::this_thread::sleep_for(std::chrono::seconds(2));
    const StateLock gone = *std::move(first);
  });
  const auto second = StateLock::Take(path_);
  end.join();
  EXPECT_TRUE(second.ok()) << second.status();
}

TEST_F(StateFileTest, AKilledHolderIsWaitedFor) {
  int held[2];
  ASSERT_EQ(pipe(held), 0);
  const pid_t child = fork();
  if (child == 0) {
    const auto lock = StateLock::Take(path_);
    if (lock.ok() && write(held[1], "", 1) == 1) pause();
    _exit(1);
  }
  char byte;
  ASSERT_EQ(read(held[0], &byte, 1), 1);
  kill(child, SIGKILL);
  const auto lock = StateLock::Take(path_);
  EXPECT_TRUE(lock.ok()) << lock.status();
  waitpid(child, nullptr, 0);
  close(held[0]);
  close(held[1]);
}

TEST_F(StateFileTest, TheLockIsNotFollowed) {
  const std::string victim = folder_ / "victim";
  ASSERT_EQ(symlink(victim.c_str(), (path_ + ".lock").c_str()), 0);
  EXPECT_FALSE(StateLock::Take(path_).ok());
  EXPECT_FALSE(std::filesystem::exists(victim));
}

TEST_F(StateFileTest, TemporaryFileIsNotFollowed) {
  const std::string victim = folder_ / "victim";
  std::ofstream(victim) << "precious";
  ASSERT_EQ(symlink(victim.c_str(), (path_ + ".tmp").c_str()), 0);
  ASSERT_TRUE(SaveStateFile(path_, State(1)).ok());
  std::string text;
  std::ifstream(victim) >> text;
  EXPECT_EQ(text, "precious");
  EXPECT_TRUE(std::filesystem::is_regular_file(std::filesystem::symlink_status(path_)));
}

TEST_F(StateFileTest, NothingIsSavedThatCouldNotBeRead) {
  ASSERT_TRUE(SaveStateFile(path_, State(1)).ok());
  Desired bad = State(2);
  bad.bridges[0].ports[1].name = "vm0";
  const absl::Status status = SaveStateFile(path_, bad);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(Message(status), HasSubstr("bridges[0].ports[1]: a port 'vm0' is already there"));
  EXPECT_EQ(Read(), StateToJson(State(1)));
}

}  // namespace
}  // namespace vswitch
