#include "cli/capture/compile_filter.h"

#include <dlfcn.h>
#include <pcap/pcap.h>

#include "absl/cleanup/cleanup.h"
#include "cli/capture/pcapng.h"
#include "cli/exit_code.h"
#include "switch/base/str_cat.h"

namespace vswitch {
namespace {

// libpcap brings D-Bus along and, with it, ten libraries more: to load them takes longer than most
// verbs do, and one verb needs them. So it is loaded when that does.
struct Pcap {
  decltype(&pcap_open_dead) open_dead = nullptr;
  decltype(&pcap_close) close = nullptr;
  decltype(&pcap_compile) compile = nullptr;
  decltype(&pcap_freecode) freecode = nullptr;
  decltype(&pcap_geterr) geterr = nullptr;
};

template <typename Function>
bool Load(void* library, const char* name, Function* function) {
  *function = reinterpret_cast<Function>(dlsym(library, name));
  return *function != nullptr;
}

absl::StatusOr<Pcap> LoadPcap() {
  Pcap pcap;
  void* const library = dlopen("libpcap.so.0.8", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr || !Load(library, "pcap_open_dead", &pcap.open_dead) ||
      !Load(library, "pcap_close", &pcap.close) || !Load(library, "pcap_compile", &pcap.compile) ||
      !Load(library, "pcap_freecode", &pcap.freecode) ||
      !Load(library, "pcap_geterr", &pcap.geterr)) {
    return absl::FailedPreconditionError(StrCat("a filter needs libpcap, which is not to be had (",
                                                dlerror(),
                                                "): 'sudo apt install libpcap0.8' installs it"));
  }
  return pcap;
}

}  // namespace

absl::StatusOr<std::string> CompileFilter(const std::string& expression) {
  if (expression.empty()) return std::string();
  const absl::StatusOr<Pcap> libpcap = LoadPcap();
  if (!libpcap.ok()) return libpcap.status();
  // Tags stand in the frames, as on a wire: 'vlan' then looks where they are.
  pcap_t* const pcap = libpcap->open_dead(DLT_EN10MB, kSnapLength);
  if (pcap == nullptr) return absl::ResourceExhaustedError("libpcap has no memory for a filter");
  const absl::Cleanup close_pcap = [&] { libpcap->close(pcap); };
  bpf_program program{};
  if (libpcap->compile(pcap, &program, expression.c_str(), /*optimize=*/1, PCAP_NETMASK_UNKNOWN) !=
      0) {
    return UsageError(StrCat("the filter '", expression, "' does not compile: ",
                             libpcap->geterr(pcap), "; 'man pcap-filter' has the language"));
  }
  const absl::Cleanup free_program = [&] { libpcap->freecode(&program); };
  std::string text = StrCat(program.bf_len);
  for (u_int i = 0; i < program.bf_len; ++i) {
    const bpf_insn& step = program.bf_insns[i];
    text += StrCat(",", step.code, " ", static_cast<uint32_t>(step.jt), " ",
                   static_cast<uint32_t>(step.jf), " ", step.k);
  }
  return text;
}

}  // namespace vswitch
