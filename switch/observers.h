// Those who watch the switch over HTTP: the metrics and the web page, each if it was asked for.
//
// Two steps, so that an address or a library that cannot be had is told before anything is done to
// a device, and nobody is answered before the switch is up.
//
// Thread-safety: the control thread. Each page has a server with a thread of its own, which has the
// control thread take a snapshot for it (LoopCaller).
#ifndef VSWITCH_SWITCH_OBSERVERS_H_
#define VSWITCH_SWITCH_OBSERVERS_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "switch/base/event_loop.h"
#include "switch/base/loop_caller.h"
#include "switch/core/controller.h"
#include "switch/http/server.h"

namespace vswitch {

class Observers {
 public:
  struct Options {
    // As HttpListener takes them; empty: not served.
    std::string metrics;
    std::string web;
    // Who may use those that are Unix sockets.
    std::string group;
  };

  // Errors: HttpListener's, and HttpServer::Load's; the flag is named.
  static absl::StatusOr<std::unique_ptr<Observers>> Listen(const Options& options);
  // Ends the servers; whoever waits in them for the control thread is told so.
  ~Observers();

  // `loop` and `controller` must outlive this.
  absl::Status Serve(EventLoop* loop, Controller* controller);

 private:
  Observers() = default;

  std::optional<HttpListener> metrics_listener_;
  std::optional<HttpListener> web_listener_;
  std::unique_ptr<LoopCaller> caller_;
  std::unique_ptr<HttpServer> metrics_;
  std::unique_ptr<HttpServer> web_;
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_OBSERVERS_H_
