// What else may live on a netdev that is to become a port: each case on a real veth pair, with the
// answer that an operator reads.
#include "switch/port/uplink_checks.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <net/if.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "switch/base/unique_fd.h"
#include "switch/link/ethtool.h"
#include "switch/port/testing/other_namespace.h"
#include "switch/port/testing/port_fixture.h"
#include "switch/port/testing/shell.h"

namespace vswitch::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

enum class Verdict { kFree, kWarned, kRefused };

struct Case {
  const char* name;
  // Makes what is in the way of eth0; a kernel that cannot is no failure.
  const char* setup;
  Verdict verdict;
  std::vector<std::string> words = {};
  const char* device = "eth0";
};

constexpr char kU32[] = " protocol ip u32 match u32 0 0 flowid 1:1";

const std::vector<Case>& Cases() {
  static const std::vector<Case> cases = {
      {"Nothing", "true", Verdict::kFree},
      {"LinkLocalAddress", "sysctl -q net.ipv6.conf.eth0.disable_ipv6=0; ip link set eth0 up",
       Verdict::kFree},
      {"Macvlan",
       "ip link add mv0 link eth0 type macvlan mode bridge",
       Verdict::kRefused,
       {"eth0 is used by mv0 (macvlan), which would receive nothing", "'ip link del mv0'"}},
      {"Macvtap",
       "ip link add mt0 link eth0 type macvtap mode vepa",
       Verdict::kRefused,
       {"mt0 (macvtap)"}},
      {"Vlan", "ip link add vl0 link eth0 type vlan id 7", Verdict::kRefused, {"vl0 (vlan)"}},
      {"Ipvlan", "ip link add iv0 link eth0 type ipvlan", Verdict::kRefused, {"iv0 (ipvlan)"}},
      {"TwoOfThem",
       "ip link add mv0 link eth0 type macvlan; ip link add mv1 link eth0 type macvlan",
       Verdict::kRefused,
       {"mv0 (macvlan)", "mv1 (macvlan)"}},
      {"Address4",
       "ip addr add 10.0.0.1/24 dev eth0",
       Verdict::kRefused,
       {"addresses of this host (10.0.0.1/24)", "type=internal",
        "'ip addr del 10.0.0.1/24 dev eth0'"}},
      {"Address6",
       "sysctl -q net.ipv6.conf.eth0.disable_ipv6=0; ip addr add fd00::1/64 dev eth0 nodad",
       Verdict::kRefused,
       {"(fd00::1/64)"}},
      {"IngressFilter",
       "tc qdisc add dev eth0 clsact && tc filter add dev eth0 ingress",
       Verdict::kRefused,
       {"tc filters on its ingress", "'tc qdisc del dev eth0 clsact'"}},
      {"SharedBlock",
       "tc qdisc add dev eth0 ingress_block 22 clsact",
       Verdict::kRefused,
       {"tc filters on its ingress"}},
      {"EgressFilter",
       "tc qdisc add dev eth0 clsact && tc filter add dev eth0 egress",
       Verdict::kWarned,
       {"tc filters on its egress"}},
      {"ClsactWithoutFilters", "tc qdisc add dev eth0 clsact", Verdict::kFree},
      {"IsAMacvlan",
       "ip link add mv0 link eth0 type macvlan mode bridge",
       Verdict::kRefused,
       {"mv0 is a macvlan in mode bridge", "'mode passthru'"},
       "mv0"},
      {"IsAPassthruMacvlan",
       "ip link add mv0 link eth0 type macvlan mode passthru",
       Verdict::kFree,
       {},
       "mv0"},
      {"IsAnIpvlan",
       "ip link add iv0 link eth0 type ipvlan",
       Verdict::kRefused,
       {"iv0 is an ipvlan device"},
       "iv0"},
      // These are Attach()'s to refuse.
      {"IsNotThere", "true", Verdict::kFree, {}, "absent0"},
      {"IsLoopback", "true", Verdict::kFree, {}, "lo"},
      {"IsATap", "ip tuntap add tp0 mode tap", Verdict::kFree, {}, "tp0"},
  };
  return cases;
}

class UplinkChecksTest : public PortTest {
 protected:
  void SetUp() override {
    PortTest::SetUp();
    if (IsSkipped()) return;
    Shell("sysctl -q net.ipv6.conf.default.disable_ipv6=1");
    Shell("ip link add eth0 type veth peer name wire && ip link set wire up");
  }
};

class UplinkCaseTest : public UplinkChecksTest, public ::testing::WithParamInterface<size_t> {};

TEST_P(UplinkCaseTest, IsToldApart) {
  const Case& c = Cases()[GetParam()];
  std::string setup = c.setup;
  if (setup.ends_with("gress")) setup += kU32;
  if (system(("set -e; { " + setup + "; } 2>/dev/null").c_str()) != 0) {
    GTEST_SKIP() << "this kernel cannot: " << setup;
  }
  const auto found = CheckUplink(c.device);
  EXPECT_EQ(found.ok(), c.verdict != Verdict::kRefused) << found.status();
  if (!found.ok()) {
    EXPECT_TRUE(absl::IsFailedPrecondition(found.status()));
    for (const std::string& word : c.words) {
      EXPECT_THAT(std::string(found.status().message()), HasSubstr(word));
    }
  } else if (c.verdict == Verdict::kFree) {
    EXPECT_THAT(*found, IsEmpty());
  } else {
    ASSERT_EQ(found->size(), c.words.size());
    for (size_t i = 0; i < c.words.size(); ++i) EXPECT_THAT((*found)[i], HasSubstr(c.words[i]));
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, UplinkCaseTest, ::testing::Range<size_t>(0, Cases().size()),
                         [](const auto& param_info) {
                           return std::string(Cases()[param_info.param].name);
                         });

// Docker's macvlan networks put it there.
TEST_F(UplinkChecksTest, AMacvlanInAContainerIsFound) {
  const OtherNamespace container;
  Shell("ip link add mv0 link eth0 type macvlan mode bridge");
  Shell("ip link set mv0 netns " + container.pid() + " name ceth0");
  const auto found = CheckUplink("eth0");
  EXPECT_THAT(
      std::string(found.status().message()),
      AllOf(HasSubstr("eth0 is used by ceth0 (macvlan) in the network namespace of process "),
            HasSubstr("'ip link del ceth0' in the network namespace")));
  // Another device of the same index in the same namespace as the one that is asked for.
  EXPECT_TRUE(CheckUplink("wire").ok());
}

TEST_F(UplinkChecksTest, WhatAContainerCallsItsDeviceIsShownPrintable) {
  const OtherNamespace container;
  Shell("ip link add mv0 link eth0 type macvlan mode bridge");
  Shell("ip link set mv0 netns " + container.pid() + " name \"$(printf 'a\\033[2J')\"");
  EXPECT_THAT(std::string(CheckUplink("eth0").status().message()),
              HasSubstr("eth0 is used by a\\x1b[2J (macvlan)"));
}

TEST_F(UplinkChecksTest, AnXdpProgramIsWarnedOf) {
  // "r0 = XDP_PASS; exit".
  const bpf_insn pass[] = {
      {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = XDP_PASS},
      {.code = BPF_JMP | BPF_EXIT, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0}};
  const UniqueFd program(bpf_prog_load(BPF_PROG_TYPE_XDP, "pass", "GPL", pass, 2, nullptr));
  ASSERT_TRUE(program) << strerror(errno);
  const int ifindex = static_cast<int>(if_nametoindex("eth0"));
  ASSERT_EQ(bpf_xdp_attach(ifindex, program.get(), XDP_FLAGS_SKB_MODE, nullptr), 0);
  const auto found = CheckUplink("eth0");
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_EQ(found->size(), 1u);
  EXPECT_THAT(found->front(), AllOf(HasSubstr("eth0 has an XDP program"), HasSubstr("xdp off")));
}

// The filter of a daemon that was killed is no other's.
TEST_F(UplinkChecksTest, APortOfOursIsNotInItsOwnWay) {
  const auto port = Attach(Spec(PortType::kNetdev, "eth0"));
  ASSERT_NE(port, nullptr);
  const auto found = CheckUplink("eth0");
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_THAT(*found, IsEmpty());
}

// Another device that has taken its name meanwhile is not asked about, and it is.
TEST_F(UplinkChecksTest, ARenamedPortIsLookedAtAndNotWhoHasItsName) {
  const auto port = Attach(Spec(PortType::kNetdev, "eth0"));
  ASSERT_NE(port, nullptr);
  Shell("ip link set eth0 down && ip link set eth0 name wan0 && ip link set wan0 up");
  Shell("ip link add eth0 type veth peer name wire1 && ip addr add 10.0.0.1/24 dev eth0");
  const auto found = CheckUplink("eth0");
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_THAT(*found, IsEmpty());
  Shell("ip addr add 10.0.1.1/24 dev wan0");
  EXPECT_THAT(std::string(CheckUplink("eth0").status().message()),
              HasSubstr("wan0 has addresses of this host (10.0.1.1/24)"));
}

TEST_F(UplinkChecksTest, ABridgesPortIsRefusedByAttach) {
  Shell("ip link add lbr0 type bridge && ip link set eth0 master lbr0");
  EXPECT_THAT(
      std::string(AttachError(Spec(PortType::kNetdev, "eth0")).message()),
      HasSubstr("is a port of lbr0 (bridge); take it out first: ip link set eth0 nomaster"));
}

// A macvlan may be asked for LRO even where the device below has none.
TEST_F(UplinkChecksTest, LargeReceiveOffloadIsOffAsLongAsThePortLives) {
  Shell("ip link add up0 link eth0 type macvlan mode passthru");
  if (!EnableLro("up0").ok() || !DisableLro("up0").value()) {
    GTEST_SKIP() << "this kernel's macvlan knows no LRO";
  }
  ASSERT_TRUE(EnableLro("up0").ok());
  auto port = Attach(Spec(PortType::kNetdev, "up0"));
  ASSERT_NE(port, nullptr);
  EXPECT_FALSE(DisableLro("up0").value()) << "it was on";
  port.reset();
  EXPECT_TRUE(DisableLro("up0").value()) << "it was not given back";
  port = Attach(Spec(PortType::kNetdev, "up0"));
  port.reset();
  EXPECT_FALSE(DisableLro("up0").value()) << "nobody had it on";
}

}  // namespace
}  // namespace vswitch::testing
