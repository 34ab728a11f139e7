#include "switch/worker/worker_group.h"

#include <future>
#include <utility>

#include "glog/logging.h"

namespace vswitch {

absl::StatusOr<std::unique_ptr<WorkerGroup>> WorkerGroup::Start(int count, IoMode io_mode) {
  std::unique_ptr<WorkerGroup> group(new WorkerGroup);
  for (int i = 0; i < count; ++i) {
    auto worker = Worker::Start({.index = i, .io_mode = io_mode});
    if (!worker.ok()) return worker.status();
    group->workers_.push_back(*std::move(worker));
  }
  return group;
}

template <typename Make>
void WorkerGroup::PostToAll(Make&& make) {
  std::vector<std::future<void>> done;
  for (size_t i = 0; i < workers_.size(); ++i) {
    Worker::Command command = make(i);
    done.push_back(command.done.get_future());
    workers_[i]->Post(std::move(command));
  }
  for (std::future<void>& each : done) each.wait();
}

void WorkerGroup::SetConfig(std::shared_ptr<const ForwardingConfig> config) {
  PostToAll([&](size_t) {
    return Worker::Command{.kind = Worker::Command::Kind::kSetConfig, .config = config};
  });
}

void WorkerGroup::AddPort(PortId port, std::span<const UniqueFd> queues,
                          std::shared_ptr<const ForwardingConfig> config) {
  CHECK_EQ(queues.size(), workers_.size());
  PostToAll([&](size_t i) {
    return Worker::Command{.kind = Worker::Command::Kind::kAddPort,
                           .port = port,
                           .fd = queues[i].get(),
                           .config = config};
  });
}

void WorkerGroup::RemovePort(PortId port, std::shared_ptr<const ForwardingConfig> config) {
  PostToAll([&](size_t) {
    return Worker::Command{
        .kind = Worker::Command::Kind::kRemovePort, .port = port, .config = config};
  });
}

void WorkerGroup::ResetCounters(PortId port) {
  for (auto& worker : workers_) worker->ResetCounters(port);
}

PortTotals WorkerGroup::Totals(PortId port) const {
  PortTotals totals;
  for (const auto& worker : workers_) {
    const PortCounters& counters = worker->counters(port);
    totals.ingress_frames += counters.ingress_frames.Read();
    totals.ingress_bytes += counters.ingress_bytes.Read();
    totals.egress_frames += counters.egress_frames.Read();
    totals.egress_bytes += counters.egress_bytes.Read();
    totals.flood_copies += counters.flood_copies.Read();
    totals.ingress_offloaded += counters.ingress_offloaded.Read();
    for (size_t i = 0; i < kDropReasonCount; ++i) totals.drops[i] += counters.drops[i].Read();
  }
  return totals;
}

std::vector<WorkerStats> WorkerGroup::stats() const {
  std::vector<WorkerStats> all;
  for (const auto& worker : workers_) all.push_back(worker->stats());
  return all;
}

}  // namespace vswitch
