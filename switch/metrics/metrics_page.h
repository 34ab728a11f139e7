// GET /metrics. Thread-safety: one thread, the server's.
#ifndef VSWITCH_SWITCH_METRICS_METRICS_PAGE_H_
#define VSWITCH_SWITCH_METRICS_METRICS_PAGE_H_

#include <string>

#include "switch/base/paced.h"
#include "switch/http/server.h"
#include "switch/metrics/snapshot.h"

namespace vswitch {

class MetricsPage {
 public:
  explicit MetricsPage(SnapshotSource source);

  HttpReply Answer(const HttpRequest& request);

 private:
  Paced<std::string> text_;
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_METRICS_METRICS_PAGE_H_
