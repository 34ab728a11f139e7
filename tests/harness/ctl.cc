#include "tests/harness/ctl.h"

namespace vswitch::testing {

CommandResult Ctl::Try(const std::string& verb, std::optional<uid_t> user) const {
  // The kernel may be busy with the devices of others for long.
  std::vector<std::string> argv = {program_, "--socket=" + socket_, "--timeout=60"};
  for (std::string& word : Words(verb)) argv.push_back(std::move(word));
  Process::Options call = {.argv = std::move(argv), .netns = netns_, .user = user};
  if (user) call.tun_node = TunNode::kOpenToAll;  // As udev makes it.
  return RunCommand(call);
}

std::string Ctl::Ok(const std::string& verb) const {
  const CommandResult result = Try(verb);
  if (result.status != 0) {
    throw Error("vswitchctl " + verb + ": exit " + std::to_string(result.status) + ": " +
                result.errors);
  }
  return result.output;
}

Json Ctl::Query(const std::string& verb) const { return Json::parse(Ok("--json " + verb)); }

Json Ctl::Port(const std::string& port) const {
  const Json reply = Query("show");
  for (const Json& bridge : reply.at("bridges")) {
    for (const Json& row : bridge.at("ports")) {
      if (row.at("name") == port) return row;
    }
  }
  throw Error("show has no port " + port + ": " + reply.dump());
}

Json Ctl::PortStats(const std::string& port) const {
  const Json reply = Query("stats");
  for (const Json& row : reply.at("ports")) {
    if (row.at("name") == port) return row;
  }
  throw Error("stats has no port " + port + ": " + reply.dump());
}

std::string Ctl::FdbPort(MacAddress mac, int vlan) const {
  const Json reply = Query("fdb show");
  for (const Json& entry : reply.at("entries")) {
    if (entry.at("mac") == mac.ToString() && entry.at("vlan") == vlan) return entry.at("port");
  }
  return "";
}

}  // namespace vswitch::testing
