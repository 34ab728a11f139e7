// libFuzzer target: what a hostile client can send in a line, from the JSON to the controller. The
// reply is nothing, or one line of JSON-RPC.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "switch/rpc/methods.h"
#include "switch/rpc/testing/fake_controller.h"

namespace vswitch {
namespace {

void Require(bool holds, const char* what, const std::string& reply) {
  if (holds) return;
  fprintf(stderr, "%s: %s\n", what, reply.c_str());
  abort();
}

void CheckReply(const nlohmann::json& reply, const std::string& text) {
  Require(reply.is_object() && reply.value("jsonrpc", "") == "2.0", "no JSON-RPC", text);
  Require(reply.contains("id"), "no id", text);
  Require(reply.contains("result") != reply.contains("error"), "neither or both", text);
}

void Run(std::string_view line) {
  FakeController controller;
  const std::string text = RpcMethods(&controller).HandleLine(line, {.uid = kFakeUser});
  if (text.empty()) return;
  Require(text.find('\n') == std::string::npos, "more than a line", text);
  const nlohmann::json reply = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  Require(!reply.is_discarded(), "no JSON", text);
  if (!reply.is_array()) return CheckReply(reply, text);
  Require(!reply.empty(), "an empty batch", text);
  for (const nlohmann::json& one : reply) CheckReply(one, text);
}

}  // namespace
}  // namespace vswitch

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  vswitch::Run({reinterpret_cast<const char*>(data), size});
  return 0;
}
