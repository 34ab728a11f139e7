#include "bench/load_report.h"

#include <algorithm>
#include <numeric>

namespace vswitch {
namespace {

// What was sent to one port, and what became of it; or the same of all ports together.
struct Outcome {
  uint64_t expected = 0;
  uint64_t received = 0;
  uint64_t in_time = 0;
  uint64_t bytes_in_time = 0;
  uint64_t reordered = 0;
  uint64_t flooded = 0;
  uint64_t truncated = 0;
  uint64_t last_loss_ns = 0;  // 0: none.
  uint64_t longest_silence_ns = 0;
  Histogram latency_ns;
};

Outcome OutcomeOf(const LoadPlan& plan, const LoadSender& sender, const LoadReceiver& receiver,
                  int port) {
  const LoadReceiver::Seen& seen = receiver.seen()[port];
  Outcome outcome{.received = seen.received,
                  .in_time = seen.in_time,
                  .bytes_in_time = seen.bytes_in_time,
                  .reordered = seen.reordered,
                  .flooded = seen.flooded,
                  .truncated = seen.truncated,
                  .last_loss_ns = seen.last_gap_ns,
                  .longest_silence_ns = seen.longest_silence_ns,
                  .latency_ns = seen.latency_ns};
  for (size_t stream = 0; stream < plan.streams(); ++stream) {
    if (!plan.IsFor(stream, port)) continue;
    outcome.expected += sender.sent()[stream];
    // What was sent last never came: no gap shows it.
    if (seen.next_sequence[stream] < sender.sent()[stream]) outcome.last_loss_ns = sender.end_ns();
  }
  return outcome;
}

void Add(const Outcome& outcome, Outcome* sum) {
  sum->expected += outcome.expected;
  sum->received += outcome.received;
  sum->in_time += outcome.in_time;
  sum->bytes_in_time += outcome.bytes_in_time;
  sum->reordered += outcome.reordered;
  sum->flooded += outcome.flooded;
  sum->truncated += outcome.truncated;
  sum->last_loss_ns = std::max(sum->last_loss_ns, outcome.last_loss_ns);
  sum->longest_silence_ns = std::max(sum->longest_silence_ns, outcome.longest_silence_ns);
  sum->latency_ns.Add(outcome.latency_ns);
}

nlohmann::json ToJson(const Outcome& outcome, uint64_t start_ns, double seconds) {
  const auto us = [&](double share) {
    return static_cast<double>(outcome.latency_ns.Percentile(share)) / 1e3;
  };
  const uint64_t lost =
      outcome.expected > outcome.received ? outcome.expected - outcome.received : 0;
  nlohmann::json json = {
      {"expected", outcome.expected},
      {"received", outcome.received},
      {"delivered_per_s", static_cast<double>(outcome.in_time) / seconds},
      {"delivered_bytes_per_s", static_cast<double>(outcome.bytes_in_time) / seconds},
      {"lost", lost},
      {"loss", outcome.expected == 0
                   ? 0.0
                   : static_cast<double>(lost) / static_cast<double>(outcome.expected)},
      {"reordered", outcome.reordered},
      {"flooded", outcome.flooded},
      {"truncated", outcome.truncated},
      {"latency_us", {{"p50", us(0.5)}, {"p99", us(0.99)}, {"p99.9", us(0.999)}}},
      {"longest_silence_ms", static_cast<double>(outcome.longest_silence_ns) / 1e6},
      {"last_loss_s", nullptr},
  };
  if (outcome.last_loss_ns != 0) {
    json["last_loss_s"] = static_cast<double>(outcome.last_loss_ns - start_ns) / 1e9;
  }
  return json;
}

}  // namespace

nlohmann::json LoadReport(const LoadPlan& plan, const LoadSender& sender,
                          const LoadReceiver& receiver, uint64_t start_ns) {
  const double seconds = static_cast<double>(sender.end_ns() - start_ns) / 1e9;
  const uint64_t sent = std::accumulate(sender.sent().begin(), sender.sent().end(), uint64_t{0});
  Outcome all;
  nlohmann::json ports = nlohmann::json::array();
  for (int port = 0; port < static_cast<int>(plan.ports.size()); ++port) {
    if (!plan.ports[port].reads) continue;
    const Outcome outcome = OutcomeOf(plan, sender, receiver, port);
    Add(outcome, &all);
    ports.push_back(ToJson(outcome, start_ns, seconds));
    ports.back()["port"] = plan.ports[port].spec;
  }
  nlohmann::json report = ToJson(all, start_ns, seconds);
  report["seconds"] = seconds;
  report["sent"] = sent;
  report["refused"] = sender.refused();
  report["moves"] = sender.moves();
  report["sender_busy"] = static_cast<double>(sender.cpu_ns()) / 1e9 / seconds;
  report["receiver_busy"] = static_cast<double>(receiver.cpu_ns()) / 1e9 / seconds;
  report["offered_per_s"] = static_cast<double>(sent + sender.refused()) / seconds;
  report["ports"] = std::move(ports);
  return report;
}

}  // namespace vswitch
