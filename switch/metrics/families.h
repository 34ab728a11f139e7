// A list of metrics to fill: families with their help, and the values of each with their labels.
// Thread-safety: one thread.
#ifndef VSWITCH_SWITCH_METRICS_FAMILIES_H_
#define VSWITCH_SWITCH_METRICS_FAMILIES_H_

#include <prometheus/metric_family.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "switch/worker/log2_histogram.h"

namespace vswitch {

using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

// One of the families.
class Family {
 public:
  explicit Family(prometheus::MetricFamily* family) : family_(family) {}

  // `value` up to 2^53 is exact, as everywhere with Prometheus.
  void Add(Labels labels, double value);
  void Add(Labels labels, uint64_t value) { Add(labels, static_cast<double>(value)); }
  // Of a histogram. `sum`: of all numbers that were counted.
  void Add(Labels labels, const HistogramCounts& counts, uint64_t sum);

 private:
  prometheus::ClientMetric& AddMetric(Labels labels);

  prometheus::MetricFamily* const family_;
};

class Families {
 public:
  Family Counter(std::string_view name, std::string_view help) {
    return Find(name, help, prometheus::MetricType::Counter);
  }
  Family Gauge(std::string_view name, std::string_view help) {
    return Find(name, help, prometheus::MetricType::Gauge);
  }
  Family Histogram(std::string_view name, std::string_view help) {
    return Find(name, help, prometheus::MetricType::Histogram);
  }

  // In the text format, version 0.0.4.
  std::string ToText() const;

 private:
  // The last one if it has that name: one family may be filled from several places in a row. It is
  // to be used before the next one is asked for.
  Family Find(std::string_view name, std::string_view help, prometheus::MetricType type);

  std::vector<prometheus::MetricFamily> families_;
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_METRICS_FAMILIES_H_
