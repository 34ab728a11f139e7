#include "cli/doctor/machine_checks.h"

#include <linux/capability.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <tuple>

#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"
#include "cli/format.h"
#include "switch/base/str_cat.h"
#include "switch/rpc/protocol.h"

namespace vswitch {
namespace {

std::string Words(const absl::Status& status) { return std::string(status.message()); }

Judgement CannotSee(const absl::Status& why, const MachineFacts& facts) {
  return Unknown(Words(why), absl::IsPermissionDenied(why) && facts.host->euid != 0
                                 ? StrCat("sudo ", facts.vswitchctl, " doctor")
                                 : "");
}

Judgement Kernel(const MachineFacts& facts) {
  int major = 0;
  int minor = 0;
  int patch = 0;
  if (sscanf(facts.kernel.c_str(), "%d.%d.%d", &major, &minor, &patch) < 2) {
    return Unknown(StrCat("'", facts.kernel, "' is no version that can be read"));
  }
  const auto version = std::tuple(major, minor, patch);
  if (version < std::tuple(6, 1, 0)) {
    return Problem(StrCat("Linux ", facts.kernel, " is older than 6.1"),
                   facts.AsRoot("apt-get install linux-image-amd64"));
  }
  if (version < std::tuple(6, 7, 5)) {
    return Well(StrCat("Linux ", facts.kernel, "; from 6.7.5 on reads are multishot, and faster"));
  }
  return Well(StrCat("Linux ", facts.kernel));
}

constexpr char kAllowIoUring[] = "sysctl -w kernel.io_uring_disabled=0";

Judgement IoUring(const MachineFacts& facts) {
  const std::string sysctl = facts.io_uring_disabled.value_or("0");
  if (sysctl == "2") {
    return Problem("kernel.io_uring_disabled=2 forbids io_uring to everybody",
                   facts.AsRoot(kAllowIoUring));
  }
  if (sysctl == "1") {
    const absl::StatusOr<uint64_t>& daemon = facts.daemon.capabilities;
    if (daemon.ok() && (*daemon >> CAP_SYS_ADMIN & 1) == 0) {
      return Problem(
          "kernel.io_uring_disabled=1 forbids io_uring without CAP_SYS_ADMIN, which "
          "vswitchd does not have: its next start fails",
          facts.AsRoot(kAllowIoUring));
    }
    if (facts.io_uring_error == EPERM) {
      return Well("kernel.io_uring_disabled=1 allows it to CAP_SYS_ADMIN alone, which root has");
    }
  }
  switch (facts.io_uring_error) {
    case 0:
      return Well("a ring can be made");
    case ENOSYS:
    case EPERM:
    case EACCES:
      if (facts.has_seccomp_filter) {
        return Problem(
            "a seccomp filter of this process forbids io_uring, as container engines "
            "have it: vswitchd needs a profile that allows io_uring_setup, "
            "io_uring_enter and io_uring_register",
            "docker run --security-opt seccomp=unconfined ...");
      }
      return Problem(StrCat("the kernel refuses a ring: ", strerror(facts.io_uring_error)),
                     "grep CONFIG_IO_URING /boot/config-$(uname -r)");
    default:
      return Problem(StrCat("a ring cannot be made: ", strerror(facts.io_uring_error)),
                     "ulimit -l unlimited");
  }
}

Judgement Tun(const MachineFacts& facts) {
  const std::string path = ShellQuote(facts.host->tun_path);
  switch (facts.tun_error) {
    case 0:
      return Well(StrCat(facts.host->tun_path, " can be opened"));
    case ENOENT:
    case ENXIO:
    case ENODEV:
      return Problem(
          StrCat("there is no ", facts.host->tun_path,
                 ", through which QEMU and "
                 "vswitchd open every TAP; a container is given it by '--device ",
                 path, "'"),
          facts.AsRoot("sh -c 'modprobe -q tun; [ -e /dev/net/tun ] || "
                       "{ mkdir -p /dev/net && mknod -m 0666 /dev/net/tun c 10 200; }'"));
    case EACCES:
    case EPERM:
      return Problem(StrCat("this user may not open ", facts.host->tun_path,
                            ", through which QEMU opens every TAP"),
                     facts.AsRoot(StrCat("chmod 0666 ", path)));
    default:
      return Problem(StrCat("cannot open ", facts.host->tun_path, ": ", strerror(facts.tun_error)),
                     facts.AsRoot("modprobe tun"));
  }
}

Judgement Bpf(const MachineFacts& facts) {
  if (facts.bpf_error == 0) return Well("a tc program can be loaded");
  if (!facts.Has(CAP_BPF) && !facts.Has(CAP_SYS_ADMIN)) {
    return Unknown("only who has CAP_BPF can try to load a program",
                   StrCat("sudo ", facts.vswitchctl, " doctor"));
  }
  return Problem(StrCat("the kernel does not load a tc program: ", strerror(facts.bpf_error)),
                 "grep -E 'CONFIG_(BPF_SYSCALL|NET_CLS_BPF)' /boot/config-$(uname -r)");
}

Judgement Tcx(const MachineFacts& facts) {
  if (!facts.has_tcx.has_value()) {
    return Unknown("only who has CAP_NET_ADMIN can ask for it",
                   StrCat("sudo ", facts.vswitchctl, " doctor"));
  }
  if (*facts.has_tcx) return Well("programs on devices are out of tc's reach");
  return Warning(
      "this kernel has no tcx (6.6 has): who takes a filter off a guest's TAP lets its "
      "frames into the host until it is put back",
      facts.AsRoot("apt-get install linux-image-amd64"));
}

Judgement BpfJit(const MachineFacts& facts) {
  if (absl::IsNotFound(facts.bpf_jit.status())) return Well("this kernel compiles all programs");
  if (!facts.bpf_jit.ok()) return CannotSee(facts.bpf_jit.status(), facts);
  if (*facts.bpf_jit != "0") return Well("programs are compiled");
  return Warning(
      "net.core.bpf_jit_enable=0: the fast path's programs are interpreted, several "
      "times as slow",
      facts.AsRoot("sysctl -w net.core.bpf_jit_enable=1"));
}

// Whether the daemon on the socket is systemd's to start: the unit's is the default socket.
bool IsOfUnit(const MachineFacts& facts) {
  if (!facts.socket_flag.empty()) return false;
  for (const char* folder : {"/usr/lib", "/lib", "/etc"}) {
    if (facts.files.Read(StrCat(folder, "/systemd/system/vswitchd.service")).ok()) return true;
  }
  return false;
}

// How to "start" or "restart" it. One that was started by hand has flags that we do not know: it is
// ended, if it can be told which it is, and its user starts it again.
std::string StartCommand(const MachineFacts& facts, std::string_view verb) {
  if (IsOfUnit(facts)) return facts.AsRoot(StrCat("systemctl ", verb, " vswitchd"));
  if (verb == "start") return facts.AsRoot(StrCat("vswitchd", facts.socket_flag, " &"));
  return facts.daemon.pid == 0 ? "" : facts.AsRoot(StrCat("kill ", facts.daemon.pid));
}

Judgement Daemon(const MachineFacts& facts) {
  const bool is_of_unit = IsOfUnit(facts);
  const absl::Status& answered = facts.daemon.answered;
  if (absl::IsPermissionDenied(answered)) {
    return Unknown(Words(answered), StrCat("sudo ", facts.vswitchctl, " doctor"));
  }
  if (absl::IsDeadlineExceeded(answered)) {
    // A second one would not get the socket.
    return Problem(StrCat(Words(answered),
                          is_of_unit ? "" : "; if it hangs, end it (kill PID) and start it anew"),
                   StartCommand(facts, "restart"));
  }
  if (!answered.ok()) return Problem(Words(answered), StartCommand(facts, "start"));
  const std::string version = TextField(facts.daemon.show, "version");
  const std::string who = facts.daemon.pid == 0 ? "" : StrCat(", process ", facts.daemon.pid);
  if (version != kVersion) {
    return Warning(StrCat("vswitchd is ", version, ", vswitchctl ", kVersion, who,
                          is_of_unit ? "" : "; end it, and start it anew as it was started"),
                   StartCommand(facts, "restart"));
  }
  return Well(StrCat("vswitchd ", version, " answers", who));
}

Judgement Namespace(const MachineFacts& facts) {
  if (!facts.daemon.is_here.ok()) return CannotSee(facts.daemon.is_here.status(), facts);
  if (*facts.daemon.is_here) return Well("vswitchd is in this network namespace");
  return Warning(
      "vswitchd is in another network namespace, and so are its ports' devices",
      facts.AsRoot(StrCat("nsenter -t ", facts.daemon.pid, " -n ", facts.vswitchctl, " doctor")));
}

// Writes what a unit's drop-in is to say; the running daemon keeps what it was started with.
std::string DropIn(const MachineFacts& facts, std::string_view setting) {
  constexpr char kFolder[] = "/etc/systemd/system/vswitchd.service.d";
  return StrCat(facts.AsRoot("mkdir -p "), kFolder, " && printf '[Service]\\n", setting, "\\n' | ",
                facts.AsRoot("tee -a "), kFolder, "/doctor.conf && ",
                facts.AsRoot("systemctl daemon-reload"));
}

Judgement Capabilities(const MachineFacts& facts) {
  const absl::StatusOr<uint64_t>& has = facts.daemon.capabilities;
  if (!has.ok()) return CannotSee(has.status(), facts);
  const struct {
    int number;
    std::string_view name;
    std::string_view without;
  } kWanted[] = {
      {CAP_NET_ADMIN, "CAP_NET_ADMIN", "makes no device"},
      {CAP_BPF, "CAP_BPF", "loads no program"},
      {CAP_NET_RAW, "CAP_NET_RAW", "serves no port of type netdev"},
      {CAP_SYS_ADMIN, "CAP_SYS_ADMIN",
       "takes over nothing from a daemon that was killed, and cannot keep other users off a TAP of "
       "several queues while it is made"},
  };
  std::vector<std::string> names;
  std::vector<std::string> losses;
  bool works = true;
  const bool all_bpf = (*has >> CAP_SYS_ADMIN & 1) != 0;
  for (const auto& wanted : kWanted) {
    if ((*has >> wanted.number & 1) != 0 || (wanted.number == CAP_BPF && all_bpf)) continue;
    names.emplace_back(wanted.name);
    losses.emplace_back(wanted.without);
    works = works && (wanted.number == CAP_NET_RAW || wanted.number == CAP_SYS_ADMIN);
  }
  if (names.empty()) return Well("it has all that it uses");
  const std::string detail =
      StrCat("without ", absl::StrJoin(names, ", "), " it ", absl::StrJoin(losses, "; "));
  const std::string list = absl::StrJoin(names, " ");
  const std::string cure =
      StrCat(DropIn(facts, StrCat("CapabilityBoundingSet=", list, "\\nAmbientCapabilities=", list)),
             " && ", facts.AsRoot("systemctl restart vswitchd"));
  return works ? Warning(detail, cure) : Problem(detail, cure);
}

struct Limit {
  std::string_view option;   // Of prlimit.
  std::string_view setting;  // Of a unit.
  std::string_view ulimit;   // Of the shell that starts it.
  uint64_t wanted;
};

// Sets it for the running daemon, the hard one, too, where that is in the way, and for its next
// start where that is systemd's.
Judgement LowLimit(const MachineFacts& facts, const Limit& limit, uint64_t most,
                   const std::string& detail) {
  const std::string now =
      facts.AsRoot(StrCat("prlimit --pid ", facts.daemon.pid, " --", limit.option, "=",
                          limit.wanted, ":", most >= limit.wanted ? "" : StrCat(limit.wanted)));
  if (IsOfUnit(facts)) return Warning(detail, StrCat(now, " && ", DropIn(facts, limit.setting)));
  return Warning(StrCat(detail, "; before its next start: ", limit.ulimit), now);
}

Judgement OpenFiles(const MachineFacts& facts) {
  const absl::StatusOr<uint64_t>& limit = facts.daemon.open_files;
  if (!limit.ok()) return CannotSee(limit.status(), facts);
  // A port's twin, its programs, and a queue for each worker.
  constexpr uint64_t kPorts = 4096;
  constexpr uint64_t kOfAPort = 4;
  constexpr uint64_t kOthers = 256;
  constexpr uint64_t kAll = kPorts * kOfAPort + kOthers;
  if (*limit >= kAll) return Well(StrCat("may open ", *limit));
  const uint64_t room = *limit > kOthers ? (*limit - kOthers) / kOfAPort : 0;
  const std::string setting = StrCat("LimitNOFILE=", kAll);
  const std::string ulimit = StrCat("ulimit -n ", kAll);
  return LowLimit(
      facts, {.option = "nofile", .setting = setting, .ulimit = ulimit, .wanted = kAll},
      facts.daemon.most_open_files,
      StrCat("may open ", *limit, " files: enough for some ", room, " ports of ", kPorts));
}

Judgement LockedMemory(const MachineFacts& facts) {
  const absl::StatusOr<uint64_t>& limit = facts.daemon.locked_memory;
  if (!limit.ok()) return CannotSee(limit.status(), facts);
  const absl::StatusOr<uint64_t>& has = facts.daemon.capabilities;
  if (has.ok() && (*has >> CAP_IPC_LOCK & 1) != 0) return Well("it is bound by no limit");
  // What systemd and the kernel give by default.
  constexpr uint64_t kLeast = uint64_t{8} << 20;
  if (*limit >= kLeast) return Well(StrCat("may lock ", *limit, " bytes"));
  return LowLimit(facts,
                  {.option = "memlock",
                   .setting = "LimitMEMLOCK=infinity",
                   .ulimit = "ulimit -l unlimited",
                   .wanted = kLeast},
                  facts.daemon.most_locked_memory,
                  StrCat("may lock ", *limit, " bytes: a ring of its next start may not fit"));
}

Judgement Backlog(const MachineFacts& facts) {
  if (absl::IsNotFound(facts.backlog.status())) {
    return Well("it is the host's own, and not this network namespace's");
  }
  if (!facts.backlog.ok()) return CannotSee(facts.backlog.status(), facts);
  if (!facts.backlog_drops.ok()) return CannotSee(facts.backlog_drops.status(), facts);
  uint64_t length = 0;
  if (!absl::SimpleAtoi(*facts.backlog, &length)) return Unknown("it cannot be read");
  if (*facts.backlog_drops == 0) return Well("nothing was lost there");
  constexpr uint64_t kLong = 10'000;
  if (length >= kLong) {
    return Well(
        StrCat(*facts.backlog_drops, " frames were lost there, and it is long now: ", length));
  }
  return Warning(
      StrCat("net.core.netdev_max_backlog=", length, ": ", *facts.backlog_drops,
             " frames for internal ports and other devices of this host were lost there"),
      facts.AsRoot(StrCat("sysctl -w net.core.netdev_max_backlog=", kLong)));
}

// Whether they take a port's device is asked of each port.
Judgement RunningOnes(const MachineFacts& facts) {
  if (facts.services.empty()) return Well("none runs");
  return Well(StrCat(absl::StrJoin(facts.services, ", "),
                     ": whether a port is theirs, its check 'services' says"));
}

constexpr MachineCheck kChecks[] = {
    {"kernel", "machine", "the version of Linux: 6.1 or later", Kernel},
    {"io_uring", "machine",
     "whether a ring can be made: kernel.io_uring_disabled, seccomp, the kernel itself", IoUring},
    {"tun", "machine", "whether this user can open /dev/net/tun", Tun},
    {"bpf", "machine", "whether a tc program can be loaded", Bpf},
    {"tcx", "machine", "whether programs have a place that tc does not reach (Linux 6.6)", Tcx},
    {"bpf_jit", "machine", "net.core.bpf_jit_enable: whether programs are compiled", BpfJit},
    {"backlog", "machine",
     "net.core.netdev_max_backlog, if frames to devices of this host were lost there", Backlog},
    {"network_services", "machine",
     "whether NetworkManager, systemd-networkd, dhcpcd or connman run", RunningOnes},
    {"daemon", "vswitchd", "whether it answers, and is of this release", Daemon},
    {"namespace", "vswitchd", "whether its devices are here", Namespace, true},
    {"capabilities", "vswitchd", "CAP_NET_ADMIN, CAP_BPF, CAP_NET_RAW, CAP_SYS_ADMIN", Capabilities,
     true},
    {"open_files", "vswitchd", "how many files it may open: some for each port", OpenFiles, true},
    {"locked_memory", "vswitchd", "how much memory it may lock: its rings", LockedMemory, true},
};

}  // namespace

std::span<const MachineCheck> MachineChecks() { return kChecks; }

}  // namespace vswitch
