// A small HTTP/1.1 server of pages that only tell: GET and HEAD, a reply for each connection, no
// state. libmicrohttpd reads and writes; this decides what may be asked and bounds what it costs.
//
// Limits: Limits::connections at once, 8 KiB of request, Limits::seconds for a connection from its
// first byte to its last, however slowly it reads.
//
// Thread-safety: made and destroyed by the loop's thread. The handler runs in the server's own
// thread, one request at a time; the destructor waits for it, so one that waits for the loop must
// have been told to stop (LoopCaller::End) before.
#ifndef VSWITCH_SWITCH_HTTP_SERVER_H_
#define VSWITCH_SWITCH_HTTP_SERVER_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "switch/base/event_loop.h"
#include "switch/http/listener.h"

struct MHD_Connection;
struct MHD_Daemon;

namespace vswitch {

struct Microhttpd;

struct HttpRequest {
  std::string path;  // As "/metrics".
  std::map<std::string, std::string> query;
};

struct HttpReply {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::shared_ptr<const std::string> body;  // Null: empty.

  // An error, as a line of text.
  static HttpReply Error(unsigned status, std::string text) {
    text += '\n';
    return {.status = status, .body = std::make_shared<const std::string>(std::move(text))};
  }
};

using HttpHandler = std::function<HttpReply(const HttpRequest&)>;

class HttpServer {
 public:
  struct Limits {
    unsigned connections = 64;
    unsigned seconds = 20;
  };

  // Loads what a server needs, which Start() does else. Errors: Unavailable, and how to get it.
  static absl::Status Load();

  // Errors: Unavailable. `loop` must outlive this.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(EventLoop* loop, HttpListener listener,
                                                           HttpHandler handler) {
    return Start(loop, std::move(listener), std::move(handler), Limits());
  }
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(EventLoop* loop, HttpListener listener,
                                                           HttpHandler handler, Limits limits);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

 private:
  friend struct HttpCallbacks;

  HttpServer(const Microhttpd& mhd, HttpListener listener, HttpHandler handler, Limits limits)
      : mhd_(mhd), listener_(std::move(listener)), handler_(std::move(handler)), limits_(limits) {}

  // Whatever is asked; the server's thread.
  HttpReply Answer(MHD_Connection* connection, const char* path, std::string_view method) const;
  void CloseLateConnections();

  const Microhttpd& mhd_;
  const HttpListener listener_;
  const HttpHandler handler_;
  const Limits limits_;
  std::mutex mutex_;
  std::map<int, uint64_t> deadlines_us_;  // Of each connection's descriptor.
  TimerSource timer_;
  MHD_Daemon* daemon_ = nullptr;
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_HTTP_SERVER_H_
