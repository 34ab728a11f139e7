// Whom nobody can lock out of the control socket: root, by whatever a member of its group does with
// connections, and one member by another.
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstring>
#include <functional>
#include <list>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "switch/rpc/server.h"
#include "switch/rpc/testing/server_fixture.h"
#include "switch/rpc/waiting_room.h"

namespace vswitch {
namespace {

using ::testing::ElementsAre;

constexpr uid_t kAttacker = 3000;
constexpr uid_t kOther = 3001;
constexpr gid_t kGroup = 54321;

// Blocks, as vswitchctl does; -1 when it fails.
int Connect(const std::string& path) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) return fd;
  close(fd);
  return -1;
}

// Asks once and waits for the answer as long as it takes.
std::string AskBlocking(const std::string& path) {
  const UniqueFd fd(Connect(path));
  if (!fd || send(fd.get(), "x\n", 2, MSG_NOSIGNAL) != 2) return strerror(errno);
  std::string answer;
  for (char c = 0; read(fd.get(), &c, 1) == 1 && c != '\n';) answer += c;
  return answer;
}

bool BecomeUser(uid_t uid) {
  const rlimit files = {20'000, 20'000};
  setrlimit(RLIMIT_NOFILE, &files);
  return setgroups(0, nullptr) == 0 && setgid(kGroup) == 0 && setuid(uid) == 0;
}

// What a user does, in a process of his own that says when it is at it and then goes on until it is
// killed.
class UserProcess {
 public:
  using Body = std::function<void(const std::function<void()>& ready)>;

  UserProcess(uid_t uid, const Body& body) {
    int ends[2];
    EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
    ready_.Reset(ends[0]);
    const UniqueFd told(ends[1]);
    pid_ = fork();
    if (pid_ != 0) return;
    alarm(300);
    if (!BecomeUser(uid)) _exit(1);
    body([&told] { [[maybe_unused]] const ssize_t size = write(told.get(), "r", 1); });
    while (true) pause();
  }
  ~UserProcess() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  UserProcess(const UserProcess&) = delete;
  UserProcess& operator=(const UserProcess&) = delete;

  bool Ready() const {
    pollfd poll_fd = {.fd = ready_.get(), .events = POLLIN, .revents = 0};
    return poll(&poll_fd, 1, 0) > 0;
  }

 private:
  UniqueFd ready_;
  pid_t pid_ = -1;
};

class ServerQuotaTest : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    if (geteuid() != 0) GTEST_SKIP() << "being other users takes root";
    const int status = [] {
      const pid_t child = fork();
      if (child == 0) _exit(BecomeUser(kAttacker) ? 0 : 1);
      int exit_status = 0;
      waitpid(child, &exit_status, 0);
      return exit_status;
    }();
    if (status != 0) GTEST_SKIP() << "this user namespace knows no other users";
    options_.socket_group = std::to_string(kGroup);
    // A reply that fills a connection's buffers when it is asked for often.
    handle_ = [](std::string_view, const Caller&) { return std::string(10'000, 'r'); };
    StartServer();
  }

  // Asks in a thread while the loop turns.
  bool IsAnswered(int times) {
    std::atomic<int> answered = 0;
    std::atomic<bool> done = false;
    std::thread asker([&] {
      for (int i = 0; i < times; ++i) answered += AskBlocking(path()).size() == 10'000;
      done = true;
    });
    const bool in_time = PumpFor(60, [&] { return done.load(); });
    // Closes everything, which ends what the thread waits for.
    if (!in_time) server_.reset();
    asker.join();
    return answered == times;
  }

  bool PumpFor(int seconds, const std::function<bool()>& condition) {
    for (int i = 0; i < seconds / 10; ++i) {
      if (PumpUntil(condition)) return true;
    }
    return false;
  }
};

using Fds = std::vector<int>;

// Bounded: no attack makes more than 10,000 connections.
void HoldMany(const std::string& path, int count, Fds* fds) {
  for (int i = 0; i < count; ++i) fds->push_back(Connect(path));
}

struct Attack {
  const char* name;
  std::function<void(const std::string& path, const std::function<void()>& ready)> body;
};

const std::vector<Attack>& Attacks() {
  static const std::vector<Attack> attacks = {
      {"IdleConnections",
       [](const std::string& path, const std::function<void()>& ready) {
         Fds fds;
         HoldMany(path, 256, &fds);
         ready();
         while (true) pause();
       }},
      {"TenThousandHeld",
       [](const std::string& path, const std::function<void()>& ready) {
         Fds fds;
         HoldMany(path, 5'000, &fds);
         ready();
         HoldMany(path, 5'000, &fds);
         while (true) pause();
       }},
      {"TenThousandInALoop",
       [](const std::string& path, const std::function<void()>& ready) {
         for (int i = 0; i < 10'000; ++i) {
           const UniqueFd fd(Connect(path));
           if (i == 300) ready();
         }
       }},
      {"SlowWriters",
       [](const std::string& path, const std::function<void()>& ready) {
         Fds fds;
         HoldMany(path, 256, &fds);
         ready();
         for (int i = 0; i < 100'000; ++i) {
           for (const int fd : fds) send(fd, "y", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
           usleep(1'000);
         }
       }},
      {"ManyRequestsUnread",
       [](const std::string& path, const std::function<void()>& ready) {
         Fds fds;
         HoldMany(path, 256, &fds);
         ready();
         for (int i = 0; i < 100'000; ++i) {
           for (const int fd : fds) send(fd, "y\ny\ny\ny\n", 8, MSG_NOSIGNAL | MSG_DONTWAIT);
           usleep(1'000);
         }
       }},
  };
  return attacks;
}

class ServerAttackTest : public ServerQuotaTest, public ::testing::WithParamInterface<size_t> {};

TEST_P(ServerAttackTest, RootAndOthersAreAnswered) {
  const Attack& attack = Attacks()[GetParam()];
  const UserProcess attacker(
      kAttacker, [&](const std::function<void()>& ready) { attack.body(path(), ready); });
  ASSERT_TRUE(PumpFor(60, [&] { return attacker.Ready(); }));
  EXPECT_TRUE(IsAnswered(20));
  EXPECT_LE(server_->connections(), kMaxConnectionsPerUser + 1);
  const UserProcess other(kOther, [&](const std::function<void()>& ready) {
    for (int i = 0; i < 20; ++i) {
      if (AskBlocking(path()).size() != 10'000) return;
    }
    ready();
  });
  EXPECT_TRUE(PumpFor(60, [&] { return other.Ready(); }));
}

INSTANTIATE_TEST_SUITE_P(Attacks, ServerAttackTest, ::testing::Range<size_t>(0, Attacks().size()),
                         [](const auto& param_info) {
                           return std::string(Attacks()[param_info.param].name);
                         });

// Whoever has least is let in, and all users but root leave root's places free.
TEST_F(ServerQuotaTest, ManyUsersLeaveRootItsPlaces) {
  std::list<UserProcess> users;
  for (uid_t uid = kAttacker; uid < kAttacker + 8; ++uid) {
    users.emplace_back(uid, [this](const std::function<void()>& ready) {
      Fds fds;
      HoldMany(path(), 80, &fds);
      ready();
    });
    ASSERT_TRUE(PumpFor(60, [&] { return users.back().Ready(); }));
  }
  Pump();
  EXPECT_EQ(server_->connections(), kMaxConnections - kConnectionsReservedForRoot);
  std::list<TestClient> clients;
  for (size_t i = 0; i < kConnectionsReservedForRoot; ++i) clients.emplace_back(path());
  Pump();
  EXPECT_EQ(server_->connections(), kMaxConnections);
  // For more of root's clients others go, at once.
  for (size_t i = 0; i < 100; ++i) clients.emplace_back(path());
  for (TestClient& client : clients) client.Send("x\n");
  Pump();
  EXPECT_EQ(server_->connections(), kMaxConnections);
  for (TestClient& client : clients) EXPECT_EQ(client.Lines().size(), 1u);
}

TEST(WaitingRoomTest, UserByUserAndRootBeforeAll) {
  WaitingRoom room;
  const auto all = [](uid_t) { return true; };
  const auto next = [&](const std::function<bool(uid_t)>& may_enter) -> int {
    const auto client = room.Next(may_enter);
    return client.has_value() ? static_cast<int>(client->caller.uid) : -1;
  };
  EXPECT_EQ(next(all), -1);
  for (const uid_t uid : {7u, 7u, 7u, 8u, 8u, 9u, 0u}) {
    room.Add({.fd = UniqueFd(), .caller = {uid}});
  }
  EXPECT_THAT(room.users(), ElementsAre(0, 7, 8, 9));
  EXPECT_EQ(next([](uid_t uid) { return uid == 8; }), 8);
  for (const int uid : {0, 9, 7, 8, 7, 7, -1}) EXPECT_EQ(next(all), uid);
  EXPECT_TRUE(room.empty());
}

TEST(WaitingRoomTest, HasRoomForSomeOfEach) {
  WaitingRoom room;
  const auto fill = [&](uid_t uid) {
    size_t count = 0;
    for (; count < 1'000 && room.HasRoom(uid); ++count) {
      room.Add({.fd = UniqueFd(), .caller = {uid}});
    }
    return count;
  };
  const uid_t first = geteuid() + 1'000;
  EXPECT_EQ(fill(first), WaitingRoom::kMaxWaiting);
  for (uid_t uid = first + 1; uid < first + 9; ++uid) fill(uid);
  EXPECT_EQ(fill(first + 10), 0u);
  size_t all = 0;
  for (const uid_t uid : room.users()) all += room.size(uid);
  EXPECT_EQ(all, WaitingRoom::kMaxWaitingOfAll);
  EXPECT_TRUE(room.HasRoom(0)) << "root's";
}

}  // namespace
}  // namespace vswitch
