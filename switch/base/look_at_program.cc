#include "switch/base/look_at_program.h"

#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "switch/base/unique_fd.h"

namespace vswitch {
namespace {

constexpr uint32_t kTcxIngress = 46;  // BPF_TCX_INGRESS, which Debian 12's headers do not have.

int Bpf(int command, bpf_attr* attr) {
  return static_cast<int>(syscall(SYS_bpf, command, attr, sizeof(*attr)));
}

}  // namespace

std::optional<std::string> ProgramName(uint32_t id) {
  bpf_attr get{};
  get.prog_id = id;
  const UniqueFd program(Bpf(BPF_PROG_GET_FD_BY_ID, &get));
  if (!program) return std::nullopt;
  bpf_prog_info info{};
  bpf_attr look{};
  look.info.bpf_fd = static_cast<uint32_t>(program.get());
  look.info.info_len = sizeof(info);
  look.info.info = reinterpret_cast<uintptr_t>(&info);
  if (Bpf(BPF_OBJ_GET_INFO_BY_FD, &look) != 0) return std::nullopt;
  return std::string(info.name, strnlen(info.name, sizeof(info.name)));
}

std::optional<bool> HasTcx(int ifindex) {
  bpf_attr query{};
  query.query.target_fd = static_cast<uint32_t>(ifindex);
  query.query.attach_type = kTcxIngress;
  if (Bpf(BPF_PROG_QUERY, &query) == 0) return true;
  return errno == EINVAL ? std::optional(false) : std::nullopt;
}

}  // namespace vswitch
