// Methods called as the server does, and what their results are held against.
#ifndef VSWITCH_SWITCH_RPC_TESTING_CALL_H_
#define VSWITCH_SWITCH_RPC_TESTING_CALL_H_

#include <nlohmann/json.hpp>
#include <string>

#include "gtest/gtest.h"
#include "switch/base/str_cat.h"
#include "switch/rpc/methods.h"
#include "switch/rpc/testing/fake_controller.h"

namespace vswitch {

inline constexpr Caller kCaller = {.uid = kFakeUser};

// The result as JSON text, or "code STATUS: message".
inline std::string Call(Controller& controller, const std::string& method,
                        std::string_view params) {
  const RpcResult result =
      RpcMethods(&controller).Call(method, nlohmann::json::parse(params), kCaller);
  if (const auto* error = std::get_if<RpcError>(&result)) {
    return StrCat(error->code, " ", absl::StatusCodeToString(error->status), ": ", error->message);
  }
  return std::get<std::string>(result);
}

// Has all that `expected` has. There are more settings than this test knows.
inline void ExpectHas(const nlohmann::json& actual, const nlohmann::json& expected,
                      const std::string& place = "") {
  if (expected.is_object()) {
    for (const auto& [name, value] : expected.items()) {
      ASSERT_TRUE(actual.contains(name)) << place << "." << name;
      ExpectHas(actual.at(name), value, StrCat(place, ".", name));
    }
  } else if (expected.is_array()) {
    ASSERT_EQ(actual.size(), expected.size()) << place;
    for (size_t i = 0; i < expected.size(); ++i) {
      ExpectHas(actual.at(i), expected.at(i), StrCat(place, "[", i, "]"));
    }
  } else {
    EXPECT_EQ(actual, expected) << place;
  }
}

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_RPC_TESTING_CALL_H_
