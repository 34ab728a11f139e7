#include "switch/port/testing/other_namespace.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>

#include <cerrno>
#include <memory>
#include <thread>

#include "switch/base/unique_fd.h"
#include "switch/port/testing/guest.h"
#include "switch/port/testing/shell.h"

namespace vswitch::testing {
namespace {

std::shared_ptr<void> EnterNamespace(const std::string& tap) {
  if (unshare(CLONE_NEWNET) != 0) return nullptr;
  auto held = std::make_shared<UniqueFd>();
  if (!tap.empty() && !(*held = OpenAsGuest(tap))) return nullptr;
  return held;
}

}  // namespace

OtherNamespace::OtherNamespace(const std::string& tap)
    : child_([&] { return EnterNamespace(tap); }) {}

void OtherNamespace::Shell(const std::string& command) const {
  testing::Shell("nsenter --net=/proc/" + pid() + "/ns/net " + command);
}

void OtherNamespace::Send(const std::string& netdev, int frames) const {
  const int status = InChild([&] {
    const UniqueFd net(open(("/proc/" + pid() + "/ns/net").c_str(), O_RDONLY));
    return setns(net.get(), CLONE_NEWNET) == 0 ? SendFromHost(netdev, frames) : 1;
  });
  EXPECT_EQ(status, 0);
}

UniqueFd OtherNamespace::Listen(const std::string& netdev) const {
  UniqueFd socket;
  std::thread([&] {
    const UniqueFd net(open(("/proc/" + pid() + "/ns/net").c_str(), O_RDONLY));
    if (setns(net.get(), CLONE_NEWNET) == 0) socket = testing::Listen(netdev);
  }).join();
  return socket;
}

UniqueFd Listen(const std::string& netdev) {
  UniqueFd socket(::socket(AF_PACKET, SOCK_RAW, 0));
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = static_cast<int>(if_nametoindex(netdev.c_str()));
  EXPECT_EQ(bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  return socket;
}

int ReadPacketType(const UniqueFd& socket) {
  sockaddr_ll address{};
  do {
    pollfd ready{.fd = socket.get(), .events = POLLIN, .revents = 0};
    if (poll(&ready, 1, 2'000) != 1) return -1;
    uint8_t frame[2'048];
    socklen_t length = sizeof(address);
    recvfrom(socket.get(), frame, sizeof(frame), 0, reinterpret_cast<sockaddr*>(&address), &length);
  } while (address.sll_pkttype == PACKET_OUTGOING);
  return address.sll_pkttype;
}

int SendFromHost(const std::string& netdev, int frames) {
  const UniqueFd socket(::socket(AF_PACKET, SOCK_RAW, 0));
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_ifindex = static_cast<int>(if_nametoindex(netdev.c_str()));
  const Bytes frame = PlainPacket(60).frame;
  for (int i = 0; i < frames; ++i) {
    const ssize_t sent = sendto(socket.get(), frame.data(), frame.size(), 0,
                                reinterpret_cast<sockaddr*>(&address), sizeof(address));
    // A frame that the driver drops is ENOBUFS to a packet socket: it was sent as far as we care.
    if (sent < 0 && errno != ENOBUFS) return 1;
  }
  return 0;
}

}  // namespace vswitch::testing
