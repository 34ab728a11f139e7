#include "switch/port/testing/port_fixture.h"

#include <bpf/bpf.h>
#include <net/if.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <set>

#include "switch/base/unique_fd.h"
#include "switch/port/tc_hook.h"
#include "switch/port/testing/shell.h"

namespace vswitch::testing {
namespace {

// /dev/net/tun for everybody, as udev makes it, whatever it is on this machine.
void MakeTunForAll() {
  if (unshare(CLONE_NEWNS) != 0) perror("unshare(CLONE_NEWNS)"), exit(1);
  mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
  mkdir("/dev/net", 0755);
  if (mount("tmpfs", "/dev/net", "tmpfs", 0, "mode=0755") != 0 ||
      mknod("/dev/net/tun", S_IFCHR | 0666, makedev(10, 200)) != 0 ||
      chmod("/dev/net/tun", 0666) != 0) {
    perror("/dev/net/tun"), exit(1);
  }
}

// Null when that fails.
std::shared_ptr<void> AttachHere(const PortSpec& spec) {
  auto port = PortDevice::Attach({.spec = spec});
  return port.ok() ? std::shared_ptr<PortDevice>(*std::move(port)) : nullptr;
}

}  // namespace

PortSpec Spec(PortType type, const std::string& name) {
  PortSpec spec;
  spec.name = name;
  spec.type = type;
  return spec;
}

AttachedChild::AttachedChild(const PortSpec& spec)
    : HoldingChild([&] { return AttachHere(spec); }) {}

bool WaitForLink(PortDevice& port, bool up) {
  for (int i = 0; i < 500; ++i) {
    port.Refresh();
    if (port.link_up() == up) return true;
    usleep(10'000);
  }
  return false;
}

void PortTest::SetUp() {
  if (geteuid() != 0) GTEST_SKIP() << "needs root: network namespaces and TAPs";
  static const bool once = (MakeTunForAll(), true);
  ASSERT_TRUE(once);
  ASSERT_EQ(unshare(CLONE_NEWNET), 0) << strerror(errno);
  Shell("ip link set lo up");
}

absl::StatusOr<LinkInfo> PortTest::Find(const std::string& name) {
  absl::StatusOr<Links> links = Links::Open();
  if (!links.ok()) return links.status();
  return links->Find(name);
}

std::string PortTest::LinkNames() {
  std::set<std::string> names;
  struct if_nameindex* list = if_nameindex();
  for (auto* link = list; link != nullptr && link->if_index != 0; ++link) {
    names.insert(link->if_name);
  }
  if_freenameindex(list);
  names.erase("lo");
  std::string joined;
  for (const std::string& name : names) joined += (joined.empty() ? "" : " ") + name;
  return joined;
}

std::string PortTest::Programs(const std::string& name) {
  const absl::StatusOr<LinkInfo> device = Find(name);
  if (!device.ok()) return "no device";
  std::string names;
  for (const TcDirection direction : {TcDirection::kIngress, TcDirection::kEgress}) {
    const UniqueFd program(bpf_prog_get_fd_by_id(TcHook::ProgramOn(*device, direction)));
    bpf_prog_info info{};
    uint32_t length = sizeof(info);
    if (!program || bpf_obj_get_info_by_fd(program.get(), &info, &length) != 0) continue;
    names += (names.empty() ? "" : " ") + std::string(info.name);
  }
  return names;
}

std::unique_ptr<PortDevice> PortTest::Attach(const PortSpec& spec, int worker_queues) {
  absl::StatusOr<std::unique_ptr<PortDevice>> port = PortDevice::Attach(
      {.spec = spec, .worker_queues = worker_queues, .made_in = &private_namespace_});
  if (!port.ok()) {
    ADD_FAILURE() << port.status();
    return nullptr;
  }
  return *std::move(port);
}

absl::Status PortTest::AttachError(const PortSpec& spec, int worker_queues) {
  return PortDevice::Attach(
             {.spec = spec, .worker_queues = worker_queues, .made_in = &private_namespace_})
      .status();
}

}  // namespace vswitch::testing
