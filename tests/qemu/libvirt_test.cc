// Guests that libvirt starts on our ports, as docs/guests/libvirt.md has them.
#include "tests/harness/libvirt.h"

#include <memory>
#include <string>

#include "tests/harness/system_test.h"

namespace vswitch::testing {
namespace {

using ::testing::HasSubstr;

class LibvirtTest : public SystemTest {
 protected:
  void SetUp() override {
    if (const std::string why = Libvirt::WhyNotRunnable(); !why.empty()) GTEST_SKIP() << why;
    SystemTest::SetUp();
  }

  static std::string Interface(const std::string& port, int station, const std::string& more = "") {
    return "<interface type='ethernet'><mac address='" +
           Station(static_cast<uint32_t>(station)).ToString() + "'/><target dev='" + port +
           "' managed='no'/><model type='virtio'/>" + more + "</interface>";
  }

  static void SetAddress(Libvirt::Guest& guest, const std::string& address) {
    guest.console().WaitUntilBooted();
    guest.console().Run("ip addr add " + address + " dev eth0 && ip link set eth0 up");
  }
};

constexpr char kBandwidth[] =
    "<bandwidth><inbound average='16' burst='16'/><outbound average='1000' burst='64'/>"
    "</bandwidth>";

// QEMU runs as root here: nobody else may make a console's socket in the test's folder. The TAPs
// libvirt opens as root in any case.
TEST_F(LibvirtTest, StartsGuestsOfTheSystem) {
  ctl().Ok("add-port br0 vm0");
  ctl().Ok("add-port br0 vm1 queues=2");
  ctl().Ok("add-port br0 host0 type=internal");
  net().Ip("addr add 10.9.0.254/24 dev host0");
  net().Ip("link set host0 up");
  const Libvirt libvirt(net(), {.qemu_conf = "user = \"root\"\ngroup = \"root\"\n"});
  Libvirt::Guest slow(libvirt, "slow", Interface("vm0", 0, kBandwidth));
  Libvirt::Guest wide(libvirt, "wide",
                      Interface("vm1", 1, "<driver name='qemu' queues='2'/><mtu size='1400'/>"));
  SetAddress(slow, "10.9.0.1/24");
  SetAddress(wide, "10.9.0.2/24");
  slow.console().Run("ping -c 5 -A -W 20 10.9.0.2");
  EXPECT_EQ(wide.console().Run("ls -d /sys/class/net/eth0/queues/tx-* | wc -l"), "2");
  EXPECT_EQ(wide.console().Run("cat /sys/class/net/eth0/mtu"), "1400");
  EXPECT_EQ(libvirt.TryVirsh("domif-getlink slow vm0").output, "vm0 up");

  // <inbound> acts on what the guest is sent: what is beyond it waits for its turn.
  const auto delayed = [&] {
    const CommandResult shown = net().Command("tc -s -j qdisc show dev vm0");
    const Json root = Json::parse(shown.output).at(0);
    EXPECT_EQ(root.at("kind"), "htb") << shown.output;
    return root.at("overlimits").get<uint64_t>();
  };
  const uint64_t before = delayed();
  net().Command("ping -f -c 40 -s 1400 -w 3 10.9.0.1");
  EXPECT_GT(delayed(), before);

  // A guest that ends takes its limits along, and leaves its port for the next.
  libvirt.Virsh("destroy slow");
  ExpectState("vm0", "down");
  Expect("the port is without a queue", [&] {
    return net().Command("tc qdisc show dev vm0").output.find("noqueue") != std::string::npos;
  });
  EXPECT_TRUE(net().HasLink("vm0"));
}

}  // namespace
}  // namespace vswitch::testing
