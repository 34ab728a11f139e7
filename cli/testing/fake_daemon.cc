#include "cli/testing/fake_daemon.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "cli/json.h"

namespace vswitch {
namespace {

// A test whose set-up fails has nothing to say.
void Require(bool success, const char* what) {
  if (success) return;
  perror(what);
  abort();
}

sockaddr_un AddressOf(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  Require(path.size() < sizeof(address.sun_path), "socket path");
  std::copy(path.begin(), path.end(), address.sun_path);
  return address;
}

int Bind(const std::string& path) {
  const sockaddr_un address = AddressOf(path);
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  Require(fd >= 0, "socket");
  Require(bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0, "bind");
  return fd;
}

std::string ReadLine(int fd) {
  std::string line;
  for (char c; read(fd, &c, 1) == 1 && c != '\n';) line.push_back(c);
  return line;
}

void SendAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;  // The client has gone, as some tests want.
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
}

Json Envelope(const char* key, Json value) {
  Json object = Json::object();
  object["jsonrpc"] = "2.0";
  object["id"] = 1;
  object[key] = std::move(value);
  return object;
}

}  // namespace

FakeDaemon::FakeDaemon(Answer answer) : FakeDaemon(std::move(answer), "") {}

FakeDaemon::FakeDaemon(Answer answer, std::string socket_path)
    : answer_(std::move(answer)), socket_path_(std::move(socket_path)) {
  if (socket_path_.empty()) socket_path_ = folder_ / "vswitchd.sock";
  listener_ = Bind(socket_path_);
  Require(listen(listener_, 8) == 0, "listen");
  thread_ = std::thread([this] { Serve(); });
}

FakeDaemon::~FakeDaemon() {
  shutdown(listener_, SHUT_RDWR);  // Wakes accept().
  thread_.join();
  close(listener_);
}

FakeDaemon::Answer FakeDaemon::WithResult(Json result) {
  return [line = ToLine(Envelope("result", std::move(result))) + "\n"](const std::string&) {
    return line;
  };
}

FakeDaemon::Answer FakeDaemon::WithError(int code, std::string_view status,
                                         std::string_view message) {
  Json error = Json::object();
  error["code"] = code;
  error["message"] = std::string(message);
  error["data"]["status"] = std::string(status);
  return [line = ToLine(Envelope("error", std::move(error))) + "\n"](const std::string&) {
    return line;
  };
}

std::vector<Json> FakeDaemon::requests() {
  std::vector<Json> requests;
  const std::lock_guard<std::mutex> lock(mutex_);
  for (const std::string& line : requests_) {
    requests.push_back(ParseJson(line).value_or(Json("no JSON: " + line)));
  }
  return requests;
}

void FakeDaemon::Serve() {
  while (true) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    ServeConnection(fd);
    close(fd);
  }
}

void FakeDaemon::ServeConnection(int fd) {
  const std::string line = ReadLine(fd);
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    requests_.push_back(line);
  }
  if (const std::optional<std::string> bytes = answer_(line); bytes.has_value()) {
    SendAll(fd, *bytes);
  } else {
    ReadLine(fd);  // Ends when the client closes.
  }
}

BoundSocket::BoundSocket(const std::string& path, std::optional<int> backlog) : fd_(Bind(path)) {
  if (backlog.has_value()) Require(listen(fd_, *backlog) == 0, "listen");
}

BoundSocket::~BoundSocket() { close(fd_); }

BlockedClients::BlockedClients(const std::string& path) {
  const sockaddr_un address = AddressOf(path);
  bool connected = true;
  while (connected) {
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    Require(fd >= 0, "socket");
    fds_.push_back(fd);
    connected = connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  }
  Require(errno == EAGAIN, "connect");
}

BlockedClients::~BlockedClients() {
  for (const int fd : fds_) close(fd);
}

}  // namespace vswitch
