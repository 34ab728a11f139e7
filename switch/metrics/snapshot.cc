#include "switch/metrics/snapshot.h"

#include "switch/base/event_loop.h"

namespace vswitch {

Snapshot TakeSnapshot(Controller& controller) {
  Snapshot snapshot{.taken_us = EventLoop::NowUs()};
  snapshot.bridges = controller.Show();
  snapshot.stats = controller.Stats();
  // Of all bridges: there is no name that could be wrong.
  if (auto tables = controller.FdbStats(""); tables.ok()) snapshot.tables = *std::move(tables);
  return snapshot;
}

}  // namespace vswitch
