#include "switch/base/tcx.h"

#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>

namespace vswitch::tcx {
namespace {

constexpr uint32_t kIngress = 46;
constexpr uint32_t kEgress = 47;
constexpr uint32_t kReplace = 1 << 2;
constexpr uint32_t kBefore = 1 << 3;
// BPF_MPROG_MAX of the kernel.
constexpr size_t kMaxPrograms = 64;

uint32_t TypeOf(TcDirection direction) {
  return direction == TcDirection::kIngress ? kIngress : kEgress;
}

// The parts of union bpf_attr for BPF_PROG_ATTACH and BPF_PROG_DETACH, and for BPF_PROG_QUERY.
struct AttachAttr {
  uint32_t ifindex = 0;
  uint32_t program = 0;
  uint32_t type = 0;
  uint32_t flags = 0;
  uint32_t replaced = 0;
  uint32_t relative = 0;
  uint64_t revision = 0;
};
struct QueryAttr {
  uint32_t ifindex = 0;
  uint32_t type = 0;
  uint32_t query_flags = 0;
  uint32_t attach_flags = 0;
  uint64_t ids = 0;
  uint32_t count = 0;
  uint32_t unused = 0;
  uint64_t program_flags = 0;
  uint64_t link_ids = 0;
  uint64_t link_flags = 0;
  uint64_t revision = 0;
};

// 0, or an errno.
template <typename Attr>
int Bpf(int command, Attr* attr) {
  return syscall(SYS_bpf, command, attr, sizeof(*attr)) == 0 ? 0 : errno;
}

}  // namespace

std::vector<uint32_t> List(int ifindex, TcDirection direction) {
  std::vector<uint32_t> ids(kMaxPrograms);
  QueryAttr query{.ifindex = static_cast<uint32_t>(ifindex),
                  .type = TypeOf(direction),
                  .ids = reinterpret_cast<uintptr_t>(ids.data()),
                  .count = kMaxPrograms};
  ids.resize(Bpf(BPF_PROG_QUERY, &query) == 0 ? query.count : 0);
  return ids;
}

int Attach(int ifindex, TcDirection direction, int program, int replaced) {
  AttachAttr attach{.ifindex = static_cast<uint32_t>(ifindex),
                    .program = static_cast<uint32_t>(program),
                    .type = TypeOf(direction),
                    .flags = kBefore};
  if (replaced >= 0) {
    attach.flags = kReplace;
    attach.replaced = static_cast<uint32_t>(replaced);
  }
  return Bpf(BPF_PROG_ATTACH, &attach);
}

int Detach(int ifindex, TcDirection direction, int program) {
  AttachAttr detach{.ifindex = static_cast<uint32_t>(ifindex),
                    .program = static_cast<uint32_t>(program),
                    .type = TypeOf(direction)};
  return Bpf(BPF_PROG_DETACH, &detach);
}

}  // namespace vswitch::tcx
