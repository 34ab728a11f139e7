// libFuzzer target: a text of any content is refused with its place, or is a state that could have
// been asked for and that comes back the same when it is written and read again.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "switch/model/check_state.h"
#include "switch/model/toml_file.h"

namespace vswitch {
namespace {

void Require(bool holds, const std::string& what) {
  if (holds) return;
  fprintf(stderr, "%s\n", what.c_str());
  abort();
}

void Run(std::string_view text) {
  const auto read = ReadToml(text, "f");
  if (!read.ok()) {
    const std::string message(read.status().message());
    Require(message.starts_with("f:") && message.find('\n') == message.npos, message);
    return;
  }
  Require(CheckState(read->desired).ok(), "not possible");
  const std::string saved = WriteToml(read->desired);
  const auto again = ReadToml(saved, "f");
  Require(again.ok() && again->desired == read->desired, saved);
}

}  // namespace
}  // namespace vswitch

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  vswitch::Run({reinterpret_cast<const char*>(data), size});
  return 0;
}
