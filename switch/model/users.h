// The names of this host's users. The system's user database answers, which may be a slow one: it
// may block. Thread-safety: safe in any thread.
#ifndef VSWITCH_SWITCH_MODEL_USERS_H_
#define VSWITCH_SWITCH_MODEL_USERS_H_

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

namespace vswitch {

std::optional<uid_t> FindUser(std::string_view name);

// The user's name, or the number in decimal when the system knows no name for it.
std::string UserName(uid_t uid);

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_MODEL_USERS_H_
