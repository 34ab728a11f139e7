#include "switch/port/tap.h"

#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <climits>
#include <cstring>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bridge/wire/frame_bytes.h"
#include "glog/logging.h"
#include "switch/link/kernel_error.h"
#include "switch/link/link.h"

namespace vswitch {
namespace {

constexpr char kTunPath[] = "/dev/net/tun";
// Since Linux 6.2; Debian 12's headers are of 6.1. The kernel takes both or neither
// (set_offload()).
constexpr unsigned kTunUso4 = 0x20;
constexpr unsigned kTunUso6 = 0x40;
// Since Linux 6.2; before, the carrier flickers.
constexpr int kNoCarrier = 0x40;
constexpr unsigned kTunOffloads = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;

absl::StatusOr<UniqueFd> OpenTun(bool nonblocking) {
  UniqueFd fd(open(kTunPath, O_RDWR | O_CLOEXEC | (nonblocking ? O_NONBLOCK : 0)));
  if (fd) return fd;
  const int error = errno;
  const std::string what = absl::StrCat("cannot open ", kTunPath);
  if (error == ENOENT || error == ENODEV || error == ENXIO) {
    return absl::FailedPreconditionError(absl::StrCat(
        absl::ErrnoToStatus(error, what).message(),
        ": load the kernel's tun module (modprobe tun), or give the container the device ",
        "(--device ", kTunPath, ")"));
  }
  if (error == EPERM || error == EACCES) {
    return absl::PermissionDeniedError(
        absl::StrCat(absl::ErrnoToStatus(error, what).message(),
                     ": run vswitchd as root, or let its user read and write ", kTunPath,
                     " and, in a container, let the device through the device cgroup"));
  }
  return KernelError(error, what);
}

// Attaches `fd` to the TAP `name` as one queue; `name` becomes the name that a pattern turned into.
absl::Status AttachQueue(const UniqueFd& fd, int flags, std::string* name) {
  ifreq request{};
  CHECK_LT(name->size(), sizeof(request.ifr_name));
  memcpy(request.ifr_name, name->data(), name->size());
  request.ifr_flags = static_cast<short>(IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | flags);
  if (ioctl(fd.get(), TUNSETIFF, &request) != 0) {
    const int error = errno;
    const std::string what =
        absl::StrCat(flags & IFF_TUN_EXCL ? "cannot make TAP " : "cannot open TAP ", *name);
    if (error == EINVAL) {
      // tun_set_iff() answers EINVAL for these reasons alone, once the flags themselves are known.
      return KernelError(error, what,
                         "it is no TAP, or a multi-queue TAP opened as a single-queue one or the "
                         "reverse");
    }
    if (error == E2BIG) {
      return absl::ResourceExhaustedError(absl::StrCat(what, ": it has no queue left to open"));
    }
    return KernelError(error, what);
  }
  *name = request.ifr_name;
  return absl::OkStatus();
}

absl::Status Set(const UniqueFd& fd, unsigned long request, const void* argument,
                 const char* setting, const std::string& name) {
  if (ioctl(fd.get(), request, argument) == 0) return absl::OkStatus();
  return KernelError(errno, absl::StrCat("cannot set ", setting, " of TAP ", name));
}

absl::Status SetOwnerOf(const UniqueFd& fd, uid_t owner, const std::string& name) {
  // The argument is the number itself, not a pointer to it.
  const auto value = static_cast<unsigned long>(owner);
  if (ioctl(fd.get(), TUNSETOWNER, value) == 0) return absl::OkStatus();
  return KernelError(errno, absl::StrCat("cannot make uid ", owner, " the owner of TAP ", name),
                     errno == EINVAL ? "no such uid in vswitchd's user namespace" : "");
}

// All of these belong to the device, not to the queue: once is enough, for all of its queues.
absl::Status SetOffloads(const UniqueFd& fd, const std::string& name) {
  const int header_size = kOffloadHeaderBytes;
  const int little_endian = 1;
  // The default, but a persistent TAP keeps what its last user set. A smaller buffer would make
  // writes wait for the reader of the other end.
  const int send_buffer = INT_MAX;
  absl::Status status = Set(fd, TUNSETVNETHDRSZ, &header_size, "the vnet header", name);
  if (status.ok()) status = Set(fd, TUNSETVNETLE, &little_endian, "the vnet header", name);
  if (status.ok()) status = Set(fd, TUNSETSNDBUF, &send_buffer, "the send buffer", name);
  if (!status.ok()) return status;
  if (ioctl(fd.get(), TUNSETOFFLOAD, kTunOffloads | kTunUso4 | kTunUso6) == 0) return status;
  if (ioctl(fd.get(), TUNSETOFFLOAD, kTunOffloads) == 0) return status;
  return KernelError(errno, absl::StrCat("cannot set the offloads of TAP ", name));
}

absl::StatusOr<std::vector<UniqueFd>> OpenTuns(int count, bool nonblocking) {
  std::vector<UniqueFd> fds;
  while (std::ssize(fds) < count) {
    absl::StatusOr<UniqueFd> fd = OpenTun(nonblocking);
    if (!fd.ok()) return fd.status();
    fds.push_back(*std::move(fd));
  }
  return fds;
}

// For as long as the TAP had no owner anybody could open a queue, which would stay his.
absl::Status CheckNobodyWasFaster(const TapQueues& tap, bool is_new) {
  absl::StatusOr<Links> links = Links::Open();
  if (!links.ok()) return links.status();
  const absl::StatusOr<LinkInfo> link = links->Find(tap.name);
  if (!link.ok()) return link.status();
  if (link->tun && link->tun->open_queues == tap.fds.size()) return absl::OkStatus();
  if (is_new) links->Delete(*link).IgnoreError();  // Else it would live on with that queue.
  return absl::UnavailableError(absl::StrCat("another process opened TAP ", tap.name,
                                             " before it had an owner: stop that, or run ",
                                             "vswitchd as root or with CAP_SYS_ADMIN, so that it "
                                             "can make TAPs where nobody reaches them"));
}

// Names the TAP that is made in a namespace that has no other.
constexpr char kUnborn[] = "vswitch-new";

// Attaches tap->fds, all of the TAP's, and gives it its owner.
absl::Status AttachQueues(const TapOpenOptions& options, TapQueues* tap) {
  for (size_t queue = 0; queue < tap->fds.size(); ++queue) {
    int flags = options.multi_queue ? IFF_MULTI_QUEUE : 0;
    if (options.must_be_new && queue == 0) flags |= IFF_TUN_EXCL;
    absl::Status status = AttachQueue(tap->fds[queue], flags, &tap->name);
    if (status.ok() && options.owner && queue == 0) {
      status = SetOwnerOf(tap->fds[0], *options.owner, tap->name);
    }
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

// Which namespace a TAP is made in is settled when /dev/net/tun is opened.
absl::Status MakeApart(const TapOpenOptions& options, TapQueues* tap) {
  const absl::StatusOr<int> index = options.made_in->TakenIndex();
  if (!index.ok()) return index.status();
  if (*index != 0 && ioctl(tap->fds[0].get(), TUNSETIFINDEX, &*index) != 0) {
    return KernelError(errno, absl::StrCat("cannot make TAP ", options.name));
  }
  tap->name = kUnborn;
  absl::Status status = AttachQueues(options, tap);
  if (status.ok()) status = options.made_in->MoveOut(kUnborn, options.name);
  if (status.ok() && !TapExists(tap->fds[0], &tap->name)) {
    status = absl::NotFoundError(absl::StrCat("TAP ", options.name, " was deleted"));
  }
  return status;
}

absl::StatusOr<TapQueues> OpenQueues(const TapOpenOptions& options) {
  CHECK_GE(options.queues, 1);
  CHECK(options.multi_queue || options.queues == 1);
  absl::StatusOr<std::vector<UniqueFd>> fds;
  const auto open_tuns = [&] { fds = OpenTuns(options.queues, options.nonblocking); };
  bool apart = false;
  if (options.multi_queue && options.must_be_new && options.made_in != nullptr) {
    const absl::Status status = options.made_in->Run(open_tuns);
    if (!status.ok() && !absl::IsPermissionDenied(status)) return status;
    apart = status.ok();
  }
  if (!apart) open_tuns();
  if (!fds.ok()) return fds.status();
  TapQueues tap{.name = options.name, .fds = *std::move(fds)};
  absl::Status status = apart ? MakeApart(options, &tap) : AttachQueues(options, &tap);
  if (status.ok() && !apart && options.multi_queue && options.owner) {
    status = CheckNobodyWasFaster(tap, options.must_be_new);
  }
  if (!status.ok()) return status;
  return tap;
}

}  // namespace

absl::StatusOr<TapQueues> OpenTap(const TapOpenOptions& options) {
  absl::StatusOr<TapQueues> tap = OpenQueues(options);
  if (!tap.ok()) return tap;
  const absl::Status status = SetOffloads(tap->fds[0], tap->name);
  if (!status.ok()) return status;
  return tap;
}

absl::Status MakeGuestTap(const std::string& name, bool multi_queue, uid_t owner,
                          PrivateNamespace* made_in, const std::function<absl::Status()>& mark) {
  const absl::StatusOr<TapQueues> tap = OpenQueues({.name = name,
                                                    .multi_queue = multi_queue,
                                                    .must_be_new = true,
                                                    .owner = owner,
                                                    .made_in = made_in});
  if (!tap.ok()) return tap.status();
  if (const absl::Status status = mark(); !status.ok()) return status;
  // Not before all else: on failure, and if we are killed, it goes with the fd.
  if (ioctl(tap->fds[0].get(), TUNSETPERSIST, 1UL) == 0) return absl::OkStatus();
  return KernelError(errno, absl::StrCat("cannot make TAP ", name, " persistent"));
}

absl::Status SetTapOwner(const std::string& name, bool multi_queue, uid_t owner) {
  const absl::StatusOr<UniqueFd> fd = OpenTun(/*nonblocking=*/false);
  if (!fd.ok()) return fd.status();
  std::string opened(name);
  const absl::Status status = AttachQueue(*fd, multi_queue ? IFF_MULTI_QUEUE : 0, &opened);
  if (!status.ok()) return status;
  return SetOwnerOf(*fd, owner, opened);
}

absl::Status ResetTap(const std::string& name, bool multi_queue, std::optional<uid_t> owner) {
  const absl::StatusOr<UniqueFd> fd = OpenTun(/*nonblocking=*/false);
  if (!fd.ok()) return fd.status();
  TapQueues tap{.name = name};
  // NOFILTER: with a filter that is left, TUNSETIFF may say yes and attach nothing (tun_attach()).
  absl::Status status =
      AttachQueue(*fd, IFF_NOFILTER | kNoCarrier | (multi_queue ? IFF_MULTI_QUEUE : 0), &tap.name);
  if (status.ok() && multi_queue) {
    tap.fds.emplace_back(dup(fd->get()));
    status = CheckNobodyWasFaster(tap, /*is_new=*/false);
  }
  const auto set = [&](unsigned long request, const void* argument) {
    if (status.ok()) status = Set(*fd, request, argument, "back what its last user set", tap.name);
  };
  // As tun_set_iff() leaves a new one; 10 bytes are the first form of the header.
  const int header_size = 10, off = 0, send_buffer = INT_MAX, none = -1;
  const tun_filter no_addresses{};
  set(TUNSETOFFLOAD, nullptr);
  set(TUNSETVNETHDRSZ, &header_size);
  set(TUNSETVNETLE, &off);
  // EINVAL where nobody can have set it: without CONFIG_TUN_VNET_CROSS_LE.
  if (status.ok()) ioctl(fd->get(), TUNSETVNETBE, &off);
  set(TUNDETACHFILTER, nullptr);
  set(TUNSETTXFILTER, &no_addresses);
  set(TUNSETSTEERINGEBPF, &none);
  set(TUNSETFILTEREBPF, &none);
  set(TUNSETSNDBUF, &send_buffer);
  set(TUNSETDEBUG, nullptr);
  if (status.ok() && owner) status = SetOwnerOf(*fd, *owner, tap.name);
  return status;
}

uint32_t EnabledQueues(const std::string& name) {
  const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ethtool_channels channels{.cmd = ETHTOOL_GCHANNELS};
  ifreq request{};
  name.copy(request.ifr_name, sizeof(request.ifr_name) - 1);
  request.ifr_data = reinterpret_cast<char*>(&channels);
  return ioctl(socket.get(), SIOCETHTOOL, &request) == 0 ? channels.combined_count : 0;
}

bool TapExists(const UniqueFd& queue, std::string* name) {
  ifreq request{};
  if (ioctl(queue.get(), TUNGETIFF, &request) != 0) return false;  // EBADFD
  *name = request.ifr_name;
  return true;
}

UniqueFd TapNamespace(const UniqueFd& queue) {
  return UniqueFd(ioctl(queue.get(), TUNGETDEVNETNS));
}

}  // namespace vswitch
