#include "switch/worker/io/tap_poll.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>

namespace vswitch {

TapPoll::TapPoll(const Options& options)
    : TapIo(options, {.kind = Token::Kind::kPoll, .arm = &Ring::ArmPoll}), is_ready_(kMaxPorts) {}

void TapPoll::Collect(std::span<const Completion> completions, std::vector<Frame>* batch) {
  for (const Completion& completion : completions) {
    if (completion.token.kind == Token::Kind::kPoll) OnPoll(completion);
    if (completion.token.kind == Token::Kind::kWrite) OnWriteError(completion);
  }
  DrainReadyPorts(batch);
}

void TapPoll::OnPoll(const Completion& completion) {
  const PortId port = completion.token.port;
  if (completion.result < 0) OnReadError(port, -completion.result);
  // POLLERR: the TAP is gone (drivers/net/tun.c, tun_chr_poll), of which the read will tell.
  if (completion.result > 0 && !is_ready_[port] && IsServed(port)) {
    is_ready_[port] = true;
    ready_.push_back(port);
  }
  if (!completion.more) EndRequest(port);
}

void TapPoll::DrainReadyPorts(std::vector<Frame>* batch) {
  // ready_ is rotated, so that no port starves.
  const size_t count = ready_.size();
  for (size_t i = 0; i < count && batch->size() < options().burst; ++i) {
    const PortId port = ready_.front();
    ready_.erase(ready_.begin());
    is_ready_[port] = !Drain(port, batch);
    if (is_ready_[port]) ready_.push_back(port);
  }
}

bool TapPoll::Drain(PortId port, std::vector<Frame>* batch) {
  // The poll of a port that is held is over, and the next one tells of what is left.
  if (IsHeld(port) || !IsServed(port)) return true;
  BufferPool& pool = *options().pool;
  // Without a free buffer, what is there waits for the next turn.
  for (uint32_t n = 0; n < kTurn && batch->size() < options().burst && pool.free_count() > 0; ++n) {
    const uint16_t buffer = pool.Take();
    const ssize_t bytes = read(fd(port), pool.Data(buffer), BufferPool::kBufferBytes);
    if (bytes >= 0) {
      TakeFrame(port, buffer, static_cast<uint32_t>(bytes), batch);
      continue;
    }
    pool.Return(buffer);
    if (errno == EAGAIN) return true;
    OnReadError(port, errno);
    if (!IsServed(port)) return true;
  }
  return false;
}

std::vector<PortId> TapPoll::FinishRemovals() {
  std::vector<PortId> removed = TapIo::FinishRemovals();
  for (const PortId port : removed) {
    std::erase(ready_, port);
    is_ready_[port] = false;
  }
  return removed;
}

}  // namespace vswitch
