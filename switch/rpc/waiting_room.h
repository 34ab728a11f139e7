// The clients that have connected and wait for a place among the connections. They are let in by
// turns, user by user, so that nobody's crowd stands before another's one; root, and the daemon's
// own user, before all.
//
// Limits: a user may have kMaxWaiting clients in here, all but root kMaxWaitingOfAll together.
// Thread-safety: the event loop's thread. Ownership: the descriptors of those who wait.
#ifndef VSWITCH_SWITCH_RPC_WAITING_ROOM_H_
#define VSWITCH_SWITCH_RPC_WAITING_ROOM_H_

#include <sys/types.h>

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "switch/base/unique_fd.h"
#include "switch/core/caller.h"

namespace vswitch {

// Whom nobody else may keep out: root and the daemon's own user, who are asked for nothing else
// either.
bool IsPrivileged(uid_t uid);

class WaitingRoom {
 public:
  static constexpr size_t kMaxWaiting = 64;
  static constexpr size_t kMaxWaitingOfAll = 256;

  struct Client {
    UniqueFd fd;
    Caller caller;
  };

  bool empty() const { return users_.empty(); }
  // Of one user.
  size_t size(uid_t uid) const;
  std::vector<uid_t> users() const;

  // Whether one more of this user fits in. A privileged user's does always: whoever accepts his
  // clients stops in time.
  bool HasRoom(uid_t uid) const;
  void Add(Client client);
  // Who is next among the users that `may_enter`; nullopt when nobody is.
  std::optional<Client> Next(const std::function<bool(uid_t)>& may_enter);

 private:
  // Users who wait, each with his clients in their order; no queue is empty.
  std::map<uid_t, std::deque<Client>> users_;
  // Whose turn was last.
  uid_t last_ = 0;
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_RPC_WAITING_ROOM_H_
