#include "cli/host.h"

#include <linux/capability.h>
#include <net/if.h>
#include <pwd.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "switch/base/str_cat.h"

namespace vswitch {

std::optional<uid_t> ParseSudoUid(uid_t euid, const char* text) {
  uid_t uid = 0;
  if (euid != 0 || text == nullptr || !absl::SimpleAtoi(text, &uid) || uid == 0) {
    return std::nullopt;
  }
  return uid;
}

uint64_t StatusCapabilities(std::string_view status) {
  for (absl::string_view line : absl::StrSplit(std::string(status), '\n')) {
    uint64_t capabilities = 0;
    if (absl::ConsumePrefix(&line, "CapEff:") &&
        absl::SimpleHexAtoi(absl::StripAsciiWhitespace(line), &capabilities)) {
      return capabilities;
    }
  }
  return 0;
}

bool StatusHasNetAdmin(std::string_view status) {
  return (StatusCapabilities(status) >> CAP_NET_ADMIN & 1) != 0;
}

bool TakesSequences(bool is_terminal, const char* term) {
  return is_terminal && term != nullptr && std::string_view(term) != "dumb";
}

bool WantsColour(bool takes_sequences, const char* no_color) {
  const bool is_refused = no_color != nullptr && *no_color != '\0';
  return takes_sequences && !is_refused;
}

Host ReadHost() {
  Host host;
  host.euid = geteuid();
  const passwd* entry = getpwuid(host.euid);
  host.user = entry != nullptr ? entry->pw_name : StrCat(host.euid);
  host.sudo_uid = ParseSudoUid(host.euid, getenv("SUDO_UID"));
  host.takes_sequences = TakesSequences(isatty(STDOUT_FILENO) != 0, getenv("TERM"));
  host.takes_colour = WantsColour(host.takes_sequences, getenv("NO_COLOR"));
  std::ifstream status("/proc/self/status");
  host.capabilities = StatusCapabilities(std::string(std::istreambuf_iterator<char>(status), {}));
  host.has_net_admin = (host.capabilities >> CAP_NET_ADMIN & 1) != 0;
  host.has_netdev = [](const std::string& name) { return if_nametoindex(name.c_str()) != 0; };
  return host;
}

}  // namespace vswitch
