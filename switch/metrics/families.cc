#include "switch/metrics/families.h"

#include <prometheus/text_serializer.h>

#include <limits>

#include "switch/base/quote.h"

namespace vswitch {
namespace {

// A device may have any bytes for a name, the format takes UTF-8 only.
constexpr size_t kMostLabelBytes = 64;

}  // namespace

prometheus::ClientMetric& Family::AddMetric(Labels labels) {
  prometheus::ClientMetric& metric = family_->metric.emplace_back();
  metric.label.reserve(labels.size());
  for (const auto& [name, value] : labels) {
    metric.label.push_back({.name = std::string(name), .value = Printable(value, kMostLabelBytes)});
  }
  return metric;
}

void Family::Add(Labels labels, double value) {
  prometheus::ClientMetric& metric = AddMetric(labels);
  if (family_->type == prometheus::MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
}

void Family::Add(Labels labels, const HistogramCounts& counts, uint64_t sum) {
  prometheus::ClientMetric::Histogram& histogram = AddMetric(labels).histogram;
  for (size_t i = 0; i < counts.size(); ++i) {
    histogram.sample_count += counts[i];
    // The greatest number that the bucket holds.
    const double upper_bound = i + 1 < counts.size()
                                   ? static_cast<double>(HistogramLowerBound(i + 1) - 1)
                                   : std::numeric_limits<double>::infinity();
    histogram.bucket.push_back(
        {.cumulative_count = histogram.sample_count, .upper_bound = upper_bound});
  }
  histogram.sample_sum = static_cast<double>(sum);
}

Family Families::Find(std::string_view name, std::string_view help, prometheus::MetricType type) {
  if (families_.empty() || families_.back().name != name) {
    families_.push_back(
        {.name = std::string(name), .help = std::string(help), .type = type, .metric = {}});
  }
  return Family(&families_.back());
}

std::string Families::ToText() const { return prometheus::TextSerializer().Serialize(families_); }

}  // namespace vswitch
