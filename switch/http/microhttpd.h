// libmicrohttpd, which is loaded when the first server is to be: it brings GnuTLS along and what
// that needs, 2 MiB of memory that a daemon without a page or metrics has no use for.
//
// Thread-safety: all.
#ifndef VSWITCH_SWITCH_HTTP_MICROHTTPD_H_
#define VSWITCH_SWITCH_HTTP_MICROHTTPD_H_

#include <microhttpd.h>

#include "absl/status/statusor.h"

namespace vswitch {

#define VSWITCH_MICROHTTPD_FUNCTIONS(X)                 \
  X(add_response_header)                                \
  X(create_response_from_buffer_with_free_callback_cls) \
  X(destroy_response)                                   \
  X(get_connection_info)                                \
  X(get_connection_values)                              \
  X(lookup_connection_value)                            \
  X(queue_response)                                     \
  X(start_daemon)                                       \
  X(stop_daemon)

// Each is MHD_NAME() of <microhttpd.h>.
struct Microhttpd {
#define VSWITCH_X(name) decltype(&MHD_##name) name = nullptr;
  VSWITCH_MICROHTTPD_FUNCTIONS(VSWITCH_X)
#undef VSWITCH_X
};

// Never unloaded. Unavailable: it is not installed, or older than Debian 12's.
absl::StatusOr<const Microhttpd*> LoadMicrohttpd();

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_HTTP_MICROHTTPD_H_
