#include "switch/rpc/watch.h"

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "switch/base/quote.h"
#include "switch/base/str_cat.h"
#include "switch/model/mirrors.h"
#include "switch/rpc/report.h"

namespace vswitch {
namespace {

using Bytes = std::vector<uint8_t>;

// As short as Ethernet's frames are, without their checksum (IEEE 802.3, 3.2.8).
constexpr size_t kLeastBytes = 60;
// IEEE 802, table 5: for experiments. Nothing looks into it.
constexpr uint16_t kNobodysType = 0x88b5;
constexpr uint16_t kVlanTpid = 0x8100;

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// "5254 00:12-34..." as bytes.
absl::StatusOr<Bytes> ReadHex(std::string_view text) {
  Bytes bytes;
  int high = -1;
  for (size_t i = 0; i < text.size(); ++i) {
    if (high < 0 && (text[i] == ' ' || text[i] == ':' || text[i] == '-')) continue;
    const int digit = HexDigit(text[i]);
    if (digit < 0) {
      return absl::InvalidArgumentError(StrCat("the frame has ", Quote(text.substr(i, 1)),
                                               " where a hex digit belongs, at position ", i + 1));
    }
    if (high < 0) {
      high = digit;
    } else {
      bytes.push_back(static_cast<uint8_t>(high << 4 | digit));
      high = -1;
    }
  }
  if (high < 0) return bytes;
  return absl::InvalidArgumentError("the frame has an odd number of hex digits: a byte is two");
}

// "0x0806", "2054".
absl::StatusOr<uint16_t> ReadEtherType(const std::string& text) {
  if (text.empty()) return kNobodysType;
  uint32_t type = 0;
  const bool is_hex = text.starts_with("0x") || text.starts_with("0X");
  const bool is_number = is_hex ? absl::SimpleHexAtoi(text, &type) : absl::SimpleAtoi(text, &type);
  if (is_number && type <= 0xffff) return static_cast<uint16_t>(type);
  return absl::InvalidArgumentError(
      StrCat("ethertype ", Quote(text), " is none: give a number up to 0xffff, as in 0x0806"));
}

void Append16(uint16_t value, Bytes* bytes) {
  bytes->push_back(static_cast<uint8_t>(value >> 8));
  bytes->push_back(static_cast<uint8_t>(value));
}

absl::StatusOr<Bytes> FrameOf(const Params& params) {
  const bool has_stations = params.Has("src") || params.Has("dst");
  if (params.Has("frame") == has_stations) {
    return absl::InvalidArgumentError("give either the frame, or its src and dst");
  }
  if (params.Has("frame")) {
    if (!params.Has("vlan") && !params.Has("ethertype")) return ReadHex(params.Text("frame"));
    return absl::InvalidArgumentError("a frame that is given whole has its vlan and ethertype");
  }
  if (!params.Has("src") || !params.Has("dst")) {
    return absl::InvalidArgumentError("a frame has a src and a dst: give both");
  }
  const absl::StatusOr<uint16_t> type = ReadEtherType(params.Text("ethertype"));
  if (!type.ok()) return type.status();
  Bytes bytes(12);
  params.mac("dst").ToBytes(bytes.data());
  params.mac("src").ToBytes(bytes.data() + 6);
  if (const VlanId vlan = params.vlan().value_or(0); vlan != 0) {
    Append16(kVlanTpid, &bytes);
    Append16(vlan, &bytes);
  }
  Append16(*type, &bytes);
  bytes.resize(std::max(bytes.size(), kLeastBytes));
  return bytes;
}

}  // namespace

RpcResult TraceFrame(Controller& controller, const Params& params, const Caller&) {
  const absl::StatusOr<Bytes> frame = FrameOf(params);
  if (!frame.ok()) return MethodError(frame.status());
  const absl::StatusOr<TraceReport> trace = controller.TraceFrame(params.Text("port"), *frame);
  if (!trace.ok()) return MethodError(trace.status());
  Report stages = Report::array();
  for (const TraceStep& step : trace->steps) {
    stages.push_back({{"stage", step.stage}, {"decision", step.decision}});
  }
  Report report = {{"stages", std::move(stages)}, {"egress", trace->egress}, {"drop", nullptr}};
  if (trace->drop != DropReason::kNone) {
    report["drop"] = kDropReasonText[static_cast<size_t>(trace->drop)];
  }
  return DumpJson(report);
}

RpcResult StartCapture(Controller& controller, const Params& params, const Caller& caller) {
  const absl::Status status = controller.StartCapture({.ports = params.names("ports"),
                                                       .filter = params.Text("filter"),
                                                       .drops = params.Flag("drops")},
                                                      caller);
  if (!status.ok()) return MethodError(status);
  Report reasons = Report::array();
  for (const std::string_view reason : kDropReasonText) reasons.push_back(reason);
  return DumpJson(Report{{"reasons", std::move(reasons)}});
}

RpcResult AddMirror(Controller& controller, const Params& params, const Caller&) {
  absl::StatusOr<MirrorSpec> mirror = ReadMirror(params.Text("name"), params.settings());
  if (!mirror.ok()) return MethodError(mirror.status());
  const absl::Status status = controller.AddMirror(params.Text("bridge"), *std::move(mirror));
  if (!status.ok()) return MethodError(status);
  return std::string("{}");
}

RpcResult DeleteMirror(Controller& controller, const Params& params, const Caller&) {
  const absl::Status status = controller.DeleteMirror(params.Text("bridge"), params.Text("name"));
  if (!status.ok()) return MethodError(status);
  return std::string("{}");
}

RpcResult ShowMirrors(Controller& controller, const Params& params, const Caller&) {
  const auto mirrors = controller.ShowMirrors(params.Text("bridge"));
  if (!mirrors.ok()) return MethodError(mirrors.status());
  Report all = Report::array();
  for (const auto& [bridge, mirror] : *mirrors) {
    all.push_back({{"name", mirror.name},
                   {"bridge", bridge},
                   {"src", MirrorSourceNames(mirror)},
                   {"dir", MirrorDirectionName(mirror.direction)},
                   {"vlan", mirror.vlan.has_value() ? Report(*mirror.vlan) : Report()},
                   {"to", mirror.to}});
  }
  return DumpJson(Report{{"mirrors", std::move(all)}});
}

}  // namespace vswitch
