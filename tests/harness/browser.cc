#include "tests/harness/browser.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/escaping.h"

namespace vswitch::testing {
namespace {

constexpr const char* kProgram = "/usr/bin/chromium";
constexpr int kSilenceMs = 120'000;  // Far longer than any answer takes.

// A named pipe, open at both ends, so that neither side waits for the other to open its own.
UniqueFd MakePipe(const std::string& path) {
  if (mkfifo(path.c_str(), 0600) != 0) throw Error("mkfifo " + path + ": " + strerror(errno));
  UniqueFd fd(open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!fd) throw Error("open " + path + ": " + strerror(errno));
  return fd;
}

std::vector<std::string> Arguments(const TempFolder& folder) {
  // The shell has it begin with descriptors 3 and 4, where it expects the pipes.
  return {"sh",
          "-c",
          R"(in=$1; out=$2; shift 2; exec "$@" 3<"$in" 4>"$out")",
          "sh",
          folder / "in",
          folder / "out",
          kProgram,
          "--headless",
          "--no-sandbox",
          "--disable-gpu",
          "--disable-dev-shm-usage",
          "--disable-extensions",
          "--disable-background-networking",
          "--disable-component-update",
          "--disable-breakpad",
          "--no-first-run",
          "--no-default-browser-check",
          "--hide-scrollbars",
          "--lang=en-US",
          "--user-data-dir=" + folder / "profile",
          "--remote-debugging-pipe",
          "about:blank"};
}

}  // namespace

std::string Browser::WhyNotThere() {
  return access(kProgram, X_OK) == 0 ? "" : "there is no Chromium: tools/setup installs it";
}

Browser::Browser(const NetNamespace& net)
    : to_(MakePipe(folder_ / "in")), from_(MakePipe(folder_ / "out")) {
  process_ = std::make_unique<Process>(
      Process::Options{.argv = Arguments(folder_),
                       .netns = net.fd(),
                       .environment = {{"HOME", folder_.path()}, {"TMPDIR", folder_.path()}}});
  const Json target = Call("Target.createTarget", {{"url", "about:blank"}});
  session_ = Call("Target.attachToTarget", {{"targetId", target.at("targetId")}, {"flatten", true}})
                 .at("sessionId");
  for (const char* domain : {"Page.enable", "Runtime.enable", "Log.enable"}) Call(domain);
}

void Browser::Open(const std::string& url) { Call("Page.navigate", {{"url", url}}); }

Json Browser::Evaluate(const std::string& expression) {
  const Json reply =
      Call("Runtime.evaluate",
           {{"expression", expression}, {"returnByValue", true}, {"awaitPromise", true}});
  if (reply.contains("exceptionDetails")) {
    throw Error(expression + ": " + reply.at("exceptionDetails").dump());
  }
  return reply.at("result").value("value", Json());
}

void Browser::ExpectTrue(const std::string& expression) {
  Expect(expression, [&] {
    // While a page is being loaded it may have nothing of what is asked for.
    try {
      return Evaluate("Boolean(" + expression + ")") == Json(true);
    } catch (const Error&) {
      if (!process_->Running()) throw;
      return false;
    }
  });
}

void Browser::SetSize(int width, int height, int scale) {
  Call("Emulation.setDeviceMetricsOverride",
       {{"width", width}, {"height", height}, {"deviceScaleFactor", scale}, {"mobile", false}});
}

void Browser::SetDark(bool dark) {
  Call("Emulation.setEmulatedMedia",
       {{"features", {{{"name", "prefers-color-scheme"}, {"value", dark ? "dark" : "light"}}}}});
}

std::string Browser::Screenshot() {
  std::string picture;
  const std::string text = Call("Page.captureScreenshot", {{"format", "png"}}).at("data");
  if (!absl::Base64Unescape(text, &picture)) throw Error("a picture that is no base64");
  return picture;
}

Json Browser::Call(const std::string& method, const Json& params) {
  Json request = {{"id", ++last_id_}, {"method", method}, {"params", params}};
  if (!session_.empty()) request["sessionId"] = session_;
  const std::string text = request.dump() + '\0';
  if (write(to_.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    throw Error(method + ": " + strerror(errno));
  }
  for (;;) {
    Json message = ReadMessage();
    if (message.value("id", 0) == last_id_) {
      if (message.contains("error")) throw Error(method + ": " + message.at("error").dump());
      return message.at("result");
    }
    const std::string event = message.value("method", "");
    if (event == "Runtime.exceptionThrown" || event == "Log.entryAdded" ||
        event == "Runtime.consoleAPICalled") {
      complaints_.push_back(message.at("params").dump());
    }
  }
}

Json Browser::ReadMessage() {
  size_t end;
  while ((end = unread_.find('\0')) == std::string::npos) {
    pollfd ready = {.fd = from_.get(), .events = POLLIN, .revents = 0};
    if (poll(&ready, 1, kSilenceMs) != 1 || !process_->Running()) {
      throw Error("Chromium says nothing: " + process_->Errors());
    }
    char buffer[65536];
    const ssize_t n = read(from_.get(), buffer, sizeof(buffer));
    if (n <= 0) throw Error(std::string("read: ") + strerror(errno));
    unread_.append(buffer, static_cast<size_t>(n));
  }
  const Json message = Json::parse(unread_.substr(0, end));
  unread_.erase(0, end + 1);
  return message;
}

}  // namespace vswitch::testing
