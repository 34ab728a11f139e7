#include "cli/client.h"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <limits>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "cli/exit_code.h"
#include "cli/json.h"
#include "switch/base/str_cat.h"
#include "switch/rpc/protocol.h"

namespace vswitch {
namespace {

constexpr int kRequestId = 1;
constexpr size_t kReadBytes = 64 << 10;

// A daemon that was started in the line before serves some milliseconds later. One that does not
// serve after this was not started.
constexpr absl::Duration kStartUp = absl::Seconds(2);
constexpr auto kStartUpPause = std::chrono::milliseconds(10);

// A point in time by the clock that nobody sets.
class Deadline {
 public:
  explicit Deadline(absl::Duration timeout) : timeout_(timeout) {}

  // Milliseconds left, rounded up; 0 when it has passed.
  int LeftMs() const {
    const auto passed = std::chrono::steady_clock::now() - start_;
    const absl::Duration left = timeout_ - absl::FromChrono(passed);
    const int64_t ms = absl::ToInt64Milliseconds(left + absl::Milliseconds(1));
    return static_cast<int>(std::clamp<int64_t>(ms, 0, std::numeric_limits<int>::max()));
  }
  absl::Duration timeout() const { return timeout_; }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  absl::Duration timeout_;
};

absl::Status Unreachable(absl::StatusCode code, std::string_view message) {
  return ErrorWithExitCode(ExitCode::kUnreachable, code, message);
}

absl::Status NoAnswer(const std::string& path, const Deadline& deadline) {
  return Unreachable(absl::StatusCode::kDeadlineExceeded,
                     StrCat("vswitchd on ", path, " did not answer within ",
                            absl::FormatDuration(deadline.timeout()),
                            ": what was asked may have been done or not; look again, or wait "
                            "longer with --timeout=SECONDS"));
}

absl::Status EndedEarly(const std::string& path) {
  return Unreachable(absl::StatusCode::kUnavailable,
                     StrCat("vswitchd on ", path,
                            " closed the connection before it had answered: it ended, or it "
                            "refuses this user; its log says which"));
}

// Which group may use the socket, as far as this user may know.
std::string PermissionCure(const std::string& path) {
  struct stat info;
  if (stat(path.c_str(), &info) != 0) return "use sudo";
  const group* entry = getgrgid(info.st_gid);
  const std::string name = entry != nullptr ? entry->gr_name : StrCat(info.st_gid);
  if (info.st_gid == 0) {
    return "use sudo, or let a group in: start vswitchd with --socket_group=GROUP";
  }
  return StrCat("use sudo, or join its group: 'sudo usermod -aG ", name,
                " $USER', then log in again");
}

absl::Status ConnectError(const std::string& path, int error, const Deadline& deadline) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
    case ECONNREFUSED:
      return Unreachable(absl::StatusCode::kUnavailable,
                         StrCat("no vswitchd listens on ", path,
                                ": start it with 'sudo vswitchd', or name its socket with "
                                "--socket"));
    case EACCES:
    case EPERM:
      return ErrorWithExitCode(ExitCode::kPermission, absl::StatusCode::kPermissionDenied,
                               StrCat("this user may not use ", path, ": ", PermissionCure(path)));
    case EAGAIN:
      return NoAnswer(path, deadline);
    default:
      return Unreachable(absl::StatusCode::kUnavailable,
                         StrCat("cannot connect to ", path, ": ", strerror(error)));
  }
}

// What the path of a daemon answers that is about to serve: no socket yet, or its predecessor's.
bool MayComeUp(int error) { return error == ENOENT || error == ECONNREFUSED; }

// While the daemon's backlog is full, connect() waits, as long as SO_SNDTIMEO says.
absl::Status Connect(int fd, const Client::Options& options, const Deadline& deadline) {
  const std::string& path = options.socket_path;
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof(address.sun_path)) {
    return UsageError(
        StrCat("--socket must name a path of 1 to ", sizeof(address.sun_path) - 1, " bytes"));
  }
  std::copy(path.begin(), path.end(), address.sun_path);
  const timeval timeout = absl::ToTimeval(absl::Milliseconds(std::max(1, deadline.LeftMs())));
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
  const Deadline start_up(options.waits_for_start ? std::min(deadline.timeout(), kStartUp)
                                                  : absl::ZeroDuration());
  while (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    if (errno == EINTR) continue;
    if (!MayComeUp(errno) || start_up.LeftMs() == 0) return ConnectError(path, errno, deadline);
    std::this_thread::sleep_for(kStartUpPause);
  }
  fcntl(fd, F_SETFL, O_NONBLOCK);
  return absl::OkStatus();
}

// Waits until `fd` is ready for `events` (or broken, which the next call tells).
bool WaitReady(int fd, short events, const Deadline& deadline) {
  pollfd poll_fd = {.fd = fd, .events = events, .revents = 0};
  int ready;
  do {
    ready = poll(&poll_fd, 1, deadline.LeftMs());
  } while (ready < 0 && errno == EINTR);
  return ready > 0;
}

// A daemon that closes while we send may have said why, so that is left to ReceiveLine.
absl::Status SendLine(int fd, std::string_view line, const std::string& path,
                      const Deadline& deadline) {
  while (!line.empty()) {
    if (!WaitReady(fd, POLLOUT, deadline)) return NoAnswer(path, deadline);
    const ssize_t sent = send(fd, line.data(), line.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      line.remove_prefix(static_cast<size_t>(sent));
    } else if (errno != EAGAIN && errno != EINTR) {
      return absl::OkStatus();
    }
  }
  return absl::OkStatus();
}

// Some bytes, and the descriptors that come with them. As recv().
ssize_t ReceiveSome(int fd, char* to, size_t bytes, std::vector<UniqueFd>* fds) {
  iovec piece = {.iov_base = to, .iov_len = bytes};
  alignas(cmsghdr) char control[CMSG_SPACE(kMaxAttachedFds * sizeof(int))];
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof(control);
  const ssize_t received = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
  if (received < 0) return received;
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
       header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    const size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; ++i) {
      int attached = -1;
      memcpy(&attached, CMSG_DATA(header) + i * sizeof(int), sizeof(int));
      fds->emplace_back(attached);
    }
  }
  return received;
}

absl::StatusOr<std::string> ReceiveLine(int fd, const Client::Options& options,
                                        const Deadline& deadline, std::vector<UniqueFd>* fds) {
  std::string reply;
  while (true) {
    if (!WaitReady(fd, POLLIN, deadline)) return NoAnswer(options.socket_path, deadline);
    const size_t before = reply.size();
    reply.resize(before + kReadBytes);
    const ssize_t received = ReceiveSome(fd, reply.data() + before, kReadBytes, fds);
    const int error = errno;
    reply.resize(before + static_cast<size_t>(std::max<ssize_t>(received, 0)));
    if (received < 0 && (error == EAGAIN || error == EINTR)) continue;
    if (received <= 0) return EndedEarly(options.socket_path);
    const size_t end = reply.find('\n', before);
    if (std::min(end, reply.size()) > options.max_reply_bytes) {
      return absl::ResourceExhaustedError(StrCat("the answer from ", options.socket_path,
                                                 " is longer than ", options.max_reply_bytes,
                                                 " bytes; ask for less, such as one bridge"));
    }
    if (end != std::string::npos) {
      reply.resize(end);
      return reply;
    }
  }
}

// The status payload that holds the index of a call as a decimal number.
constexpr absl::string_view kCallUrl = "vswitchctl/call";

void SetFailedCall(const Json& data, absl::Status* status) {
  const Json& call = Field(data, "call");
  if (!call.is_number_unsigned()) return;
  status->SetPayload(kCallUrl, absl::Cord(StrCat(call.get<uint64_t>())));
}

// JSON-RPC's own codes are negative; the daemon's are those of absl::StatusCode.
absl::StatusCode StatusCodeOf(const Json& error) {
  const Json& field = Field(error, "code");
  const int64_t code = field.is_number_integer() ? field.get<int64_t>() : 0;
  if (code >= 1 && code <= 16) return static_cast<absl::StatusCode>(code);
  if (code == kMethodNotFound) return absl::StatusCode::kUnimplemented;
  if (code == kInvalidRequest || code == kInvalidParams) return absl::StatusCode::kInvalidArgument;
  return absl::StatusCode::kInternal;
}

}  // namespace

std::optional<size_t> FailedCall(const absl::Status& error) {
  const absl::optional<absl::Cord> payload = error.GetPayload(kCallUrl);
  size_t call = 0;
  if (!payload.has_value() || !absl::SimpleAtoi(std::string(*payload), &call)) return std::nullopt;
  return call;
}

absl::StatusOr<Json> Client::ParseReply(std::string_view line) const {
  const std::optional<Json> reply = ParseJson(line);
  if (reply.has_value() && reply->is_object()) {
    const Json& error = Field(*reply, "error");
    if (error.is_object()) {
      const std::string message = TextField(error, "message");
      absl::Status status(StatusCodeOf(error),
                          message.empty() ? "vswitchd gave no reason" : message);
      SetFailedCall(Field(error, "data"), &status);
      // An error that answers no request is about the connection: the daemon refuses this user.
      const bool about_connection = Field(*reply, "id").is_null();
      return about_connection && absl::IsPermissionDenied(status)
                 ? ErrorWithExitCode(ExitCode::kPermission, status.code(),
                                     StdView(status.message()))
                 : status;
    }
    if (reply->contains("result") && Field(*reply, "id") == Json(kRequestId)) {
      return Field(*reply, "result");
    }
  }
  return absl::InternalError(StrCat(
      "what listens on ", options_.socket_path,
      " did not answer as vswitchd does: is --socket right, and are vswitchctl and vswitchd of the "
      "same release?"));
}

absl::StatusOr<Json> Client::Call(std::string_view method, Json params) const {
  absl::StatusOr<Session> session = Open(method, std::move(params));
  if (!session.ok()) return session.status();
  return std::move(session->result);
}

absl::StatusOr<Client::Session> Client::Open(std::string_view method, Json params) const {
  const Deadline deadline(options_.timeout);
  const std::string& path = options_.socket_path;
  Session session;
  session.connection = UniqueFd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!session.connection) return absl::ErrnoToStatus(errno, "cannot make a socket");
  const int fd = session.connection.get();
  if (absl::Status status = Connect(fd, options_, deadline); !status.ok()) return status;

  Json request = Json::object();
  request["jsonrpc"] = "2.0";
  request["id"] = kRequestId;
  request["method"] = std::string(method);
  request["params"] = std::move(params);
  const std::string line = ToLine(request) + "\n";
  if (absl::Status status = SendLine(fd, line, path, deadline); !status.ok()) return status;
  const absl::StatusOr<std::string> reply = ReceiveLine(fd, options_, deadline, &session.fds);
  if (!reply.ok()) return reply.status();
  absl::StatusOr<Json> result = ParseReply(*reply);
  if (!result.ok()) return result.status();
  session.result = *std::move(result);
  return session;
}

}  // namespace vswitch
