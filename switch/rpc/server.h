// The control socket: accepts clients, checks who they are, and hands their lines to a handler, all
// on the daemon's event loop.
//
// Limits and what happens at them (numbers in protocol.h):
//  - A line that is too long is answered with an error and skipped; the connection goes on.
//  - Nobody locks root out. A user other than root has `max_connections_per_user` connections, all
//    of them together leave `reserved_for_root` free. Who finds no place waits outside
//    (waiting_room.h), and who finds none there either is told so. All are accepted at once, so
//    that the kernel's backlog is nobody's to fill.
//  - While a user waits, the connection that has had no byte in either direction for longest, his
//    own or that of the user who has most, is closed once that is `evict_idle_us`; for root at
//    once.
//  - Root's own crowd waits in the kernel's backlog when all places are root's.
//  - A client that leaves replies unread is not served further (connection.h), and closed when it
//    takes nothing for `stall_timeout_us`. The client with the oldest progress is closed too when
//    all unread replies together pass `max_waiting_bytes`.
//  - Out of file descriptors or memory: accepting pauses for a second, clients that are in go on.
// An idle server wakes up for nothing.
//
// Thread-safety: the event loop's thread, except Start(), see listening_socket.h.
#ifndef VSWITCH_SWITCH_RPC_SERVER_H_
#define VSWITCH_SWITCH_RPC_SERVER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "switch/base/event_loop.h"
#include "switch/rpc/connection.h"
#include "switch/rpc/listening_socket.h"
#include "switch/rpc/protocol.h"
#include "switch/rpc/waiting_room.h"

namespace vswitch {

class RpcServer {
 public:
  struct Options {
    std::string socket_path{kDefaultSocketPath};
    std::string socket_group;  // A name or number; empty: the daemon's own group.
    size_t max_connections = kMaxConnections;
    size_t max_connections_per_user = kMaxConnectionsPerUser;
    size_t reserved_for_root = kConnectionsReservedForRoot;
    size_t max_line_bytes = kMaxLineBytes;
    size_t max_reply_backlog_bytes = kMaxReplyBacklogBytes;
    size_t max_waiting_bytes = size_t{1} << 30;
    uint64_t stall_timeout_us = 30'000'000;
    uint64_t evict_idle_us = 10'000'000;
    // How often the two above are looked at, while there is reason to.
    uint64_t tick_us = 1'000'000;
  };

  // Serves from the next turn of `loop` on. `handler` is called for each line that is not blank;
  // its reply is sent before the loop goes on, if the peer takes it, so that a handler may end the
  // loop. REQUIRES: `loop` outlives the server. Errors: see ListeningSocket::Listen().
  static absl::StatusOr<std::unique_ptr<RpcServer>> Start(EventLoop* loop, Options options,
                                                          LineHandler handler);
  // Closes all connections and removes the socket.
  ~RpcServer() = default;
  RpcServer(const RpcServer&) = delete;
  RpcServer& operator=(const RpcServer&) = delete;

  // A daemon that starts at this path waits until we have ended.
  void MarkEnding() { socket_.MarkEnding(); }

  size_t connections() const { return connections_.size(); }

 private:
  RpcServer(EventLoop* loop, Options options, LineHandler handler, ListeningSocket socket);
  absl::Status AddToLoop();

  void Accept();
  // Looks who it is, and lets him wait.
  void Receive(UniqueFd fd);
  // Those who wait and for whom there is a place; for root one is made.
  void LetIn();
  void Admit(WaitingRoom::Client client);
  bool HasPlace(uid_t uid) const;
  // Connections of a user; of all who are not privileged.
  size_t CountOf(uid_t uid) const;
  size_t CountOfOthers() const;
  // Root's clients wait so many that further ones have to in the kernel's backlog.
  bool Crowded() const;
  void SetAccepting(bool accepting);
  // After a turn of `connection`.
  void Review(Connection* connection);
  void Close(const Connection* connection);
  // Closes stalled connections, makes room for a newcomer, tries to accept again.
  void Tick();
  void ArmTimer();
  // Closes idle connections that those who wait may have the places of.
  void EvictIdle(uint64_t now);

  using Selects = std::function<bool(const Connection&)>;
  // The selected connection that has gone longest without progress; null when there is none.
  Connection* Oldest(const Selects& selects) const;
  // The user whose selected connections weigh most. REQUIRES: there is one.
  uid_t Greediest(const Selects& selects,
                  const std::function<size_t(const Connection&)>& weight) const;
  // Of the user who has most connections, those of root only where nobody else has any.
  Connection* OldestOfGreediest() const;
  size_t WaitingBytes() const;

  EventLoop* const loop_;
  const Options options_;
  Connection::Shared shared_;
  ListeningSocket socket_;
  IoSource accept_;
  TimerSource timer_;
  WaitingRoom waiting_;
  bool accepting_ = true;
  bool timer_armed_ = false;
  std::map<const Connection*, std::unique_ptr<Connection>> connections_;
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_RPC_SERVER_H_
