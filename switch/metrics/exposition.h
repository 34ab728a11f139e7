// The switch as Prometheus reads it: docs/metrics.md is the table of what is here, and a test holds
// them against each other.
// Thread-safety: pure functions.
#ifndef VSWITCH_SWITCH_METRICS_EXPOSITION_H_
#define VSWITCH_SWITCH_METRICS_EXPOSITION_H_

#include <string>
#include <string_view>

#include "switch/metrics/process_usage.h"
#include "switch/metrics/snapshot.h"

namespace vswitch {

inline constexpr std::string_view kExpositionType = "text/plain; version=0.0.4; charset=utf-8";

// A thousand ports make some five megabytes: each has a series for every reason to drop, zeros too,
// since one that appears with its first drop hides that drop from rate().
std::string MetricsText(const Snapshot& snapshot, const ProcessUsage& process);

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_METRICS_EXPOSITION_H_
