// The methods of the control protocol (docs/control-protocol.md): one table of names and
// parameters, and for each method the call of the Controller that does the work. What is wrong with
// a request is found here, before the controller sees it; what is wrong with a wish (no such
// bridge, bad setting) is the controller's to say.
//
// Thread-safety: the thread of the Controller only.
#ifndef VSWITCH_SWITCH_RPC_METHODS_H_
#define VSWITCH_SWITCH_RPC_METHODS_H_

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "switch/core/caller.h"
#include "switch/core/controller.h"
#include "switch/rpc/json_rpc.h"

namespace vswitch {

// Takes a line on each call that asks for a change: who asked for what, and what became of it.
// `refused` ones may be repeated as fast as a client can.
using ChangeLog = std::function<void(const std::string& line, bool refused)>;

class RpcMethods {
 public:
  // `controller` must outlive this. `log` may be null.
  explicit RpcMethods(Controller* controller, ChangeLog log = nullptr)
      : controller_(controller), log_(std::move(log)) {}

  // One line of the protocol in, the reply without its newline out (empty for notifications).
  std::string HandleLine(std::string_view line, const Caller& caller) const;

  // One call. Errors: kMethodNotFound and kInvalidParams name what is nearest or expected;
  // INVALID_ARGUMENT for a name, address or VLAN that cannot be; else what the controller says.
  // What the controller warns of is a member "warnings" of the result.
  RpcResult Call(const std::string& method, const nlohmann::json& params,
                 const Caller& caller) const;

 private:
  Controller* const controller_;
  const ChangeLog log_;
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_RPC_METHODS_H_
