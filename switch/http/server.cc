#include "switch/http/server.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <exception>
#include <utility>

#include "switch/base/str_cat.h"
#include "switch/http/microhttpd.h"

namespace vswitch {
namespace {

constexpr size_t kConnectionBytes = 8192;
constexpr uint64_t kSecondUs = 1'000'000;

// Sent with every reply. What the page may load: its own files, nothing else, and no script or
// style that stands in the page itself; nobody may put it into a frame, or read it from elsewhere.
constexpr std::pair<const char*, const char*> kHeaders[] = {
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
     "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Referrer-Policy", "no-referrer"},
    {"Cache-Control", "no-store"},
    {"Connection", "close"},
};

using Body = std::shared_ptr<const std::string>;

MHD_Response* MakeResponse(const Microhttpd& mhd, const HttpReply& reply) {
  static const Body empty = std::make_shared<const std::string>();
  auto body = std::make_unique<Body>(reply.body != nullptr ? reply.body : empty);
  const std::string& text = **body;
  MHD_Response* const response = mhd.create_response_from_buffer_with_free_callback_cls(
      text.size(), const_cast<char*>(text.data()),
      [](void* owner) { delete static_cast<Body*>(owner); }, body.get());
  if (response == nullptr) return nullptr;
  static_cast<void>(body.release());
  for (const auto& [name, value] : kHeaders) mhd.add_response_header(response, name, value);
  mhd.add_response_header(response, "Content-Type", reply.content_type.c_str());
  if (reply.status == MHD_HTTP_METHOD_NOT_ALLOWED) {
    mhd.add_response_header(response, "Allow", "GET, HEAD");
  }
  return response;
}

}  // namespace

// What libmicrohttpd calls. No exception may pass through its frames.
struct HttpCallbacks {
  static MHD_Result OnRequest(void* self, MHD_Connection* connection, const char* path,
                              const char* method, const char* /*version*/, const char* /*data*/,
                              size_t* /*data_size*/, void** /*request*/) {
    try {
      const auto& server = *static_cast<const HttpServer*>(self);
      const HttpReply reply = server.Answer(connection, path, method);
      MHD_Response* const response = MakeResponse(server.mhd_, reply);
      if (response == nullptr) return MHD_NO;
      const MHD_Result result = server.mhd_.queue_response(connection, reply.status, response);
      server.mhd_.destroy_response(response);
      return result;
    } catch (const std::exception&) {  // Out of memory: this connection ends.
      return MHD_NO;
    }
  }

  static MHD_Result OnArgument(void* query, MHD_ValueKind, const char* name, const char* value) {
    auto& values = *static_cast<std::map<std::string, std::string>*>(query);
    values[name] = value == nullptr ? "" : value;
    return MHD_YES;
  }

  static void OnConnection(void* self, MHD_Connection* connection, void** /*context*/,
                           MHD_ConnectionNotificationCode what) {
    auto& server = *static_cast<HttpServer*>(self);
    const auto* const info =
        server.mhd_.get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (info == nullptr) return;
    const std::lock_guard lock(server.mutex_);
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
      server.deadlines_us_[info->connect_fd] =
          EventLoop::NowUs() + server.limits_.seconds * kSecondUs;
    } else {
      server.deadlines_us_.erase(info->connect_fd);  // Before it is closed.
    }
  }
};

absl::Status HttpServer::Load() { return LoadMicrohttpd().status(); }

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(EventLoop* loop,
                                                              HttpListener listener,
                                                              HttpHandler handler, Limits limits) {
  const absl::StatusOr<const Microhttpd*> mhd = LoadMicrohttpd();
  if (!mhd.ok()) return mhd.status();
  UniqueFd fd = listener.Duplicate();
  if (!fd) return absl::UnavailableError(StrCat("dup: ", strerror(errno)));
  auto server = std::unique_ptr<HttpServer>(
      new HttpServer(**mhd, std::move(listener), std::move(handler), limits));
  HttpServer* const self = server.get();
  auto timer = loop->AddTimer([self] { self->CloseLateConnections(); });
  if (!timer.ok()) return timer.status();
  server->timer_ = *std::move(timer);
  server->timer_.StartUs(kSecondUs);
  // The descriptor is libmicrohttpd's to close from here on, if it starts.
  server->daemon_ = (*mhd)->start_daemon(
      MHD_USE_EPOLL | MHD_USE_INTERNAL_POLLING_THREAD, /*port=*/0, nullptr, nullptr,
      &HttpCallbacks::OnRequest, self, MHD_OPTION_LISTEN_SOCKET, fd.get(),
      MHD_OPTION_CONNECTION_LIMIT, limits.connections, MHD_OPTION_CONNECTION_TIMEOUT,
      limits.seconds, MHD_OPTION_CONNECTION_MEMORY_LIMIT, kConnectionBytes,
      MHD_OPTION_NOTIFY_CONNECTION, &HttpCallbacks::OnConnection, self, MHD_OPTION_END);
  if (server->daemon_ == nullptr) {
    return absl::UnavailableError(StrCat("libmicrohttpd did not start: ", strerror(errno)));
  }
  static_cast<void>(fd.Release());
  return server;
}

HttpServer::~HttpServer() {
  if (daemon_ != nullptr) mhd_.stop_daemon(daemon_);
}

HttpReply HttpServer::Answer(MHD_Connection* connection, const char* path,
                             std::string_view method) const {
  if (!listener_.is_unix()) {
    const char* const host =
        mhd_.lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST);
    if (host == nullptr || !IsLoopbackHost(host)) {
      return HttpReply::Error(MHD_HTTP_MISDIRECTED_REQUEST,
                              "ask for localhost or 127.0.0.1: no other name is served here");
    }
  }
  if (method != MHD_HTTP_METHOD_GET && method != MHD_HTTP_METHOD_HEAD) {
    return HttpReply::Error(MHD_HTTP_METHOD_NOT_ALLOWED,
                            "only GET and HEAD: vswitchctl changes what the switch does");
  }
  HttpRequest request{.path = path, .query = {}};
  mhd_.get_connection_values(connection, MHD_GET_ARGUMENT_KIND, &HttpCallbacks::OnArgument,
                             &request.query);
  return handler_(request);
}

// Their descriptors are not closed as long as they are listed, so none is another connection's.
void HttpServer::CloseLateConnections() {
  timer_.StartUs(kSecondUs);
  const uint64_t now_us = EventLoop::NowUs();
  const std::lock_guard lock(mutex_);
  for (const auto& [fd, deadline_us] : deadlines_us_) {
    if (now_us >= deadline_us) shutdown(fd, SHUT_RDWR);
  }
}

}  // namespace vswitch
