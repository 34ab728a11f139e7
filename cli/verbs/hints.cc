#include "cli/verbs/hints.h"

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_replace.h"
#include "cli/json.h"
#include "switch/base/str_cat.h"
#include "switch/rpc/protocol.h"

namespace vswitch {
namespace {

struct Hint {
  std::string_view method;  // Empty: any.
  absl::StatusCode code;
  // What the message says. A code alone may have other causes, such as the state file's; words that
  // a daemon does not use cost the hint and mislead nobody.
  std::string_view words;
  std::string_view hint;  // BR is the request's bridge, NAME its port.
};

constexpr Hint kHints[] = {
    {kMethodAddPort, absl::StatusCode::kNotFound, "the bridge comes first",
     "did you mean 'add-port NAME BR'?"},
    {kMethodDelPort, absl::StatusCode::kNotFound, "the bridge comes first",
     "did you mean 'del-port NAME BR'?"},
    {"", absl::StatusCode::kNotFound, "there is no bridge '", "'vswitchctl list-br' lists all"},
    {"", absl::StatusCode::kNotFound, "there is no port '", "'vswitchctl show' lists them"},
    {kMethodAddBr, absl::StatusCode::kAlreadyExists, ": change that",
     "'vswitchctl set br BR key=value' does"},
    {kMethodAddPort, absl::StatusCode::kAlreadyExists, ": change that",
     "'vswitchctl set port NAME key=value' does"},
    {kMethodAddBr, absl::StatusCode::kAlreadyExists, "exists already", "--may-exist accepts that"},
    {kMethodDelBr, absl::StatusCode::kFailedPrecondition, " port(s)",
     "'vswitchctl --force del-br BR' takes them along"},
    {kMethodSetBr, absl::StatusCode::kFailedPrecondition, "is below what bridge",
     "'vswitchctl fdb flush BR' does"},
    {kMethodSetPort, absl::StatusCode::kFailedPrecondition, "is below what port",
     "'vswitchctl fdb flush' does"},
    {"", absl::StatusCode::kResourceExhausted, "no room for another static entry",
     "raise it with 'vswitchctl set br BR fdb_entries=N'"},
};

// A sentence of its own behind a question, the same sentence's end behind anything else.
std::string Join(std::string_view message, std::string hint) {
  if (!message.ends_with('?')) return StrCat(message, "; ", hint);
  hint[0] = absl::ascii_toupper(static_cast<unsigned char>(hint[0]));
  return StrCat(message, " ", hint);
}

}  // namespace

absl::Status WithHint(const absl::Status& error, std::string_view method, const Json& params) {
  const std::string_view message = StdView(error.message());
  for (const Hint& hint : kHints) {
    if (!hint.method.empty() && hint.method != method) continue;
    if (hint.code != error.code() || message.find(hint.words) == message.npos) continue;
    const std::string bridge = TextField(params, params.contains("bridge") ? "bridge" : "name");
    const std::string port = TextField(params, "port");
    return absl::Status(error.code(),
                        Join(message, absl::StrReplaceAll(std::string(hint.hint),
                                                          {{"BR", bridge}, {"NAME", port}})));
  }
  return error;
}

}  // namespace vswitch
