// A filter of a capture: a program of classic BPF, which a client has compiled. It comes from
// outside, so it is checked before it runs: it has known instructions only, jumps only ahead, and
// reads its frame, its scratch memory and nothing else. libpcap's bpf_validate() alone would let a
// program loop for ever, and bpf_filter() ends the process for what it does not know.
//
// As text, as `tcpdump -ddd` and the kernel's xt_bpf have it: "4,40 0 0 12,21 0 1 2054,6 0 0
// 262144,6 0 0 0", the number of instructions and then each of them.
//
// Thread-safety: immutable once made.
#ifndef VSWITCH_SWITCH_CAPTURE_FILTER_H_
#define VSWITCH_SWITCH_CAPTURE_FILTER_H_

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace vswitch {

class CaptureFilter {
 public:
  // As many as the kernel takes (BPF_MAXINSNS): 20 us a frame at the worst.
  static constexpr size_t kMaxInstructions = 4096;

  // Takes all.
  CaptureFilter() = default;
  // InvalidArgument. An empty text takes all.
  static absl::StatusOr<CaptureFilter> Parse(std::string_view text);

  bool TakesAll() const { return program_.empty(); }
  bool Takes(std::span<const uint8_t> frame) const { return TakesAll() || Run(frame); }

 private:
  // libpcap's bpf_insn, whose name the kernel's headers give to something else.
  struct Instruction {
    uint16_t code;
    uint8_t jt;
    uint8_t jf;
    uint32_t k;
  };

  bool Run(std::span<const uint8_t> frame) const;
  void ClearScratchMemory();

  std::vector<Instruction> program_;
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_CAPTURE_FILTER_H_
