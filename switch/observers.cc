#include "switch/observers.h"

#include <chrono>
#include <string_view>
#include <utility>

#include "glog/logging.h"
#include "switch/base/paced.h"
#include "switch/base/str_cat.h"
#include "switch/metrics/metrics_page.h"
#include "switch/metrics/snapshot.h"
#include "switch/web/web_page.h"

namespace vswitch {
namespace {

// However many ask, for metrics and the page together, the control thread copies its numbers for no
// more than a tenth of its time, and its addresses for as much.
constexpr auto kLeastPause = std::chrono::milliseconds(100);
constexpr auto kLeastAddressPause = std::chrono::seconds(1);
constexpr int kCostFactor = 10;

absl::Status ListenFor(std::string_view flag, const std::string& address, const std::string& group,
                       std::optional<HttpListener>* listener) {
  if (address.empty()) return absl::OkStatus();
  const auto named = [&](const absl::Status& status) {
    return absl::Status(status.code(), StrCat(flag, ": ", StdView(status.message())));
  };
  if (absl::Status status = HttpServer::Load(); !status.ok()) return named(status);
  auto listening = HttpListener::Listen(address, group);
  if (!listening.ok()) return named(listening.status());
  listener->emplace(*std::move(listening));
  return absl::OkStatus();
}

// Takes the listener along.
absl::Status ServeAt(EventLoop* loop, std::string_view what, std::optional<HttpListener>* listener,
                     HttpHandler handler, std::unique_ptr<HttpServer>* server) {
  if (!listener->has_value()) return absl::OkStatus();
  const std::string url = (*listener)->url();
  auto started = HttpServer::Start(loop, *std::move(*listener), std::move(handler));
  listener->reset();
  if (!started.ok()) return started.status();
  *server = *std::move(started);
  LOG(INFO) << "serves the " << what << " at " << url;
  return absl::OkStatus();
}

// What `take` takes, on the control thread: the time that it is waited for is not its cost.
template <typename Value>
std::function<std::shared_ptr<const Value>()> TakenByLoop(
    LoopCaller* caller, std::function<std::shared_ptr<const Value>()> take,
    std::chrono::steady_clock::duration least_pause) {
  const auto paced = std::make_shared<Paced<Value>>(std::move(take), least_pause, kCostFactor);
  return [caller, paced] {
    std::shared_ptr<const Value> taken;
    caller->Run([&] { taken = paced->Get(); });
    return taken;
  };
}

}  // namespace

absl::StatusOr<std::unique_ptr<Observers>> Observers::Listen(const Options& options) {
  auto observers = std::unique_ptr<Observers>(new Observers());
  if (absl::Status status =
          ListenFor("--metrics", options.metrics, options.group, &observers->metrics_listener_);
      !status.ok()) {
    return status;
  }
  if (absl::Status status =
          ListenFor("--web", options.web, options.group, &observers->web_listener_);
      !status.ok()) {
    return status;
  }
  return observers;
}

Observers::~Observers() {
  if (caller_ != nullptr) caller_->End();
  metrics_.reset();
  web_.reset();
}

absl::Status Observers::Serve(EventLoop* loop, Controller* controller) {
  if (!metrics_listener_.has_value() && !web_listener_.has_value()) return absl::OkStatus();
  auto caller = LoopCaller::New(loop);
  if (!caller.ok()) return caller.status();
  caller_ = *std::move(caller);
  const SnapshotSource source = TakenByLoop<Snapshot>(
      caller_.get(),
      [controller] { return std::make_shared<const Snapshot>(TakeSnapshot(*controller)); },
      kLeastPause);
  const AddressSource addresses = TakenByLoop<Addresses>(
      caller_.get(),
      [controller] { return std::make_shared<const Addresses>(TakeAddresses(*controller)); },
      kLeastAddressPause);
  const auto metrics = std::make_shared<MetricsPage>(source);
  const auto web = std::make_shared<WebPage>(source, addresses);
  if (absl::Status status = ServeAt(
          loop, "metrics", &metrics_listener_,
          [metrics](const HttpRequest& request) { return metrics->Answer(request); }, &metrics_);
      !status.ok()) {
    return status;
  }
  return ServeAt(
      loop, "web page", &web_listener_,
      [web](const HttpRequest& request) { return web->Answer(request); }, &web_);
}

}  // namespace vswitch
