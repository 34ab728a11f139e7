#include "switch/worker/ring.h"

#include <sys/mman.h>
#include <sys/utsname.h>

#include <cerrno>
#include <compare>
#include <cstdio>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"

namespace vswitch {
namespace {

absl::Status ExplainSetup(int error) {
  switch (error) {
    case EPERM: {
      int disabled = 0;
      std::ifstream("/proc/sys/kernel/io_uring_disabled") >> disabled;
      if (disabled != 0) {
        return absl::FailedPreconditionError(absl::StrCat(
            "io_uring is disabled on this host (sysctl kernel.io_uring_disabled = ", disabled,
            "): allow it with 'sysctl -w kernel.io_uring_disabled=0'"));
      }
      return absl::PermissionDeniedError(
          "the kernel refuses io_uring to this process: a seccomp filter or a security module "
          "forbids it (containers often do); allow io_uring_setup, io_uring_enter and "
          "io_uring_register");
    }
    case ENOSYS:
      return absl::UnimplementedError(
          "this kernel has no io_uring (CONFIG_IO_URING): vswitchd needs Linux 6.1 or later");
    case EINVAL:
      return absl::UnimplementedError(
          "this kernel's io_uring lacks SINGLE_ISSUER | DEFER_TASKRUN: vswitchd needs Linux 6.1 or "
          "later");
    case ENOMEM:
      return absl::ResourceExhaustedError(
          "no memory for an io_uring: raise the locked-memory limit (ulimit -l, LimitMEMLOCK=)");
    case EMFILE:
      return absl::ResourceExhaustedError(
          "no file descriptor left for an io_uring: raise the open-files limit (ulimit -n, "
          "LimitNOFILE=)");
    default:
      return absl::InternalError(absl::StrCat("io_uring_setup: ", strerror(error)));
  }
}

struct KernelVersion {
  int major = 0;
  int minor = 0;
  int patch = 0;
  friend auto operator<=>(const KernelVersion&, const KernelVersion&) = default;
};

// 0.0.0 when the kernel does not say.
KernelVersion RunningKernel() {
  KernelVersion version;
  utsname name{};
  if (uname(&name) == 0) {
    sscanf(name.release, "%d.%d.%d", &version.major, &version.minor, &version.patch);
  }
  return version;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Ring>> Ring::Create(const Options& options) {
  std::unique_ptr<Ring> ring(new Ring);
  // FMODE_NOWAIT of TAPs; before, RWF_NOWAIT is refused with EOPNOTSUPP.
  ring->write_flags_ = RunningKernel() >= KernelVersion{6, 4, 0} ? kNowait : 0;
  io_uring_params params{};
  params.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE |
                 IORING_SETUP_SUBMIT_ALL;
  if (options.flag_work) params.flags |= IORING_SETUP_TASKRUN_FLAG;
  params.cq_entries = options.completion_entries;
  int error = io_uring_queue_init_params(options.submission_entries, &ring->ring_, &params);
  if (error < 0) return ExplainSetup(-error);
  ring->open_ = true;

  error = io_uring_register_files_sparse(&ring->ring_, options.file_slots);
  if (error == -EMFILE) {
    return absl::ResourceExhaustedError(
        absl::StrCat("the open-files limit is below the ", options.file_slots,
                     " that the ports may need: raise it (ulimit -n, LimitNOFILE=)"));
  }
  if (error < 0) {
    return absl::InternalError(absl::StrCat("io_uring_register_files: ", strerror(-error)));
  }
  // The ring's own descriptor too: spares a look-up in every enter. Not vital, so not checked.
  io_uring_register_ring_fd(&ring->ring_);

  if (options.buffer_entries > 0) {
    ring->buffer_ring_bytes_ = options.buffer_entries * sizeof(io_uring_buf);
    void* memory = mmap(nullptr, ring->buffer_ring_bytes_, PROT_READ | PROT_WRITE,
                        MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
    if (memory == MAP_FAILED) return absl::ResourceExhaustedError("no memory for the buffer ring");
    ring->buffers_ = static_cast<io_uring_buf_ring*>(memory);
    io_uring_buf_ring_init(ring->buffers_);
    ring->buffer_mask_ = io_uring_buf_ring_mask(options.buffer_entries);
    io_uring_buf_reg registration{};
    registration.ring_addr = reinterpret_cast<uintptr_t>(memory);
    registration.ring_entries = options.buffer_entries;
    registration.bgid = kBufferGroup;
    error = io_uring_register_buf_ring(&ring->ring_, &registration, 0);
    if (error < 0) {
      return absl::InternalError(absl::StrCat("io_uring_register_buf_ring: ", strerror(-error)));
    }
  }
  return ring;
}

Ring::~Ring() {
  // Closing the ring cancels what is in flight before the buffers' memory goes.
  if (open_) io_uring_queue_exit(&ring_);
  if (buffers_ != nullptr) munmap(buffers_, buffer_ring_bytes_);
}

bool Ring::SupportsMultishotRead() {
  std::unique_ptr<io_uring_probe, void (*)(io_uring_probe*)> probe(io_uring_get_probe(),
                                                                   io_uring_free_probe);
  if (probe == nullptr || probe->last_op < kOpReadMultishot) return false;
  // 6.7.0 to 6.7.4 have the opcode with a defect that can lose a wake-up; no feature flag tells
  // them apart.
  return RunningKernel() >= KernelVersion{6, 7, 5};
}

absl::Status Ring::SetFile(uint32_t slot, int fd) {
  const int result = io_uring_register_files_update(&ring_, slot, &fd, 1);
  if (result == 1) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("io_uring_register_files_update: ", strerror(-result)));
}

}  // namespace vswitch
