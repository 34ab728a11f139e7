// The control socket: accepts clients, checks who they are, and hands their lines to a handler, all
// on the daemon's event loop.
//
// Limits and what happens at them (numbers in protocol.h):
//  - A line that is too long is answered with an error and skipped; the connection goes on.
//  - With all connections in use, newcomers wait in the kernel's backlog (4,096 of them). When
//    somebody waits there and a connection has had no byte in either direction for
//    `evict_idle_us`, it is closed: forgotten clients cannot lock an administrator out.
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
#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "switch/base/event_loop.h"
#include "switch/rpc/connection.h"
#include "switch/rpc/listening_socket.h"
#include "switch/rpc/protocol.h"

namespace vswitch {

class RpcServer {
 public:
  struct Options {
    std::string socket_path{kDefaultSocketPath};
    std::string socket_group;  // A name or number; empty: the daemon's own group.
    size_t max_connections = kMaxConnections;
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

  size_t connections() const { return connections_.size(); }

 private:
  RpcServer(EventLoop* loop, Options options, LineHandler handler, ListeningSocket socket);
  absl::Status AddToLoop();

  void Accept();
  void Admit(UniqueFd fd);
  void SetAccepting(bool accepting);
  // After a turn of `connection`.
  void Review(Connection* connection);
  void Close(const Connection* connection);
  // Closes stalled connections, makes room for a newcomer, tries to accept again.
  void Tick();
  void ArmTimer();
  // Closes the connection that has gone longest without progress.
  // REQUIRES: there is one; only those with waiting replies count when `stalled_only`.
  Connection* Oldest(bool stalled_only) const;
  size_t WaitingBytes() const;

  EventLoop* const loop_;
  const Options options_;
  Connection::Shared shared_;
  ListeningSocket socket_;
  IoSource accept_;
  TimerSource timer_;
  bool accepting_ = true;
  bool timer_armed_ = false;
  std::map<const Connection*, std::unique_ptr<Connection>> connections_;
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_RPC_SERVER_H_
