// What libbpf and bpf(2) refuse, in words. Thread-safety: any thread.
#ifndef VSWITCH_SWITCH_PORT_BPF_ERROR_H_
#define VSWITCH_SWITCH_PORT_BPF_ERROR_H_

#include <string>

#include "absl/status/status.h"

namespace vswitch {

// Before calls into libbpf: it prints to stderr unless told otherwise, and says there, not in its
// return value, what the verifier or the kernel's netlink answered. The first that it says after
// this goes into BpfError()'s message.
void ListenToLibbpf();

// `error`: an errno. PermissionDenied without CAP_BPF and CAP_NET_ADMIN.
absl::Status BpfError(int error, const std::string& what);

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_PORT_BPF_ERROR_H_
