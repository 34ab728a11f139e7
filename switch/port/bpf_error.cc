#include "switch/port/bpf_error.h"

#include <bpf/libbpf.h>

#include <cerrno>
#include <cstdarg>
#include <cstdio>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "glog/logging.h"
#include "switch/link/kernel_error.h"

namespace vswitch {
namespace {

thread_local std::string first_warning;

int OnLibbpfPrint(libbpf_print_level level, const char* format, va_list arguments) {
  char line[512];
  vsnprintf(line, sizeof(line), format, arguments);
  const absl::string_view text = absl::StripAsciiWhitespace(line);
  if (level == LIBBPF_WARN && first_warning.empty()) {
    first_warning = std::string(absl::StripPrefix(text, "libbpf: "));
  }
  if (level != LIBBPF_DEBUG) VLOG(1) << text;
  return 0;
}

}  // namespace

void ListenToLibbpf() {
  static const bool once = [] {
    libbpf_set_print(OnLibbpfPrint);
    return true;
  }();
  (void)once;
  first_warning.clear();
}

absl::Status BpfError(int error, const std::string& what) {
  const std::string detail = first_warning.empty() ? "" : absl::StrCat("libbpf: ", first_warning);
  if (error == ENOENT) {
    return absl::FailedPreconditionError(absl::StrCat(
        what, ": the kernel has no clsact qdisc or no BPF classifier: load the modules ",
        "sch_ingress and cls_bpf (CONFIG_NET_SCH_INGRESS, CONFIG_NET_CLS_BPF)"));
  }
  if (error == ERANGE) {
    return absl::ResourceExhaustedError(
        absl::StrCat(what, ": its tc hook is full of BPF programs: 'bpftool net' lists them"));
  }
  if (error != EPERM) return KernelError(error, what, detail);
  return absl::PermissionDeniedError(
      absl::StrCat(what, ": Operation not permitted", detail.empty() ? "" : " (", detail,
                   detail.empty() ? "" : ")", ": run vswitchd as root or give it CAP_BPF and ",
                   "CAP_NET_ADMIN"));
}

}  // namespace vswitch
