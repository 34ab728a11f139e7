// On whose behalf a verb is carried out. Thread-safety: a value.
#ifndef VSWITCH_SWITCH_CORE_CALLER_H_
#define VSWITCH_SWITCH_CORE_CALLER_H_

#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

namespace vswitch {

// The process at the other end of the socket, as it was when it connected.
struct Caller {
  uid_t uid;
  pid_t pid = 0;
  // Takes what the caller should know of a verb that was carried out; null: nobody asks.
  std::vector<std::string>* warnings = nullptr;

  void Warn(std::string text) const {
    if (warnings != nullptr) warnings->push_back(std::move(text));
  }
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_CORE_CALLER_H_
