#include "switch/rpc/listening_socket.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "switch/base/str_cat.h"
#include "tests/temp_folder.h"

namespace vswitch {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr uid_t kNobody = 65534;

std::string Message(const absl::Status& status) { return std::string(status.message()); }

sockaddr_un Address(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  return address;
}

bool CanConnect(const std::string& path) {
  const UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_un address = Address(path);
  return connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
}

// Another program's socket at `path`.
UniqueFd ServeElsewhere(const std::string& path) {
  UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_un address = Address(path);
  EXPECT_EQ(bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  EXPECT_EQ(listen(fd.get(), 1), 0);
  return fd;
}

class ListeningSocketTest : public ::testing::Test {
 protected:
  absl::StatusOr<ListeningSocket> Listen() { return ListeningSocket::Listen(path_, ""); }

  const TempFolder folder_;
  const std::string path_ = folder_ / "ctl.sock";
};

TEST_F(ListeningSocketTest, ListensAndLeavesNothingBehind) {
  {
    const auto socket = Listen();
    ASSERT_TRUE(socket.ok()) << socket.status();
    EXPECT_TRUE(CanConnect(path_));
    EXPECT_EQ(fcntl(socket->fd(), F_GETFL) & O_NONBLOCK, O_NONBLOCK);
    EXPECT_EQ(fcntl(socket->fd(), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    EXPECT_EQ(socket->group(), getegid());
  }
  EXPECT_TRUE(fs::is_empty(folder_.path()));
}

TEST_F(ListeningSocketTest, ModesDoNotDependOnTheUmask) {
  for (const mode_t mask : {0, 022, 077, 0777}) {
    const mode_t old_mask = umask(mask);
    const std::string path =
        StrCat(folder_.path(), "/run", static_cast<unsigned>(mask), "/ctl.sock");
    {
      const auto socket = ListeningSocket::Listen(path, "");
      const mode_t mask_after = umask(old_mask);
      EXPECT_EQ(mask_after, mask) << "the umask must be put back";
      ASSERT_TRUE(socket.ok()) << socket.status();
      EXPECT_EQ(fs::status(path).permissions(), fs::perms(0660));
      EXPECT_EQ(fs::status(path + ".lock").permissions() & fs::perms(0177), fs::perms(0));
      EXPECT_EQ(fs::status(fs::path(path).parent_path()).permissions(), fs::perms(0755));
    }
    umask(022);
  }
}

// Property: nobody who looks at any moment sees more than 0660.
TEST_F(ListeningSocketTest, NeverMoreOpenThanItShouldBe) {
  const mode_t old_mask = umask(0);
  std::atomic<bool> stop = false;
  std::atomic<int> seen = 0;
  std::atomic<int> too_open = 0;
  std::thread watcher([&] {
    struct stat info;
    while (!stop) {
      if (lstat(path_.c_str(), &info) != 0) continue;
      ++seen;
      if ((info.st_mode & 0777 & ~0660) != 0) ++too_open;
    }
  });
  for (int round = 0; round < 2000; ++round) EXPECT_TRUE(Listen().ok());
  stop = true;
  watcher.join();
  umask(old_mask);
  EXPECT_GT(seen, 0);
  EXPECT_EQ(too_open, 0);
}

TEST_F(ListeningSocketTest, GroupByNameAndNumber) {
  if (geteuid() != 0) GTEST_SKIP() << "giving a file to another group needs root";
  for (const char* group : {"12345", "nogroup"}) {
    const auto socket = ListeningSocket::Listen(path_, group);
    if (absl::IsUnavailable(socket.status())) GTEST_SKIP() << "no second group in this namespace";
    ASSERT_TRUE(socket.ok()) << socket.status();
    struct stat info;
    ASSERT_EQ(stat(path_.c_str(), &info), 0);
    EXPECT_EQ(info.st_gid, socket->group());
    EXPECT_NE(info.st_gid, 0u);
    EXPECT_EQ(info.st_mode & 0777, 0660u);
  }
  const auto socket = ListeningSocket::Listen(path_, "no such group");
  EXPECT_THAT(Message(socket.status()), HasSubstr("--socket_group=no such group: there is no"));
  EXPECT_TRUE(fs::is_empty(folder_.path()));
}

TEST_F(ListeningSocketTest, SecondDaemonIsToldWhoIsThere) {
  const auto first = Listen();
  ASSERT_TRUE(first.ok());
  const auto second = Listen();
  EXPECT_EQ(second.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(Message(second.status()), StrCat("another vswitchd (pid ", getpid(), ") serves ", path_,
                                             "; stop it or choose another path"));
  EXPECT_TRUE(CanConnect(path_)) << "the first one must go on";
}

TEST_F(ListeningSocketTest, KilledDaemonIsReplaced) {
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  if (child == 0) {
    const auto socket = Listen();
    if (write(ready[1], socket.ok() ? "y" : "n", 1) != 1) _exit(1);
    pause();
    _exit(0);
  }
  char answer = 0;
  ASSERT_EQ(read(ready[0], &answer, 1), 1);
  ASSERT_EQ(answer, 'y');
  EXPECT_THAT(Message(Listen().status()), HasSubstr(StrCat("another vswitchd (pid ", child, ")")));
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  ASSERT_TRUE(fs::is_socket(path_)) << "the kill must leave the socket, or this tests nothing";
  ASSERT_TRUE(fs::exists(path_ + ".lock"));

  const auto socket = Listen();
  ASSERT_TRUE(socket.ok()) << socket.status();
  EXPECT_TRUE(CanConnect(path_));
  close(ready[0]);
  close(ready[1]);
}

// What a killed daemon with many ports looks like: dead, and its lock not yet free. Here a process
// that shares the lock plays the kernel, for longer than a daemon that lives would be waited for.
TEST_F(ListeningSocketTest, WaitsForADaemonThatIsTornDown) {
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  if (child == 0) {
    const auto socket = Listen();
    if (!socket.ok()) _exit(1);
    if (fork() == 0) {
      if (write(ready[1], "y", 1) != 1) _exit(1);
      std::this_thread::sleep_for(std::chrono::seconds(2));
      _exit(0);
    }
    pause();
    _exit(0);
  }
  char answer = 0;
  ASSERT_EQ(read(ready[0], &answer, 1), 1);
  kill(child, SIGKILL);
  const auto killed = std::chrono::steady_clock::now();
  const auto socket = Listen();
  EXPECT_TRUE(socket.ok()) << socket.status();
  EXPECT_GT(std::chrono::steady_clock::now() - killed, std::chrono::milliseconds(1500))
      << "the lock was free at once, so this tests nothing";
  waitpid(child, nullptr, 0);
  close(ready[0]);
  close(ready[1]);
}

// One with many ports ends for longer than one that lives would be waited for.
TEST_F(ListeningSocketTest, WaitsForADaemonThatSaysThatItEnds) {
  auto first = std::make_optional(Listen());
  ASSERT_TRUE(first->ok());
  (*first)->MarkEnding();
  std::thread end([&] {
    std::this_thread::sleep_for(std::chrono::seconds(2));
    first.reset();
  });
  const auto second = Listen();
  end.join();
  EXPECT_TRUE(second.ok()) << second.status();
  EXPECT_TRUE(CanConnect(path_));
}

// `vswitchctl exit` answers before the daemon has ended.
TEST_F(ListeningSocketTest, WaitsAMomentForADaemonThatEndsInOrder) {
  auto first = std::make_optional(Listen());
  ASSERT_TRUE(first->ok());
  std::thread end([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    first.reset();
  });
  const auto second = Listen();
  end.join();
  EXPECT_TRUE(second.ok()) << second.status();
  EXPECT_TRUE(CanConnect(path_));
}

TEST_F(ListeningSocketTest, OtherProgramsSocketStays) {
  const UniqueFd other = ServeElsewhere(path_);
  const auto socket = Listen();
  EXPECT_EQ(socket.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(Message(socket.status()),
              HasSubstr(StrCat("another program (pid ", getpid(), ") serves ", path_)));
  EXPECT_TRUE(CanConnect(path_));
}

// A connection is not refused there, it just does not come through.
TEST_F(ListeningSocketTest, OtherProgramsSocketStaysWhenItIsBusy) {
  const UniqueFd other = ServeElsewhere(path_);
  const sockaddr_un address = Address(path_);
  std::vector<UniqueFd> queue;
  int result = 0;
  while (result == 0) {
    queue.emplace_back(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    result =
        connect(queue.back().get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  }
  ASSERT_EQ(errno, EAGAIN);
  EXPECT_EQ(Listen().status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_TRUE(fs::is_socket(path_));
}

TEST_F(ListeningSocketTest, OnlyASocketIsReplaced) {
  const std::string victim = folder_ / "victim";
  std::ofstream(victim) << "precious";
  const struct {
    std::function<void()> make;
    const char* message;
  } kCases[] = {
      {[&] { std::ofstream(path_) << "x"; }, "is not a socket: remove it"},
      {[&] { fs::create_symlink(victim, path_); }, "is a symbolic link: remove it"},
      {[&] { fs::create_directory(path_); }, "is not a socket: remove it"},
  };
  for (const auto& c : kCases) {
    c.make();
    const auto before = fs::symlink_status(path_).type();
    const auto socket = Listen();
    EXPECT_EQ(socket.status().code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(Message(socket.status()), HasSubstr(c.message));
    EXPECT_EQ(fs::symlink_status(path_).type(), before);
    fs::remove(path_);
  }
  EXPECT_EQ(fs::file_size(victim), 8u);
}

TEST_F(ListeningSocketTest, TheLockIsNotFollowedNorTrusted) {
  const std::string victim = folder_ / "victim";
  std::ofstream(victim) << "precious";
  fs::create_symlink(victim, path_ + ".lock");
  EXPECT_THAT(Message(Listen().status()), HasSubstr(".lock is a symbolic link"));
  EXPECT_EQ(fs::file_size(victim), 8u);
  fs::remove(path_ + ".lock");

  std::ofstream(path_ + ".lock") << "4242\n";  // Nobody holds it: a leftover.
  EXPECT_TRUE(Listen().ok());

  std::ofstream(path_ + ".lock") << "4242\n";
  if (chown((path_ + ".lock").c_str(), kNobody, kNobody) != 0) {
    GTEST_SKIP() << "giving a file away takes root and a second user";
  }
  EXPECT_THAT(Message(Listen().status()), HasSubstr("made by somebody else (uid 65534)"));
}

TEST_F(ListeningSocketTest, FolderMustBeSafe) {
  const std::string folder = folder_ / "run";
  const std::string path = folder + "/ctl.sock";
  fs::create_directory(folder);
  const struct {
    int mode;
    bool allowed;
  } kCases[] = {{0755, true}, {0700, true}, {01777, true}, {0777, false}, {0775, false}};
  for (const auto& c : kCases) {
    ASSERT_EQ(chmod(folder.c_str(), c.mode), 0);
    const auto socket = ListeningSocket::Listen(path, "");
    EXPECT_EQ(socket.ok(), c.allowed) << c.mode << socket.status();
    if (!c.allowed) {
      EXPECT_THAT(Message(socket.status()), HasSubstr("other users may replace files in"));
    }
  }
  ASSERT_EQ(chmod(folder.c_str(), 0755), 0);
  fs::create_directory_symlink(folder, folder_ / "link");
  EXPECT_THAT(Message(ListeningSocket::Listen(folder_ / "link/ctl.sock", "").status()),
              HasSubstr("/link is a symbolic link"));
  EXPECT_TRUE(fs::is_empty(folder));
  EXPECT_THAT(Message(ListeningSocket::Listen(folder_ / "a/b/ctl.sock", "").status()),
              HasSubstr("cannot make the folder"));
}

TEST_F(ListeningSocketTest, BadPaths) {
  for (const std::string& path :
       {std::string(), std::string("ctl.sock"), std::string("/tmp/"),
        folder_ / std::string(108 - folder_.path().size() - 1, 'x'), std::string(1 << 20, '/')}) {
    const auto socket = ListeningSocket::Listen(path, "");
    EXPECT_EQ(socket.status().code(), absl::StatusCode::kInvalidArgument) << path.substr(0, 120);
    EXPECT_LT(socket.status().message().size(), 400u);
  }
  const auto longest = ListeningSocket::Listen(
      folder_ / std::string(107 - folder_.path().size() - 1 - 5, 'x') + ".sock", "");
  EXPECT_TRUE(longest.ok()) << longest.status();
}

TEST_F(ListeningSocketTest, OnlyItsOwnFilesAreRemoved) {
  UniqueFd other;
  {
    const auto socket = Listen();
    ASSERT_TRUE(socket.ok());
    fs::remove(path_);
    fs::remove(path_ + ".lock");
    other = ServeElsewhere(path_);
    std::ofstream(path_ + ".lock") << "theirs";
  }
  EXPECT_TRUE(CanConnect(path_));
  EXPECT_TRUE(fs::exists(path_ + ".lock"));
}

// Property: whoever starts and ends when, at most one process listens at a time. Each holder makes
// a marker that must not be there yet.
TEST_F(ListeningSocketTest, NeverTwoAtOnce) {
  const std::string marker = folder_ / "marker";
  std::vector<pid_t> children;
  for (int i = 0; i < 4; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      int served = 0;
      const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(2);
      while (std::chrono::steady_clock::now() < end) {
        const auto socket = Listen();
        if (!socket.ok()) {
          if (!absl::IsAlreadyExists(socket.status())) _exit(3);
          continue;
        }
        const int fd = open(marker.c_str(), O_CREAT | O_EXCL | O_WRONLY, 0600);
        if (fd < 0) _exit(2);
        close(fd);
        if (!CanConnect(path_)) _exit(4);
        unlink(marker.c_str());
        ++served;
      }
      _exit(served > 0 ? 0 : 5);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int how = 0;
    ASSERT_EQ(waitpid(child, &how, 0), child);
    EXPECT_TRUE(WIFEXITED(how));
    EXPECT_TRUE(WEXITSTATUS(how) == 0 || WEXITSTATUS(how) == 5)
        << "2: two at once; 3: an error; 4: not served; got " << WEXITSTATUS(how);
  }
  EXPECT_TRUE(fs::is_empty(folder_.path()));
}

}  // namespace
}  // namespace vswitch
