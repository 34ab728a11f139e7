#include "switch/rpc/waiting_room.h"

#include <unistd.h>

#include <utility>

namespace vswitch {

bool IsPrivileged(uid_t uid) { return uid == 0 || uid == geteuid(); }

size_t WaitingRoom::size(uid_t uid) const {
  const auto found = users_.find(uid);
  return found == users_.end() ? 0 : found->second.size();
}

std::vector<uid_t> WaitingRoom::users() const {
  std::vector<uid_t> users;
  for (const auto& [uid, clients] : users_) users.push_back(uid);
  return users;
}

bool WaitingRoom::HasRoom(uid_t uid) const {
  if (IsPrivileged(uid)) return true;
  size_t others = 0;
  for (const auto& [other, clients] : users_) {
    if (!IsPrivileged(other)) others += clients.size();
  }
  return size(uid) < kMaxWaiting && others < kMaxWaitingOfAll;
}

void WaitingRoom::Add(Client client) {
  const uid_t uid = client.caller.uid;
  users_[uid].push_back(std::move(client));
}

std::optional<WaitingRoom::Client> WaitingRoom::Next(const std::function<bool(uid_t)>& may_enter) {
  std::optional<uid_t> next;
  // The first in this order: privileged users, those behind the last one, those up to him.
  const auto rank = [this](uid_t uid) { return IsPrivileged(uid) ? 0 : uid > last_ ? 1 : 2; };
  for (const auto& [uid, clients] : users_) {
    if (!may_enter(uid)) continue;
    if (!next.has_value() || rank(uid) < rank(*next)) next = uid;
  }
  if (!next.has_value()) return std::nullopt;
  if (!IsPrivileged(*next)) last_ = *next;
  std::deque<Client>& queue = users_.find(*next)->second;
  Client client = std::move(queue.front());
  queue.pop_front();
  if (queue.empty()) users_.erase(*next);
  return client;
}

}  // namespace vswitch
