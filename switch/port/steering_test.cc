// Which worker gets a frame: all frames of a flow one and the same, both directions alike.
#include "switch/port/steering.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <set>
#include <vector>

#include "switch/port/testing/guest.h"
#include "switch/port/testing/port_fixture.h"
#include "switch/port/testing/shell.h"
#include "tests/frame_builder.h"

namespace vswitch::testing {
namespace {

constexpr int kQueues = 4;
constexpr uint16_t kFlows = 64;

class SteeringTest : public PortTest {};

void Write(const UniqueFd& fd, const Bytes& frame) {
  ASSERT_EQ(write(fd.get(), frame.data(), frame.size()), static_cast<ssize_t>(frame.size()))
      << strerror(errno);
}

// Waits for `frame` in any of the port's queues, takes it out and says which it was; -1: none.
int TakeFromItsQueue(const PortDevice& port, const Bytes& frame) {
  std::vector<pollfd> polls;
  for (const UniqueFd& queue : port.queues()) {
    polls.push_back({.fd = queue.get(), .events = POLLIN, .revents = 0});
  }
  poll(polls.data(), polls.size(), 2000);
  for (int i = 0; i < kQueues; ++i) {
    const Packet packet = ReadPacket(port.queues()[static_cast<size_t>(i)], 0);
    if (packet.frame.empty()) continue;
    EXPECT_TRUE(std::equal(packet.frame.begin(), packet.frame.end(), frame.begin() + 12));
    return i;
  }
  return -1;
}

TEST_F(SteeringTest, AFlowBetweenGuestsStaysOnOneQueueInBothDirections) {
  const auto port0 = Attach(Spec(PortType::kTap, "vm0"), kQueues);
  const auto port1 = Attach(Spec(PortType::kTap, "vm1"), kQueues);
  ASSERT_TRUE(port0 != nullptr && port1 != nullptr);
  const UniqueFd guest0 = OpenAsGuest("vm0");
  const UniqueFd guest1 = OpenAsGuest("vm1");
  ASSERT_TRUE(WaitForLink(*port0, true));
  ASSERT_TRUE(WaitForLink(*port1, true));
  for (const bool ipv6 : {false, true}) {
    SCOPED_TRACE(ipv6);
    std::set<int> used;
    for (uint16_t flow = 0; flow < kFlows; ++flow) {
      const Flow there{.ipv6 = ipv6, .source_port = static_cast<uint16_t>(1000 + flow)};
      const Flow back{.ipv6 = ipv6,
                      .source_ip = there.destination_ip,
                      .destination_ip = there.source_ip,
                      .source_port = there.destination_port,
                      .destination_port = there.source_port};
      const Bytes request = FrameBuilder().From(Station(1)).To(Station(2)).Tcp(there, 100).Build();
      const Bytes reply = FrameBuilder().From(Station(2)).To(Station(1)).Tcp(back, 100).Build();
      Write(guest0, request);
      const int queue = TakeFromItsQueue(*port0, request);
      ASSERT_GE(queue, 0);
      used.insert(queue);
      // Whichever worker writes the answers, the flow stays where it is.
      for (const UniqueFd& other : port0->queues()) Write(other, reply);
      for (int i = 0; i < 3; ++i) {
        Write(guest0, request);
        ASSERT_EQ(TakeFromItsQueue(*port0, request), queue);
        Write(guest1, reply);
        ASSERT_EQ(TakeFromItsQueue(*port1, reply), queue);
      }
      while (!ReadPacket(guest0, 0).frame.empty()) {
      }
    }
    EXPECT_EQ(used.size(), kQueues);
  }
}

TEST_F(SteeringTest, WhatHasNoFlowGoesToOneQueue) {
  const auto port = Attach(Spec(PortType::kTap, "vm0"), kQueues);
  ASSERT_NE(port, nullptr);
  const UniqueFd guest = OpenAsGuest("vm0");
  ASSERT_TRUE(WaitForLink(*port, true));
  const Bytes frame = FrameBuilder().From(Station(1)).To(kBroadcast).EtherType(0x88b6).Build();
  std::set<int> used;
  for (int i = 0; i < 20; ++i) {
    Write(guest, frame);
    used.insert(TakeFromItsQueue(*port, frame));
  }
  EXPECT_EQ(used.size(), 1u);
  EXPECT_FALSE(used.contains(-1));
}

void SendFromConnectedSocket(int datagrams) {
  const UniqueFd sender(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in peer{};
  peer.sin_family = AF_INET;
  peer.sin_port = htons(9);
  peer.sin_addr.s_addr = htonl(0x0a010002);  // 10.1.0.2
  ASSERT_EQ(connect(sender.get(), reinterpret_cast<sockaddr*>(&peer), sizeof(peer)), 0);
  for (int i = 0; i < datagrams; ++i) ASSERT_EQ(send(sender.get(), "x", 1, 0), 1);
}

bool IsUdp(const Bytes& frame) {
  return frame.size() > 42 && frame[12] == 0x08 && frame[13] == 0 && frame[23] == 17;
}

TEST_F(SteeringTest, ConnectionsOfTheHostSpreadOverTheQueues) {
  const auto port = Attach(Spec(PortType::kInternal, "p0"), kQueues);
  ASSERT_NE(port, nullptr);
  ASSERT_TRUE(WaitForLink(*port, true));
  Shell("ip addr add 10.1.0.1/24 dev p0 && ip neigh add 10.1.0.2 lladdr 02:00:00:00:00:02 dev p0");
  std::set<int> used;
  for (int connection = 0; connection < 64; ++connection) {
    SendFromConnectedSocket(3);
    std::set<int> queues;
    int frames = 0;
    for (int queue = 0; queue < kQueues; ++queue) {
      for (;;) {
        const Packet packet = ReadPacket(port->queues()[static_cast<size_t>(queue)], 0);
        if (packet.frame.empty()) break;
        if (!IsUdp(packet.frame)) continue;
        ++frames;
        queues.insert(queue);
      }
    }
    EXPECT_EQ(frames, 3);
    EXPECT_EQ(queues.size(), 1u);
    used.insert(queues.begin(), queues.end());
  }
  EXPECT_EQ(used.size(), kQueues);
}

}  // namespace
}  // namespace vswitch::testing
