#include "bench/load_port.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>

#include <cerrno>
#include <chrono>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "switch/port/tap.h"

namespace vswitch {
namespace {

// Room for some thousand small frames, as in a TAP's queue, and for a hundred of the longest.
constexpr int kReceiveBytes = 4 << 20;

// A switch may hold a TAP for a moment after a guest has left it, longer on a busy machine.
constexpr int kBusyTries = 50;
constexpr auto kBetweenTries = std::chrono::milliseconds(2);

absl::StatusOr<TapQueues> OpenWhenFree(const std::string& name) {
  absl::StatusOr<TapQueues> tap = OpenTap({.name = name, .nonblocking = true});
  for (int i = 0; i < kBusyTries && absl::IsUnavailable(tap.status()); ++i) {
    std::this_thread::sleep_for(kBetweenTries);
    tap = OpenTap({.name = name, .nonblocking = true});
  }
  return tap;
}

absl::StatusOr<UniqueFd> OpenGuestTap(const std::string& name, bool is_plain) {
  absl::StatusOr<TapQueues> tap = OpenWhenFree(name);
  if (!tap.ok()) return tap.status();
  if (is_plain && ioctl(tap->fds[0].get(), TUNSETOFFLOAD, 0) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot turn off the offloads of ", name));
  }
  return std::move(tap->fds[0]);
}

absl::StatusOr<UniqueFd> OpenPacketSocket(const std::string& name) {
  const auto failed = [&](const char* what) {
    return absl::ErrnoToStatus(errno, absl::StrCat(what, " on ", name));
  };
  // Without a protocol until it is bound: nothing of other devices gets into its queue.
  UniqueFd fd(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
  if (!fd) return failed("no packet socket");
  const int on = 1;
  if (setsockopt(fd.get(), SOL_PACKET, PACKET_VNET_HDR, &on, sizeof on) != 0 ||
      setsockopt(fd.get(), SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on) != 0 ||
      setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUFFORCE, &kReceiveBytes, sizeof kReceiveBytes) != 0) {
    return failed("no packet socket");
  }
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = static_cast<int>(if_nametoindex(name.c_str()));
  if (address.sll_ifindex == 0 ||
      bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    return failed("no packet socket");
  }
  return fd;
}

absl::Status EnterNamespace(const std::string& name) {
  const std::string path = absl::StrCat("/run/netns/", name);
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd && setns(fd.get(), CLONE_NEWNET) == 0) return absl::OkStatus();
  return absl::ErrnoToStatus(errno, absl::StrCat("cannot enter network namespace ", path));
}

}  // namespace

absl::StatusOr<std::unique_ptr<LoadPort>> LoadPort::Open(const std::string& spec) {
  absl::string_view name = spec;
  const bool is_plain = absl::ConsumePrefix(&name, "plain:");
  const bool is_tap = is_plain || absl::ConsumePrefix(&name, "tap:");
  if (!is_tap && !absl::ConsumePrefix(&name, "netdev:")) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", spec,
                     "' is no port: tap:NAME[@NETNS], plain:NAME[@NETNS] or "
                     "netdev:NAME[@NETNS]"));
  }
  const size_t at = name.find('@');
  const std::string device(name.substr(0, at));
  const std::string netns(at == absl::string_view::npos ? "" : name.substr(at + 1));
  if (device.empty() || device.size() >= IFNAMSIZ) {
    return absl::InvalidArgumentError(absl::StrCat("'", spec, "' has no device name"));
  }
  absl::StatusOr<UniqueFd> fd = absl::UnknownError("");
  // A thread of its own: a descriptor stays in the namespace in which it was opened.
  std::thread opener([&] {
    const absl::Status entered = netns.empty() ? absl::OkStatus() : EnterNamespace(netns);
    fd = !entered.ok() ? entered
         : is_tap      ? OpenGuestTap(device, is_plain)
                       : OpenPacketSocket(device);
  });
  opener.join();
  if (!fd.ok()) return fd.status();
  return std::unique_ptr<LoadPort>(new LoadPort(*std::move(fd), is_tap));
}

LoadPort::LoadPort(UniqueFd fd, bool is_tap) : fd_(std::move(fd)), is_tap_(is_tap) {
  if (is_tap_) {
    memory_.resize(kOffloadBytes + kFrameBytes);
    return;
  }
  constexpr size_t kBytes = kSocketHeaderBytes + kFrameBytes;
  memory_.resize(kBurst * kBytes);
  parts_.resize(kBurst);
  messages_.resize(kBurst);
  for (size_t i = 0; i < kBurst; ++i) {
    parts_[i] = {&memory_[i * kBytes], kBytes};
    messages_[i].msg_hdr.msg_iov = &parts_[i];
    messages_[i].msg_hdr.msg_iovlen = 1;
  }
}

bool LoadPort::Send(std::span<const uint8_t> frame) {
  if (is_tap_) return write(fd_.get(), frame.data(), frame.size()) >= 0;
  auto* bytes = const_cast<uint8_t*>(frame.data());
  iovec parts[] = {{bytes, kSocketHeaderBytes},
                   {bytes + kOffloadBytes, frame.size() - kOffloadBytes}};
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = 2;
  return sendmsg(fd_.get(), &message, MSG_DONTWAIT) >= 0;
}

}  // namespace vswitch
