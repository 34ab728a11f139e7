// Turns an errno into a Status that tells an administrator what failed, why, and what to do about
// it.
#ifndef VSWITCH_SWITCH_LINK_KERNEL_ERROR_H_
#define VSWITCH_SWITCH_LINK_KERNEL_ERROR_H_

#include <string>

#include "absl/status/status.h"

namespace vswitch {

// "cannot make TAP vm0: Operation not permitted (DETAIL): run vswitchd as root or ...".
// `what` says what was tried ("cannot make TAP vm0"); `detail` is what the kernel or a library said
// beyond the number, and may be empty. `error` is an errno, above 0. The code follows the errno:
// EPERM is PermissionDenied, EBUSY Unavailable, ENODEV NotFound, ENOMEM and EMFILE
// ResourceExhausted... Any thread.
absl::Status KernelError(int error, const std::string& what, const std::string& detail = {});

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_LINK_KERNEL_ERROR_H_
