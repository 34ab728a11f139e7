// Runs vswitchctl as a user would, and reads its JSON.
#ifndef VSWITCH_TESTS_HARNESS_CTL_H_
#define VSWITCH_TESTS_HARNESS_CTL_H_

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "mac_table/mac_address.h"
#include "tests/harness/process.h"

namespace vswitch::testing {

using Json = nlohmann::json;

class Ctl {
 public:
  Ctl(std::string program, std::string socket, int netns)
      : program_(std::move(program)), socket_(std::move(socket)), netns_(netns) {}

  // The verb must succeed, else throws what vswitchctl said.
  std::string Ok(const std::string& verb) const;
  // The same with --json.
  Json Query(const std::string& verb) const;
  // Any outcome. `user`: as whom to call.
  CommandResult Try(const std::string& verb, std::optional<uid_t> user = std::nullopt) const;

  // One port's part of `show` and of `stats`; throws when there is no such port.
  Json Port(const std::string& port) const;
  Json PortStats(const std::string& port) const;
  std::string PortState(const std::string& port) const { return Port(port).at("state"); }

  // The port that the FDB has for `mac` (VLAN 0 unless said otherwise); "" when it has none.
  std::string FdbPort(MacAddress mac, int vlan = 0) const;

 private:
  std::string program_;
  std::string socket_;
  int netns_;
};

}  // namespace vswitch::testing

#endif  // VSWITCH_TESTS_HARNESS_CTL_H_
