#include "tests/harness/fake_guest.h"

#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstring>

namespace vswitch::testing {
namespace {

constexpr size_t kBufferBytes = kOffloadBytes + 14 + 65536;
constexpr uint16_t kExperimentalEtherType = 0x88b5;

// QEMU's net/tap-linux.c: open, TUNSETIFF, then header size and offloads.
int OpenTap(const std::string& tap, const FakeGuest::Options& options, UniqueFd* result) {
  UniqueFd fd(open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return errno;
  // After the open: whether a user may open /dev/net/tun is the machine's choice, not what is
  // tested. The thread's own identity only: the C library's setresuid would change every thread's.
  if (options.user && syscall(SYS_setresuid, *options.user, *options.user, *options.user) != 0) {
    return errno;
  }
  ifreq request = {};
  request.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
  if (options.multi_queue) request.ifr_flags |= IFF_MULTI_QUEUE;
  strncpy(request.ifr_name, tap.c_str(), IFNAMSIZ - 1);
  if (ioctl(fd.get(), TUNSETIFF, &request) != 0) return errno;
  int header_bytes = kOffloadBytes;
  if (ioctl(fd.get(), TUNSETVNETHDRSZ, &header_bytes) != 0) return errno;
  const unsigned offloads =
      options.offloads ? TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN : 0;
  if (ioctl(fd.get(), TUNSETOFFLOAD, offloads) != 0) return errno;
  *result = std::move(fd);
  return 0;
}

}  // namespace

Bytes NumberedFrame(MacAddress destination, MacAddress source, uint64_t number, size_t length) {
  Bytes frame = FrameBuilder()
                    .From(source)
                    .To(destination)
                    .EtherType(kExperimentalEtherType)
                    .Payload(length - 14)
                    .BuildEthernet();
  for (int i = 0; i < 8; ++i) frame[14 + i] = static_cast<uint8_t>(number >> (56 - 8 * i));
  return frame;
}

std::optional<uint64_t> NumberOf(std::span<const uint8_t> frame) {
  if (frame.size() < 22 || (frame[12] << 8 | frame[13]) != kExperimentalEtherType) return {};
  uint64_t number = 0;
  for (int i = 0; i < 8; ++i) number = number << 8 | frame[14 + i];
  return number;
}

int FakeGuest::TryOpen(const NetNamespace& net, const std::string& tap, const Options& options) {
  UniqueFd fd;
  int error = 0;
  net.Run([&] { error = OpenTap(tap, options, &fd); });
  return error;
}

FakeGuest::FakeGuest(const NetNamespace& net, const std::string& tap, const Options& options)
    : buffer_(kBufferBytes) {
  int error = 0;
  net.Run([&] { error = OpenTap(tap, options, &fd_); });
  if (error != 0) throw Error("cannot open TAP " + tap + ": " + strerror(error));
}

bool FakeGuest::Send(std::span<const uint8_t> frame) {
  return Send(std::array<uint8_t, kOffloadBytes>{}, frame);
}

bool FakeGuest::Send(std::span<const uint8_t> offload_header, std::span<const uint8_t> frame) {
  const iovec parts[] = {
      {const_cast<uint8_t*>(offload_header.data()), offload_header.size()},
      {const_cast<uint8_t*>(frame.data()), frame.size()},
  };
  const ssize_t written = writev(fd_.get(), parts, 2);
  if (written < 0 && errno == EIO) return false;
  if (written < 0) throw Error(std::string("write to a TAP: ") + strerror(errno));
  return true;
}

std::optional<Bytes> FakeGuest::Receive(std::chrono::milliseconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (true) {
    const ssize_t length = read(fd_.get(), buffer_.data(), buffer_.size());
    if (length >= static_cast<ssize_t>(kOffloadBytes)) {
      return Bytes(buffer_.begin() + kOffloadBytes, buffer_.begin() + length);
    }
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return std::nullopt;
    pollfd waiting = {.fd = fd_.get(), .events = POLLIN, .revents = 0};
    poll(&waiting, 1, static_cast<int>(left.count()));
    // A TAP that is down answers POLLERR at once.
    if (waiting.revents & POLLERR) PausePolling();
  }
}

std::vector<uint64_t> FakeGuest::DrainNumbers() {
  std::vector<uint64_t> numbers;
  while (const std::optional<Bytes> frame = Receive(std::chrono::milliseconds(0))) {
    if (const auto number = NumberOf(*frame)) numbers.push_back(*number);
  }
  return numbers;
}

std::vector<uint64_t> FakeGuest::ReceiveUntil(uint64_t number) {
  std::vector<uint64_t> before;
  while (const std::optional<Bytes> frame = Receive()) {
    const auto received = NumberOf(*frame);
    if (received == number) return before;
    if (received) before.push_back(*received);
  }
  throw Error("frame " + std::to_string(number) + " never came");
}

}  // namespace vswitch::testing
