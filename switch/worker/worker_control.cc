// A worker's life and what it is told to change: everything that is not the data path.
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bridge/flood.h"
#include "glog/logging.h"
#include "switch/worker/ring.h"
#include "switch/worker/worker.h"

namespace vswitch {

absl::StatusOr<std::unique_ptr<Worker>> Worker::Start(const Options& options) {
  CHECK(options.burst > 0 && options.burst <= 256 && (options.burst & (options.burst - 1)) == 0);
  auto mailbox = Mailbox<Command>::Create();
  if (!mailbox.ok()) return mailbox.status();
  std::unique_ptr<Worker> worker(new Worker(options, *std::move(mailbox)));
  std::promise<absl::Status> opened;
  std::future<absl::Status> outcome = opened.get_future();
  worker->thread_ = std::thread(&Worker::Run, worker.get(), std::move(opened));
  if (absl::Status status = outcome.get(); !status.ok()) {
    worker->thread_.join();
    return status;
  }
  return worker;
}

Worker::Worker(const Options& options, std::unique_ptr<Mailbox<Command>> mailbox)
    : options_(options),
      mailbox_(std::move(mailbox)),
      counters_(new PortCounters[kMaxPorts]),
      pipeline_(counters_.get()),
      ports_(kMaxPorts) {
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
  RearmReads();
  while (!stopping_) RunOnce();
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
  // Room for one batch on its way out, one on its way in, and what waits in the backlog.
  auto pool = BufferPool::Create(2 * options_.burst + Backlog::kCapacity);
  if (!pool.ok()) return pool.status();
  pool_ = *std::move(pool);

  auto ring =
      Ring::Create({.file_slots = kMailboxSlot + 1, .flag_work = options_.busy_poll.count() > 0});
  if (!ring.ok()) return ring.status();
  ring_ = *std::move(ring);
  if (options_.io_mode == IoMode::kMultishot) {
    const absl::Status status = ring_->MakeBufferRing(options_.burst);
    if (!status.ok()) return status;
  }
  return ring_->SetFile(kMailboxSlot, mailbox_->event());
}

void Worker::Apply(Command& command) {
  // A port comes and goes with the snapshot that knows it, or does not, between the same two
  // batches.
  if (command.config != nullptr) pipeline_.SetConfig(std::move(command.config));
  switch (command.kind) {
    case Command::Kind::kSetConfig:
      break;
    case Command::Kind::kAddPort:
      AddPort(command.port, command.fd);
      break;
    case Command::Kind::kRemovePort:
      RemovePort(command.port, std::move(command.done));
      return;  // It answers when the port's last completion is in.
    case Command::Kind::kStop:
      stopping_ = true;
      break;
  }
  command.done.set_value();
}

void Worker::AddPort(PortId port, int fd) {
  PortState& state = ports_[port];
  CHECK_EQ(state.fd, -1);
  const absl::Status status = ring_->SetFile(port, fd);
  CHECK(status.ok()) << status;  // The slot exists and the descriptor is open.
  state.fd = fd;
  rearm_.push_back(port);
}

void Worker::RemovePort(PortId port, std::promise<void> done) {
  PortState& state = ports_[port];
  state.removing = true;
  state.removed = std::move(done);
  if (!state.armed) return removals_.push_back(port);
  const Token::Kind kind =
      options_.io_mode == IoMode::kMultishot ? Token::Kind::kRead : Token::Kind::kPoll;
  ring_->MustQueue([&] { return ring_->Cancel({.kind = kind, .port = port}); });
}

void Worker::FinishRemovals() {
  if (removals_.empty()) return;
  // Writes of the port may be queued still; they must not meet the slot's next user.
  ring_->Flush();
  for (const PortId port : removals_) {
    DropWaiting(port);
    std::erase(ready_, port);
    const absl::Status status = ring_->SetFile(port, -1);
    CHECK(status.ok()) << status;
    std::promise<void> removed = std::move(ports_[port].removed);
    ports_[port] = PortState{};
    removed.set_value();
  }
  removals_.clear();
}

// The port's counters are final once it is removed.
void Worker::DropWaiting(PortId port) {
  pipeline_.DropWaiting(port, &outcome_);
  for (const uint16_t buffer : outcome_.finished) pool_->Return(buffer);
}

}  // namespace vswitch
