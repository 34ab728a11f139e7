// What a port says of devices by which no frame can pass any more, and what it mends by itself.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>

#include <functional>
#include <string>

#include "switch/base/unique_fd.h"
#include "switch/port/testing/guest.h"
#include "switch/port/testing/port_fixture.h"
#include "switch/port/testing/shell.h"

namespace vswitch::testing {
namespace {

using ::testing::HasSubstr;

// One that lets every frame pass.
void PutXdpOn(const std::string& name) {
  const bpf_insn program[] = {
      {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS},
      {.code = BPF_JMP | BPF_EXIT},
  };
  const UniqueFd fd(bpf_prog_load(BPF_PROG_TYPE_XDP, "pass", "GPL", program, 2, nullptr));
  ASSERT_TRUE(fd);
  const int ifindex = std::stoi(ShellOutput("ip -o link show " + name + " | cut -d: -f1"));
  ASSERT_EQ(bpf_xdp_attach(ifindex, fd.get(), 0, nullptr), 0);
}

class DeviceProblemTest : public PortTest {};

TEST_F(DeviceProblemTest, IsToldWithItsCure) {
  const struct {
    std::function<void()> deed;
    absl::StatusCode code;
    const char* words;
  } kRows[] = {
      {[] { Shell("ip link del vm0"); }, absl::StatusCode::kNotFound, "'vm0' was deleted"},
      {[] {
         Shell(
             "i=$(ip -o link show vm0 | cut -d: -f1); ip link del vm0; ip link add vm0 index "
             "$i type bridge");
       },
       absl::StatusCode::kNotFound, "'vm0' was deleted"},
      {[] { Shell("ip link add lbr0 type bridge; ip link set vm0 master lbr0"); },
       absl::StatusCode::kUnavailable, "ip link set vm0 nomaster"},
      {[] { PutXdpOn("vm0"); }, absl::StatusCode::kUnavailable, "ip link set vm0 xdp off"},
      {[] { PutXdpOn("vswitch-twin-of-vm0"); }, absl::StatusCode::kUnavailable,
       "got an XDP program"},
      {[] { Shell("ip link del vswitch-twin-of-vm0"); }, absl::StatusCode::kUnavailable,
       "was deleted or moved"},
      {[] { Shell("ip link set vswitch-twin-of-vm0 master lbr0"); }, absl::StatusCode::kUnavailable,
       "made a port of another device"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.words);
    const auto port = Attach(Spec(PortType::kTap, "vm0"));
    ASSERT_NE(port, nullptr);
    EXPECT_EQ(port->problem(), absl::OkStatus());
    row.deed();
    port->Refresh();
    EXPECT_EQ(port->problem().code(), row.code) << port->problem();
    EXPECT_THAT(std::string(port->problem().message()), HasSubstr(row.words));
    EXPECT_FALSE(port->link_up());
    ShellOutput("ip link del vm0");
  }
}

TEST_F(DeviceProblemTest, OfATapKeepsItFromBecomingAPort) {
  Shell("ip tuntap add vm0 mode tap");
  PutXdpOn("vm0");
  const absl::Status status = AttachError(Spec(PortType::kTap, "vm0"));
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("ip link set vm0 xdp off"));
  Shell("ip link set vm0 xdp off");
  EXPECT_NE(Attach(Spec(PortType::kTap, "vm0")), nullptr);
}

TEST_F(DeviceProblemTest, IsMendedInPlace) {
  const auto port = Attach(Spec(PortType::kTap, "vm0"));
  ASSERT_NE(port, nullptr);
  const UniqueFd guest = OpenAsGuest("vm0");
  ASSERT_TRUE(WaitForLink(*port, true));
  for (const char* deed : {"true", "ip link set vsw0 down", "tc qdisc del dev vsw0 clsact",
                           "tc filter del dev vsw0 egress", "tc filter del dev vsw0 ingress",
                           "ip link set vm0 txqueuelen 0", "ip link set vsw0 txqueuelen 0"}) {
    SCOPED_TRACE(deed);
    ShellOutput(deed);
    port->Refresh();
    ASSERT_EQ(port->problem(), absl::OkStatus());
    EXPECT_EQ(port->Mend().status(), absl::OkStatus());
    EXPECT_EQ(*port->Mend(), "");
    ASSERT_TRUE(WritePacket(guest, PlainPacket(60, 1)));
    ExpectSame(PlainPacket(60, 1), ReadPacket(port->queues()[0]));
    ASSERT_TRUE(WritePacket(port->queues()[0], PlainPacket(60, 2)));
    ExpectSame(PlainPacket(60, 2), ReadPacket(guest));
  }
}

}  // namespace
}  // namespace vswitch::testing
