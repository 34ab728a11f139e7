// On whose behalf a verb is carried out. Thread-safety: a value.
#ifndef VSWITCH_SWITCH_CORE_CALLER_H_
#define VSWITCH_SWITCH_CORE_CALLER_H_

#include <sys/types.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "switch/base/unique_fd.h"

namespace vswitch {

// The connection that a verb came by.
class CallerSession {
 public:
  virtual ~CallerSession() = default;
  // Sends descriptors with the reply, and keeps something until the caller is gone. False, and
  // nothing of it, when it has been called before.
  virtual bool Attach(std::vector<UniqueFd> fds, std::shared_ptr<void> kept) = 0;
};

// The process at the other end of the socket, as it was when it connected.
struct Caller {
  uid_t uid;
  pid_t pid = 0;
  // Takes what the caller should know of a verb that was carried out; null: nobody asks.
  std::vector<std::string>* warnings = nullptr;

  // Null: it has none.
  CallerSession* session = nullptr;

  void Warn(std::string text) const {
    if (warnings != nullptr) warnings->push_back(std::move(text));
  }
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_CORE_CALLER_H_
