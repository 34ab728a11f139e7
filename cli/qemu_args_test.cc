#include "cli/qemu_args.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/exit_code.h"

namespace vswitch {
namespace {

struct Case {
  std::string description;
  QemuPort port;
  QemuCard card;
  std::string expected;
};

TEST(QemuArgumentsTest, Table) {
  const std::string tap = "script=no,downscript=no";
  const Case kCases[] = {
      {"defaults",
       {.name = "vm0", .device = "vm0"},
       {.mac = "52:54:00:01:02:03"},
       "-netdev tap,id=vm0,ifname=vm0," + tap +
           " -device virtio-net-pci,netdev=vm0,mac=52:54:00:01:02:03"},
      {"four queues",
       {.name = "vm0", .device = "vm0", .queues = 4},
       {.mac = "52:54:00:01:02:03"},
       "-netdev tap,id=vm0,ifname=vm0," + tap +
           ",queues=4 -device virtio-net-pci,netdev=vm0,mac=52:54:00:01:02:03,mq=on,vectors=10"},
      {"jumbo frames",
       {.name = "vm0", .device = "vm0", .mtu = 9000},
       {.mac = "52:54:00:01:02:03"},
       "-netdev tap,id=vm0,ifname=vm0," + tap +
           " -device virtio-net-pci,netdev=vm0,mac=52:54:00:01:02:03,host_mtu=9000"},
      {"both, and an MTU below 1500",
       {.name = "vm0", .device = "vm0", .queues = 2, .mtu = 1400},
       {.mac = "52:54:00:01:02:03"},
       "-netdev tap,id=vm0,ifname=vm0," + tap +
           ",queues=2 -device "
           "virtio-net-pci,netdev=vm0,mac=52:54:00:01:02:03,mq=on,vectors=6,host_mtu=1400"},
      {"the MTU is not known",
       {.name = "vm0", .device = "vm0", .mtu = 0},
       {.mac = "52:54:00:01:02:03"},
       "-netdev tap,id=vm0,ifname=vm0," + tap +
           " -device virtio-net-pci,netdev=vm0,mac=52:54:00:01:02:03"},
      {"a model that has no host_mtu",
       {.name = "vm0", .device = "vm0", .mtu = 9000},
       {.mac = "52-54-00-01-02-03", .model = "e1000"},
       "-netdev tap,id=vm0,ifname=vm0," + tap + " -device e1000,netdev=vm0,mac=52-54-00-01-02-03"},
      {"virtio without PCI has no vectors",
       {.name = "vm0", .device = "vm0", .queues = 2},
       {.mac = "52:54:00:01:02:03", .model = "virtio-net-device"},
       "-netdev tap,id=vm0,ifname=vm0," + tap +
           ",queues=2 -device virtio-net-device,netdev=vm0,mac=52:54:00:01:02:03,mq=on"},
      {"a name with a comma, which separates options",
       {.name = "a,b", .device = "a,b"},
       {.mac = "52:54:00:01:02:03"},
       "-netdev tap,id=" + QemuId("a,b") + ",ifname=a,,b," + tap +
           " -device virtio-net-pci,netdev=" + QemuId("a,b") + ",mac=52:54:00:01:02:03"},
  };
  for (const Case& c : kCases) {
    const auto arguments = QemuArguments(c.port, c.card);
    ASSERT_TRUE(arguments.ok()) << c.description << ": " << arguments.status();
    EXPECT_EQ(arguments->size(), 4u) << c.description;
    EXPECT_EQ(absl::StrJoin(*arguments, " "), c.expected) << c.description;
  }
}

TEST(QemuArgumentsTest, TheMacComesFromTheName) {
  const auto arguments = QemuArguments({.name = "vm0", .device = "vm0"}, {});
  ASSERT_TRUE(arguments.ok());
  EXPECT_EQ(arguments->back(), "virtio-net-pci,netdev=vm0,mac=" + MacForPort("vm0"));
}

TEST(QemuArgumentsTest, RefusesMacsThatNoCardHas) {
  for (const char* mac : {"52:54:00:12:34", "52:54:00:12:34:5g", "52:54:00:12:34:567",
                          "52:54-00:12:34:56", "525400123456", "53:54:00:12:34:56",
                          "ff:ff:ff:ff:ff:ff", "5254:00:12:34:56:", "52:54:00:12:34:56,x=1"}) {
    const auto arguments = QemuArguments({.name = "vm0", .device = "vm0"}, {.mac = mac});
    EXPECT_EQ(ExitCodeOf(arguments.status()), ExitCode::kUsage) << mac;
  }
}

TEST(QemuArgumentsTest, ManyQueuesNeedVirtio) {
  const auto arguments =
      QemuArguments({.name = "vm0", .device = "vm0", .queues = 2}, {.model = "e1000"});
  EXPECT_TRUE(absl::IsFailedPrecondition(arguments.status()));
  EXPECT_TRUE(
      QemuArguments({.name = "vm0", .device = "vm0", .queues = 1}, {.model = "e1000"}).ok());
}

// The same rule as id_wellformed() in QEMU's util/id.c.
bool IsWellFormedId(const std::string& id) {
  return !id.empty() && isalpha(static_cast<unsigned char>(id[0])) &&
         id.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._") ==
             std::string::npos;
}

TEST(QemuIdTest, KeepsGoodNamesAndMapsOthersApart) {
  for (const char* name : {"vm0", "Tap-1.eth_0", "a"}) EXPECT_EQ(QemuId(name), name);
  std::set<std::string> ids;
  const std::vector<std::string> odd = {"0vm", "_vm", "vm@0", "vm+0", "vm,0", "-", "M\xc3\xbc", ""};
  for (const std::string& name : odd) {
    EXPECT_TRUE(IsWellFormedId(QemuId(name))) << QemuId(name);
    ids.insert(QemuId(name));
  }
  EXPECT_EQ(ids.size(), odd.size());
}

// Scripts and DHCP servers remember these, so no release may change them.
TEST(MacForPortTest, IsTheSameForever) {
  EXPECT_EQ(MacForPort("vm0"), "52:54:00:1c:92:44");
  EXPECT_EQ(MacForPort("vm1"), "52:54:00:1c:93:f6");
}

TEST(MacForPortTest, DiffersFromPortToPortAndFromQemusDefaults) {
  std::set<std::string> macs;
  constexpr int kPorts = 300;  // Of 300 names, two would share a MAC in 1 set of 370.
  for (int i = 0; i < kPorts; ++i) macs.insert(MacForPort(absl::StrCat("vm", i)));
  EXPECT_EQ(macs.size(), size_t{kPorts});
  // port30750 is one of those that hash into QEMU's own 52:54:00:12:34:xx.
  for (int i = 0; i < 500'000; ++i) {
    const std::string mac = MacForPort(absl::StrCat("port", i));
    ASSERT_NE(mac.substr(0, 14), "52:54:00:12:34") << i;
  }
}

}  // namespace
}  // namespace vswitch
