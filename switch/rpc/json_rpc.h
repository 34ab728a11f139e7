// JSON-RPC 2.0 (https://www.jsonrpc.org/specification): what is between a line of text and a
// method. Requests, notifications and batches; knows nothing of sockets or of bridges.
//
// The line is untrusted: see strict_json.h for what is refused. An id that is echoed is a string,
// an integer of 64 bits or null; parameters are passed on as they came.
//
// Thread-safety: pure functions, as far as the caller's RpcCall is.
#ifndef VSWITCH_SWITCH_RPC_JSON_RPC_H_
#define VSWITCH_SWITCH_RPC_JSON_RPC_H_

#include <cstddef>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "absl/status/status.h"
#include "switch/rpc/protocol.h"

namespace vswitch {

struct RpcError {
  int code = kInternalError;
  absl::StatusCode status = absl::StatusCode::kInternal;  // Goes to error.data.status.
  std::string message;                                    // Cause and cure. Any bytes.
  // Of a transaction: which call it is about. Goes to error.data.call.
  std::optional<size_t> call = std::nullopt;
};

// An error of JSON-RPC itself: `code` is one of protocol.h's negative ones.
RpcError ProtocolError(int code, std::string message);
// What a method failed with. REQUIRES: !status.ok().
RpcError MethodError(const absl::Status& status);

// What a call gives back: its result as JSON text, or an error. Text, because a result can be
// hundreds of megabytes and should exist once.
using RpcResult = std::variant<std::string, RpcError>;

// Carries out one call. `params` is an object, an array, or null when there were none.
using RpcCall = std::function<RpcResult(const std::string& method, const nlohmann::json& params)>;

struct RpcLimits {
  size_t max_calls_per_batch = kMaxCallsPerBatch;
  // When the reply to a batch has this size, its remaining requests are not carried out but
  // refused.
  size_t max_batch_reply_bytes = kMaxReplyBacklogBytes;
};

// Carries out the requests of one line, in order, and returns the reply without a newline; empty
// when nothing is to be sent (notifications only).
std::string HandleRpcLine(std::string_view line, const RpcCall& call, const RpcLimits& limits = {});

// The reply to a request whose id could not be read.
std::string FormatErrorReply(const RpcError& error);

// JSON text of any value. Bytes that are no UTF-8 (a device's or a process's name may hold them)
// are replaced.
template <typename Json>
std::string DumpJson(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_RPC_JSON_RPC_H_
