#include "switch/rpc/methods.h"

#include <nlohmann/json.hpp>
#include <span>
#include <utility>

#include "absl/strings/numbers.h"
#include "switch/base/log_level.h"
#include "switch/base/nearest.h"
#include "switch/base/quote.h"
#include "switch/base/str_cat.h"
#include "switch/rpc/method_table.h"
#include "switch/rpc/params.h"
#include "switch/rpc/protocol.h"
#include "switch/rpc/report.h"
#include "switch/rpc/transaction.h"
#include "switch/rpc/watch.h"

namespace vswitch {
namespace {

using nlohmann::json;
// Members stay in the order in which they were written.
using nlohmann::ordered_json;

RpcResult Done(const absl::Status& status) {
  if (!status.ok()) return MethodError(status);
  return std::string("{}");
}

// ---- Bridges and ports ----

RpcResult Version(Controller&, const Params&, const Caller&) {
  return DumpJson(ordered_json{{"version", kVersion}});
}

RpcResult AddBr(Controller& controller, const Params& params, const Caller&) {
  return Done(
      controller.AddBridge(params.Text("name"), params.settings(), params.Flag("may_exist")));
}

RpcResult DelBr(Controller& controller, const Params& params, const Caller&) {
  return Done(
      controller.DeleteBridge(params.Text("name"), params.Flag("if_exists"), params.Flag("force")));
}

RpcResult SetBr(Controller& controller, const Params& params, const Caller&) {
  return Done(controller.SetBridge(params.Text("name"), params.settings()));
}

RpcResult ListBr(Controller& controller, const Params&, const Caller&) {
  ordered_json names = ordered_json::array();
  for (const BridgeStatus& bridge : controller.Show()) names.push_back(bridge.spec.name);
  return DumpJson(ordered_json{{"bridges", std::move(names)}});
}

RpcResult AddPort(Controller& controller, const Params& params, const Caller& caller) {
  Caller user = caller;
  if (const std::string number = params.Text("as_user"); params.Has("as_user")) {
    if (caller.uid != 0) {
      return MethodError(absl::PermissionDeniedError("as_user: only root may ask for another"));
    }
    if (!absl::SimpleAtoi(number, &user.uid)) {
      return MethodError(absl::InvalidArgumentError(
          StrCat("as_user=", Quote(number), " is no user's number: 'id -u NAME' tells it")));
    }
  }
  return Done(controller.AddPort(params.Text("bridge"), params.Text("port"), params.settings(),
                                 params.Flag("may_exist"), user));
}

RpcResult DelPort(Controller& controller, const Params& params, const Caller& caller) {
  const auto kept = controller.DeletePort(params.Text("bridge"), params.Text("port"),
                                          params.Flag("if_exists"), params.Flag("force"), caller);
  if (!kept.ok()) return MethodError(kept.status());
  return DumpJson(kept->has_value() ? ReportKeptTap(**kept) : Report::object());
}

RpcResult MovePort(Controller& controller, const Params& params, const Caller& caller) {
  return Done(controller.MovePort(params.Text("port"), params.Text("bridge"), caller));
}

RpcResult SetPort(Controller& controller, const Params& params, const Caller& caller) {
  return Done(controller.SetPort(params.Text("port"), params.settings(), caller));
}

RpcResult ListPorts(Controller& controller, const Params& params, const Caller&) {
  const std::string name = params.Text("bridge");
  const std::vector<BridgeStatus> bridges = controller.Show();
  std::vector<std::string_view> known;
  for (const BridgeStatus& bridge : bridges) {
    known.push_back(bridge.spec.name);
    if (bridge.spec.name != name) continue;
    ordered_json names = ordered_json::array();
    for (const PortStatus& port : bridge.ports) names.push_back(port.spec.name);
    return DumpJson(ordered_json{{"ports", std::move(names)}});
  }
  return MethodError(
      absl::NotFoundError(StrCat("there is no bridge ", Quote(name), DidYouMean(name, known))));
}

RpcResult Show(Controller& controller, const Params&, const Caller&) {
  return DumpJson(
      ordered_json{{"version", kVersion}, {"bridges", ReportBridges(controller.Show())}});
}

// ---- Forwarding table ----

RpcResult FdbShow(Controller& controller, const Params& params, const Caller&) {
  const auto rows = controller.FdbShow(params.Text("bridge"));
  if (!rows.ok()) return MethodError(rows.status());
  std::string text = R"({"entries":[)";
  for (const FdbRow& row : *rows) {
    if (&row != &rows->front()) text += ',';
    AppendFdbRow(row, &text);
  }
  return text + "]}";
}

RpcResult FdbGet(Controller& controller, const Params& params, const Caller&) {
  const auto row =
      controller.FdbGet(params.Text("bridge"), params.mac(), params.vlan().value_or(0));
  if (!row.ok()) return MethodError(row.status());
  std::string text;
  AppendFdbRow(*row, &text);
  return text;
}

RpcResult FdbAdd(Controller& controller, const Params& params, const Caller&) {
  return Done(controller.FdbAdd(params.Text("bridge"), params.mac(), params.Text("port"),
                                params.vlan().value_or(0), params.Flag("sticky")));
}

RpcResult FdbDel(Controller& controller, const Params& params, const Caller&) {
  return Done(controller.FdbDelete(params.Text("bridge"), params.mac(), params.vlan().value_or(0)));
}

RpcResult FdbFlush(Controller& controller, const Params& params, const Caller&) {
  return Done(controller.FdbFlush(params.Text("bridge"), params.Text("port"), params.vlan(),
                                  params.mac_if_given()));
}

RpcResult FdbStats(Controller& controller, const Params& params, const Caller&) {
  const auto tables = controller.FdbStats(params.Text("bridge"));
  if (!tables.ok()) return MethodError(tables.status());
  ordered_json bridges = ordered_json::array();
  for (const auto& [name, stats] : *tables) bridges.push_back(ReportTable(name, stats));
  return DumpJson(ordered_json{{"bridges", std::move(bridges)}});
}

// ---- VLANs ----

RpcResult VlanShow(Controller& controller, const Params& params, const Caller&) {
  const auto ports = controller.VlanShow(params.Text("bridge"));
  if (!ports.ok()) return MethodError(ports.status());
  return DumpJson(ordered_json{{"ports", ReportVlans(*ports)}});
}

RpcResult VlanAdd(Controller& controller, const Params& params, const Caller&) {
  return Done(controller.VlanAdd(params.Text("port"), params.Text("vid"), params.Flag("pvid"),
                                 params.Flag("untagged")));
}

RpcResult VlanDel(Controller& controller, const Params& params, const Caller&) {
  return Done(controller.VlanDelete(params.Text("port"), params.Text("vid")));
}

// ---- Multicast groups ----

RpcResult MdbShow(Controller& controller, const Params& params, const Caller&) {
  const auto report = controller.MdbShow(params.Text("bridge"));
  if (!report.ok()) return MethodError(report.status());
  return DumpJson(ReportMdb(*report));
}

RpcResult MdbFlush(Controller& controller, const Params& params, const Caller&) {
  return Done(controller.MdbFlush(params.Text("bridge")));
}

// ---- Spanning tree ----

RpcResult RstpShow(Controller& controller, const Params& params, const Caller&) {
  const auto trees = controller.RstpShow(params.Text("bridge"));
  if (!trees.ok()) return MethodError(trees.status());
  return DumpJson(ordered_json{{"bridges", ReportTrees(*trees)}});
}

// ---- Counters and the daemon ----

RpcResult Stats(Controller& controller, const Params&, const Caller&) {
  return DumpJson(ReportStats(controller.Stats()));
}

RpcResult ResetStats(Controller& controller, const Params&, const Caller&) {
  controller.ResetStats();
  return std::string("{}");
}

RpcResult LogShow(Controller&, const Params&, const Caller&) {
  return DumpJson(ordered_json{{"level", LogLevel()}});
}

RpcResult LogSet(Controller&, const Params& params, const Caller&) {
  return Done(SetLogLevel(params.Text("level")));
}

RpcResult Exit(Controller& controller, const Params& params, const Caller& caller) {
  controller.RequestExit(params.Flag("keep_forwarding"), caller);
  return std::string("{}");
}

// ---- The table ----

constexpr Param kBridge = {"bridge", ParamType::kBridgeName};
constexpr Param kNeedBridge = {"bridge", ParamType::kBridgeName, /*required=*/true};
constexpr Param kNeedName = {"name", ParamType::kBridgeName, /*required=*/true};
constexpr Param kPort = {"port", ParamType::kPortName};
constexpr Param kNeedPort = {"port", ParamType::kPortName, /*required=*/true};
constexpr Param kSettings = {"settings", ParamType::kSettings};
constexpr Param kNeedSettings = {"settings", ParamType::kSettings, /*required=*/true};
constexpr Param kAsUser = {"as_user", ParamType::kText};
constexpr Param kMayExist = {"may_exist", ParamType::kFlag};
constexpr Param kIfExists = {"if_exists", ParamType::kFlag};
constexpr Param kForce = {"force", ParamType::kFlag};
constexpr Param kKeepForwarding = {"keep_forwarding", ParamType::kFlag};
constexpr Param kSticky = {"sticky", ParamType::kFlag};
constexpr Param kMac = {"mac", ParamType::kMac};
constexpr Param kNeedMac = {"mac", ParamType::kMac, /*required=*/true};
constexpr Param kVlan = {"vlan", ParamType::kVlan};
constexpr Param kNeedVid = {"vid", ParamType::kText, /*required=*/true};
constexpr Param kPvid = {"pvid", ParamType::kFlag};
constexpr Param kUntagged = {"untagged", ParamType::kFlag};
constexpr Param kNeedMirror = {"name", ParamType::kText, /*required=*/true};
constexpr Param kNeedPorts = {"ports", ParamType::kPortNames, /*required=*/true};
constexpr Param kFilter = {"filter", ParamType::kText};
constexpr Param kDrops = {"drops", ParamType::kFlag};
constexpr Param kFrame = {"frame", ParamType::kText};
constexpr Param kSource = {"src", ParamType::kMac};
constexpr Param kDestination = {"dst", ParamType::kMac};
constexpr Param kEtherType = {"ethertype", ParamType::kText};
constexpr Param kNeedCalls = {"calls", ParamType::kCalls, /*required=*/true};
constexpr Param kNeedLevel = {"level", ParamType::kText, /*required=*/true};

constexpr MethodKind kActs = MethodKind::kAct;
constexpr MethodKind kConfigures = MethodKind::kConfigure;

}  // namespace

const std::vector<Method>& Methods() {
  static const auto* const methods = new std::vector<Method>{
      {kMethodVersion, {}, Version},
      {kMethodAddBr, {kNeedName, kSettings, kMayExist}, AddBr, kConfigures},
      {kMethodDelBr, {kNeedName, kIfExists, kForce}, DelBr, kConfigures},
      {kMethodSetBr, {kNeedName, kNeedSettings}, SetBr, kConfigures},
      {kMethodListBr, {}, ListBr},
      {kMethodAddPort,
       {kNeedBridge, kNeedPort, kSettings, kMayExist, kAsUser},
       AddPort,
       kConfigures},
      {kMethodDelPort, {kBridge, kNeedPort, kIfExists, kForce}, DelPort, kConfigures},
      {kMethodMovePort, {kNeedPort, kNeedBridge}, MovePort, kConfigures},
      {kMethodSetPort, {kNeedPort, kNeedSettings}, SetPort, kConfigures},
      {kMethodListPorts, {kNeedBridge}, ListPorts},
      {kMethodShow, {}, Show},
      {kMethodFdbShow, {kBridge}, FdbShow},
      {kMethodFdbGet, {kNeedBridge, kNeedMac, kVlan}, FdbGet},
      {kMethodFdbAdd, {kNeedBridge, kNeedMac, kNeedPort, kVlan, kSticky}, FdbAdd, kConfigures},
      {kMethodFdbDel, {kNeedBridge, kNeedMac, kVlan}, FdbDel, kConfigures},
      {kMethodFdbFlush, {kNeedBridge, kPort, kVlan, kMac}, FdbFlush, kActs},
      {kMethodFdbStats, {kBridge}, FdbStats},
      {kMethodVlanShow, {kBridge}, VlanShow},
      {kMethodVlanAdd, {kNeedPort, kNeedVid, kPvid, kUntagged}, VlanAdd, kConfigures},
      {kMethodVlanDel, {kNeedPort, kNeedVid}, VlanDel, kConfigures},
      {kMethodMdbShow, {kBridge}, MdbShow},
      {kMethodMdbFlush, {kNeedBridge}, MdbFlush, kActs},
      {kMethodRstpShow, {kBridge}, RstpShow},
      {kMethodStats, {}, Stats},
      {kMethodStatsReset, {}, ResetStats, kActs},
      {kMethodMirrorAdd, {kNeedBridge, kNeedMirror, kNeedSettings}, AddMirror, kConfigures},
      {kMethodMirrorDel, {kNeedBridge, kNeedMirror}, DeleteMirror, kConfigures},
      {kMethodMirrorShow, {kBridge}, ShowMirrors},
      {kMethodTrace, {kNeedPort, kFrame, kSource, kDestination, kVlan, kEtherType}, TraceFrame},
      {kMethodCapture, {kNeedPorts, kFilter, kDrops}, StartCapture, kActs},
      {kMethodLogShow, {}, LogShow},
      {kMethodLogSet, {kNeedLevel}, LogSet, kActs},
      {kMethodTransaction, {kNeedCalls}, Transaction, kActs},
      {kMethodExit, {kKeepForwarding}, Exit, kActs},
  };
  return *methods;
}

const Method* FindMethod(std::string_view name) {
  for (const Method& method : Methods()) {
    if (method.name == name) return &method;
  }
  return nullptr;
}

RpcError UnknownMethod(std::string_view name) {
  std::vector<std::string_view> known;
  for (const Method& method : Methods()) known.push_back(method.name);
  return ProtocolError(kMethodNotFound,
                       StrCat("unknown method ", Quote(name), DidYouMean(name, known)));
}

namespace {

// `error` is null when it was done.
std::string ChangeLine(const std::string& method, const json& params, const Caller& caller,
                       const RpcError* error) {
  constexpr size_t kMostParamBytes = 300;
  constexpr size_t kMostErrorBytes = 500;
  const std::string shown = params.empty() ? "" : StrCat(" ", DumpJson(params));
  return StrCat(
      "uid ", caller.uid, " (pid ", caller.pid, "): ", method, Printable(shown, kMostParamBytes),
      ": ",
      error == nullptr ? "done" : StrCat("refused: ", Printable(error->message, kMostErrorBytes)));
}

// Of a transaction that was done also each of its calls.
void LogChange(const std::string& method, const json& params, const Caller& caller,
               const RpcError* error, const ChangeLog& log) {
  log(ChangeLine(method, params, caller, error), error != nullptr);
  if (method != kMethodTransaction || error != nullptr) return;
  for (const json& call : params.at("calls")) {
    log(ChangeLine(call.at("method"), call.value("params", json::object()), caller, nullptr),
        /*refused=*/false);
  }
}

// `result` is an object's text.
void AddWarnings(const std::vector<std::string>& warnings, std::string* result) {
  if (warnings.empty()) return;
  result->pop_back();
  *result += StrCat(*result == "{" ? "" : ",", "\"warnings\":", DumpJson(json(warnings)), "}");
}

}  // namespace

RpcResult RpcMethods::Call(const std::string& name, const json& params,
                           const Caller& caller) const {
  const Method* const method = FindMethod(name);
  if (method == nullptr) return UnknownMethod(name);
  auto read = Params::Read(name, method->params, params);
  if (auto* error = std::get_if<RpcError>(&read)) return std::move(*error);
  std::vector<std::string> warnings;
  Caller listening = caller;
  listening.warnings = &warnings;
  RpcResult result = method->carry_out(*controller_, std::get<Params>(read), listening);
  if (method->kind != MethodKind::kLook && log_) {
    LogChange(name, params, caller, std::get_if<RpcError>(&result), log_);
  }
  if (auto* text = std::get_if<std::string>(&result)) AddWarnings(warnings, text);
  return result;
}

std::string RpcMethods::HandleLine(std::string_view line, const Caller& caller) const {
  return HandleRpcLine(line, [this, &caller](const std::string& method, const json& params) {
    return Call(method, params, caller);
  });
}

}  // namespace vswitch
