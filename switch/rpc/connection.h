// One client of the control socket: bytes in, lines to the handler, replies out. Never blocks.
//
// A method may attach descriptors to its reply, and something to the connection (caller.h): it goes
// when the connection does, whoever ends it, and so when the client only ends its side.
//
// Fairness: a turn of the event loop carries out one line of one connection; the others come before
// its next. A client that does not read: while more than the backlog waits for it, nothing more of
// it is read or carried out, so it holds up nobody but itself. A client that ends its side after
// the last request is still answered; a last line without a newline counts.
//
// Thread-safety: the event loop's thread. Ownership: owns the fd and its event sources; the owner
// may destroy it in `on_turn`.
#ifndef VSWITCH_SWITCH_RPC_CONNECTION_H_
#define VSWITCH_SWITCH_RPC_CONNECTION_H_

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "switch/base/event_loop.h"
#include "switch/base/unique_fd.h"
#include "switch/core/caller.h"
#include "switch/rpc/line_buffer.h"

namespace vswitch {

// Answers one line of `caller`. The reply has no newline and is empty when there is none.
using LineHandler = std::function<std::string(std::string_view line, const Caller& caller)>;

class Connection : public CallerSession {
 public:
  // What the connections of a server have in common. Outlives them.
  struct Shared {
    LineHandler handle_line;
    std::function<void(Connection*)> on_turn;  // After each turn, as its last act.
    size_t max_line_bytes = 0;
    size_t max_reply_backlog_bytes = 0;
  };

  // REQUIRES: `fd` is non-blocking. `loop` outlives this.
  Connection(UniqueFd fd, Caller caller, EventLoop* loop, const Shared* shared);
  // Sends what can be sent at once.
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  absl::Status AddToLoop();

  // Nothing more will come of it: the owner should destroy it.
  bool done() const;
  // Bytes of replies that the peer has not taken.
  size_t waiting_bytes() const { return replies_.size() - sent_; }
  const Caller& caller() const { return caller_; }
  // CallerSession.
  bool Attach(std::vector<UniqueFd> fds, std::shared_ptr<void> kept) override;
  // CLOCK_MONOTONIC, when a byte last went in either direction.
  uint64_t last_progress_us() const { return last_progress_us_; }

 private:
  void Turn(uint32_t events);
  void Receive();
  // Carries out one line, if there is one and it may be.
  void ServeLine();
  void Send();
  // Some of what waits, and the descriptors where their place is; bytes, or less than 0.
  ssize_t SendSome(size_t stop);
  // Tells the event loop what can happen next.
  void UpdateInterest();
  bool MayServe() const { return waiting_bytes() <= shared_->max_reply_backlog_bytes; }

  const UniqueFd fd_;
  const Caller caller_;
  EventLoop* const loop_;
  const Shared* const shared_;
  IoSource io_;
  EventSource more_;  // Runs a turn for a line that is here already.
  LineBuffer lines_;
  std::string replies_;
  size_t sent_ = 0;  // Of replies_.
  // What the caller has asked to be kept, and the descriptors that are still to be sent, before
  // which byte of replies_.
  std::shared_ptr<void> kept_;
  std::vector<UniqueFd> fds_;
  size_t fds_at_ = 0;
  bool ended_ = false;   // The peer sends no more.
  bool broken_ = false;  // It is gone.
  uint64_t last_progress_us_ = 0;
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_RPC_CONNECTION_H_
