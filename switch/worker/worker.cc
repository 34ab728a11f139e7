#include "switch/worker/worker.h"

#include <poll.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "glog/logging.h"
#include "switch/base/now_tick.h"
#include "switch/worker/ring.h"

namespace vswitch {

void Worker::RunOnce() {
  SubmitAndWait();
  CollectCompletions();
  if (!ready_.empty()) DrainReadyPorts();
  stats_.frames_per_wakeup.Count(batch_.size());
  if (!batch_.empty() || pipeline_.HasWaiting()) {
    stats_.batches.Add(1);
    pipeline_.Process(batch_, NowTick(), &outcome_);
    stats_.copies_per_batch.Count(outcome_.copies.size());
    QueueEgress();
  }
  FinishRemovals();
  RearmReads();
}

void Worker::SubmitAndWait() {
  // What is known to be there must not wait for another event.
  const bool idle = ready_.empty() && !pipeline_.HasWaiting();
  const int result = idle ? SpinOrSleep() : ring_->SubmitAndPoll();
  stats_.wakeups.Add(1);
  // What it was too short of to take is tried again after this turn has collected.
  if (result < 0 && !IsTransient(result)) LOG(FATAL) << "io_uring_enter: " << strerror(-result);
  // Unless the kernel was too short of memory to take all of it, whatever was queued has been
  // written.
  if (ring_->HasQueued()) return;
  for (const uint16_t buffer : in_flight_) pool_->Return(buffer);
  in_flight_.clear();
}

int Worker::SpinOrSleep() {
  using Clock = std::chrono::steady_clock;
  if (options_.busy_poll.count() == 0 || batch_.empty() || !busy_poll_.ShouldSpin()) {
    return ring_->SubmitAndWait();
  }
  // The batch must not wait for the spin.
  if (const int result = ring_->SubmitAndPoll(); result < 0) return result;
  stats_.busy_polls.Add(1);
  const Clock::time_point end = Clock::now() + options_.busy_poll;
  bool hit = ring_->HasWork();
  while (!hit && Clock::now() < end) {
    // Whoever sends or receives may be waiting for this very core. On two cores a ping took 65 us
    // so, 100 us when spinning did not yield, and 180 us asleep.
    sched_yield();
    hit = ring_->HasWork();
  }
  busy_poll_.OnSpun(hit);
  if (!hit) return ring_->SubmitAndWait();
  stats_.busy_poll_hits.Add(1);
  return ring_->SubmitAndPoll();
}

void Worker::CollectCompletions() {
  batch_.clear();
  bool mail = false;
  for (const Completion& completion : ring_->Collect()) {
    switch (completion.token.kind) {
      case Token::Kind::kRead:
        OnRead(completion);
        break;
      case Token::Kind::kPoll:
        OnPoll(completion);
        break;
      case Token::Kind::kWrite:
        OnWriteError(completion);
        break;
      case Token::Kind::kMailbox:
        mailbox_armed_ = completion.more;
        mail = true;
        break;
      case Token::Kind::kCancel:
        break;  // The cancelled request's own completion tells.
    }
  }
  if (ring_->HasOverflow()) stats_.cq_overflows.Add(1);
  if (mail) {
    for (Command& command : mailbox_->Take()) Apply(command);
  }
  if (options_.io_mode == IoMode::kMultishot) PublishBuffers();
}

void Worker::OnRead(const Completion& completion) {
  const PortId port = completion.token.port;
  if (completion.result >= 0) {
    --published_;
    TakeFrame(port, completion.buffer, static_cast<uint32_t>(completion.result));
    if (!completion.more) EndRequest(port, true);
    return;
  }
  if (completion.more) return;
  if (completion.result == -ENOBUFS) stats_.enobufs.Add(1);
  const bool passing = IsTransient(completion.result);
  if (!passing && !ports_[port].removing) stats_.read_errors.Add(1);
  EndRequest(port, passing);
}

void Worker::OnPoll(const Completion& completion) {
  const PortId port = completion.token.port;
  PortState& state = ports_[port];
  if (completion.result > 0 && (completion.result & POLLIN) != 0 && !state.ready &&
      !state.removing) {
    state.ready = true;
    ready_.push_back(port);
  }
  if (!completion.more) {
    // POLLERR: the TAP is gone (drivers/net/tun.c, tun_chr_poll).
    const bool gone = completion.result < 0 || (completion.result & POLLERR) != 0;
    if (gone && !state.removing) stats_.read_errors.Add(1);
    EndRequest(port, !gone);
  }
}

void Worker::OnWriteError(const Completion& completion) {
  // Only failures come back (CQE_SKIP_SUCCESS). The copy was counted as egress when it was queued.
  PortCounters& counters = counters_[completion.token.port];
  counters.egress_frames.Add(-1);
  counters.egress_bytes.Add(-static_cast<uint64_t>(completion.token.bytes - kOffloadHeaderBytes));
  // EIO: the device is down. The port's link event is on its way to the controller.
  counters.Drop(completion.result == -EIO ? DropReason::kEgressDown : DropReason::kEgressError);
}

void Worker::TakeFrame(PortId port, uint16_t buffer, uint32_t bytes) {
  Frame& frame = batch_.emplace_back();
  frame.SetWhole(pool_->Data(buffer), bytes);
  frame.ingress = port;
  frame.buffer = buffer;
  // A full buffer: the kernel cut the frame and did not say so (tun_put_user).
  if (bytes == BufferPool::kBufferBytes) frame.drop = DropReason::kTruncated;
}

void Worker::DrainReadyPorts() {
  // Each ready port gives up to a burst, then the next: ready_ is rotated so that none starves.
  const size_t count = ready_.size();
  for (size_t i = 0; i < count && batch_.size() < options_.burst; ++i) {
    const PortId port = ready_.front();
    ready_.erase(ready_.begin());
    PortState& state = ports_[port];
    bool drained = state.removing;
    for (uint32_t n = 0; !drained && n < kPollBurst && batch_.size() < options_.burst; ++n) {
      const uint16_t buffer = pool_->Take();
      const ssize_t bytes = read(state.fd, pool_->Data(buffer), BufferPool::kBufferBytes);
      if (bytes < 0) {
        pool_->Return(buffer);
        drained = errno != EINTR;
      } else {
        TakeFrame(port, buffer, static_cast<uint32_t>(bytes));
      }
    }
    state.ready = !drained;
    if (state.ready) ready_.push_back(port);
  }
}

void Worker::QueueEgress() {
  for (const EgressCopy& copy : outcome_.copies) {
    const Frame& frame = *copy.frame;
    const Token token{.kind = Token::Kind::kWrite, .port = copy.port, .bytes = frame.length};
    ring_->MustQueue([&] { return ring_->QueueWrite(copy.port, frame.head, frame.length, token); });
    PortCounters& counters = counters_[copy.port];
    counters.egress_frames.Add(1);
    counters.egress_bytes.Add(frame.ethernet_length());
  }
  in_flight_.insert(in_flight_.end(), outcome_.finished.begin(), outcome_.finished.end());
}

void Worker::RearmReads() {
  for (const PortId port : rearm_) {
    PortState& state = ports_[port];
    if (state.fd < 0 || state.armed || state.removing) continue;
    state.armed = true;
    ring_->MustQueue([&] {
      return options_.io_mode == IoMode::kMultishot
                 ? ring_->ArmRead(port, {.kind = Token::Kind::kRead, .port = port})
                 : ring_->ArmPoll(port, {.kind = Token::Kind::kPoll, .port = port});
    });
    stats_.rearms.Add(1);
  }
  rearm_.clear();
  if (!mailbox_armed_ && !stopping_) {
    ring_->MustQueue([&] { return ring_->ArmPoll(kMailboxSlot, {.kind = Token::Kind::kMailbox}); });
    mailbox_armed_ = true;
  }
}

void Worker::EndRequest(PortId port, bool arm_again) {
  PortState& state = ports_[port];
  state.armed = false;
  if (state.removing) {
    removals_.push_back(port);
  } else if (arm_again) {
    rearm_.push_back(port);
  }
}

void Worker::PublishBuffers() {
  while (published_ < options_.burst && pool_->free_count() > 0) {
    const uint16_t buffer = pool_->Take();
    ring_->AddBuffer(buffer, pool_->Data(buffer), BufferPool::kBufferBytes);
    ++published_;
  }
  ring_->Publish();
}

}  // namespace vswitch
