// A row of the table of methods, which is in methods.cc. Thread-safety: immutable.
#ifndef VSWITCH_SWITCH_RPC_METHOD_TABLE_H_
#define VSWITCH_SWITCH_RPC_METHOD_TABLE_H_

#include <string_view>
#include <vector>

#include "switch/core/caller.h"
#include "switch/core/controller.h"
#include "switch/rpc/json_rpc.h"
#include "switch/rpc/params.h"

namespace vswitch {

// What a method asks for. The latter two go into the log.
enum class MethodKind {
  kLook,
  // A change of what runs.
  kAct,
  // A change of what is wanted, which may be a part of a transaction.
  kConfigure,
};

struct Method {
  std::string_view name;
  std::vector<Param> params;
  RpcResult (*carry_out)(Controller&, const Params&, const Caller& caller);
  MethodKind kind = MethodKind::kLook;
};

const std::vector<Method>& Methods();

// Null: there is none.
const Method* FindMethod(std::string_view name);
// Names the nearest.
RpcError UnknownMethod(std::string_view name);

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_RPC_METHOD_TABLE_H_
