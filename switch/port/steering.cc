#include "switch/port/steering.h"

#include <bpf/libbpf.h>
#include <linux/if_tun.h>
#include <sys/ioctl.h>

#include <cerrno>
#include <memory>

#include "absl/strings/str_cat.h"
#include "switch/link/kernel_error.h"
#include "switch/port/steering.skel.h"

namespace vswitch {

absl::Status SteerByFlow(const UniqueFd& queue, const std::string& name) {
  const std::string what = absl::StrCat("cannot steer flows to the queues of TAP ", name);
  const std::unique_ptr<steering_bpf, void (*)(steering_bpf*)> object(steering_bpf__open_and_load(),
                                                                      steering_bpf__destroy);
  if (object == nullptr) {
    return KernelError(errno, what, "vswitchd needs CAP_BPF and CAP_NET_ADMIN for several workers");
  }
  const int program = bpf_program__fd(object->progs.steer_flow);
  if (ioctl(queue.get(), TUNSETSTEERINGEBPF, &program) == 0) return absl::OkStatus();
  return KernelError(errno, what);
}

}  // namespace vswitch
