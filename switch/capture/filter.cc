#include "switch/capture/filter.h"

#include <pcap/pcap.h>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "switch/base/str_cat.h"

namespace vswitch {
namespace {

absl::Status BadFilter(std::string_view what) {
  return absl::InvalidArgumentError(
      StrCat("the filter is no program of classic BPF: ", what,
             "; give it as 'tcpdump -ddd' prints it, with ',' between the lines"));
}

template <typename Number>
bool Read(absl::string_view text, Number* number) {
  uint32_t value = 0;
  if (!absl::SimpleAtoi(text, &value) || value > std::numeric_limits<Number>::max()) return false;
  *number = static_cast<Number>(value);
  return true;
}

// What bpf_filter() carries out; for anything else it ends the process. As the kernel has it
// (net/core/filter.c, chk_code_allowed()).
bool IsKnown(uint16_t code) {
  switch (code) {
    case BPF_LD | BPF_W | BPF_ABS:
    case BPF_LD | BPF_H | BPF_ABS:
    case BPF_LD | BPF_B | BPF_ABS:
    case BPF_LD | BPF_W | BPF_IND:
    case BPF_LD | BPF_H | BPF_IND:
    case BPF_LD | BPF_B | BPF_IND:
    case BPF_LD | BPF_W | BPF_LEN:
    case BPF_LD | BPF_IMM:
    case BPF_LD | BPF_MEM:
    case BPF_LDX | BPF_W | BPF_LEN:
    case BPF_LDX | BPF_B | BPF_MSH:
    case BPF_LDX | BPF_IMM:
    case BPF_LDX | BPF_MEM:
    case BPF_ST:
    case BPF_STX:
    case BPF_JMP | BPF_JA:
    case BPF_ALU | BPF_NEG:
    case BPF_MISC | BPF_TAX:
    case BPF_MISC | BPF_TXA:
    case BPF_RET | BPF_K:
    case BPF_RET | BPF_A:
      return true;
    default:
      break;
  }
  const int operation = BPF_OP(code);
  if ((code & ~(BPF_SRC(0xff) | BPF_OP(0xff))) == BPF_JMP) {
    return operation >= BPF_JEQ && operation <= BPF_JSET;
  }
  if ((code & ~(BPF_SRC(0xff) | BPF_OP(0xff))) == BPF_ALU) {
    return operation <= BPF_XOR && operation != BPF_NEG;
  }
  return false;
}

// Whether an instruction at `place` of `count` may stand there, beyond what bpf_validate() looks
// at: that lets programs jump back, as libpcap's own may (`protochain`), and shift by any number.
bool IsBounded(const bpf_insn& step, uint32_t place, uint32_t count) {
  if (!IsKnown(step.code)) return false;
  const bool is_alu = BPF_CLASS(step.code) == BPF_ALU;
  const bool shifts = BPF_OP(step.code) == BPF_LSH || BPF_OP(step.code) == BPF_RSH;
  if (is_alu && shifts && BPF_SRC(step.code) == BPF_K) return step.k < 32;
  return step.code != (BPF_JMP | BPF_JA) || step.k < count - place;
}

}  // namespace

bool CaptureFilter::Run(std::span<const uint8_t> frame) const {
  static_assert(sizeof(Instruction) == sizeof(bpf_insn) &&
                offsetof(Instruction, jt) == offsetof(bpf_insn, jt) &&
                offsetof(Instruction, jf) == offsetof(bpf_insn, jf) &&
                offsetof(Instruction, k) == offsetof(bpf_insn, k));
  const auto* const program = reinterpret_cast<const bpf_insn*>(program_.data());
  const auto length = static_cast<u_int>(frame.size());
  return bpf_filter(program, frame.data(), length, length) != 0;
}

absl::StatusOr<CaptureFilter> CaptureFilter::Parse(std::string_view text) {
  CaptureFilter filter;
  if (text.empty()) return filter;
  const std::vector<absl::string_view> lines =
      absl::StrSplit(absl::string_view(text.data(), text.size()), ',');
  uint32_t count = 0;
  if (!Read(lines[0], &count) || count != lines.size() - 1) {
    return BadFilter("it does not begin with the number of its instructions");
  }
  if (count == 0 || count > kMaxInstructions) {
    return BadFilter(StrCat("it has ", count, " instructions, not 1 to ", kMaxInstructions));
  }
  for (size_t i = 1; i < lines.size(); ++i) {
    const std::vector<absl::string_view> words = absl::StrSplit(lines[i], ' ', absl::SkipEmpty());
    Instruction& instruction = filter.program_.emplace_back();
    if (words.size() != 4 || !Read(words[0], &instruction.code) ||
        !Read(words[1], &instruction.jt) || !Read(words[2], &instruction.jf) ||
        !Read(words[3], &instruction.k)) {
      return BadFilter(StrCat("instruction ", i, " is not four numbers"));
    }
  }
  const auto* const program = reinterpret_cast<const bpf_insn*>(filter.program_.data());
  for (uint32_t i = 0; i < count; ++i) {
    if (!IsBounded(program[i], i, count)) {
      return BadFilter(
          StrCat("instruction ", i + 1, " is none, or goes back, as those of 'protochain' do"));
    }
  }
  if (bpf_validate(program, static_cast<int>(count)) == 0) {
    return BadFilter("it could read or jump out of its bounds, or has no end");
  }
  filter.ClearScratchMemory();
  return filter;
}

// libpcap leaves it as it finds it, on the stack of whoever runs the program, and a program may
// tell what it reads there. The accumulator is 0 at the start, and jumps count from where they are.
void CaptureFilter::ClearScratchMemory() {
  const bool reads = std::ranges::any_of(program_, [](const Instruction& step) {
    return step.code == (BPF_LD | BPF_MEM) || step.code == (BPF_LDX | BPF_MEM);
  });
  if (!reads) return;
  std::vector<Instruction> stores;
  for (uint32_t i = 0; i < BPF_MEMWORDS; ++i) stores.push_back({.code = BPF_ST, .k = i});
  program_.insert(program_.begin(), stores.begin(), stores.end());
}

}  // namespace vswitch
