// Where an HTTP server listens: an address of this machine alone, or a Unix socket.
//
// The pages have no password and no TLS, so nobody outside of the machine is to reach them: other
// addresses are refused, and there is no flag to allow them. Every user of the machine reaches a
// loopback address; a Unix socket is for root and one group.
//
// Thread-safety: control thread, before other threads make files (a Unix socket needs the umask).
#ifndef VSWITCH_SWITCH_HTTP_LISTENER_H_
#define VSWITCH_SWITCH_HTTP_LISTENER_H_

#include <netinet/in.h>
#include <sys/socket.h>

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "switch/base/unique_fd.h"
#include "switch/rpc/listening_socket.h"

namespace vswitch {

class HttpListener {
 public:
  // `address`: "127.0.0.1:9477", "[::1]:9477", "localhost:9477" or "unix:/path"; `group`: whose
  // members may use a Unix socket, empty for the daemon's own. Errors: InvalidArgument (what is no
  // such address, or none of this machine alone), AlreadyExists (somebody listens there),
  // Unavailable, and ListeningSocket's.
  static absl::StatusOr<HttpListener> Listen(std::string_view address, const std::string& group);

  // InvalidArgument: `address` is none that Listen() could ever take. Touches nothing.
  static absl::Status CheckAddress(std::string_view address);

  // A descriptor of its own, non-blocking and close-on-exec.
  UniqueFd Duplicate() const;
  bool is_unix() const { return unix_.has_value(); }
  // As people and browsers write it.
  const std::string& url() const { return url_; }

 private:
  HttpListener() = default;

  UniqueFd tcp_;
  std::optional<ListeningSocket> unix_;
  std::string url_;
};

// What "ADDRESS:PORT" stands for; InvalidArgument as above.
struct LoopbackAddress {
  sockaddr_storage address = {};
  socklen_t size = 0;
};
absl::StatusOr<LoopbackAddress> ParseLoopback(std::string_view text);

// Whether a client that asked for `host` (the header Host) meant this machine: "localhost" or a
// literal loopback address, with or without a port. A page from elsewhere whose name was made to
// resolve to 127.0.0.1 (DNS rebinding) asks by that name.
bool IsLoopbackHost(std::string_view host);

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_HTTP_LISTENER_H_
