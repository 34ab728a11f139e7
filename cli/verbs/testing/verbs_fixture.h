// For tests: runs verbs against a scripted daemon and tells what they asked it.
#ifndef VSWITCH_CLI_VERBS_TESTING_VERBS_FIXTURE_H_
#define VSWITCH_CLI_VERBS_TESTING_VERBS_FIXTURE_H_

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_split.h"
#include "cli/json.h"
#include "cli/testing/fake_daemon.h"
#include "cli/verbs/verbs.h"

namespace vswitch {

// What the daemon shows: two bridges, two ports.
inline constexpr char kShow[] =
    R"({"version":"0.1.0","bridges":[{"name":"br0","ageing_s":300,"fdb_entries":65536,)"
    R"("group_fwd_mask":0,"ports":[{"name":"vm0","type":"tap","state":"down","detail":"no guest",)"
    R"("owner":"alice","mtu":1500,"queues":1,"txqueuelen":1000},{"name":"eth1","type":"netdev",)"
    R"("state":"up","detail":"","owner":"","mtu":9000,"queues":1,"txqueuelen":1000}]},)"
    R"({"name":"br1","ageing_s":60,"fdb_entries":16,"group_fwd_mask":0,"ports":[]}]})";

// "add-port br0 vm0" as words.
inline std::vector<std::string> Words(const std::string& line) {
  return absl::StrSplit(line, ' ', absl::SkipEmpty());
}

struct Result {
  Outcome outcome;
  std::vector<std::string> requests;  // "METHOD PARAMS".
};

class VerbsTest : public ::testing::Test {
 protected:
  Result RunAgainst(FakeDaemon::Answer answer, const std::vector<std::string>& words,
                    const std::optional<std::vector<std::string>>& after_dashes = std::nullopt) {
    FakeDaemon daemon(std::move(answer));
    options_.socket_path = daemon.socket_path();
    options_.timeout = absl::Seconds(60);
    Result result;
    result.outcome = RunVerb(options_, host_, words, after_dashes);
    for (const Json& request : daemon.requests()) {
      result.requests.push_back(TextField(request, "method") + " " +
                                ToLine(Field(request, "params")));
    }
    return result;
  }

  Result RunWithResult(const std::string& result_json, const std::string& line) {
    return RunAgainst(FakeDaemon::WithResult(ParseJson(result_json).value()), Words(line));
  }

  Options options_;
  Host host_;
};

}  // namespace vswitch

#endif  // VSWITCH_CLI_VERBS_TESTING_VERBS_FIXTURE_H_
