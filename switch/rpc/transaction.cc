#include "switch/rpc/transaction.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "mac_table/mac_address.h"
#include "switch/base/quote.h"
#include "switch/base/str_cat.h"
#include "switch/base/word_list.h"
#include "switch/model/subject.h"
#include "switch/rpc/method_table.h"
#include "switch/rpc/protocol.h"
#include "switch/rpc/report.h"

namespace vswitch {
namespace {

RpcError CannotBePart(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Method& method : Methods()) {
    if (method.kind == MethodKind::kConfigure) names.push_back(method.name);
  }
  return ProtocolError(kInvalidParams,
                       StrCat(Quote(name), " cannot be a part of a transaction: ",
                              "those can that change the configuration, ", WordList(names, "and")));
}

RpcResult CarryOut(Controller& controller, const RequestedCall& call, const Caller& caller) {
  const Method* const method = FindMethod(call.method);
  if (method == nullptr) return UnknownMethod(call.method);
  if (method->kind != MethodKind::kConfigure) return CannotBePart(call.method);
  auto params = Params::Read(call.method, method->params, call.params);
  if (auto* error = std::get_if<RpcError>(&params)) return std::move(*error);
  return method->carry_out(controller, std::get<Params>(params), caller);
}

std::string TextOf(const RequestedCall& call, const char* member) {
  const auto found = call.params.find(member);
  return found != call.params.end() && found->is_string() ? found->get<std::string>() : "";
}

// An address may have been written otherwise.
bool IsAbout(const RequestedCall& call, std::string_view name) {
  if (const std::string mac = TextOf(call, "mac"); !mac.empty()) {
    return MacAddress::Parse(mac) == MacAddress::Parse(name);
  }
  for (const char* const member : {"port", "name", "bridge"}) {
    const auto found = call.params.find(member);
    if (found != call.params.end()) return *found == name;
  }
  return false;
}

// The last that names the port, bridge or address: what it wants is what could not be had.
std::optional<size_t> CallAbout(const Params::Calls& calls, std::string_view name) {
  for (size_t i = calls.size(); i > 0 && !name.empty(); --i) {
    if (IsAbout(calls[i - 1], name)) return i - 1;
  }
  return std::nullopt;
}

// Of a port that is gone: after this one none adds it, and those that delete it if it exists find
// that it does not.
std::optional<size_t> CallThatDeleted(const Params::Calls& calls, std::string_view port) {
  std::optional<size_t> found;
  for (size_t i = calls.size(); i > 0; --i) {
    const RequestedCall& call = calls[i - 1];
    if (TextOf(call, "port") != port) continue;
    if (call.method == kMethodAddPort) break;
    if (call.method != kMethodDelPort) continue;
    found = i - 1;
    if (!call.params.value("if_exists", false)) break;
  }
  return found;
}

}  // namespace

RpcResult Transaction(Controller& controller, const Params& params, const Caller& caller) {
  const Params::Calls calls = params.calls();
  std::vector<std::string> results;
  std::optional<RpcError> refused;
  const auto kept = controller.Together([&] {
    for (const RequestedCall& call : calls) {
      RpcResult result = CarryOut(controller, call, caller);
      if (auto* error = std::get_if<RpcError>(&result)) {
        refused = std::move(*error);
        refused->call = results.size();
        return absl::AbortedError("a call was refused");
      }
      results.push_back(std::get<std::string>(std::move(result)));
    }
    return absl::OkStatus();
  });
  if (refused.has_value()) return *std::move(refused);
  if (!kept.ok()) {
    RpcError error = MethodError(kept.status());
    error.call = CallAbout(calls, SubjectOf(kept.status()));
    return error;
  }
  for (const auto& [port, tap] : *kept) {
    const std::optional<size_t> call = CallThatDeleted(calls, port);
    if (call.has_value()) results[*call] = DumpJson(ReportKeptTap(tap));
  }
  std::string text = R"({"results":[)";
  for (const std::string& result : results) {
    if (&result != &results.front()) text += ',';
    text += result;
  }
  return text + "]}";
}

}  // namespace vswitch
