#include "switch/rpc/server.h"

#include <glog/logging.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "switch/base/str_cat.h"
#include "switch/rpc/json_rpc.h"
#include "switch/rpc/peer.h"

namespace vswitch {
namespace {

// Accepted in one turn, so that a crowd at the door does not keep those inside from being served.
constexpr int kAcceptsPerTurn = 16;

bool SomebodyWaits(int listening_fd) {
  pollfd poll_fd = {.fd = listening_fd, .events = POLLIN, .revents = 0};
  return poll(&poll_fd, 1, 0) > 0;
}

}  // namespace

absl::StatusOr<std::unique_ptr<RpcServer>> RpcServer::Start(EventLoop* loop, Options options,
                                                            LineHandler handler) {
  absl::StatusOr<ListeningSocket> socket =
      ListeningSocket::Listen(options.socket_path, options.socket_group);
  if (!socket.ok()) return socket.status();
  std::unique_ptr<RpcServer> server(
      new RpcServer(loop, std::move(options), std::move(handler), *std::move(socket)));
  if (absl::Status status = server->AddToLoop(); !status.ok()) return status;
  return server;
}

RpcServer::RpcServer(EventLoop* loop, Options options, LineHandler handler, ListeningSocket socket)
    : loop_(loop),
      options_(std::move(options)),
      shared_{.handle_line = std::move(handler),
              .on_turn = [this](Connection* connection) { Review(connection); },
              .max_line_bytes = options_.max_line_bytes,
              .max_reply_backlog_bytes = options_.max_reply_backlog_bytes},
      socket_(std::move(socket)) {}

absl::Status RpcServer::AddToLoop() {
  auto accept = loop_->AddIo(socket_.fd(), EPOLLIN, [this](uint32_t) { Accept(); });
  if (!accept.ok()) return accept.status();
  accept_ = *std::move(accept);
  auto timer = loop_->AddTimer([this] { Tick(); });
  if (!timer.ok()) return timer.status();
  timer_ = *std::move(timer);
  return absl::OkStatus();
}

void RpcServer::Accept() {
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    if (connections_.size() >= options_.max_connections) return SetAccepting(false);
    UniqueFd fd(accept4(socket_.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (fd) {
      Admit(std::move(fd));
    } else if (errno == EAGAIN) {
      return;
    } else if (errno != EINTR && errno != ECONNABORTED) {
      // EMFILE, ENFILE, ENOBUFS, ENOMEM: the newcomer stays in the backlog, and the loop would wake
      // up for him again at once.
      LOG_EVERY_T(WARNING, 60) << "cannot accept on " << socket_.path() << ": " << strerror(errno)
                               << "; trying again every second";
      return SetAccepting(false);
    }
  }
}

void RpcServer::Admit(UniqueFd fd) {
  const absl::StatusOr<Caller> caller = CheckPeer(fd.get(), socket_.group());
  if (!caller.ok()) {
    LOG_EVERY_T(WARNING, 10) << "refused a connection: " << caller.status().message();
    const std::string reply = FormatErrorReply(MethodError(caller.status())) + "\n";
    // Into an empty buffer: it fits, or the peer is gone.
    if (send(fd.get(), reply.data(), reply.size(), MSG_DONTWAIT | MSG_NOSIGNAL) < 0) return;
    return;
  }
  auto connection = std::make_unique<Connection>(std::move(fd), *caller, loop_, &shared_);
  if (absl::Status status = connection->AddToLoop(); !status.ok()) {
    LOG_EVERY_T(WARNING, 60) << "dropped a connection: " << status.message();
    return;
  }
  const Connection* const key = connection.get();
  connections_.emplace(key, std::move(connection));
}

void RpcServer::SetAccepting(bool accepting) {
  accepting_ = accepting;
  accept_.SetEnabled(accepting);
  ArmTimer();
}

void RpcServer::Review(Connection* connection) {
  if (connection->done()) {
    Close(connection);
  } else {
    // The new reply may have been the last straw.
    while (WaitingBytes() > options_.max_waiting_bytes) {
      LOG(WARNING) << "closing a control connection: too many replies are unread";
      Close(Oldest(/*stalled_only=*/true));
    }
  }
  ArmTimer();
}

void RpcServer::Close(const Connection* connection) {
  connections_.erase(connection);
  if (!accepting_) SetAccepting(true);
}

Connection* RpcServer::Oldest(bool stalled_only) const {
  Connection* oldest = nullptr;
  for (const auto& [key, connection] : connections_) {
    if (stalled_only && connection->waiting_bytes() == 0) continue;
    if (oldest == nullptr || connection->last_progress_us() < oldest->last_progress_us()) {
      oldest = connection.get();
    }
  }
  return oldest;
}

size_t RpcServer::WaitingBytes() const {
  size_t bytes = 0;
  for (const auto& [key, connection] : connections_) bytes += connection->waiting_bytes();
  return bytes;
}

void RpcServer::Tick() {
  timer_armed_ = false;
  const uint64_t now = EventLoop::NowUs();
  while (Connection* stalled = Oldest(/*stalled_only=*/true)) {
    if (stalled->last_progress_us() + options_.stall_timeout_us > now) break;
    LOG(INFO) << "closing a control connection that does not read its replies";
    Close(stalled);
  }
  if (connections_.size() >= options_.max_connections) {
    Connection* const idle = Oldest(/*stalled_only=*/false);
    if (idle->last_progress_us() + options_.evict_idle_us <= now && SomebodyWaits(socket_.fd())) {
      LOG(INFO) << "closing an idle control connection: all " << options_.max_connections
                << " are in use and another client waits";
      Close(idle);
    }
  } else if (!accepting_) {
    SetAccepting(true);
  }
  ArmTimer();
}

void RpcServer::ArmTimer() {
  if (timer_armed_ || (accepting_ && Oldest(/*stalled_only=*/true) == nullptr)) return;
  timer_armed_ = true;
  timer_.StartUs(options_.tick_us);
}

}  // namespace vswitch
