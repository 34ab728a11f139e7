#include "cli/capture/compile_filter.h"

#include <pcap/pcap.h>

#include "absl/cleanup/cleanup.h"
#include "cli/capture/pcapng.h"
#include "cli/exit_code.h"
#include "switch/base/str_cat.h"

namespace vswitch {

absl::StatusOr<std::string> CompileFilter(const std::string& expression) {
  if (expression.empty()) return std::string();
  // Tags stand in the frames, as on a wire: 'vlan' then looks where they are.
  pcap_t* const pcap = pcap_open_dead(DLT_EN10MB, kSnapLength);
  if (pcap == nullptr) return absl::ResourceExhaustedError("libpcap has no memory for a filter");
  const absl::Cleanup close_pcap = [pcap] { pcap_close(pcap); };
  bpf_program program{};
  if (pcap_compile(pcap, &program, expression.c_str(), /*optimize=*/1, PCAP_NETMASK_UNKNOWN) != 0) {
    return UsageError(StrCat("the filter '", expression, "' does not compile: ", pcap_geterr(pcap),
                             "; 'man pcap-filter' has the language"));
  }
  const absl::Cleanup free_program = [&program] { pcap_freecode(&program); };
  std::string text = StrCat(program.bf_len);
  for (u_int i = 0; i < program.bf_len; ++i) {
    const bpf_insn& step = program.bf_insns[i];
    text += StrCat(",", step.code, " ", static_cast<uint32_t>(step.jt), " ",
                   static_cast<uint32_t>(step.jf), " ", step.k);
  }
  return text;
}

}  // namespace vswitch
