#include "switch/rpc/json_rpc.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "switch/base/str_cat.h"
#include "switch/model/strict_json.h"

namespace vswitch {
namespace {

using nlohmann::json;

constexpr std::string_view kNullId = "null";

std::string FormatError(std::string_view id, const RpcError& error) {
  nlohmann::ordered_json body = {
      {"code", error.code},
      {"message", error.message},
      {"data", {{"status", absl::StatusCodeToString(error.status)}}},
  };
  if (error.call.has_value()) body["data"]["call"] = *error.call;
  return StrCat(R"({"jsonrpc":"2.0","id":)", id, R"(,"error":)", DumpJson(body), "}");
}

std::string FormatResult(std::string_view id, std::string_view result) {
  return StrCat(R"({"jsonrpc":"2.0","id":)", id, R"(,"result":)", result, "}");
}

// A request object, taken apart.
struct Request {
  std::optional<std::string> id;  // As JSON text; nullopt: a notification.
  const std::string* method = nullptr;
  json params;
  std::string complaint;  // Why it is no request, else empty.
};

Request ReadRequest(json& value) {
  Request request;
  if (!value.is_object()) {
    request.complaint = "a request must be an object";
    return request;
  }
  if (const auto id = value.find("id"); id != value.end()) {
    if (!id->is_string() && !id->is_number_integer() && !id->is_null()) {
      request.complaint = "\"id\" must be a string, an integer or null";
      return request;
    }
    request.id = DumpJson(*id);
  }
  const auto version = value.find("jsonrpc");
  const auto method = value.find("method");
  const auto params = value.find("params");
  if (version == value.end() || *version != "2.0") {
    request.complaint = "\"jsonrpc\" must be \"2.0\"";
  } else if (method == value.end() || !method->is_string()) {
    request.complaint = "\"method\" must be a string";
  } else if (params != value.end() && !params->is_structured()) {
    request.complaint = "\"params\" must be an object or an array";
  } else {
    request.method = method->get_ptr<const std::string*>();
    if (params != value.end()) request.params = std::move(*params);
  }
  return request;
}

// The reply to one request; empty for a notification.
std::string Answer(json& value, const RpcCall& call) {
  const Request request = ReadRequest(value);
  if (!request.complaint.empty()) {
    return FormatError(request.id.value_or(std::string(kNullId)),
                       ProtocolError(kInvalidRequest, "Invalid request: " + request.complaint));
  }
  const RpcResult result = call(*request.method, request.params);
  if (!request.id.has_value()) return "";
  if (const auto* error = std::get_if<RpcError>(&result)) return FormatError(*request.id, *error);
  return FormatResult(*request.id, std::get<std::string>(result));
}

std::string AnswerBatch(json& batch, const RpcCall& call, const RpcLimits& limits) {
  if (batch.empty()) {
    return FormatErrorReply(ProtocolError(kInvalidRequest, "Invalid request: an empty batch"));
  }
  if (batch.size() > limits.max_calls_per_batch) {
    return FormatErrorReply(ProtocolError(
        kInvalidRequest, StrCat("Invalid request: a batch of ", batch.size(), " requests; at most ",
                                limits.max_calls_per_batch, " are allowed. Nothing was done")));
  }
  // Not carried out, so that one line cannot fill the memory.
  const RpcCall refuse = [](const std::string&, const json&) -> RpcResult {
    return MethodError(absl::ResourceExhaustedError(
        "not done: the reply to this batch has become too long; send fewer requests in one"));
  };
  std::string replies;
  for (json& value : batch) {
    const bool full = replies.size() >= limits.max_batch_reply_bytes;
    const std::string reply = Answer(value, full ? refuse : call);
    if (reply.empty()) continue;
    replies += replies.empty() ? '[' : ',';
    replies += reply;
  }
  if (!replies.empty()) replies += ']';
  return replies;
}

}  // namespace

RpcError ProtocolError(int code, std::string message) {
  absl::StatusCode status = absl::StatusCode::kInvalidArgument;
  if (code == kMethodNotFound) status = absl::StatusCode::kUnimplemented;
  if (code == kInternalError) status = absl::StatusCode::kInternal;
  return {.code = code, .status = status, .message = std::move(message)};
}

RpcError MethodError(const absl::Status& status) {
  return {.code = static_cast<int>(status.code()),
          .status = status.code(),
          .message = std::string(status.message())};
}

std::string FormatErrorReply(const RpcError& error) { return FormatError(kNullId, error); }

std::string HandleRpcLine(std::string_view line, const RpcCall& call, const RpcLimits& limits) {
  absl::StatusOr<json> value = ParseStrictJson(line);
  if (!value.ok()) {
    return FormatErrorReply(
        ProtocolError(kParseError, StrCat("Parse error: ", value.status().message())));
  }
  return value->is_array() ? AnswerBatch(*value, call, limits) : Answer(*value, call);
}

}  // namespace vswitch
