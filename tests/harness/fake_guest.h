// A guest without QEMU: opens a guest TAP by name exactly as `-netdev tap,ifname=...,script=no`
// does, and sends and receives frames behind their virtio_net_hdr. Thread-safety: Send and Receive
// may be called from two threads. Errors: throws Error.
#ifndef VSWITCH_TESTS_HARNESS_FAKE_GUEST_H_
#define VSWITCH_TESTS_HARNESS_FAKE_GUEST_H_

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "mac_table/mac_address.h"
#include "switch/base/unique_fd.h"
#include "tests/frame_builder.h"
#include "tests/harness/net_namespace.h"

namespace vswitch::testing {

using Bytes = std::vector<uint8_t>;

// An Ethernet frame of a local experimental EtherType (IEEE 802, clause 9.2.4) whose payload begins
// with `number`, big endian; `length` bytes in all, 60 or more.
Bytes NumberedFrame(MacAddress destination, MacAddress source, uint64_t number, size_t length = 60);
// The number of such a frame; nullopt for any other frame.
std::optional<uint64_t> NumberOf(std::span<const uint8_t> frame);

class FakeGuest {
 public:
  struct Options {
    bool offloads = true;            // Takes checksum and segmentation offload, as virtio-net does.
    std::optional<uid_t> user = {};  // Opens the TAP as this user.
    bool multi_queue = false;
  };

  FakeGuest(const NetNamespace& net, const std::string& tap) : FakeGuest(net, tap, Options()) {}
  FakeGuest(const NetNamespace& net, const std::string& tap, const Options& options);

  // The errno of a try to open the TAP; 0 when it can be opened.
  static int TryOpen(const NetNamespace& net, const std::string& tap, const Options& options);

  // Sends one frame; false when the TAP is down. `offload_header`: kOffloadBytes, all zero when
  // left out.
  bool Send(std::span<const uint8_t> frame);
  bool Send(std::span<const uint8_t> offload_header, std::span<const uint8_t> frame);

  // The next frame without its header; nullopt when none comes within `limit`.
  std::optional<Bytes> Receive(std::chrono::milliseconds limit = std::chrono::seconds(20));
  // The header of the last frame received.
  std::span<const uint8_t> offload_header() const {
    return std::span(buffer_).first(kOffloadBytes);
  }

  // The numbers of the numbered frames that are waiting now, in order.
  std::vector<uint64_t> DrainNumbers();

  // Receives until the frame `number`, which must come; returns the numbers that came before it.
  std::vector<uint64_t> ReceiveUntil(uint64_t number);

  int fd() const { return fd_.get(); }

 private:
  UniqueFd fd_;
  std::vector<uint8_t> buffer_;
};

}  // namespace vswitch::testing

#endif  // VSWITCH_TESTS_HARNESS_FAKE_GUEST_H_
