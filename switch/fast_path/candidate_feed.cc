#include "switch/fast_path/candidate_feed.h"

#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <utility>

namespace vswitch {
namespace {

constexpr uint32_t kTurnsPerSecond = 64;

}  // namespace

absl::StatusOr<std::unique_ptr<CandidateFeed>> CandidateFeed::Create() {
  UniqueFd event(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!event) {
    return absl::ResourceExhaustedError(
        "no file descriptor left for a worker: raise the open-files limit (ulimit -n)");
  }
  return std::unique_ptr<CandidateFeed>(new CandidateFeed(std::move(event)));
}

uint32_t CandidateFeed::TurnNow() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  constexpr long kTurnNs = 1'000'000'000 / kTurnsPerSecond;
  return static_cast<uint32_t>(now.tv_sec * kTurnsPerSecond + now.tv_nsec / kTurnNs);
}

bool CandidateFeed::WasTold(const Candidate& candidate, uint32_t turn) {
  const uint64_t mixed =
      (candidate.source.value * 31 + candidate.destination.value) * 0x9e3779b97f4a7c15 +
      candidate.bridge;
  Told& told = told_[mixed >> 54];
  if (told.turn == turn && told.candidate.bridge == candidate.bridge &&
      told.candidate.source == candidate.source &&
      told.candidate.destination == candidate.destination) {
    return true;
  }
  told = {candidate, turn};
  return false;
}

bool CandidateFeed::MayTell(PortId ingress, uint32_t turn) {
  Allowance& allowance = allowances_[ingress];
  if (allowance.turn != turn) allowance = {turn, 0};
  return allowance.used++ < kPerPort;
}

bool CandidateFeed::Offer(const Candidate& candidate, PortId ingress, uint32_t turn) {
  if (WasTold(candidate, turn)) return true;
  const uint64_t head = head_.load(std::memory_order_relaxed);
  if (!MayTell(ingress, turn) || head - tail_.load(std::memory_order_acquire) == kCapacity) {
    return false;
  }
  ring_[head % kCapacity] = candidate;
  head_.store(head + 1, std::memory_order_release);
  return true;
}

void CandidateFeed::Flush() {
  const uint64_t head = head_.load(std::memory_order_relaxed);
  if (std::exchange(flushed_, head) == head) return;
  const uint64_t one = 1;
  // Fails only when the counter is full, and then the reader is being woken anyway.
  if (write(event_.get(), &one, sizeof one) < 0) return;
}

std::vector<Candidate> CandidateFeed::Take() {
  std::vector<Candidate> taken;
  uint64_t count;
  // The event before the ring: the other way round, one that comes in between would be left.
  if (read(event_.get(), &count, sizeof count) < 0) return taken;
  const uint64_t head = head_.load(std::memory_order_acquire);
  uint64_t tail = tail_.load(std::memory_order_relaxed);
  taken.reserve(head - tail);
  for (; tail != head; ++tail) taken.push_back(ring_[tail % kCapacity]);
  tail_.store(tail, std::memory_order_release);
  return taken;
}

}  // namespace vswitch
