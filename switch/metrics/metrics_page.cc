#include "switch/metrics/metrics_page.h"

#include <chrono>
#include <memory>
#include <utility>

#include "switch/metrics/exposition.h"
#include "switch/metrics/process_usage.h"

namespace vswitch {
namespace {

// However many ask: this thread writes for no more than a tenth of its time. What it waits for the
// control thread is none of its work: after a long change the numbers are new again at once.
constexpr auto kLeastPause = std::chrono::milliseconds(100);
constexpr int kCostFactor = 10;

std::shared_ptr<const std::string> MakeText(const SnapshotSource& source) {
  const std::shared_ptr<const Snapshot> snapshot = source();
  if (snapshot == nullptr) return nullptr;
  return std::make_shared<const std::string>(MetricsText(*snapshot, ReadProcessUsage()));
}

}  // namespace

MetricsPage::MetricsPage(SnapshotSource source)
    : text_([source = std::move(source)] { return MakeText(source); }, kLeastPause, kCostFactor,
            ThreadCpuNow) {}

HttpReply MetricsPage::Answer(const HttpRequest& request) {
  if (request.path != "/metrics") return HttpReply::Error(404, "there is /metrics, nothing else");
  std::shared_ptr<const std::string> text = text_.Get();
  if (text == nullptr) return HttpReply::Error(503, "vswitchd is ending");
  return {.content_type = std::string(kExpositionType), .body = std::move(text)};
}

}  // namespace vswitch
