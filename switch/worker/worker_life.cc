// A worker's life and what it is told to change: everything that is not the data path.
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bridge/backlog.h"
#include "glog/logging.h"
#include "switch/base/zeroed_pages.h"
#include "switch/worker/io/port_io.h"
#include "switch/worker/ring.h"
#include "switch/worker/worker.h"

namespace vswitch {

absl::StatusOr<std::unique_ptr<Worker>> Worker::Start(const Options& options) {
  CHECK(options.burst > 0 && options.burst <= 256 && (options.burst & (options.burst - 1)) == 0);
  auto mailbox = Mailbox<Command>::Create();
  if (!mailbox.ok()) return mailbox.status();
  std::unique_ptr<CandidateFeed> candidates;
  if (!options.orders.empty()) {
    auto feed = CandidateFeed::Create();
    if (!feed.ok()) return feed.status();
    candidates = *std::move(feed);
  }
  // Zeros are what counters begin with, and most of the ports that there may be are never there.
  std::shared_ptr<void> memory = MapZeroed(sizeof(PortCounters) * kMaxPorts);
  if (memory == nullptr) return absl::ResourceExhaustedError("no memory for a worker's counters");
  std::unique_ptr<Worker> worker(new Worker(
      options, *std::move(mailbox), std::move(candidates),
      std::shared_ptr<PortCounters[]>(memory, static_cast<PortCounters*>(memory.get()))));
  std::promise<absl::Status> opened;
  std::future<absl::Status> outcome = opened.get_future();
  worker->thread_ = std::thread(&Worker::Run, worker.get(), std::move(opened));
  if (absl::Status status = outcome.get(); !status.ok()) {
    worker->thread_.join();
    return status;
  }
  return worker;
}

Worker::Worker(const Options& options, std::unique_ptr<Mailbox<Command>> mailbox,
               std::unique_ptr<CandidateFeed> candidates, std::shared_ptr<PortCounters[]> counters)
    : options_(options),
      mailbox_(std::move(mailbox)),
      candidates_(std::move(candidates)),
      counters_(std::move(counters)),
      pipeline_(counters_.get()),
      flow_order_(options.orders, options.only_worker),
      recorder_(static_cast<size_t>(options.index)) {
  batch_.reserve(Pipeline::kMaxBatch);
}

Worker::~Worker() {
  if (!thread_.joinable()) return;
  Post({.kind = Command::Kind::kStop});
  thread_.join();
}

void Worker::Run(std::promise<absl::Status> opened) {
  prctl(PR_SET_NAME, absl::StrCat("worker", options_.index).c_str());
  thread_id_.store(static_cast<int>(syscall(SYS_gettid)), std::memory_order_relaxed);
  PinToCpu();
  absl::Status status = Open();
  const bool ok = status.ok();
  opened.set_value(std::move(status));
  if (!ok) return;
  Rearm();
  while (!stopping_) RunOnce();
  io_.reset();
  // In this thread, as SINGLE_ISSUER wants it: ends what is in flight before the buffers go.
  ring_.reset();
}

void Worker::PinToCpu() const {
  if (options_.cpu < 0) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(options_.cpu, &set);
  // The core may have gone offline or out of our cpuset meanwhile; the worker then runs anywhere.
  if (const int error = pthread_setaffinity_np(pthread_self(), sizeof(set), &set); error != 0) {
    LOG(WARNING) << "worker " << options_.index << " cannot keep to core " << options_.cpu << ": "
                 << strerror(error);
  }
}

absl::Status Worker::Open() {
  // Room for one batch on its way out, one on its way in, what waits in the backlog and what leaves
  // it.
  auto pool = BufferPool::Create(2 * options_.burst + Backlog::kSlots);
  if (!pool.ok()) return pool.status();
  pool_ = *std::move(pool);

  auto ring =
      Ring::Create({.file_slots = kMailboxSlot + 1, .flag_work = options_.busy_poll.count() > 0});
  if (!ring.ok()) return ring.status();
  ring_ = *std::move(ring);
  auto io = PortIo::Create(options_.io_mode, {.burst = options_.burst,
                                              .ring = ring_.get(),
                                              .pool = pool_.get(),
                                              .port_counters = counters_.get(),
                                              .stats = &stats_,
                                              .notices = options_.notices});
  if (!io.ok()) return io.status();
  io_ = *std::move(io);
  return ring_->SetFile(kMailboxSlot, mailbox_->event());
}

void Worker::GiveBackIdleMemory() {
  if (pool_->HasMemoryToGiveBack()) Post({.kind = Command::Kind::kGiveBackMemory});
}

void Worker::Apply(Command& command) {
  // A port comes and goes with the snapshot that knows it, or does not, between the same two
  // batches.
  if (command.config != nullptr) pipeline_.SetConfig(std::move(command.config));
  switch (command.kind) {
    case Command::Kind::kSetConfig:
      break;
    case Command::Kind::kSetCaptures:
      recorder_.SetCaptures(std::move(command.captures));
      break;
    case Command::Kind::kAddPort:
      io_->Add(command.port, command.fd);
      break;
    case Command::Kind::kRemovePort:
      removing_.emplace(command.port, std::move(command.done));
      io_->Remove(command.port);
      return;  // FinishRemovals() answers.
    case Command::Kind::kGiveBackMemory:
      // All that was read has just been collected, but for what the kernel keeps on its list.
      if (!ring_->HasOverflow()) pool_->GiveBackIdle();
      break;
    case Command::Kind::kStop:
      stopping_ = true;
      break;
  }
  command.done.set_value();
}

// The port's counters are final once it is removed.
void Worker::DropWaiting(PortId port) {
  pipeline_.DropWaiting(port, &outcome_);
  io_->Release(outcome_.finished);
}

}  // namespace vswitch
