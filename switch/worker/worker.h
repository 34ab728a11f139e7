// A worker: one thread, one ring, one queue of every port. It runs each frame to completion.
//
// The whole switch is readable in RunOnce():
//   submit and wait   one enter writes the last batch out and brings the next one in
//   collect           completions -> frames (io/port_io.h)
//   pipeline          frames -> copies to write, counted drops (bridge/pipeline.h)
//   record            frames and copies that somebody captures (switch/capture)
//   write             copies -> write requests, from the ingress buffer itself (io/port_io.h)
//   finish removals   ports whose last frame has been through
//   re-arm            ports whose multishot read or poll ended
//
// Buffers: those of a batch are busy until the enter that writes them returns (see ring.h), so a
// worker keeps two batches' worth: one in flight out, one published for reading in; and one for
// each frame that may wait in the pipeline's backlog.
//
// Thread-safety: Start, Post and the destructor belong to the control thread; counters and stats
// may be read by any thread. Everything else runs in the worker's thread, which shares only
// MacTables and const snapshots with others. worker_test.cc drives it on sockets,
// tests/system on real TAPs.
#ifndef VSWITCH_SWITCH_WORKER_WORKER_H_
#define VSWITCH_SWITCH_WORKER_WORKER_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <future>
#include <map>
#include <memory>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "bridge/counters.h"
#include "bridge/forwarding_config.h"
#include "bridge/frame.h"
#include "bridge/pipeline.h"
#include "switch/capture/capture.h"
#include "switch/capture/recorder.h"
#include "switch/fast_path/candidate_feed.h"
#include "switch/fast_path/flow_order.h"
#include "switch/worker/buffer_pool.h"
#include "switch/worker/busy_poll.h"
#include "switch/worker/io/io_mode.h"
#include "switch/worker/mailbox.h"
#include "switch/worker/port_notice.h"
#include "switch/worker/thread_usage.h"
#include "switch/worker/trap_feed.h"
#include "switch/worker/worker_stats.h"

namespace vswitch {

class PortIo;
class Ring;

class Worker {
 public:
  struct Options {
    int index = 0;
    IoMode io_mode = IoMode::kMultishot;
    // Frames of one batch, a power of two up to 256: the burst limit. Memory: 66 KiB buffers for
    // two batches and for the backlog (bridge/backlog.h), touched as far as frames reach.
    uint32_t burst = 256;
    // How long to spin for the next frame before sleeping; 0: never (busy_poll.h).
    std::chrono::microseconds busy_poll{0};
    // The only core to run on; -1: any.
    int cpu = -1;
    // Where it tells of ports; outlives the worker.
    PortNotices* notices = nullptr;
    // Where it puts what is for the control thread; outlives the worker too.
    TrapFeed* traps = nullptr;
    // Of the kernel's fast path (switch/fast_path/flow_order.h); empty: there is none.
    std::span<port_order> orders = {};
    bool only_worker = true;
  };

  // One change for the worker to make between two batches. `done` is kept when it is in force:
  // after that, nothing of the worker refers to what was replaced or removed.
  struct Command {
    enum class Kind { kSetConfig, kSetCaptures, kAddPort, kRemovePort, kGiveBackMemory, kStop };
    Kind kind = Kind::kStop;
    PortId port = kNoPort;  // kAddPort, kRemovePort
    int fd = -1;            // kAddPort: the worker's queue; stays the caller's
    std::shared_ptr<const ForwardingConfig> config;  // kSetConfig, kAddPort, kRemovePort
    std::shared_ptr<const CaptureSet> captures;      // kSetCaptures; null: none
    std::promise<void> done;
  };

  // Starts the thread; returns when its ring stands, or why it does not.
  static absl::StatusOr<std::unique_ptr<Worker>> Start(const Options& options);
  // Ends the thread. Ports that were not removed are simply no longer served.
  ~Worker();

  void Post(Command command) { mailbox_->Post(std::move(command)); }

  const PortCounters& counters(PortId port) const { return counters_[port]; }
  // Asks it to give back what long frames have touched, if there is such; to be called once in a
  // while. Does not wait.
  void GiveBackIdleMemory();
  // REQUIRES: the port was removed from the worker: a new port starts from zero.
  void ResetCounters(PortId port) { new (&counters_[port]) PortCounters; }
  // What the kernel may be worth to know, for the control thread. Null without a fast path.
  CandidateFeed* candidates() { return candidates_.get(); }
  WorkerStats stats() const { return ReadStats(stats_, ReadThreadUsage(thread_id_.load())); }

 private:
  static constexpr uint32_t kMailboxSlot = kMaxPorts;  // Behind the ports in the fixed-file table.

  Worker(const Options& options, std::unique_ptr<Mailbox<Command>> mailbox,
         std::unique_ptr<CandidateFeed> candidates, std::shared_ptr<PortCounters[]> counters);
  void PinToCpu() const;
  absl::Status Open();
  void Run(std::promise<absl::Status> opened);

  // The data path, in order.
  void RunOnce();
  void SubmitAndWait();
  int SpinOrSleep();
  void CollectCompletions();
  void TellRead();
  void OfferCandidates();
  void OfferTraps();
  void FinishRemovals();
  void Rearm();

  void Apply(Command& command);
  void DropWaiting(PortId port);

  const Options options_;
  const std::unique_ptr<Mailbox<Command>> mailbox_;
  const std::unique_ptr<CandidateFeed> candidates_;
  std::shared_ptr<PortCounters[]> counters_;  // By PortId.

  // The thread's own.
  std::unique_ptr<Ring> ring_;
  std::unique_ptr<BufferPool> pool_;
  std::unique_ptr<PortIo> io_;
  Pipeline pipeline_;
  std::vector<Frame> batch_;
  Outcome outcome_;
  std::vector<uint16_t> in_flight_;  // Buffers of the batch that the next enter writes out.
  FlowOrder flow_order_;
  CaptureRecorder recorder_;
  // Answered when the port is gone.
  std::map<PortId, std::promise<void>> removing_;
  BusyPoll busy_poll_;
  bool mailbox_armed_ = false;
  bool stopping_ = false;

  WorkerCounters stats_;           // Counted by this thread, read by any.
  std::atomic<int> thread_id_{0};  // Written once before Start() returns.

  std::thread thread_;
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_WORKER_WORKER_H_
