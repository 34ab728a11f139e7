#include "switch/rpc/params.h"

#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "switch/base/nearest.h"
#include "switch/base/quote.h"
#include "switch/base/str_cat.h"
#include "switch/model/names.h"
#include "switch/rpc/protocol.h"

namespace vswitch {
namespace {

using nlohmann::json;

RpcError BadParam(std::string_view name, std::string_view what) {
  return ProtocolError(kInvalidParams, StrCat("parameter '", name, "' ", what));
}

std::variant<Settings, RpcError> ReadSettings(std::string_view name, const json& value) {
  Settings settings;
  if (!value.is_object())
    return BadParam(name, "must be an object of strings: {\"mtu\": \"9000\"}");
  for (const auto& [key, setting] : value.items()) {
    if (!setting.is_string()) {
      const std::string hint =
          setting.is_primitive() ? StrCat(": write \"", DumpJson(setting), "\"") : std::string();
      return BadParam(name, StrCat("must be an object of strings, and the value of ", Quote(key),
                                   " is none", hint));
    }
    settings.emplace_back(key, setting.get<std::string>());
  }
  return settings;
}

std::variant<std::string, RpcError> ReadName(const Param& param, const json& value) {
  if (!value.is_string()) return BadParam(param.name, "must be a string");
  std::string name = value.get<std::string>();
  const absl::Status status =
      param.type == ParamType::kBridgeName ? CheckBridgeName(name) : CheckPortName(name);
  if (!status.ok()) return MethodError(status);
  return name;
}

std::variant<Params::Names, RpcError> ReadNames(const Param& param, const json& value) {
  if (!value.is_array()) return BadParam(param.name, "must be an array of strings");
  Params::Names names;
  for (const json& one : value) {
    auto name = ReadName({.name = param.name, .type = ParamType::kPortName}, one);
    if (auto* error = std::get_if<RpcError>(&name)) return std::move(*error);
    names.push_back(std::get<std::string>(std::move(name)));
  }
  return names;
}

std::variant<MacAddress, RpcError> ReadMac(std::string_view name, const json& value) {
  if (!value.is_string()) return BadParam(name, "must be a string");
  const std::string text = value.get<std::string>();
  const std::optional<MacAddress> mac = MacAddress::Parse(text);
  if (mac.has_value()) return *mac;
  return MethodError(absl::InvalidArgumentError(
      StrCat(Quote(text), " is no MAC address: give six octets, as in 52:54:00:12:34:56")));
}

std::variant<VlanId, RpcError> ReadVlan(std::string_view name, const json& value) {
  if (!value.is_number_integer()) return BadParam(name, "must be a whole number");
  if (value.is_number_unsigned() && value.get<uint64_t>() <= kMaxVlanId) return value.get<VlanId>();
  return MethodError(absl::InvalidArgumentError(
      StrCat("VLAN ", value.dump(), " does not exist: give 0 (untagged) to ", kMaxVlanId)));
}

RpcError BadCall(size_t index, std::string_view what) {
  RpcError error = BadParam("calls", what);
  error.call = index;
  return error;
}

std::variant<Params::Calls, RpcError> ReadCalls(std::string_view name, const json& value) {
  if (!value.is_array()) return BadParam(name, "must be an array of {\"method\", \"params\"}");
  if (value.size() > kMaxCallsPerTransaction) {
    return BadParam(name,
                    StrCat("has ", value.size(), " calls: give at most ", kMaxCallsPerTransaction));
  }
  Params::Calls calls;
  for (const json& one : value) {
    const size_t index = calls.size();
    if (!one.is_object()) return BadCall(index, "must be an array of objects");
    RequestedCall& call = calls.emplace_back();
    for (const auto& [member, content] : one.items()) {
      if (member == "method" && content.is_string()) {
        call.method = content.get<std::string>();
      } else if (member == "params" && content.is_structured()) {
        call.params = content;
      } else {
        return BadCall(index, StrCat("has a member ", Quote(member),
                                     " that cannot be: a call is a \"method\", a string, and "
                                     "\"params\", an object"));
      }
    }
    if (call.method.empty()) return BadCall(index, "has a call without a \"method\"");
  }
  return calls;
}

// Moves the value or the error of a narrower variant into a wider one.
template <typename To, typename From>
To Widen(std::variant<From, RpcError> from) {
  return std::visit([](auto&& value) -> To { return std::forward<decltype(value)>(value); },
                    std::move(from));
}

std::string KnownNames(std::span<const Param> known) {
  if (known.empty()) return "it takes none";
  std::string list = "it takes ";
  for (size_t i = 0; i < known.size(); ++i) {
    list += StrCat(i == 0 ? "" : ", ", known[i].name);
  }
  return list;
}

}  // namespace

std::variant<Params::AnyValue, RpcError> Params::ReadOne(const Param& param, const json& value) {
  using Result = std::variant<AnyValue, RpcError>;
  switch (param.type) {
    case ParamType::kBridgeName:
    case ParamType::kPortName:
      return Widen<Result>(ReadName(param, value));
    case ParamType::kPortNames:
      return Widen<Result>(ReadNames(param, value));
    case ParamType::kSettings:
      return Widen<Result>(ReadSettings(param.name, value));
    case ParamType::kFlag:
      if (!value.is_boolean()) return BadParam(param.name, "must be true or false");
      return AnyValue(value.get<bool>());
    case ParamType::kMac:
      return Widen<Result>(ReadMac(param.name, value));
    case ParamType::kText:
      if (!value.is_string()) return BadParam(param.name, "must be a string");
      return AnyValue(value.get<std::string>());
    case ParamType::kCalls:
      return Widen<Result>(ReadCalls(param.name, value));
    case ParamType::kVlan:
      return Widen<Result>(ReadVlan(param.name, value));
  }
  return ProtocolError(kInternalError, "unknown type of parameter");
}

std::variant<Params, RpcError> Params::Read(std::string_view method, std::span<const Param> known,
                                            const json& params) {
  if (params.is_array() && !params.empty()) {
    return ProtocolError(kInvalidParams,
                         StrCat(method, ": give the parameters by name; ", KnownNames(known)));
  }
  std::vector<std::string_view> names;
  for (const Param& param : known) names.push_back(param.name);
  Params read;
  for (const auto& [name, value] : params.items()) {
    const Param* param = nullptr;
    for (const Param& candidate : known) {
      if (candidate.name == name) param = &candidate;
    }
    if (param == nullptr) {
      return ProtocolError(kInvalidParams, StrCat(method, " has no parameter ", Quote(name),
                                                  DidYouMean(name, names, KnownNames(known))));
    }
    auto one = ReadOne(*param, value);
    if (auto* error = std::get_if<RpcError>(&one)) return std::move(*error);
    read.values_.emplace(param->name, std::get<AnyValue>(std::move(one)));
  }
  for (const Param& param : known) {
    if (param.required && !read.values_.contains(param.name)) {
      return ProtocolError(kInvalidParams,
                           StrCat(method, " needs the parameter '", param.name, "'"));
    }
  }
  return read;
}

std::optional<MacAddress> Params::mac_if_given(std::string_view name) const {
  if (!values_.contains(name)) return std::nullopt;
  return Value<MacAddress>(name);
}

std::optional<VlanId> Params::vlan(std::string_view name) const {
  if (!values_.contains(name)) return std::nullopt;
  return Value<VlanId>(name);
}

}  // namespace vswitch
