#include "switch/worker/io/tap_io.h"

#include <cerrno>
#include <utility>

#include "glog/logging.h"

namespace vswitch {

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

void TapIo::EndRequest(PortId port, bool arm_again) {
  Port& state = ports_[port];
  state.armed = false;
  if (state.removing) {
    removals_.push_back(port);
  } else if (arm_again) {
    rearm_.push_back(port);
  }
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
    if (state.fd < 0 || state.armed || state.removing) continue;
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
  frame.ingress = port;
  frame.buffer = buffer;
  // A full buffer: the kernel cut the frame and did not say so (tun_put_user).
  if (bytes == BufferPool::kBufferBytes) frame.drop = DropReason::kTruncated;
}

void TapIo::Write(std::span<const EgressCopy> copies) {
  Ring& ring = *options_.ring;
  for (const EgressCopy& copy : copies) {
    const Frame& frame = *copy.frame;
    const Token token{.kind = Token::Kind::kWrite, .port = copy.port, .bytes = frame.length};
    ring.MustQueue([&] {
      return frame.IsWhole()
                 ? ring.QueueWrite(copy.port, frame.head, frame.length, token)
                 : ring.QueueWrite(copy.port, {frame.head, frame.head_length},
                                   {frame.body, frame.length - frame.head_length}, token);
    });
    PortCounters& counters = options_.port_counters[copy.port];
    counters.egress_frames.Add(1);
    counters.egress_bytes.Add(frame.ethernet_length());
  }
}

void TapIo::OnWriteError(const Completion& completion) {
  // Only failures come back (CQE_SKIP_SUCCESS). The copy was counted as egress when it was queued.
  PortCounters& counters = options_.port_counters[completion.token.port];
  counters.egress_frames.Add(-1);
  counters.egress_bytes.Add(-static_cast<uint64_t>(completion.token.bytes - kOffloadHeaderBytes));
  // EIO: the device is down. The port's link event is on its way to the controller.
  counters.Drop(completion.result == -EIO ? DropReason::kEgressDown : DropReason::kEgressError);
}

void TapIo::Release(std::span<const uint16_t> buffers) {
  for (const uint16_t buffer : buffers) options_.pool->Return(buffer);
}

}  // namespace vswitch
