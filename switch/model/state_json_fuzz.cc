// libFuzzer target: a state file of any content is refused, or is a state that could have been
// asked for and that comes back the same when it is saved and loaded again.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "switch/model/check_state.h"
#include "switch/model/state_json.h"

namespace vswitch {
namespace {

void Run(std::string_view text) {
  const auto desired = StateFromJson(text);
  if (!desired.ok()) return;
  const std::string saved = StateToJson(*desired);
  const auto again = StateFromJson(saved);
  if (CheckState(*desired).ok() && again.ok() && StateToJson(*again) == saved) return;
  fprintf(stderr, "not stable: %s\n", saved.c_str());
  abort();
}

}  // namespace
}  // namespace vswitch

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  vswitch::Run({reinterpret_cast<const char*>(data), size});
  return 0;
}
