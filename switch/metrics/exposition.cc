#include "switch/metrics/exposition.h"

#include <map>
#include <string>
#include <utility>

#include "switch/base/str_cat.h"
#include "switch/metrics/counter_metrics.h"
#include "switch/metrics/families.h"
#include "switch/model/port_spec.h"
#include "switch/rpc/protocol.h"

namespace vswitch {
namespace {

constexpr double kSecondsPerNs = 1e-9;

// ---- Ports ----

template <typename Read>
void AddPorts(const SwitchStats& stats, Family family, Read read) {
  for (const PortStats& port : stats.ports) {
    family.Add({{"bridge", port.bridge}, {"port", port.name}}, read(port));
  }
}

template <typename Read>
void AddPortCounter(const CounterMetric& metric, const SwitchStats& stats, Families* all,
                    Read read) {
  AddPorts(stats, all->Counter(metric.name, metric.help), read);
}

void AddPortCounters(const SwitchStats& stats, Families* all) {
#define VSWITCH_X(counter)                                     \
  AddPortCounter(MetricOf(kPortMetrics, #counter), stats, all, \
                 [](const PortStats& port) { return port.counters.counter; });
  VSWITCH_PORT_COUNTERS(VSWITCH_X)
#undef VSWITCH_X
  AddPorts(stats,
           all->Counter("vswitch_port_fast_path_receive_packets_total",
                        "Of the frames received, those that the kernel forwarded by itself."),
           [](const PortStats& port) { return port.fast_ingress_frames; });
  AddPorts(stats,
           all->Counter("vswitch_port_fast_path_transmit_packets_total",
                        "Of the frames transmitted, those that the kernel forwarded by itself."),
           [](const PortStats& port) { return port.fast_egress_frames; });
  AddPorts(stats,
           all->Counter("vswitch_port_fdb_moves_total",
                        "Stations that were known at other ports and then seen at this one."),
           [](const PortStats& port) { return port.moves; });
  Family drops = all->Counter("vswitch_port_drops_total",
                              "Frames, or copies of them, that went no further, by reason.");
  for (const PortStats& port : stats.ports) {
    for (size_t i = 0; i < kDropReasonCount; ++i) {
      drops.Add({{"bridge", port.bridge}, {"port", port.name}, {"reason", kDropReasonText[i]}},
                port.counters.drops[i]);
    }
  }
}

// `read`: of a bridge and one of its ports.
template <typename Read>
void AddStates(const Snapshot& snapshot, Family family, Read read) {
  for (const BridgeStatus& bridge : snapshot.bridges) {
    for (const PortStatus& port : bridge.ports) {
      family.Add({{"bridge", bridge.spec.name}, {"port", port.spec.name}}, uint64_t{read(port)});
    }
  }
}

void AddPortStates(const Snapshot& snapshot, Families* all) {
  Family info = all->Gauge("vswitch_port_info", "Always 1: what the port is.");
  for (const BridgeStatus& bridge : snapshot.bridges) {
    for (const PortStatus& port : bridge.ports) {
      info.Add({{"bridge", bridge.spec.name},
                {"port", port.spec.name},
                {"type", PortTypeName(port.spec.type)},
                {"device", port.device}},
               uint64_t{1});
    }
  }
  AddStates(snapshot, all->Gauge("vswitch_port_up", "1 when frames can pass, else 0."),
            [](const PortStatus& port) { return port.state == "up"; });
  AddStates(snapshot,
            all->Gauge("vswitch_port_fast_path",
                       "1 when the kernel forwards the port's frames by itself, else 0."),
            [](const PortStatus& port) { return port.fast_path; });
  AddStates(snapshot, all->Gauge("vswitch_port_mtu_bytes", "The MTU of the port's device."),
            [](const PortStatus& port) { return port.mtu; });
  AddStates(snapshot,
            all->Gauge("vswitch_port_fdb_entries", "Addresses that are learned at the port now."),
            [](const PortStatus& port) { return port.learned; });
  AddStates(snapshot,
            all->Counter("vswitch_port_repairs_total",
                         "Times that what others took from the port was put back."),
            [](const PortStatus& port) { return port.repairs; });
  Family states = all->Gauge("vswitch_ports", "Ports of the bridge, by their state.");
  for (const BridgeStatus& bridge : snapshot.bridges) {
    std::map<std::string_view, uint64_t> counts = {
        {"blocked", 0}, {"broken", 0}, {"down", 0}, {"missing", 0}, {"up", 0}};
    for (const PortStatus& port : bridge.ports) ++counts[port.state];
    for (const auto& [state, count] : counts) {
      states.Add({{"bridge", bridge.spec.name}, {"state", state}}, count);
    }
  }
}

// ---- Tables ----

void AddTables(const Snapshot& snapshot, Families* all) {
  const auto add = [&](Family family, auto read) {
    for (const auto& [bridge, table] : snapshot.tables) {
      family.Add({{"bridge", bridge}}, uint64_t{read(table)});
    }
  };
  add(all->Gauge("vswitch_fdb_entries", "Addresses in the forwarding table."),
      [](const TableStats& table) { return table.table.entries; });
  add(all->Gauge("vswitch_fdb_static_entries", "Of these, static ones."),
      [](const TableStats& table) { return table.table.static_entries; });
  add(all->Gauge("vswitch_fdb_capacity_entries", "Addresses that the table has room for."),
      [](const TableStats& table) { return table.table.capacity; });
  add(all->Gauge("vswitch_fdb_held_entries", "Stations that are held for moving too often."),
      [](const TableStats& table) { return table.held; });
  add(all->Counter("vswitch_fdb_learned_total", "Addresses that were learned."),
      [](const TableStats& table) { return table.table.learned; });
  add(all->Counter("vswitch_fdb_moves_total", "Addresses that moved to another port."),
      [](const TableStats& table) { return table.table.moved; });
  add(all->Counter("vswitch_fdb_aged_out_total", "Addresses that were not seen for long enough."),
      [](const TableStats& table) { return table.table.aged_out; });
  add(all->Counter("vswitch_fdb_evictions_total", "Addresses that made room for another."),
      [](const TableStats& table) { return table.table.evicted; });
  add(all->Counter("vswitch_fdb_learn_failures_total", "Addresses that found no room."),
      [](const TableStats& table) { return table.table.learn_failed; });
  add(all->Counter("vswitch_fdb_learn_limited_total", "Addresses not learned for a learn_limit."),
      [](const TableStats& table) { return table.table.learn_limited; });
  add(all->Counter("vswitch_fdb_holds_total", "Stations that were held for moving too often."),
      [](const TableStats& table) { return table.holds; });
}

// ---- Workers ----

template <typename Add>
void ForEachWorker(const SwitchStats& stats, Add add) {
  size_t number = 0;
  for (const WorkerStats& worker : stats.workers) add(StrCat(number++), worker);
}

void AddWorkerCounter(const CounterMetric& metric, uint64_t WorkerStats::*value,
                      const SwitchStats& stats, Families* all) {
  Family family = metric.name.ends_with("_total") ? all->Counter(metric.name, metric.help)
                                                  : all->Gauge(metric.name, metric.help);
  ForEachWorker(stats, [&](const std::string& name, const WorkerStats& worker) {
    if (metric.mode.empty()) {
      family.Add({{"worker", name}}, worker.*value);
    } else {
      family.Add({{"worker", name}, {"mode", metric.mode}},
                 static_cast<double>(worker.*value) * kSecondsPerNs);
    }
  });
}

void AddWorkerCounters(const SwitchStats& stats, Families* all) {
#define VSWITCH_X(counter) \
  AddWorkerCounter(MetricOf(kWorkerMetrics, #counter), &WorkerStats::counter, stats, all);
  VSWITCH_WORKER_STATS(VSWITCH_X, VSWITCH_X)
#undef VSWITCH_X
}

void AddWorkerHistograms(const SwitchStats& stats, Families* all) {
  Family frames =
      all->Histogram("vswitch_worker_frames_per_wakeup", "How many frames each wake-up brought.");
  ForEachWorker(stats, [&](const std::string& name, const WorkerStats& worker) {
    frames.Add({{"worker", name}}, worker.frames_per_wakeup, worker.frames);
  });
  Family copies = all->Histogram("vswitch_worker_copies_per_batch",
                                 "How many frames were written out at once.");
  ForEachWorker(stats, [&](const std::string& name, const WorkerStats& worker) {
    copies.Add({{"worker", name}}, worker.copies_per_batch, worker.copies);
  });
}

// ---- The daemon ----

// The names that Prometheus's own client libraries use.
void AddProcess(const ProcessUsage& process, Families* all) {
  all->Gauge("vswitch_build_info", "Always 1: the version of the daemon.")
      .Add({{"version", kVersion}}, uint64_t{1});
  all->Counter("process_cpu_seconds_total", "CPU time of the daemon, workers included.")
      .Add({}, process.cpu_seconds);
  all->Gauge("process_resident_memory_bytes", "Resident memory of the daemon.")
      .Add({}, process.resident_bytes);
  all->Gauge("process_open_fds", "Open file descriptors.").Add({}, process.open_fds);
  all->Gauge("process_max_fds", "Most open file descriptors.").Add({}, process.max_fds);
  all->Gauge("process_start_time_seconds", "When the daemon started, in seconds since 1970.")
      .Add({}, process.start_seconds);
}

}  // namespace

std::string MetricsText(const Snapshot& snapshot, const ProcessUsage& process) {
  Families all;
  AddProcess(process, &all);
  AddPortStates(snapshot, &all);
  AddPortCounters(snapshot.stats, &all);
  AddTables(snapshot, &all);
  AddWorkerCounters(snapshot.stats, &all);
  AddWorkerHistograms(snapshot.stats, &all);
  return all.ToText();
}

}  // namespace vswitch
