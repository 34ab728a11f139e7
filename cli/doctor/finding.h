// What a check has found: whether it is well, what was seen, and the command that cures it.
#ifndef VSWITCH_CLI_DOCTOR_FINDING_H_
#define VSWITCH_CLI_DOCTOR_FINDING_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace vswitch {

// kUnknown: could not look; never taken for well.
enum class Verdict { kOk, kUnknown, kWarning, kProblem };

constexpr std::string_view VerdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::kOk:
      return "ok";
    case Verdict::kUnknown:
      return "unknown";
    case Verdict::kWarning:
      return "warning";
    case Verdict::kProblem:
      break;
  }
  return "problem";
}

struct Judgement {
  Verdict verdict = Verdict::kOk;
  std::string detail;
  std::string cure;  // A command line; empty: none is needed, or none can do it.
};

struct Finding {
  std::string check;
  std::string subject;  // "machine", "vswitchd", a bridge, a port, a service.
  Judgement judgement;
};

inline Judgement Well(std::string detail) { return {Verdict::kOk, std::move(detail), ""}; }
inline Judgement Warning(std::string detail, std::string cure) {
  return {Verdict::kWarning, std::move(detail), std::move(cure)};
}
inline Judgement Problem(std::string detail, std::string cure) {
  return {Verdict::kProblem, std::move(detail), std::move(cure)};
}
inline Judgement Unknown(std::string detail, std::string cure = "") {
  return {Verdict::kUnknown, std::move(detail), std::move(cure)};
}

}  // namespace vswitch

#endif  // VSWITCH_CLI_DOCTOR_FINDING_H_
