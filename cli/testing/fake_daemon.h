// For tests: something that listens where vswitchd would and answers as the test says.
#ifndef VSWITCH_CLI_TESTING_FAKE_DAEMON_H_
#define VSWITCH_CLI_TESTING_FAKE_DAEMON_H_

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "cli/json_fwd.h"
#include "tests/temp_folder.h"

namespace vswitch {

// Serves one connection after another in a thread of its own: reads one line, sends what `answer`
// makes of it, closes.
class FakeDaemon {
 public:
  // The bytes to send for a request line; nullopt: keep silent until the client has gone.
  using Answer = std::function<std::optional<std::string>(const std::string& line)>;

  explicit FakeDaemon(Answer answer);
  // Listens there, where nothing may be yet.
  FakeDaemon(Answer answer, std::string socket_path);
  ~FakeDaemon();

  // Always the same result, or the same error.
  static Answer WithResult(Json result);
  static Answer WithError(int code, std::string_view status, std::string_view message);

  const std::string& socket_path() const { return socket_path_; }
  // The requests of all connections so far, in order.
  std::vector<Json> requests();

 private:
  void Serve();
  void ServeConnection(int fd);

  Answer answer_;
  TempFolder folder_;
  std::string socket_path_;
  int listener_ = -1;
  std::mutex mutex_;
  std::vector<std::string> requests_;  // Guarded by mutex_.
  std::thread thread_;                 // Last: it uses all of the above.
};

// A socket that is bound to `path`. With a `backlog` it listens, but nobody accepts.
class BoundSocket {
 public:
  BoundSocket(const std::string& path, std::optional<int> backlog);
  ~BoundSocket();

 private:
  int fd_;
};

// Connects to `path` until its backlog is full, and stays.
class BlockedClients {
 public:
  explicit BlockedClients(const std::string& path);
  ~BlockedClients();

 private:
  std::vector<int> fds_;
};

}  // namespace vswitch

#endif  // VSWITCH_CLI_TESTING_FAKE_DAEMON_H_
