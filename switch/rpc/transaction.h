// Many calls as one change. A part of methods.h's table, in a file of its own.
// Thread-safety: as methods.h.
#ifndef VSWITCH_SWITCH_RPC_TRANSACTION_H_
#define VSWITCH_SWITCH_RPC_TRANSACTION_H_

#include "switch/core/caller.h"
#include "switch/core/controller.h"
#include "switch/rpc/json_rpc.h"
#include "switch/rpc/params.h"

namespace vswitch {

// `calls` -> {"results": [RESULT]}. An error has RpcError::call, unless no one call is to blame.
RpcResult Transaction(Controller& controller, const Params& params, const Caller& caller);

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_RPC_TRANSACTION_H_
