#include "cli/doctor/machine.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/io_uring.h>
#include <net/if.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "cli/doctor/services.h"
#include "switch/base/look_at_program.h"
#include "switch/base/str_cat.h"
#include "switch/base/unique_fd.h"

namespace vswitch {
namespace {

// ---- What only trying can tell ----

int TryIoUring() {
  io_uring_params params{};
  const UniqueFd ring(static_cast<int>(syscall(__NR_io_uring_setup, 8, &params)));
  return ring ? 0 : errno;
}

// A program of the kind that is put on netdevs: "r0 = 0; exit".
int TryBpf() {
  const std::array<bpf_insn, 2> code = {
      bpf_insn{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0},
      bpf_insn{.code = BPF_JMP | BPF_EXIT, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0}};
  constexpr char kLicense[] = "Dual MIT/GPL";
  bpf_attr attr{};
  attr.prog_type = BPF_PROG_TYPE_SCHED_CLS;
  attr.insns = reinterpret_cast<uintptr_t>(code.data());
  attr.insn_cnt = code.size();
  attr.license = reinterpret_cast<uintptr_t>(kLicense);
  const UniqueFd program(static_cast<int>(syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr))));
  return program ? 0 : errno;
}

int TryTun(const std::string& path) {
  const UniqueFd tun(open(path.c_str(), O_RDWR | O_CLOEXEC));
  return tun ? 0 : errno;
}

// ---- Files ----

// "0001a2b3 00000004 ...": a line for each CPU, whose second number counts frames that found the
// backlog full.
absl::StatusOr<uint64_t> ReadBacklogDrops(const SystemFiles& files) {
  const absl::StatusOr<std::string> text = files.Read("/proc/net/softnet_stat");
  if (!text.ok()) return text.status();
  uint64_t sum = 0;
  for (const absl::string_view line : absl::StrSplit(*text, '\n')) {
    const std::vector<std::string> numbers = absl::StrSplit(line, ' ');
    uint64_t dropped = 0;
    if (numbers.size() > 1 && absl::SimpleHexAtoi(numbers[1], &dropped)) sum += dropped;
  }
  return sum;
}

// "Max open files            1024        524288    files": the soft limit, or the hard one.
absl::StatusOr<uint64_t> LimitOf(const std::string& limits, const std::string& name,
                                 bool hard = false) {
  const size_t which = hard ? 1 : 0;
  for (const absl::string_view line : absl::StrSplit(limits, '\n')) {
    if (!absl::StartsWith(line, name)) continue;
    const std::vector<std::string> words =
        absl::StrSplit(line.substr(name.size()), ' ', absl::SkipEmpty());
    uint64_t number = 0;
    if (words.size() > which && words[which] == "unlimited") return UINT64_MAX;
    if (words.size() > which && absl::SimpleAtoi(words[which], &number)) return number;
  }
  return absl::NotFoundError(StrCat("/proc does not tell its limit '", name, "'"));
}

bool HasSeccompFilter(const SystemFiles& files) {
  return absl::StrContains(files.Read("/proc/self/status").value_or(""), "Seccomp:\t2");
}

absl::StatusOr<std::string> NetNamespaceOf(const SystemFiles& files, const std::string& process) {
  const std::string path = StrCat(files.root, "/proc/", process, "/ns/net");
  char text[64];
  const ssize_t length = readlink(path.c_str(), text, sizeof(text));
  if (length < 0) return absl::ErrnoToStatus(errno, StrCat("cannot look at ", path));
  return std::string(text, static_cast<size_t>(length));
}

absl::StatusOr<bool> SameNamespace(const SystemFiles& files, pid_t daemon) {
  const absl::StatusOr<std::string> its = NetNamespaceOf(files, StrCat(daemon));
  if (!its.ok()) return its.status();
  const absl::StatusOr<std::string> own = NetNamespaceOf(files, "self");
  if (!own.ok()) return own.status();
  return *its == *own;
}

}  // namespace

absl::StatusOr<std::string> SystemFiles::Read(const std::string& path) const {
  const auto failed = [&] { return absl::ErrnoToStatus(errno, StrCat("cannot read ", path)); };
  const UniqueFd file(open((root + path).c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return failed();
  // What /proc holds has no size before it is read.
  std::string content;
  char part[4096];
  ssize_t length = 0;
  while ((length = read(file.get(), part, sizeof(part))) > 0) {
    content.append(part, static_cast<size_t>(length));
  }
  if (length < 0) return failed();
  if (!content.empty() && content.back() == '\n') content.pop_back();
  return content;
}

std::string MachineFacts::AsRoot(std::string_view command) const {
  return host->euid == 0 ? std::string(command) : StrCat("sudo ", command);
}

DaemonFacts ReadDaemon(const SystemFiles& files, absl::StatusOr<Json> show, pid_t peer) {
  DaemonFacts daemon;
  daemon.answered = show.status();
  if (!show.ok()) return daemon;
  daemon.show = *std::move(show);
  daemon.pid = peer;
  if (peer <= 0) {
    const absl::Status hidden = absl::NotFoundError("its process is in another PID namespace");
    daemon.capabilities = daemon.open_files = daemon.locked_memory = hidden;
    daemon.is_here = hidden;
    return daemon;
  }
  const absl::StatusOr<std::string> status = files.Read(StrCat("/proc/", peer, "/status"));
  if (status.ok()) {
    daemon.capabilities = StatusCapabilities(*status);
  } else {
    daemon.capabilities = status.status();
  }
  const absl::StatusOr<std::string> limits = files.Read(StrCat("/proc/", peer, "/limits"));
  if (limits.ok()) {
    daemon.open_files = LimitOf(*limits, "Max open files");
    daemon.locked_memory = LimitOf(*limits, "Max locked memory");
    daemon.most_open_files = LimitOf(*limits, "Max open files", true).value_or(0);
    daemon.most_locked_memory = LimitOf(*limits, "Max locked memory", true).value_or(0);
  } else {
    daemon.open_files = daemon.locked_memory = limits.status();
  }
  daemon.is_here = SameNamespace(files, peer);
  return daemon;
}

MachineFacts ReadMachine(const Host& host, SystemFiles files, DaemonFacts daemon) {
  MachineFacts facts;
  facts.host = &host;
  utsname name{};
  uname(&name);
  facts.kernel = name.release;
  facts.io_uring_disabled = files.Read("/proc/sys/kernel/io_uring_disabled");
  facts.io_uring_error = TryIoUring();
  facts.has_seccomp_filter = HasSeccompFilter(files);
  facts.tun_error = TryTun(host.tun_path);
  facts.bpf_error = TryBpf();
  facts.has_tcx = HasTcx(static_cast<int>(if_nametoindex("lo")));
  facts.bpf_jit = files.Read("/proc/sys/net/core/bpf_jit_enable");
  facts.bridge_nf_call = files.Read("/proc/sys/net/bridge/bridge-nf-call-iptables");
  facts.bridge_nf_call6 = files.Read("/proc/sys/net/bridge/bridge-nf-call-ip6tables");
  facts.backlog = files.Read("/proc/sys/net/core/netdev_max_backlog");
  facts.backlog_drops = ReadBacklogDrops(files);
  facts.services = RunningServices(files);
  facts.daemon = std::move(daemon);
  facts.files = std::move(files);
  return facts;
}

}  // namespace vswitch
