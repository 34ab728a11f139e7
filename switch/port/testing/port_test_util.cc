#include "switch/port/testing/port_test_util.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <set>

#include "tests/send_fd.h"

namespace vswitch::testing {
namespace {

// <linux/virtio_net.h> has a member called "class".
constexpr uint8_t kNeedsChecksum = 1;  // VIRTIO_NET_HDR_F_NEEDS_CSUM
constexpr uint8_t kGsoTcpV4 = 1;       // VIRTIO_NET_HDR_GSO_TCPV4

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

}  // namespace

Packet PlainPacket(size_t size, uint8_t fill) {
  Packet packet{.frame = Bytes(size, fill)};
  const uint8_t header[] = {0x52, 0x54, 0, 0, 0, 2, 0x52, 0x54, 0, 0, 0, 1, 0x88, 0xb5};
  std::copy_n(header, std::min(size, sizeof(header)), packet.frame.begin());
  return packet;
}

Packet TcpSuperPacket(size_t payload) {
  Packet packet = PlainPacket(54 + payload);
  uint8_t* ip = packet.frame.data() + 14;
  packet.frame[12] = 0x08, packet.frame[13] = 0x00;
  const size_t length = 40 + payload;
  const uint8_t header[] = {0x45,
                            0,
                            static_cast<uint8_t>(length >> 8),
                            static_cast<uint8_t>(length),
                            0,
                            1,
                            0x40,
                            0,
                            64,
                            6,
                            0,
                            0,
                            10,
                            0,
                            0,
                            1,
                            10,
                            0,
                            0,
                            2};
  memcpy(ip, header, sizeof(header));
  uint32_t sum = 0;
  for (int i = 0; i < 20; i += 2) sum += ip[i] << 8 | ip[i + 1];
  sum = (sum & 0xffff) + (sum >> 16);
  ip[10] = static_cast<uint8_t>(~sum >> 8), ip[11] = static_cast<uint8_t>(~sum);
  uint8_t* tcp = ip + 20;
  tcp[0] = 0x10, tcp[2] = 0x20;  // Ports.
  tcp[12] = 5 << 4, tcp[13] = 0x10, tcp[14] = 0xff;
  // The pseudo header's sum is the sender's part of a checksum that is left to others.
  uint32_t pseudo = 0x0a00 + 0x0001 + 0x0a00 + 0x0002 + 6 + static_cast<uint32_t>(20 + payload);
  pseudo = (pseudo & 0xffff) + (pseudo >> 16);
  tcp[16] = static_cast<uint8_t>(pseudo >> 8), tcp[17] = static_cast<uint8_t>(pseudo);
  for (size_t i = 0; i < payload; ++i) tcp[20 + i] = static_cast<uint8_t>(i * 7 + (i >> 8));
  packet.header = {.flags = kNeedsChecksum,
                   .gso_type = kGsoTcpV4,
                   .hdr_len = 54,
                   .gso_size = 1448,
                   .csum_start = 34,
                   .csum_offset = 16};
  return packet;
}

Packet ReadPacket(const UniqueFd& fd, int timeout_ms) {
  Packet packet;
  pollfd ready{.fd = fd.get(), .events = POLLIN, .revents = 0};
  if (poll(&ready, 1, timeout_ms) != 1) return packet;
  packet.frame.resize(128 * 1024);
  const iovec parts[] = {{&packet.header, sizeof(packet.header)},
                         {packet.frame.data(), packet.frame.size()}};
  const ssize_t size = readv(fd.get(), parts, 2);
  packet.frame.resize(size < 12 ? 0 : static_cast<size_t>(size) - 12);
  return packet;
}

bool WritePacket(const UniqueFd& fd, const Packet& packet) {
  Packet copy = packet;
  const iovec parts[] = {{&copy.header, sizeof(copy.header)},
                         {copy.frame.data(), copy.frame.size()}};
  return writev(fd.get(), parts, 2) == static_cast<ssize_t>(12 + copy.frame.size());
}

UniqueFd OpenAsGuest(const std::string& name, bool multi_queue, unsigned offloads) {
  UniqueFd fd(open("/dev/net/tun", O_RDWR | O_CLOEXEC));
  if (!fd) return fd;
  ifreq request{};
  snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name.c_str());
  request.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
  if (multi_queue) request.ifr_flags |= IFF_MULTI_QUEUE;
  const int header_size = 12;
  if (ioctl(fd.get(), TUNSETIFF, &request) != 0 ||
      ioctl(fd.get(), TUNSETVNETHDRSZ, &header_size) != 0 ||
      ioctl(fd.get(), TUNSETOFFLOAD, offloads) != 0) {
    const int error = errno;
    fd.Reset();
    errno = error;
  }
  return fd;
}

void Shell(const std::string& command) { ASSERT_EQ(system(command.c_str()), 0) << command; }

std::string ShellOutput(const std::string& command) {
  std::string output;
  FILE* pipe = popen(command.c_str(), "r");
  char line[512];
  while (pipe != nullptr && fgets(line, sizeof(line), pipe) != nullptr) output += line;
  if (pipe != nullptr) pclose(pipe);
  return output;
}

int InChild(const std::function<int()>& body) {
  const pid_t child = fork();
  if (child == 0) _exit(body());
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

OtherNamespace::OtherNamespace(const std::string& tap) {
  int ready[2];
  EXPECT_EQ(pipe(ready), 0);
  pid_ = fork();
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    UniqueFd held;
    if (unshare(CLONE_NEWNET) == 0 && (tap.empty() || (held = OpenAsGuest(tap)))) {
      (void)!write(ready[1], "", 1);
    }
    for (;;) pause();
  }
  char byte;
  EXPECT_EQ(read(ready[0], &byte, 1), 1);
  close(ready[0]);
  close(ready[1]);
}

OtherNamespace::~OtherNamespace() {
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

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

AttachedChild::AttachedChild(const PortSpec& spec) {
  int ready[2];
  EXPECT_EQ(pipe(ready), 0);
  pid_ = fork();
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const auto port = PortDevice::Attach({.spec = spec});
    if (port.ok()) (void)!write(ready[1], "", 1);
    for (;;) pause();
  }
  char byte;
  EXPECT_EQ(read(ready[0], &byte, 1), 1);
  close(ready[0]);
  close(ready[1]);
}

void AttachedChild::Kill() {
  if (pid_ < 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void KeepInFlight(const UniqueFd& fd, int milliseconds) {
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends), 0);
  char byte = 0;
  ASSERT_TRUE(SendWithFd(ends[0], {&byte, 1}, fd.get()));
  if (fork() == 0) {
    for (int other = 3; other < 256; ++other) {
      if (other != ends[0] && other != ends[1]) close(other);
    }
    if (send(ends[1], &byte, 1, 0) != 1) _exit(1);
    usleep(milliseconds * 1000);
    _exit(0);
  }
  // Not before the child has closed its copy of the descriptor: until then it is a visible holder.
  ASSERT_EQ(recv(ends[0], &byte, 1, 0), 1);
  close(ends[0]);
  close(ends[1]);
}

bool KeepCapabilities(uint64_t keep) {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  __user_cap_data_struct data[2];
  if (syscall(SYS_capget, &header, data) != 0) return false;
  for (int half = 0; half < 2; ++half) {
    data[half].permitted &= static_cast<uint32_t>(keep >> (32 * half));
    data[half].effective = data[half].permitted;
  }
  return syscall(SYS_capset, &header, data) == 0;
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

int PortTest::Filters(const std::string& name) {
  if (ShellOutput("tc qdisc show dev " + name).find("clsact") == std::string::npos) return -1;
  const std::string filters = ShellOutput("tc filter show dev " + name + " ingress");
  int count = 0;
  for (size_t at = 0; (at = filters.find(" handle ", at)) != std::string::npos; ++at) ++count;
  return count;
}

std::unique_ptr<PortDevice> PortTest::Attach(const PortSpec& spec, int worker_queues) {
  absl::StatusOr<std::unique_ptr<PortDevice>> port =
      PortDevice::Attach({.spec = spec, .worker_queues = worker_queues});
  if (!port.ok()) {
    ADD_FAILURE() << port.status();
    return nullptr;
  }
  return *std::move(port);
}

absl::Status PortTest::AttachError(const PortSpec& spec, int worker_queues) {
  return PortDevice::Attach({.spec = spec, .worker_queues = worker_queues}).status();
}

PortSpec Spec(PortType type, const std::string& name) {
  PortSpec spec;
  spec.name = name;
  spec.type = type;
  return spec;
}

}  // namespace vswitch::testing
