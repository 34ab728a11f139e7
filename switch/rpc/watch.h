// The methods that look at frames: `trace`, `capture`, mirrors. A part of methods.h's table, in a
// file of its own. Thread-safety: as methods.h.
#ifndef VSWITCH_SWITCH_RPC_WATCH_H_
#define VSWITCH_SWITCH_RPC_WATCH_H_

#include "switch/core/caller.h"
#include "switch/core/controller.h"
#include "switch/rpc/json_rpc.h"
#include "switch/rpc/params.h"

namespace vswitch {

// `port`, and either `frame` (hex digits) or `src`, `dst`, [`vlan`], [`ethertype`] ->
// {"stages": [{"stage", "decision"}], "egress": [PORT], "drop": REASON or null}
RpcResult TraceFrame(Controller& controller, const Params& params, const Caller& caller);

// `bridge`, `name`, `settings` -> {}
RpcResult AddMirror(Controller& controller, const Params& params, const Caller& caller);
// `bridge`, `name` -> {}
RpcResult DeleteMirror(Controller& controller, const Params& params, const Caller& caller);
// [`bridge`] -> {"mirrors": [{"name", "bridge", "src", "dir", "vlan", "to"}]}
RpcResult ShowMirrors(Controller& controller, const Params& params, const Caller& caller);

// `ports`, [`filter`], [`drops`] -> {"reasons": [REASON]}, and two descriptors beside it.
RpcResult StartCapture(Controller& controller, const Params& params, const Caller& caller);

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_RPC_WATCH_H_
