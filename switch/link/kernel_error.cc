#include "switch/link/kernel_error.h"

#include <cerrno>
#include <string>

#include "absl/strings/str_cat.h"

namespace vswitch {
namespace {

const char* Cure(int error) {
  switch (error) {
    case EPERM:
    case EACCES:
      return ": run vswitchd as root or give it CAP_NET_ADMIN, CAP_NET_RAW and CAP_BPF";
    case EMFILE:
      return ": vswitchd has too many open files; raise its limit (LimitNOFILE=, ulimit -n)";
    case ENFILE:
      return ": the system has too many open files; raise the sysctl fs.file-max";
    case ENOMEM:
    case ENOBUFS:
      return ": the kernel has no memory for it; free some, or choose a smaller txqueuelen";
    default:
      return "";
  }
}

absl::StatusCode Code(int error) {
  switch (error) {
    case ENODEV:
    case ENXIO:
      return absl::StatusCode::kNotFound;
    case EBUSY:
      return absl::StatusCode::kUnavailable;
    case ENOBUFS:
    case EMFILE:
    case ENFILE:
      return absl::StatusCode::kResourceExhausted;
    default:
      return absl::ErrnoToStatusCode(error);
  }
}

}  // namespace

absl::Status KernelError(int error, const std::string& what, const std::string& detail) {
  // ErrnoToStatus appends ": " and the number's text; strerror() is not for threads.
  std::string message(absl::ErrnoToStatus(error, what).message());
  if (!detail.empty()) absl::StrAppend(&message, " (", detail, ")");
  absl::StrAppend(&message, Cure(error));
  return absl::Status(Code(error), message);
}

}  // namespace vswitch
