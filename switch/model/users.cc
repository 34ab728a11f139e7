#include "switch/model/users.h"

#include <pwd.h>

#include <cerrno>
#include <utility>
#include <vector>

#include "switch/base/str_cat.h"

namespace vswitch {
namespace {

// Calls getpwnam_r or getpwuid_r (`look_up`) with a buffer that is long enough.
template <typename LookUp, typename Key>
std::optional<std::pair<uid_t, std::string>> Ask(LookUp look_up, Key key) {
  std::vector<char> buffer(1024);
  passwd entry;
  passwd* found = nullptr;
  while (look_up(key, &entry, buffer.data(), buffer.size(), &found) == ERANGE &&
         buffer.size() < 1024 * 1024) {
    buffer.resize(buffer.size() * 2);
  }
  if (found == nullptr) return std::nullopt;
  return std::pair(found->pw_uid, std::string(found->pw_name));
}

}  // namespace

std::optional<uid_t> FindUser(std::string_view name) {
  if (name.empty() || name.find('\0') != std::string_view::npos) return std::nullopt;
  const auto user = Ask(getpwnam_r, std::string(name).c_str());
  if (!user.has_value()) return std::nullopt;
  return user->first;
}

std::string UserName(uid_t uid) {
  const auto user = Ask(getpwuid_r, uid);
  return user.has_value() ? user->second : StrCat(uid);
}

}  // namespace vswitch
