// All workers as one: a change is in force when every worker has made it.
// Thread-safety: control thread only, except stats() and Counters(), which any thread may call.
#ifndef VSWITCH_SWITCH_WORKER_WORKER_GROUP_H_
#define VSWITCH_SWITCH_WORKER_WORKER_GROUP_H_

#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "bridge/forwarding_config.h"
#include "switch/base/unique_fd.h"
#include "switch/worker/worker.h"

namespace vswitch {

class WorkerGroup {
 public:
  // Starts `count` workers, each by `options` but with an index of its own and, if there are
  // several, on a core of its own, as far as the process may use so many. On error none is left
  // running.
  static absl::StatusOr<std::unique_ptr<WorkerGroup>> Start(int count,
                                                            const Worker::Options& options);

  size_t size() const { return workers_.size(); }

  // The next batch of every worker goes by `config`; nobody looks at the one before any more.
  void SetConfig(std::shared_ptr<const ForwardingConfig> config);

  // The next batch of every worker is shown to these captures, and to no others any more. Null:
  // none. REQUIRES: each has a ring for every worker.
  void SetCaptures(std::shared_ptr<const CaptureSet> captures);

  // Serves queues[i] by worker i, and goes by `config`, which knows the port, from the same batch
  // on. REQUIRES: queues.size() == size(); they stay open until RemovePort returns.
  void AddPort(PortId port, std::span<const UniqueFd> queues,
               std::shared_ptr<const ForwardingConfig> config);
  // Goes by `config`, which does not know the port any more, and ends its requests: none is in
  // flight when this returns, and no notice of it is left.
  void RemovePort(PortId port, std::shared_ptr<const ForwardingConfig> config);
  // What the workers have to tell of ports that they serve. The event is readable while there is
  // something.
  int notice_event() const { return notices_->event(); }
  std::vector<PortNotice> TakeNotices() { return notices_->Take(); }
  // What was trapped; none of a port that was removed. The event is readable likewise.
  int trap_event() const { return traps_->event(); }
  TrapFeed& traps() { return *traps_; }

  // REQUIRES: no worker serves the port.
  void ResetCounters(PortId port);

  // To be called once a second or so: what long frames have touched goes back to the kernel when it
  // was not used between two of these. Wakes no worker that has nothing to give.
  void GiveBackIdleMemory();

  // Of each worker; null without a fast path.
  std::vector<CandidateFeed*> candidates();

  PortTotals Totals(PortId port) const;
  // By one worker.
  uint64_t FramesRead(size_t worker, PortId port) const {
    return workers_[worker]->counters(port).ingress_frames.Read();
  }
  std::vector<WorkerStats> stats() const;

 private:
  WorkerGroup(std::unique_ptr<PortNotices> notices, std::unique_ptr<TrapFeed> traps)
      : notices_(std::move(notices)), traps_(std::move(traps)) {}
  // Posts make(i) to worker i and waits for all.
  template <typename Make>
  void PostToAll(Make&& make);

  std::unique_ptr<PortNotices> notices_;
  std::unique_ptr<TrapFeed> traps_;
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_WORKER_WORKER_GROUP_H_
