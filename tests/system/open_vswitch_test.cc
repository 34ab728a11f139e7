// The control of our VLANs: the same frames, ports and settings go through Open vSwitch's userspace
// datapath, on TAPs that it makes, in a namespace of its own. Where tests/vlan_table.cc
// does not say that it differs, it must do as we do.
#include "tests/harness/open_vswitch.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>

#include <map>

#include "switch/base/unique_fd.h"
#include "tests/frame_builder.h"
#include "tests/harness/net_namespace.h"
#include "tests/harness/system_test.h"
#include "tests/vlan_table.h"

namespace vswitch::testing {
namespace {

void Append(std::vector<std::string>& words, const std::vector<std::string>& more) {
  words.insert(words.end(), more.begin(), more.end());
}

void AddPorts(const OpenVswitch& control) {
  std::vector<std::string> words = {
      "add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev"};
  for (const VlanTablePort& port : VlanTablePorts()) {
    const std::string name(port.name);
    Append(words, {"--", "add-port", "br0", name});
    Append(words, Words(std::string(port.settings)));
    if (port.mode == "dot1q-tunnel") words.push_back("other_config:qinq-ethtype=802.1ad");
    Append(words, {"--", "set", "interface", name, "type=tap"});
  }
  control.Vsctl(words);
  for (const VlanTablePort& port : VlanTablePorts()) {
    control.net().Ip("link set " + std::string(port.name) + " up");
  }
}

// What goes over a device, with the tag that the kernel has taken aside put back.
class PacketSocket {
 public:
  PacketSocket(const NetNamespace& net, const std::string& device) {
    net.Run([&] {
      fd_ = UniqueFd(socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, htons(ETH_P_ALL)));
      sockaddr_ll address = {};
      address.sll_family = AF_PACKET;
      address.sll_protocol = htons(ETH_P_ALL);
      address.sll_ifindex = static_cast<int>(if_nametoindex(device.c_str()));
      const int on = 1;
      if (setsockopt(fd_.get(), SOL_PACKET, PACKET_AUXDATA, &on, sizeof on) != 0 ||
          setsockopt(fd_.get(), SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on) != 0 ||
          bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
        throw Error("a packet socket on " + device + ": " + strerror(errno));
      }
    });
  }

  void Send(const Bytes& frame) {
    if (send(fd_.get(), frame.data(), frame.size(), 0) < 0) throw Error(strerror(errno));
  }

  std::vector<Bytes> Drain() {
    std::vector<Bytes> frames;
    while (true) {
      Bytes frame(2000);
      iovec piece = {frame.data(), frame.size()};
      alignas(cmsghdr) char control[CMSG_SPACE(sizeof(tpacket_auxdata))];
      msghdr message = {};
      message.msg_iov = &piece;
      message.msg_iovlen = 1;
      message.msg_control = control;
      message.msg_controllen = sizeof control;
      const ssize_t length = recvmsg(fd_.get(), &message, 0);
      if (length < 0) return frames;
      frame.resize(static_cast<size_t>(length));
      const cmsghdr* header = CMSG_FIRSTHDR(&message);
      tpacket_auxdata aux = {};
      if (header != nullptr) memcpy(&aux, CMSG_DATA(header), sizeof aux);
      if (aux.tp_status & TP_STATUS_VLAN_VALID) {
        const uint16_t tpid = aux.tp_status & TP_STATUS_VLAN_TPID_VALID ? aux.tp_vlan_tpid : 0x8100;
        const uint8_t tag[] = {static_cast<uint8_t>(tpid >> 8), static_cast<uint8_t>(tpid),
                               static_cast<uint8_t>(aux.tp_vlan_tci >> 8),
                               static_cast<uint8_t>(aux.tp_vlan_tci)};
        frame.insert(frame.begin() + 12, tag, tag + 4);
      }
      frames.push_back(std::move(frame));
    }
  }

 private:
  UniqueFd fd_;
};

// Each row has a station of its own, so that no row is decided by what Open vSwitch has cached of
// another.
Bytes FrameOf(const VlanRow& row, uint32_t number) {
  return Tagged(FrameBuilder().From(Station(1 + number)).To(kBroadcast), row.tags).BuildEthernet();
}

TEST(OpenVswitchTest, DoesWithTheTableAsWeDo) {
  if (const std::string why = WhyNotRunnable("auto"); !why.empty()) GTEST_SKIP() << why;
  if (const std::string why = OpenVswitch::WhyNot(); !why.empty()) GTEST_SKIP() << why;
  const OpenVswitch control;
  AddPorts(control);
  const std::vector<VlanRow> table = VlanTable();
  std::vector<std::unique_ptr<PacketSocket>> sockets;
  for (const VlanTablePort& port : VlanTablePorts()) {
    sockets.push_back(std::make_unique<PacketSocket>(control.net(), std::string(port.name)));
  }
  size_t expected = 0;
  for (uint32_t number = 0; number < table.size(); ++number) {
    for (size_t i = 0; i < sockets.size(); ++i) {
      if (VlanTablePorts()[i].name == table[number].port)
        sockets[i]->Send(FrameOf(table[number], number));
      const VlanRow::Cell& cell = table[number].leaves[i];
      expected += !cell.differs && cell.tags != "-";
    }
  }
  // By source, then by port.
  std::map<uint64_t, std::map<size_t, std::string>> got;
  const auto collect = [&] {
    size_t agreed = 0;
    for (size_t i = 0; i < sockets.size(); ++i) {
      for (const Bytes& frame : sockets[i]->Drain()) {
        got[MacAddress::FromBytes(&frame[6]).value][i] = TagsIn(frame);
      }
    }
    for (uint32_t number = 0; number < table.size(); ++number) {
      for (const auto& [port, tags] : got[Station(1 + number).value]) {
        agreed += !table[number].leaves[port].differs && table[number].leaves[port].tags == tags;
      }
    }
    return agreed;
  };
  WaitUntil([&] { return collect() >= expected; }, std::chrono::seconds(5));
  collect();
  for (uint32_t number = 0; number < table.size(); ++number) {
    const VlanRow& row = table[number];
    for (size_t i = 0; i < sockets.size(); ++i) {
      if (row.leaves[i].differs || VlanTablePorts()[i].name == row.port) continue;
      const auto& ports = got[Station(1 + number).value];
      const auto found = ports.find(i);
      EXPECT_EQ(found == ports.end() ? "-" : found->second, row.leaves[i].tags)
          << row.port << " " << row.tags << " by " << VlanTablePorts()[i].name;
    }
  }
}

}  // namespace
}  // namespace vswitch::testing
