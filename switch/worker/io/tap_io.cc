#include "switch/worker/io/tap_io.h"

#include <cerrno>
#include <utility>

#include "glog/logging.h"

namespace vswitch {
namespace {

// Reads in a row that fail although nothing is known to be wrong with the port.
constexpr int kMostFailures = 16;

// The device of the descriptor went away (drivers/net/tun.c, tun_do_read and tun_ring_recv).
bool IsGone(int error) {
  return error == EBADFD || error == EFAULT || error == EBADF || error == ENODEV || error == ENXIO;
}

}  // namespace

TapIo::TapIo(const Options& options, StandingRequest request)
    : options_(options), request_(request), ports_(kMaxPorts) {}

void TapIo::Add(PortId port, int fd) {
  CHECK_EQ(ports_[port].fd, -1);
  const absl::Status status = options_.ring->SetFile(port, fd);
  CHECK(status.ok()) << status;  // The slot exists and the descriptor is open.
  ports_[port].fd = fd;
  rearm_.push_back(port);
}

void TapIo::Remove(PortId port) {
  Port& state = ports_[port];
  state.removing = true;
  if (!state.armed) return removals_.push_back(port);
  options_.ring->MustQueue(
      [&] { return options_.ring->Cancel({.kind = request_.kind, .port = port}); });
}

void TapIo::EndRequest(PortId port) {
  Port& state = ports_[port];
  state.armed = false;
  (state.removing ? removals_ : rearm_).push_back(port);
}

void TapIo::OnReadError(PortId port, int error) {
  if (IsTransient(-error) || error == ECANCELED) return;
  Port& state = ports_[port];
  options_.stats->read_errors.Add(1);
  PortCounters& counters = options_.port_counters[port];
  if (error == EINVAL) {
    // The kernel took the frame off its queue and could not write a header for it
    // (drivers/net/tun.c, tun_put_user): its GSO type, as that of a tunnel, has no place there. The
    // next may be fine.
    counters.ingress_frames.Add(1);
    counters.Drop(DropReason::kUnreadable);
    if (!std::exchange(state.told_of_lost_frame, true)) {
      Tell(port, PortNotice::Kind::kFrameLost, error);
    }
    return;
  }
  if (!IsServed(port)) return;
  const uint64_t frames = counters.ingress_frames.Read();
  state.failures = frames == std::exchange(state.failed_after, frames) ? state.failures + 1 : 1;
  if (!IsGone(error) && state.failures < kMostFailures) return;
  state.ended = true;
  Tell(port, PortNotice::Kind::kReadingEnded, error);
}

void TapIo::SetHeld(PortId port, bool is_held) {
  Port& state = ports_[port];
  if (state.fd < 0 || state.removing) return;
  state.held = is_held;
  if (!is_held) return rearm_.push_back(port);
  if (!state.armed) return;
  options_.ring->MustQueue(
      [&] { return options_.ring->Cancel({.kind = request_.kind, .port = port}); });
}

std::vector<PortId> TapIo::FinishRemovals() {
  if (removals_.empty()) return {};
  // Writes of the port may be queued still; they must not meet the slot's next user.
  options_.ring->Flush();
  for (const PortId port : removals_) {
    const absl::Status status = options_.ring->SetFile(port, -1);
    CHECK(status.ok()) << status;
    ports_[port] = Port{};
  }
  return std::exchange(removals_, {});
}

void TapIo::Rearm() {
  for (const PortId port : rearm_) {
    Port& state = ports_[port];
    if (state.fd < 0 || state.armed || state.held || !IsServed(port)) continue;
    state.armed = true;
    const Token token{.kind = request_.kind, .port = port};
    options_.ring->MustQueue([&] { return (options_.ring->*request_.arm)(port, token); });
    options_.stats->rearms.Add(1);
  }
  rearm_.clear();
}

void TapIo::TakeFrame(PortId port, uint16_t buffer, uint32_t bytes,
                      std::vector<Frame>* batch) const {
  Frame& frame = batch->emplace_back();
  frame.SetWhole(options_.pool->Data(buffer), bytes);
  options_.pool->OnFilled(buffer, bytes);
  frame.ingress = port;
  frame.buffer = buffer;
  // A full buffer: the kernel cut the frame and did not say so (tun_put_user).
  if (bytes == BufferPool::kBufferBytes) frame.drop = DropReason::kTruncated;
}

void TapIo::Write(std::span<const EgressCopy> copies) {
  heads_.ForgetFrames();
  for (const EgressCopy& copy : copies) {
    const Frame& frame = *copy.frame;
    const uint32_t bytes = EditedBytes(frame.length, copy.edit);
    const Token token{.kind = Token::Kind::kWrite, .port = copy.port, .bytes = bytes};
    if (copy.edit == TagEdit::kKeep && frame.IsWhole()) {
      options_.ring->MustQueue(
          [&] { return options_.ring->QueueWrite(copy.port, frame.head, frame.length, token); });
    } else {
      WritePieces(copy, token);
    }
    PortCounters& counters = options_.port_counters[copy.port];
    counters.egress_frames.Add(1);
    counters.egress_bytes.Add(bytes - kOffloadHeaderBytes);
  }
}

void TapIo::WritePieces(const EgressCopy& copy, Token token) {
  Ring& ring = *options_.ring;
  const Frame& frame = *copy.frame;
  const std::span<const uint8_t> head =
      copy.edit == TagEdit::kKeep ? std::span<const uint8_t>(frame.head, frame.head_length)
                                  : heads_.Of(copy);
  const std::span<const uint8_t> body(frame.body, frame.length - frame.head_length);
  ring.MustQueue([&] {
    return body.empty() ? ring.QueueWrite(copy.port, head.data(), token.bytes, token)
                        : ring.QueueWrite(copy.port, head, body, token);
  });
}

void TapIo::OnWriteError(const Completion& completion) {
  // Only failures come back (CQE_SKIP_SUCCESS). The copy was counted as egress when it was queued.
  const PortId port = completion.token.port;
  PortCounters& counters = options_.port_counters[port];
  counters.egress_frames.Add(-1);
  counters.egress_bytes.Add(-static_cast<uint64_t>(completion.token.bytes - kOffloadHeaderBytes));
  // EIO: the device is down. The port's link event is on its way to the controller.
  if (completion.result == -EIO) return counters.Drop(DropReason::kEgressDown);
  counters.Drop(DropReason::kEgressError);
  if (std::exchange(ports_[port].told_of_write, true)) return;
  Tell(port, PortNotice::Kind::kWriteFailed, -completion.result);
}

void TapIo::Release(std::span<const uint16_t> buffers) {
  for (const uint16_t buffer : buffers) options_.pool->Return(buffer);
  if (!options_.ring->HasQueued()) heads_.Clear();
}

}  // namespace vswitch
