#include "tests/tcx.h"

#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <net/if.h>

#include <cerrno>
#include <iterator>

#include "switch/base/unique_fd.h"

namespace vswitch::testing {
namespace {

int IndexOf(const std::string& device) { return static_cast<int>(if_nametoindex(device.c_str())); }

std::vector<UniqueFd> Programs(const std::string& device, TcDirection direction) {
  std::vector<UniqueFd> programs;
  for (const uint32_t id : tcx::List(IndexOf(device), direction)) {
    programs.emplace_back(bpf_prog_get_fd_by_id(id));
  }
  return programs;
}

}  // namespace

// Without tcx the kernel does not come to look at the program.
bool HasTcx() { return tcx::Attach(IndexOf("lo"), TcDirection::kIngress, -1, -1) != EINVAL; }

std::vector<std::string> TcxPrograms(const std::string& device, TcDirection direction) {
  std::vector<std::string> names;
  for (const UniqueFd& program : Programs(device, direction)) {
    bpf_prog_info info{};
    uint32_t length = sizeof(info);
    bpf_obj_get_info_by_fd(program.get(), &info, &length);
    names.emplace_back(info.name);
  }
  return names;
}

bool ClearTcx(const std::string& device, TcDirection direction) {
  for (const UniqueFd& program : Programs(device, direction)) {
    if (tcx::Detach(IndexOf(device), direction, program.get()) != 0) return false;
  }
  return true;
}

bool ReplaceTcx(const std::string& device, TcDirection direction) {
  const bpf_insn next[] = {
      {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = TC_ACT_UNSPEC},
      {.code = BPF_JMP | BPF_EXIT},
  };
  const UniqueFd program(
      bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "theirs", "GPL", next, std::size(next), nullptr));
  const std::vector<UniqueFd> present = Programs(device, direction);
  const int replaced = present.empty() ? -1 : present.front().get();
  return program && tcx::Attach(IndexOf(device), direction, program.get(), replaced) == 0;
}

}  // namespace vswitch::testing
