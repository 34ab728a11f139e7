// What cannot be attached: the message names cause and cure, and nothing half-made is left behind.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <iostream>
#include <string>

#include "switch/port/testing/child.h"
#include "switch/port/testing/guest.h"
#include "switch/port/testing/port_fixture.h"
#include "switch/port/testing/shell.h"

namespace vswitch::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class AttachFailureTest : public PortTest {
 protected:
  static void ExpectError(const absl::Status& status, absl::StatusCode code,
                          const ::testing::Matcher<std::string>& message) {
    EXPECT_EQ(status.code(), code) << status;
    EXPECT_THAT(std::string(status.message()), message);
  }
  // The same from a child that gives something up first; prints what goes wrong there.
  void ExpectErrorInChild(const std::function<bool()>& prepare, const PortSpec& spec,
                          absl::StatusCode code, const std::string& part) {
    const int status = InChild([&] {
      if (!prepare()) return 2;
      const absl::Status error = AttachError(spec);
      const bool as_expected =
          error.code() == code && std::string(error.message()).find(part) != std::string::npos;
      std::cout << (as_expected ? "" : "UNEXPECTED: ") << error << std::endl;
      return as_expected ? 0 : 1;
    });
    EXPECT_EQ(status, 0);
  }
};

constexpr uint64_t Cap(int capability) { return uint64_t{1} << capability; }
constexpr PortType kTypes[] = {PortType::kTap, PortType::kInternal, PortType::kNetdev};

TEST_F(AttachFailureTest, Names) {
  for (const PortType type : kTypes) {
    for (const char* name : {"", "sixteen-letters-", "a/b", "a b", "vm%d", "a:b", ".", ".."}) {
      EXPECT_EQ(AttachError(Spec(type, name)).code(), absl::StatusCode::kInvalidArgument) << name;
    }
  }
  EXPECT_EQ(LinkNames(), "");
}

TEST_F(AttachFailureTest, AnotherKindOfDevice) {
  Shell("ip link add br9 type bridge");
  Shell("ip tuntap add tun9 mode tun");
  for (const PortType type : {PortType::kTap, PortType::kInternal}) {
    ExpectError(AttachError(Spec(type, "br9")), absl::StatusCode::kAlreadyExists,
                AllOf(HasSubstr("bridge"), HasSubstr("type=netdev")));
    ExpectError(AttachError(Spec(type, "tun9")), absl::StatusCode::kAlreadyExists,
                HasSubstr("layer 3"));
    EXPECT_EQ(AttachError(Spec(type, "lo")).code(), absl::StatusCode::kAlreadyExists);
  }
  ExpectError(AttachError(Spec(PortType::kNetdev, "lo")), absl::StatusCode::kInvalidArgument,
              HasSubstr("loopback"));
  ExpectError(AttachError(Spec(PortType::kNetdev, "tun9")), absl::StatusCode::kInvalidArgument,
              HasSubstr("layer 3"));
  ExpectError(AttachError(Spec(PortType::kNetdev, "eth9")), absl::StatusCode::kNotFound,
              HasSubstr("no network device eth9"));
  Shell("ip tuntap add vm9 mode tap");
  ExpectError(AttachError(Spec(PortType::kNetdev, "vm9")), absl::StatusCode::kInvalidArgument,
              HasSubstr("type=tap"));
  PortSpec queues = Spec(PortType::kTap, "vm9");
  queues.queues = 2;
  ExpectError(AttachError(queues), absl::StatusCode::kInvalidArgument, HasSubstr("single queue"));
  ExpectError(AttachError(Spec(PortType::kInternal, "vm9")), absl::StatusCode::kAlreadyExists,
              AllOf(HasSubstr("TAP that others made"), HasSubstr("'ip link del vm9'")));
  EXPECT_EQ(LinkNames(), "br9 tun9 vm9");
}

TEST_F(AttachFailureTest, AnothersTwinOrPort) {
  const auto port = Attach(Spec(PortType::kTap, "vm0"));
  for (const PortType type : kTypes) {
    const absl::Status status = AttachError(Spec(type, "vsw0"));
    EXPECT_FALSE(status.ok());
    EXPECT_THAT(std::string(status.message()), HasSubstr("vswitch twin of vm0"));
  }
  Shell("ip link add br9 type bridge");
  Shell("ip link add eth0 type veth peer name eth1");
  Shell("ip link set eth0 master br9");
  Shell("ip tuntap add vm1 mode tap");
  Shell("ip link set vm1 master br9");
  ExpectError(AttachError(Spec(PortType::kNetdev, "eth0")), absl::StatusCode::kUnavailable,
              AllOf(HasSubstr("port of br9 (bridge)"), HasSubstr("nomaster")));
  ExpectError(AttachError(Spec(PortType::kTap, "vm1")), absl::StatusCode::kUnavailable,
              HasSubstr("port of br9 (bridge)"));
  EXPECT_EQ(LinkNames(), "br9 eth0 eth1 vm0 vm1 vsw0");
}

TEST_F(AttachFailureTest, ServedByAnotherDaemon) {
  AttachedChild other(Spec(PortType::kTap, "vm0"));
  Shell("ip link set vm0 txqueuelen 321");
  ExpectError(AttachError(Spec(PortType::kTap, "vm0")), absl::StatusCode::kUnavailable,
              HasSubstr("served already by process " + other.pid() + " ("));
  EXPECT_EQ(Programs("vm0"), "vsw_redirect vsw_guard");
  EXPECT_TRUE(Find("vm0")->up());
  EXPECT_THAT(ShellOutput("ip link show vm0"), HasSubstr("qlen 321"));
  EXPECT_EQ(LinkNames(), "vm0 vsw0");
}

TEST_F(AttachFailureTest, HeldByAnotherProcess) {
  Shell("ip tuntap add p0 mode tap");
  Shell("ip tuntap add p1 mode tap multi_queue");
  const UniqueFd single = OpenAsGuest("p0");
  const UniqueFd multi = OpenAsGuest("p1", true);
  const std::string holder = "held by process " + std::to_string(getpid()) + " (attach_failure";
  ExpectError(AttachError(Spec(PortType::kInternal, "p0")), absl::StatusCode::kUnavailable,
              HasSubstr(holder));
  ExpectError(AttachError(Spec(PortType::kInternal, "p1")), absl::StatusCode::kUnavailable,
              HasSubstr(holder));
}

TEST_F(AttachFailureTest, AnMtuThatTheDeviceRefuses) {
  Shell("ip link add eth0 type veth peer name eth1");
  for (const auto& [type, name] :
       {std::pair(PortType::kTap, "vm0"), std::pair(PortType::kInternal, "p0"),
        std::pair(PortType::kNetdev, "eth0")}) {
    PortSpec spec = Spec(type, name);
    spec.mtu = 70000;
    ExpectError(AttachError(spec), absl::StatusCode::kInvalidArgument, HasSubstr("mtu 70000"));
  }
  EXPECT_EQ(LinkNames(), "eth0 eth1");
  EXPECT_EQ(Programs("eth0"), "");
  EXPECT_FALSE(Find("eth0")->up());
}

// Attach with one descriptor more each time, until it works: so it fails at every step that needs
// one.
TEST_F(AttachFailureTest, NothingIsLeftWhenDescriptorsRunOut) {
  Shell("ip link add eth0 type veth peer name eth1");
  for (const auto& [type, name] :
       {std::pair(PortType::kTap, "vm0"), std::pair(PortType::kInternal, "p0"),
        std::pair(PortType::kNetdev, "eth0")}) {
    int failures = 0;
    for (rlim_t spare = 0;; ++spare) {
      SCOPED_TRACE(spare);
      const int status = InChild([&, name = name, type = type] {
        const rlim_t used = static_cast<rlim_t>(open("/dev/null", O_RDONLY));
        const rlimit limit{.rlim_cur = used + 1 + spare, .rlim_max = used + 1 + spare};
        setrlimit(RLIMIT_NOFILE, &limit);
        PortSpec spec = Spec(type, name);
        if (type == PortType::kTap) spec.queues = 2;
        const auto port =
            PortDevice::Attach({.spec = spec, .worker_queues = 2, .made_in = &private_namespace_});
        if (port.ok()) return 0;
        std::cout << port.status() << std::endl;
        return absl::IsResourceExhausted(port.status()) ? 1 : 2;
      });
      if (status == 0) break;
      ASSERT_EQ(status, 1);
      ++failures;
      ASSERT_EQ(LinkNames(), "eth0 eth1");
      ASSERT_EQ(Programs("eth0"), "");
      ASSERT_FALSE(Find("eth0")->up());
    }
    EXPECT_GE(failures, 3);
    if (type != PortType::kNetdev) Shell(std::string("ip link del ") + name);
  }
}

TEST_F(AttachFailureTest, WithoutPrivileges) {
  Shell("ip link add eth0 type veth peer name eth1");
  for (const auto& [type, name] :
       {std::pair(PortType::kTap, "vm0"), std::pair(PortType::kInternal, "p0"),
        std::pair(PortType::kNetdev, "eth0")}) {
    ExpectErrorInChild([] { return KeepCapabilities(0); }, Spec(type, name),
                       absl::StatusCode::kPermissionDenied, "CAP_NET_ADMIN");
  }
  for (const auto& [type, name] :
       {std::pair(PortType::kTap, "vm0"), std::pair(PortType::kInternal, "p0"),
        std::pair(PortType::kNetdev, "eth0")}) {
    ExpectErrorInChild([] { return KeepCapabilities(Cap(CAP_NET_ADMIN)); }, Spec(type, name),
                       absl::StatusCode::kPermissionDenied, "CAP_BPF");
  }
  ExpectErrorInChild([] { return KeepCapabilities(Cap(CAP_NET_ADMIN) | Cap(CAP_BPF)); },
                     Spec(PortType::kNetdev, "eth0"), absl::StatusCode::kPermissionDenied,
                     "CAP_NET_RAW");
  EXPECT_EQ(LinkNames(), "eth0 eth1");
  EXPECT_EQ(Programs("eth0"), "");
  EXPECT_FALSE(Find("eth0")->up());
}

// The capabilities that the documentation names are enough.
TEST_F(AttachFailureTest, TheNamedCapabilitiesAreEnough) {
  Shell("ip link add eth0 type veth peer name eth1");
  for (const auto& [type, name] :
       {std::pair(PortType::kTap, "vm0"), std::pair(PortType::kInternal, "p0"),
        std::pair(PortType::kNetdev, "eth0")}) {
    ExpectErrorInChild(
        [] { return KeepCapabilities(Cap(CAP_NET_ADMIN) | Cap(CAP_NET_RAW) | Cap(CAP_BPF)); },
        Spec(type, name), absl::StatusCode::kOk, "");
  }
  // Made in sight of others.
  PortSpec wide = Spec(PortType::kTap, "vm1");
  wide.queues = 2;
  ExpectErrorInChild([] { return KeepCapabilities(Cap(CAP_NET_ADMIN) | Cap(CAP_BPF)); }, wide,
                     absl::StatusCode::kOk, "");
}

TEST_F(AttachFailureTest, WithoutDevNetTun) {
  const auto hide = [] {
    return unshare(CLONE_NEWNS) == 0 && mount("none", "/dev/net", "tmpfs", 0, nullptr) == 0;
  };
  ExpectErrorInChild(hide, Spec(PortType::kTap, "vm0"), absl::StatusCode::kFailedPrecondition,
                     "modprobe tun");
  ExpectErrorInChild([] { return chmod("/dev/net/tun", 0600) == 0 && setuid(12345) == 0; },
                     Spec(PortType::kTap, "vm0"), absl::StatusCode::kPermissionDenied,
                     "/dev/net/tun");
  chmod("/dev/net/tun", 0666);
  EXPECT_EQ(LinkNames(), "");
}

TEST_F(AttachFailureTest, WithAReadOnlyProcSys) {
  const auto lock = [] {
    return unshare(CLONE_NEWNS) == 0 &&
           mount("/proc/sys", "/proc/sys", nullptr, MS_BIND, nullptr) == 0 &&
           mount(nullptr, "/proc/sys", nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY, nullptr) == 0;
  };
  for (const PortType type : {PortType::kTap, PortType::kInternal}) {
    ExpectErrorInChild(lock, Spec(type, "vm0"), absl::StatusCode::kFailedPrecondition,
                       "net.ipv6.conf.default.disable_ipv6=1");
    EXPECT_EQ(LinkNames(), "");
  }
  Shell("sysctl -q net.ipv6.conf.default.disable_ipv6=1");
  ExpectErrorInChild(lock, Spec(PortType::kTap, "vm0"), absl::StatusCode::kOk, "");
}

}  // namespace
}  // namespace vswitch::testing
