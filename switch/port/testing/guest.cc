#include "switch/port/testing/guest.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdio>

namespace vswitch::testing {
namespace {

constexpr size_t kHeaderBytes = 12;
constexpr size_t kSuperPacketHeaders = 14 + 20 + 20;  // Ethernet, IPv4, TCP.

}  // namespace

// Read and written in place: the kernel's layout and byte order.
static_assert(sizeof(OffloadFields) == kHeaderBytes && std::endian::native == std::endian::little);

Packet PlainPacket(size_t size, uint8_t fill) {
  Packet packet{.frame = Bytes(size, fill)};
  const uint8_t header[] = {0x52, 0x54, 0, 0, 0, 2, 0x52, 0x54, 0, 0, 0, 1, 0x88, 0xb5};
  std::copy_n(header, std::min(size, sizeof(header)), packet.frame.begin());
  return packet;
}

Packet TcpSuperPacket(size_t payload) {
  const FrameBuilder builder = FrameBuilder().Tcp({}, payload).Gso(1448);
  Packet packet{.header = builder.offload(), .frame = builder.BuildEthernet()};
  // Not the builder's pattern, which a shift by 256 bytes leaves as it is. No checksum covers it.
  for (size_t i = 0; i < payload; ++i) {
    packet.frame[kSuperPacketHeaders + i] = static_cast<uint8_t>(i * 7 + (i >> 8));
  }
  return packet;
}

UniqueFd OpenAsGuest(const std::string& name, bool multi_queue, unsigned offloads) {
  UniqueFd fd(open("/dev/net/tun", O_RDWR | O_CLOEXEC));
  if (!fd) return fd;
  ifreq request{};
  snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name.c_str());
  request.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
  if (multi_queue) request.ifr_flags |= IFF_MULTI_QUEUE;
  const int header_size = kHeaderBytes;
  if (ioctl(fd.get(), TUNSETIFF, &request) != 0 ||
      ioctl(fd.get(), TUNSETVNETHDRSZ, &header_size) != 0 ||
      ioctl(fd.get(), TUNSETOFFLOAD, offloads) != 0) {
    const int error = errno;
    fd.Reset();
    errno = error;
  }
  return fd;
}

Packet ReadPacket(const UniqueFd& fd, int timeout_ms) {
  Packet packet;
  pollfd ready{.fd = fd.get(), .events = POLLIN, .revents = 0};
  if (poll(&ready, 1, timeout_ms) != 1) return packet;
  packet.frame.resize(128 * 1024);
  const iovec parts[] = {{&packet.header, kHeaderBytes},
                         {packet.frame.data(), packet.frame.size()}};
  const ssize_t size = readv(fd.get(), parts, 2);
  const bool whole = size >= static_cast<ssize_t>(kHeaderBytes);
  packet.frame.resize(whole ? static_cast<size_t>(size) - kHeaderBytes : 0);
  return packet;
}

bool WritePacket(const UniqueFd& fd, const Packet& packet) {
  Packet copy = packet;
  const iovec parts[] = {{&copy.header, kHeaderBytes}, {copy.frame.data(), copy.frame.size()}};
  return writev(fd.get(), parts, 2) == static_cast<ssize_t>(kHeaderBytes + copy.frame.size());
}

void ExpectSame(const Packet& sent, const Packet& received) {
  EXPECT_EQ(sent.frame.size(), received.frame.size());
  EXPECT_TRUE(sent.frame == received.frame);
  EXPECT_EQ(sent.header.flags, received.header.flags);
  EXPECT_EQ(sent.header.gso_type, received.header.gso_type);
  EXPECT_EQ(sent.header.gso_size, received.header.gso_size);
  EXPECT_EQ(sent.header.csum_start, received.header.csum_start);
  EXPECT_EQ(sent.header.csum_offset, received.header.csum_offset);
}

}  // namespace vswitch::testing
