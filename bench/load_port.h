// Where tap_load sends and receives: what a guest or a host program holds of a switch port.
//
//   tap:NAME[@NETNS]      a TAP opened by name, as QEMU does: the end of a guest port
//   plain:NAME[@NETNS]    the same, but its guest takes no offloads
//   netdev:NAME[@NETNS]   a packet socket on a netdev: the end of an `internal` port, or a veth
//
// Both carry a virtio_net_hdr in front of each frame. NETNS is a name of ip-netns(8).
// Thread-safety: Send and Receive may be called from two threads.
#ifndef VSWITCH_BENCH_LOAD_PORT_H_
#define VSWITCH_BENCH_LOAD_PORT_H_

#include <sys/socket.h>
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "switch/base/unique_fd.h"
#include "tests/frame_builder.h"

namespace vswitch {

class LoadPort {
 public:
  static absl::StatusOr<std::unique_ptr<LoadPort>> Open(const std::string& spec);

  // `frame`: virtio_net_hdr_v1 and Ethernet. False when the kernel refused it: the
  // device is down, or its queue is full.
  bool Send(std::span<const uint8_t> frame);

  // Calls visit(ethernet) for frames that wait, for a burst of them at most. Returns their number.
  template <typename Visit>
  size_t Receive(Visit&& visit) {
    return is_tap_ ? ReceiveFromTap(visit) : ReceiveFromSocket(visit);
  }

  // Readable when frames wait.
  int fd() const { return fd_.get(); }

 private:
  // A packet socket's header ends before num_buffers.
  static constexpr size_t kSocketHeaderBytes = 10;
  static constexpr size_t kBurst = 64;
  static constexpr size_t kFrameBytes = 14 + 65536;

  LoadPort(UniqueFd fd, bool is_tap);
  template <typename Visit>
  size_t ReceiveFromTap(Visit&& visit);
  template <typename Visit>
  size_t ReceiveFromSocket(Visit&& visit);

  UniqueFd fd_;
  bool is_tap_;
  std::vector<uint8_t> memory_;  // One frame of a TAP, or a burst of a socket.
  std::vector<iovec> parts_;
  std::vector<mmsghdr> messages_;
};

template <typename Visit>
size_t LoadPort::ReceiveFromTap(Visit&& visit) {
  for (size_t count = 0; count < kBurst; ++count) {
    const ssize_t length = read(fd_.get(), memory_.data(), memory_.size());
    if (length < static_cast<ssize_t>(kOffloadBytes)) return count;
    visit(std::span(memory_).first(static_cast<size_t>(length)).subspan(kOffloadBytes));
  }
  return kBurst;
}

template <typename Visit>
size_t LoadPort::ReceiveFromSocket(Visit&& visit) {
  const int count = recvmmsg(fd_.get(), messages_.data(), kBurst, MSG_DONTWAIT, nullptr);
  for (int i = 0; i < count; ++i) {
    const std::span buffer(static_cast<uint8_t*>(parts_[i].iov_base), messages_[i].msg_len);
    if (buffer.size() > kSocketHeaderBytes) visit(buffer.subspan(kSocketHeaderBytes));
  }
  return count > 0 ? static_cast<size_t>(count) : 0;
}

}  // namespace vswitch

#endif  // VSWITCH_BENCH_LOAD_PORT_H_
