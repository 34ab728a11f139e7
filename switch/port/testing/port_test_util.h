// What the tests of this folder share: a network namespace for each test, a guest without QEMU,
// frames.
//
// The tests work on real devices and need root; without it they skip and say so.
#ifndef VSWITCH_SWITCH_PORT_TESTING_PORT_TEST_UTIL_H_
#define VSWITCH_SWITCH_PORT_TESTING_PORT_TEST_UTIL_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "switch/base/unique_fd.h"
#include "switch/link/link.h"
#include "switch/port/port_device.h"

namespace vswitch::testing {

using Bytes = std::vector<uint8_t>;

// A virtio_net_hdr and the Ethernet frame behind it, as they cross a TAP's fd.
struct Packet {
  // struct virtio_net_hdr_v1; num_buffers is not the kernel's and left out of comparisons.
  struct Header {
    uint8_t flags = 0;
    uint8_t gso_type = 0;
    uint16_t hdr_len = 0;
    uint16_t gso_size = 0;
    uint16_t csum_start = 0;
    uint16_t csum_offset = 0;
    uint16_t num_buffers = 0;
  } header;
  Bytes frame;
};
static_assert(sizeof(Packet::Header) == 12);

// A frame of `size` bytes with an EtherType that no stack knows.
Packet PlainPacket(size_t size, uint8_t fill = 0);
// An IPv4/TCP frame with `payload` bytes whose checksum, and segmentation by 1448, is left to
// others.
Packet TcpSuperPacket(size_t payload);

// Reads one packet; an empty frame when none comes within `timeout_ms`.
Packet ReadPacket(const UniqueFd& fd, int timeout_ms = 2000);
// Returns false, with errno, when the kernel refuses it.
bool WritePacket(const UniqueFd& fd, const Packet& packet);

// Opens a TAP by name as QEMU does; invalid, with errno, when that fails. `offloads`: TUN_F_*.
UniqueFd OpenAsGuest(const std::string& name, bool multi_queue = false, unsigned offloads = 0);
inline constexpr unsigned kAllOffloads = 0x0f;

// Runs a shell command in the test's namespace; the test fails when the command does.
void Shell(const std::string& command);
// What it prints.
std::string ShellOutput(const std::string& command);

// Runs `body` in a child process, which may lose its privileges; returns its exit status.
int InChild(const std::function<int()>& body);

// A process that keeps a network namespace of its own alive, and, if wanted, a TAP open there.
class OtherNamespace {
 public:
  explicit OtherNamespace(const std::string& tap = "");
  ~OtherNamespace();
  OtherNamespace(const OtherNamespace&) = delete;
  OtherNamespace& operator=(const OtherNamespace&) = delete;

  std::string pid() const { return std::to_string(pid_); }
  void Shell(const std::string& command) const;
  // Sends frames out of a netdev there, as a program on a packet socket.
  void Send(const std::string& netdev, int frames) const;

 private:
  pid_t pid_;
};

// Sends frames out of a netdev of the current namespace.
int SendFromHost(const std::string& netdev, int frames);

// Attaches `spec` in another process, which lives until it is killed.
class AttachedChild {
 public:
  explicit AttachedChild(const PortSpec& spec);
  ~AttachedChild() { Kill(); }
  AttachedChild(const AttachedChild&) = delete;
  AttachedChild& operator=(const AttachedChild&) = delete;

  std::string pid() const { return std::to_string(pid_); }
  void Kill();  // SIGKILL, and waits.

 private:
  pid_t pid_ = -1;
};

// Keeps what `fd` refers to open for a while without any process having it: on its way through a
// socket, as a killed daemon's queues are on theirs through io_uring.
void KeepInFlight(const UniqueFd& fd, int milliseconds);

// Gives up every capability that is not in `keep`, a mask of 1 << CAP_*. For children.
bool KeepCapabilities(uint64_t keep);

// What must be the same after a packet has crossed.
void ExpectSame(const Packet& sent, const Packet& received);

// Calls port.Refresh() until link_up() is `up`, up to some seconds: the kernel reports carrier
// late.
bool WaitForLink(PortDevice& port, bool up);

// Each test has a network namespace of its own, with nothing in it but lo, up.
class PortTest : public ::testing::Test {
 protected:
  void SetUp() override;

  static absl::StatusOr<LinkInfo> Find(const std::string& name);
  // The names of all links but lo, sorted, separated by spaces.
  static std::string LinkNames();
  // The number of tc filters on a device's ingress hook; -1: no clsact qdisc either.
  static int Filters(const std::string& name);

  // Attach() that must succeed.
  static std::unique_ptr<PortDevice> Attach(const PortSpec& spec, int worker_queues = 1);
  static absl::Status AttachError(const PortSpec& spec, int worker_queues = 1);
};

PortSpec Spec(PortType type, const std::string& name);

}  // namespace vswitch::testing

#endif  // VSWITCH_SWITCH_PORT_TESTING_PORT_TEST_UTIL_H_
