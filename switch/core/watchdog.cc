#include "switch/core/watchdog.h"

#include <poll.h>

namespace vswitch {

std::vector<PortId> Watchdog::Look(std::span<const Queue> queues) {
  std::vector<pollfd> polls;
  polls.reserve(queues.size());
  for (const Queue& queue : queues) {
    polls.push_back({.fd = queue.fd, .events = POLLIN, .revents = 0});
  }
  poll(polls.data(), polls.size(), 0);

  std::vector<PortId> stuck;
  std::map<std::pair<PortId, int>, Wait> waiting;
  for (size_t i = 0; i < queues.size(); ++i) {
    if ((polls[i].revents & POLLIN) == 0) continue;
    const Queue& queue = queues[i];
    const std::pair key(queue.port, queue.worker);
    Wait wait{.frames_read = queue.frames_read, .looks = 1};
    if (const auto before = waiting_.find(key);
        before != waiting_.end() && before->second.frames_read == wait.frames_read) {
      wait.looks += before->second.looks;
    }
    if (wait.looks < kLooks) {
      waiting[key] = wait;
    } else if (stuck.empty() || stuck.back() != queue.port) {
      stuck.push_back(queue.port);
    }
  }
  waiting_ = std::move(waiting);
  return stuck;
}

}  // namespace vswitch
