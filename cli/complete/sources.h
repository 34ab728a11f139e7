// What can stand somewhere on a command line: names that the running daemon knows, and keys and
// values of the table of settings. The daemon is asked at most once for each thing, for half a
// second; when it is away there is nothing to offer, and nothing is said.
// Thread-safety: one thread.
#ifndef VSWITCH_CLI_COMPLETE_SOURCES_H_
#define VSWITCH_CLI_COMPLETE_SOURCES_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/client.h"
#include "cli/json.h"

namespace vswitch {

struct Candidate {
  std::string text;
  std::string help;  // May be empty.
};
using Candidates = std::vector<Candidate>;

class Sources {
 public:
  explicit Sources(const std::string& socket_path);

  Candidates Bridges();
  // Of one bridge, or of all when it is empty or there is none of that name.
  Candidates Ports(std::string_view bridge = "");
  Candidates Mirrors(std::string_view bridge);
  // The first few hundred of a bridge's table.
  Candidates Macs(std::string_view bridge);
  Candidates Vlans();
  // What `get` can print of it.
  Candidates BridgeKeys(std::string_view bridge);
  Candidates PortKeys(std::string_view port);

  // The value that a setting has now; empty: nobody knows.
  std::string BridgeValue(std::string_view bridge, std::string_view key);
  std::string PortValue(std::string_view port, std::string_view key);

 private:
  const Json& Show();
  const Json* FindBridge(std::string_view name);
  const Json* FindPort(std::string_view name);

  Client client_;
  std::optional<Json> show_;
};

// "mtu=", with its help. `type` is the port's, or empty; `at_creation` says whether keys that can
// be given only then are among them.
Candidates BridgeSettingKeys();
Candidates PortSettingKeys(std::string_view type, bool at_creation);

// The words that a setting may be, of those that its help names; none of a number's.
Candidates BridgeSettingWords(std::string_view key);
Candidates PortSettingWords(std::string_view key);

}  // namespace vswitch

#endif  // VSWITCH_CLI_COMPLETE_SOURCES_H_
