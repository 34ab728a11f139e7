#include "switch/worker/worker_group.h"

#include <sched.h>

#include <future>
#include <utility>

#include "glog/logging.h"

namespace vswitch {

namespace {

// The cores that this process may run on, ascending.
std::vector<int> AllowedCpus() {
  std::vector<int> cpus;
  cpu_set_t set;
  CPU_ZERO(&set);
  // Fails on hosts with more than CPU_SETSIZE cores: then nothing is pinned.
  if (sched_getaffinity(0, sizeof(set), &set) != 0) return cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &set)) cpus.push_back(cpu);
  }
  return cpus;
}

}  // namespace

absl::StatusOr<std::unique_ptr<WorkerGroup>> WorkerGroup::Start(int count,
                                                                const Worker::Options& options) {
  auto notices = PortNotices::Create();
  if (!notices.ok()) return notices.status();
  auto traps = TrapFeed::Create();
  if (!traps.ok()) return traps.status();
  std::unique_ptr<WorkerGroup> group(new WorkerGroup(*std::move(notices), *std::move(traps)));
  const std::vector<int> cpus = AllowedCpus();
  for (int i = 0; i < count; ++i) {
    Worker::Options own = options;
    own.index = i;
    own.notices = group->notices_.get();
    own.traps = group->traps_.get();
    own.only_worker = count == 1;
    // One worker alone goes where the scheduler finds it room between the guests; several would be
    // put on one core now and then, and a core's worth is lost for as long as that lasts.
    if (count > 1 && !cpus.empty()) own.cpu = cpus[static_cast<size_t>(i) % cpus.size()];
    auto worker = Worker::Start(own);
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

void WorkerGroup::SetCaptures(std::shared_ptr<const CaptureSet> captures) {
  PostToAll([&](size_t) {
    return Worker::Command{.kind = Worker::Command::Kind::kSetCaptures, .captures = captures};
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
  // The number may soon be another port's.
  for (const PortNotice& notice : notices_->Take()) {
    if (notice.port != port) notices_->Post(notice);
  }
  traps_->Forget(port);
}

void WorkerGroup::ResetCounters(PortId port) {
  for (auto& worker : workers_) worker->ResetCounters(port);
}

void WorkerGroup::GiveBackIdleMemory() {
  for (auto& worker : workers_) worker->GiveBackIdleMemory();
}

std::vector<CandidateFeed*> WorkerGroup::candidates() {
  std::vector<CandidateFeed*> all;
  for (auto& worker : workers_) all.push_back(worker->candidates());
  return all;
}

PortTotals WorkerGroup::Totals(PortId port) const {
  PortTotals totals;
  for (const auto& worker : workers_) totals.Add(worker->counters(port));
  return totals;
}

std::vector<WorkerStats> WorkerGroup::stats() const {
  std::vector<WorkerStats> all;
  for (const auto& worker : workers_) all.push_back(worker->stats());
  return all;
}

}  // namespace vswitch
