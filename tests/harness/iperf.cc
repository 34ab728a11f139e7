#include "tests/harness/iperf.h"

namespace vswitch::testing {

IperfServer::IperfServer(const NetNamespace& net)
    : process_({.argv = {"iperf3", "--server", "--forceflush"}, .netns = net.fd()}) {
  Expect("the iperf3 server listens",
         [this] { return process_.Output().find("Server listening") != std::string::npos; });
}

Json RunIperf(const NetNamespace& server, const std::string& server_address,
              const NetNamespace& client, const std::string& arguments) {
  IperfServer running(server);
  const CommandResult result =
      client.Command("iperf3 --json --client " + server_address + " " + arguments);
  if (result.status != 0) throw Error("iperf3: " + result.output + result.errors);
  return Json::parse(result.output);
}

uint64_t BytesReceived(const Json& report) {
  const Json& end = report.at("end");
  // UDP has one sum for both directions.
  const Json& sum = end.contains("sum_received") ? end.at("sum_received") : end.at("sum");
  return sum.at("bytes").get<uint64_t>();
}

}  // namespace vswitch::testing
