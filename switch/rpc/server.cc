#include "switch/rpc/server.h"

#include <glog/logging.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "switch/base/str_cat.h"
#include "switch/model/users.h"
#include "switch/rpc/json_rpc.h"
#include "switch/rpc/peer.h"

namespace vswitch {
namespace {

// Accepted in one turn, so that a crowd at the door does not keep those inside from being served.
constexpr int kAcceptsPerTurn = 16;

bool IsStalled(const Connection& connection) { return connection.waiting_bytes() > 0; }

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
    if (Crowded()) return SetAccepting(false);
    UniqueFd fd(accept4(socket_.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (fd) {
      Receive(std::move(fd));
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

void RpcServer::Receive(UniqueFd fd) {
  absl::StatusOr<Caller> caller = CheckPeer(fd.get(), socket_.group());
  if (caller.ok() && !waiting_.HasRoom(caller->uid)) {
    caller = absl::ResourceExhaustedError(StrCat(
        "user ", UserName(caller->uid), " has too many connections to the switch: ",
        CountOf(caller->uid), " are open and ", waiting_.size(caller->uid), " wait; close some"));
  }
  if (!caller.ok()) {
    LOG_EVERY_T(WARNING, 10) << "refused a connection: " << caller.status().message();
    const std::string reply = FormatErrorReply(MethodError(caller.status())) + "\n";
    // Into an empty buffer: it fits, or the peer is gone.
    if (send(fd.get(), reply.data(), reply.size(), MSG_DONTWAIT | MSG_NOSIGNAL) < 0) return;
    return;
  }
  waiting_.Add({.fd = std::move(fd), .caller = *caller});
  LetIn();
}

void RpcServer::LetIn() {
  while (true) {
    if (auto client = waiting_.Next([this](uid_t uid) { return HasPlace(uid); })) {
      Admit(*std::move(client));
      continue;
    }
    const std::vector<uid_t> users = waiting_.users();
    if (std::ranges::none_of(users, IsPrivileged) || CountOfOthers() == 0) break;
    LOG_EVERY_T(WARNING, 10) << "closing a control connection: root waits for its place";
    Close(OldestOfGreediest());
  }
  // Also when it was paused for want of descriptors: something has changed, or a while has passed.
  if (!accepting_ && !Crowded()) SetAccepting(true);
  ArmTimer();
}

void RpcServer::Admit(WaitingRoom::Client client) {
  auto connection =
      std::make_unique<Connection>(std::move(client.fd), client.caller, loop_, &shared_);
  if (absl::Status status = connection->AddToLoop(); !status.ok()) {
    LOG_EVERY_T(WARNING, 60) << "dropped a connection: " << status.message();
    return;
  }
  const Connection* const key = connection.get();
  connections_.emplace(key, std::move(connection));
}

bool RpcServer::HasPlace(uid_t uid) const {
  if (connections_.size() >= options_.max_connections) return false;
  return IsPrivileged(uid) ||
         (CountOf(uid) < options_.max_connections_per_user &&
          CountOfOthers() + options_.reserved_for_root < options_.max_connections);
}

size_t RpcServer::CountOf(uid_t uid) const {
  return std::ranges::count_if(
      connections_, [uid](const auto& entry) { return entry.second->caller().uid == uid; });
}

size_t RpcServer::CountOfOthers() const {
  return std::ranges::count_if(
      connections_, [](const auto& entry) { return !IsPrivileged(entry.second->caller().uid); });
}

bool RpcServer::Crowded() const {
  const std::vector<uid_t> users = waiting_.users();
  return std::ranges::any_of(users, [this](uid_t uid) {
    return IsPrivileged(uid) && waiting_.size(uid) >= WaitingRoom::kMaxWaiting;
  });
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
      const uid_t user = Greediest(IsStalled, &Connection::waiting_bytes);
      Close(Oldest(
          [user](const Connection& each) { return IsStalled(each) && each.caller().uid == user; }));
    }
  }
  LetIn();
}

void RpcServer::Close(const Connection* connection) { connections_.erase(connection); }

Connection* RpcServer::Oldest(const Selects& selects) const {
  Connection* oldest = nullptr;
  for (const auto& [key, connection] : connections_) {
    if (!selects(*connection)) continue;
    if (oldest == nullptr || connection->last_progress_us() < oldest->last_progress_us()) {
      oldest = connection.get();
    }
  }
  return oldest;
}

uid_t RpcServer::Greediest(const Selects& selects,
                           const std::function<size_t(const Connection&)>& weight) const {
  std::map<uid_t, size_t> weights;
  for (const auto& [key, connection] : connections_) {
    if (selects(*connection)) weights[connection->caller().uid] += weight(*connection);
  }
  return std::ranges::max_element(weights, {}, [](const auto& user) { return user.second; })->first;
}

Connection* RpcServer::OldestOfGreediest() const {
  const bool others = CountOfOthers() > 0;
  const uid_t user = Greediest(
      [others](const Connection& each) { return !others || !IsPrivileged(each.caller().uid); },
      [](const Connection&) { return size_t{1}; });
  return Oldest([user](const Connection& each) { return each.caller().uid == user; });
}

size_t RpcServer::WaitingBytes() const {
  size_t bytes = 0;
  for (const auto& [key, connection] : connections_) bytes += connection->waiting_bytes();
  return bytes;
}

void RpcServer::Tick() {
  timer_armed_ = false;
  const uint64_t now = EventLoop::NowUs();
  while (Connection* stalled = Oldest(IsStalled)) {
    if (stalled->last_progress_us() + options_.stall_timeout_us > now) break;
    LOG(INFO) << "closing a control connection that does not read its replies";
    Close(stalled);
  }
  EvictIdle(now);
  LetIn();
}

void RpcServer::EvictIdle(uint64_t now) {
  for (const uid_t uid : waiting_.users()) {
    if (HasPlace(uid) || connections_.empty()) continue;
    const bool has_his_share =
        !IsPrivileged(uid) && CountOf(uid) >= options_.max_connections_per_user;
    Connection* const idle =
        has_his_share ? Oldest([uid](const Connection& each) { return each.caller().uid == uid; })
                      : OldestOfGreediest();
    if (idle->last_progress_us() + options_.evict_idle_us > now) continue;
    LOG(INFO) << "closing an idle control connection of uid " << idle->caller().uid
              << ": another client waits for its place";
    Close(idle);
  }
}

void RpcServer::ArmTimer() {
  if (timer_armed_ || (accepting_ && waiting_.empty() && Oldest(IsStalled) == nullptr)) return;
  timer_armed_ = true;
  timer_.StartUs(options_.tick_us);
}

}  // namespace vswitch
