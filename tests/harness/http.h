// A client of the daemon's pages: one request, one reply. Errors: throws Error.
#ifndef VSWITCH_TESTS_HARNESS_HTTP_H_
#define VSWITCH_TESTS_HARNESS_HTTP_H_

#include <string>

#include "tests/harness/net_namespace.h"

namespace vswitch::testing {

struct HttpResult {
  int status = 0;
  std::string headers;
  std::string body;
};

// Asks 127.0.0.1 inside of the namespace.
HttpResult HttpGet(const NetNamespace& net, int port, const std::string& path,
                   const std::string& host = "localhost");
// Asks a Unix socket.
HttpResult HttpGet(const std::string& socket, const std::string& path);

}  // namespace vswitch::testing

#endif  // VSWITCH_TESTS_HARNESS_HTTP_H_
