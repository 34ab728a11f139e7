// The methods of the control protocol (docs/control-protocol.md): one table of names and
// parameters, and for each method the call of the Controller that does the work. What is wrong with
// a request is found here, before the controller sees it; what is wrong with a wish (no such
// bridge, bad setting) is the controller's to say.
//
// Thread-safety: the thread of the Controller only.
#ifndef VSWITCH_SWITCH_RPC_METHODS_H_
#define VSWITCH_SWITCH_RPC_METHODS_H_

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "switch/core/caller.h"
#include "switch/core/controller.h"
#include "switch/rpc/json_rpc.h"

namespace vswitch {

class RpcMethods {
 public:
  // `controller` must outlive this.
  explicit RpcMethods(Controller* controller) : controller_(controller) {}

  // One line of the protocol in, the reply without its newline out (empty for notifications).
  std::string HandleLine(std::string_view line, const Caller& caller) const;

  // One call. Errors: kMethodNotFound and kInvalidParams name what is nearest or expected;
  // INVALID_ARGUMENT for a name, address or VLAN that cannot be; else what the controller says.
  RpcResult Call(const std::string& method, const nlohmann::json& params,
                 const Caller& caller) const;

 private:
  Controller* const controller_;
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_RPC_METHODS_H_
