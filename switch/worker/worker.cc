#include "switch/worker/worker.h"

#include <sched.h>

#include <cstring>
#include <span>

#include "glog/logging.h"
#include "switch/base/now_tick.h"
#include "switch/worker/io/port_io.h"
#include "switch/worker/ring.h"

namespace vswitch {

void Worker::RunOnce() {
  SubmitAndWait();
  CollectCompletions();
  TellRead();
  stats_.frames_per_wakeup.Count(batch_.size());
  if (!batch_.empty() || pipeline_.HasWaiting()) {
    stats_.batches.Add(1);
    stats_.frames.Add(batch_.size());
    const uint64_t now_ns = pipeline_.config().has_police ? NowNs() : 0;
    pipeline_.Process(batch_, NowTick(), &outcome_, now_ns);
    stats_.copies_per_batch.Count(outcome_.copies.size());
    stats_.copies.Add(outcome_.copies.size());
    recorder_.Record(batch_, outcome_);
    io_->Write(outcome_.copies);
    for (const PortId port : outcome_.hold_changes) io_->SetHeld(port, pipeline_.IsHeld(port));
    in_flight_.insert(in_flight_.end(), outcome_.finished.begin(), outcome_.finished.end());
    if (candidates_ != nullptr) OfferCandidates();
    if (!outcome_.traps.empty()) OfferTraps();
  }
  FinishRemovals();
  Rearm();
}

void Worker::SubmitAndWait() {
  // What is known to be there must not wait for another event.
  const bool idle = !io_->MustNotSleep() && !pipeline_.HasWaiting() && !flow_order_.IsWanted();
  const int result = idle ? SpinOrSleep() : ring_->SubmitAndPoll();
  stats_.wakeups.Add(1);
  // What it was too short of to take is tried again after this turn has collected.
  if (result < 0 && !IsTransient(result)) LOG(FATAL) << "io_uring_enter: " << strerror(-result);
  // Unless the kernel was too short of memory to take all of it, whatever was queued has been
  // written.
  if (ring_->HasQueued()) return;
  io_->Release(in_flight_);
  in_flight_.clear();
  flow_order_.OnWritten([this](PortId port) { return pipeline_.HasWaitingFrom(port); });
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
  const std::span<const Completion> completions = ring_->Collect();
  if (ring_->HasOverflow()) stats_.cq_overflows.Add(1);
  batch_.clear();
  io_->Collect(completions, &batch_);
  for (const Completion& completion : completions) {
    if (completion.token.kind != Token::Kind::kMailbox) continue;
    mailbox_armed_ = completion.more;
    for (Command& command : mailbox_->Take()) Apply(command);
  }
}

// The frames of one port stand together.
void Worker::TellRead() {
  for (size_t first = 0; first < batch_.size();) {
    const PortId port = batch_[first].ingress;
    size_t end = first + 1;
    while (end < batch_.size() && batch_[end].ingress == port) ++end;
    flow_order_.OnRead(port, static_cast<uint32_t>(end - first));
    first = end;
  }
}

// The kernel may take over what has gone to one known station. (What is flooded has no egress of
// its own.)
void Worker::OfferCandidates() {
  const ForwardingConfig& config = pipeline_.config();
  const uint32_t turn = CandidateFeed::TurnNow();
  for (const EgressCopy& copy : outcome_.copies) {
    const Frame& frame = *copy.frame;
    if (frame.egress != copy.port) continue;
    if (!config.ports[frame.ingress].fast || !config.ports[copy.port].fast) continue;
    const Candidate candidate{.bridge = config.bridges[frame.bridge].number,
                              .source = frame.source,
                              .destination = frame.destination};
    if (!candidates_->Offer(candidate, frame.ingress, turn)) stats_.feed_overflows.Add(1);
  }
  candidates_->Flush();
}

void Worker::OfferTraps() {
  for (const Trap& trap : outcome_.traps) {
    if (!options_.traps->Offer(trap)) stats_.trap_overflows.Add(1);
  }
  options_.traps->Flush();
}

void Worker::FinishRemovals() {
  for (const PortId port : io_->FinishRemovals()) {
    DropWaiting(port);
    flow_order_.Forget(port);
    removing_.extract(port).mapped().set_value();
  }
}

void Worker::Rearm() {
  io_->Rearm();
  if (mailbox_armed_ || stopping_) return;
  ring_->MustQueue([&] { return ring_->ArmPoll(kMailboxSlot, {.kind = Token::Kind::kMailbox}); });
  mailbox_armed_ = true;
}

}  // namespace vswitch
