// iperf3 between two network namespaces: real TCP and UDP stacks at both ends of the switch.
#ifndef VSWITCH_TESTS_HARNESS_IPERF_H_
#define VSWITCH_TESTS_HARNESS_IPERF_H_

#include <string>

#include "tests/harness/ctl.h"
#include "tests/harness/net_namespace.h"

namespace vswitch::testing {

// Runs a server in `server` and a client in `client` with `arguments` on top ("-n 64M", "-R");
// returns the client's JSON report. Throws when either fails.
Json RunIperf(const NetNamespace& server, const std::string& server_address,
              const NetNamespace& client, const std::string& arguments);

// Bytes that arrived, of a report.
uint64_t BytesReceived(const Json& report);

// A server that serves until it is destroyed, ready when constructed.
class IperfServer {
 public:
  explicit IperfServer(const NetNamespace& net);

 private:
  Process process_;
};

}  // namespace vswitch::testing

#endif  // VSWITCH_TESTS_HARNESS_IPERF_H_
