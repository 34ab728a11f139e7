#include "switch/http/listener.h"

#include <arpa/inet.h>
#include <fcntl.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

#include "absl/strings/match.h"
#include "switch/base/quote.h"
#include "switch/base/str_cat.h"

namespace vswitch {
namespace {

constexpr std::string_view kUnix = "unix:";
constexpr int kBacklog = 128;

struct HostAndPort {
  std::string host;
  std::optional<std::string_view> port;
};

// "[::1]:80", "127.0.0.1:80", "localhost"; nullopt for what is no such thing.
std::optional<HostAndPort> Split(std::string_view text) {
  size_t end = text.find(':');
  HostAndPort result;
  if (text.starts_with('[')) {
    const size_t close = text.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    result.host = text.substr(1, close - 1);
    end = close + 1;
  } else {
    result.host = text.substr(0, end);
  }
  if (end < text.size()) {
    if (text[end] != ':') return std::nullopt;
    result.port = text.substr(end + 1);
  }
  return result;
}

// The bytes of an address of this machine alone; `family` says which of the two.
struct Literal {
  int family = AF_UNSPEC;
  in_addr v4 = {};
  in6_addr v6 = {};
};

Literal ReadLiteral(const std::string& host) {
  Literal literal;
  if (absl::EqualsIgnoreCase(host, "localhost")) {
    literal.family = AF_INET;
    literal.v4.s_addr = htonl(INADDR_LOOPBACK);
  } else if (inet_pton(AF_INET, host.c_str(), &literal.v4) == 1) {
    literal.family = AF_INET;
  } else if (inet_pton(AF_INET6, host.c_str(), &literal.v6) == 1) {
    literal.family = AF_INET6;
  }
  return literal;
}

bool IsLoopback(const Literal& literal) {
  if (literal.family == AF_INET) return ntohl(literal.v4.s_addr) >> 24 == IN_LOOPBACKNET;
  return literal.family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&literal.v6);
}

absl::Status NotUnderstood(std::string_view text) {
  return absl::InvalidArgumentError(
      StrCat(Quote(text), " is no address: give 127.0.0.1:PORT, [::1]:PORT or unix:/PATH"));
}

}  // namespace

absl::StatusOr<LoopbackAddress> ParseLoopback(std::string_view text) {
  const auto parts = Split(text);
  if (!parts.has_value() || !parts->port.has_value()) return NotUnderstood(text);
  const Literal literal = ReadLiteral(parts->host);
  if (literal.family == AF_UNSPEC) return NotUnderstood(text);
  uint16_t port = 0;
  const char* const end = parts->port->data() + parts->port->size();
  const auto [read, error] = std::from_chars(parts->port->data(), end, port);
  if (error != std::errc() || read != end || port == 0) {
    return absl::InvalidArgumentError(StrCat(Quote(text), ": the port must be 1 to 65535"));
  }
  if (!IsLoopback(literal)) {
    return absl::InvalidArgumentError(StrCat(
        Quote(text),
        " can be reached from other machines, and the page has neither password nor TLS: listen on "
        "127.0.0.1 or a Unix socket, and let a reverse proxy or ssh -L lead there"));
  }
  LoopbackAddress result;
  if (literal.family == AF_INET) {
    auto* const v4 = reinterpret_cast<sockaddr_in*>(&result.address);
    *v4 = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = literal.v4};
    result.size = sizeof(*v4);
  } else {
    auto* const v6 = reinterpret_cast<sockaddr_in6*>(&result.address);
    *v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = literal.v6};
    result.size = sizeof(*v6);
  }
  return result;
}

bool IsLoopbackHost(std::string_view host) {
  const auto parts = Split(host);
  return parts.has_value() && IsLoopback(ReadLiteral(parts->host));
}

absl::Status HttpListener::CheckAddress(std::string_view address) {
  if (!address.starts_with(kUnix)) return ParseLoopback(address).status();
  return ListeningSocket::CheckPath(std::string(address.substr(kUnix.size())));
}

absl::StatusOr<HttpListener> HttpListener::Listen(std::string_view text, const std::string& group) {
  HttpListener listener;
  if (text.starts_with(kUnix)) {
    auto socket = ListeningSocket::Listen(std::string(text.substr(kUnix.size())), group);
    if (!socket.ok()) return socket.status();
    listener.unix_.emplace(*std::move(socket));
    listener.url_ = text;
    return listener;
  }
  const auto address = ParseLoopback(text);
  if (!address.ok()) return address.status();
  listener.tcp_.Reset(
      socket(address->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
  if (!listener.tcp_) return absl::UnavailableError(StrCat("socket: ", strerror(errno)));
  const int on = 1;
  setsockopt(listener.tcp_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (bind(listener.tcp_.get(), reinterpret_cast<const sockaddr*>(&address->address),
           address->size) != 0 ||
      listen(listener.tcp_.get(), kBacklog) != 0) {
    if (errno == EADDRINUSE) {
      return absl::AlreadyExistsError(StrCat("another program listens on ", text,
                                             " (ss -ltnp tells which): stop it, or choose "
                                             "another port"));
    }
    return absl::UnavailableError(StrCat("cannot listen on ", text, ": ", strerror(errno)));
  }
  listener.url_ = StrCat("http://", text, "/");
  return listener;
}

UniqueFd HttpListener::Duplicate() const {
  return UniqueFd(fcntl(is_unix() ? unix_->fd() : tcp_.get(), F_DUPFD_CLOEXEC, 0));
}

}  // namespace vswitch
