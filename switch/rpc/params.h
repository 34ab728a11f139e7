// The parameters of a call: what a method takes, and the values of one request after they were
// checked. Thread-safety: immutable after Read().
#ifndef VSWITCH_SWITCH_RPC_PARAMS_H_
#define VSWITCH_SWITCH_RPC_PARAMS_H_

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "mac_table/mac_address.h"
#include "mac_table/mac_table.h"
#include "switch/model/settings.h"
#include "switch/rpc/json_rpc.h"

namespace vswitch {

enum class ParamType {
  kBridgeName,
  kPortName,
  kPortNames,
  kSettings,
  kFlag,
  kMac,
  kVlan,
  kText,
  kCalls
};

struct Param {
  std::string_view name;
  ParamType type;
  bool required = false;
};

// One of a transaction. `params` is an object, an array, or null when there were none.
struct RequestedCall {
  std::string method;
  nlohmann::json params;
};

class Params {
 public:
  using Calls = std::vector<RequestedCall>;
  using Names = std::vector<std::string>;

  // Errors: kInvalidParams for a parameter that is missing, unknown (the nearest is named), or of
  // another JSON type; INVALID_ARGUMENT for a name, address or VLAN that cannot be.
  static std::variant<Params, RpcError> Read(std::string_view method, std::span<const Param> known,
                                             const nlohmann::json& params);

  bool Has(std::string_view name) const { return values_.contains(name); }
  // One that was left out is "", no settings, false, nullopt.
  std::string Text(std::string_view name) const { return Value<std::string>(name); }
  Settings settings(std::string_view name = "settings") const { return Value<Settings>(name); }
  bool Flag(std::string_view name) const { return Value<bool>(name); }
  MacAddress mac(std::string_view name = "mac") const { return Value<MacAddress>(name); }
  std::optional<MacAddress> mac_if_given(std::string_view name = "mac") const;
  std::optional<VlanId> vlan(std::string_view name = "vlan") const;
  Names names(std::string_view name) const { return Value<Names>(name); }
  Calls calls() const { return Value<Calls>("calls"); }

 private:
  using AnyValue = std::variant<std::string, Names, Settings, bool, MacAddress, VlanId, Calls>;

  static std::variant<AnyValue, RpcError> ReadOne(const Param& param, const nlohmann::json& value);

  template <typename T>
  T Value(std::string_view name) const {
    const auto found = values_.find(name);
    return found == values_.end() ? T{} : std::get<T>(found->second);
  }

  std::map<std::string_view, AnyValue> values_;  // The keys are views of the method's table.
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_RPC_PARAMS_H_
