#include "tests/tcx.h"

#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <net/if.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

#include "switch/base/unique_fd.h"

namespace vswitch::testing {
namespace {

// Of Linux 6.6.
constexpr uint32_t kTcxIngress = 46;
constexpr uint32_t kReplace = 1 << 2;

struct Change {
  uint32_t ifindex, program, type, flags, replaced, relative;
  uint64_t revision;
};
struct Query {
  uint32_t ifindex, type, query_flags, attach_flags;
  uint64_t ids;
  uint32_t count, unused;
  uint64_t program_flags, link_ids, link_flags, revision;
};

uint32_t TypeOf(Tcx hook) { return kTcxIngress + (hook == Tcx::kEgress); }

template <typename Attr>
bool Bpf(int command, Attr attr) {
  return syscall(SYS_bpf, command, &attr, sizeof(attr)) == 0;
}

std::vector<UniqueFd> Programs(const std::string& device, Tcx hook) {
  uint32_t ids[64] = {};
  Query query{.ifindex = if_nametoindex(device.c_str()), .type = TypeOf(hook)};
  query.ids = reinterpret_cast<uintptr_t>(ids);
  query.count = 64;
  std::vector<UniqueFd> programs;
  if (!Bpf(BPF_PROG_QUERY, query)) return programs;
  for (int i = 0; i < 64 && ids[i] != 0; ++i) programs.emplace_back(bpf_prog_get_fd_by_id(ids[i]));
  return programs;
}

}  // namespace

bool HasTcx() {
  return Bpf(BPF_PROG_QUERY, Query{.ifindex = if_nametoindex("lo"), .type = kTcxIngress});
}

std::vector<std::string> TcxPrograms(const std::string& device, Tcx hook) {
  std::vector<std::string> names;
  for (const UniqueFd& program : Programs(device, hook)) {
    bpf_prog_info info{};
    uint32_t length = sizeof(info);
    bpf_obj_get_info_by_fd(program.get(), &info, &length);
    names.emplace_back(info.name);
  }
  return names;
}

bool ClearTcx(const std::string& device, Tcx hook) {
  const uint32_t ifindex = if_nametoindex(device.c_str());
  for (const UniqueFd& program : Programs(device, hook)) {
    if (!Bpf(BPF_PROG_DETACH, Change{.ifindex = ifindex,
                                     .program = static_cast<uint32_t>(program.get()),
                                     .type = TypeOf(hook)})) {
      return false;
    }
  }
  return true;
}

bool ReplaceTcx(const std::string& device, Tcx hook) {
  const bpf_insn next[] = {
      {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = TC_ACT_UNSPEC},
      {.code = BPF_JMP | BPF_EXIT},
  };
  const UniqueFd program(
      bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "theirs", "GPL", next, std::size(next), nullptr));
  const std::vector<UniqueFd> present = Programs(device, hook);
  Change change{.ifindex = if_nametoindex(device.c_str()),
                .program = static_cast<uint32_t>(program.get()),
                .type = TypeOf(hook)};
  if (!present.empty()) {
    change.flags = kReplace;
    change.replaced = static_cast<uint32_t>(present.front().get());
  }
  return program && Bpf(BPF_PROG_ATTACH, change);
}

}  // namespace vswitch::testing
