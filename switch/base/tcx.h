// The system calls for BPF programs in the tcx hooks of netdevs: of Linux 6.6, hence in neither the
// headers nor the libbpf of Debian 12. Thread-safety: any thread.
#ifndef VSWITCH_SWITCH_BASE_TCX_H_
#define VSWITCH_SWITCH_BASE_TCX_H_

#include <cstdint>
#include <vector>

namespace vswitch {

enum class TcDirection { kIngress, kEgress };

namespace tcx {

// The ids of the programs there, first to last; none where there is no tcx.
std::vector<uint32_t> List(int ifindex, TcDirection direction);
// 0, or an errno; EINVAL where there is no tcx. In the place of `replaced`, or first when that is
// -1: then the kernel waits for its readers. Both are descriptors.
int Attach(int ifindex, TcDirection direction, int program, int replaced);
// 0, or an errno. The kernel waits for its readers.
int Detach(int ifindex, TcDirection direction, int program);

}  // namespace tcx
}  // namespace vswitch

#endif  // VSWITCH_SWITCH_BASE_TCX_H_
