// The daemon as the CLI sees it: one request, one reply, over a Unix socket
// (docs/control-protocol.md).
//
// The reply is untrusted: its size, its depth and the time that it takes are limited, and nothing
// of it reaches a terminal unescaped. Thread-safety: none needed; a Client has no state beyond its
// options.
#ifndef VSWITCH_CLI_CLIENT_H_
#define VSWITCH_CLI_CLIENT_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cli/json.h"
#include "switch/base/unique_fd.h"

namespace vswitch {

class Client {
 public:
  struct Options {
    std::string socket_path;
    absl::Duration timeout = absl::Seconds(10);  // For the whole exchange; more than zero.
    // Whether a daemon that does not serve yet is waited for.
    bool waits_for_start = true;
    // The largest forwarding table, 4,194,304 entries, takes 390 MiB.
    size_t max_reply_bytes = size_t{512} << 20;
  };

  explicit Client(Options options) : options_(std::move(options)) {}

  // Connects, sends the request, and returns its result. A daemon that does not serve yet is waited
  // for, two seconds at most. Errors:
  //   the daemon's own, with its code and message, and its call (FailedCall());
  //   Unavailable, DeadlineExceeded with exit code kUnreachable: nobody listens, no answer in time,
  //     or the connection ended before the answer did;
  //   PermissionDenied with exit code kPermission: this user may not use the socket;
  //   Internal, ResourceExhausted: the answer is not one of this protocol, or too long.
  absl::StatusOr<Json> Call(std::string_view method, Json params) const;

  // The same, of a call whose reply brings descriptors and which lasts as long as its connection.
  struct Session {
    UniqueFd connection;
    Json result;
    std::vector<UniqueFd> fds;
  };
  absl::StatusOr<Session> Open(std::string_view method, Json params) const;

 private:
  absl::StatusOr<Json> ParseReply(std::string_view line) const;

  Options options_;
};

// Which call of a transaction an error is of, from 0; nullopt: of none of them.
std::optional<size_t> FailedCall(const absl::Status& error);

}  // namespace vswitch

#endif  // VSWITCH_CLI_CLIENT_H_
