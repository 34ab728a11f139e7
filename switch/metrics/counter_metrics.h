// What each counter is called as a metric, and what it means. A counter that has no row here does
// not compile: the lists that define the counters (bridge/counters.h, switch/worker/worker_stats.h)
// ask for the rows by name.
#ifndef VSWITCH_SWITCH_METRICS_COUNTER_METRICS_H_
#define VSWITCH_SWITCH_METRICS_COUNTER_METRICS_H_

#include <cstddef>
#include <string_view>

namespace vswitch {

struct CounterMetric {
  std::string_view counter;  // In our lists.
  std::string_view name;
  std::string_view help;
  // Not empty: the counter is of nanoseconds, shown as seconds with this label `mode`.
  std::string_view mode = "";
};

// "receive" is what the port's other end sent, "transmit" what it was given.
inline constexpr CounterMetric kPortMetrics[] = {
    {"ingress_frames", "vswitch_port_receive_packets_total",
     "Frames that the port's other end sent, those lost in our queue included."},
    {"ingress_bytes", "vswitch_port_receive_bytes_total",
     "Ethernet bytes of the frames received, without virtio_net_hdr."},
    {"egress_frames", "vswitch_port_transmit_packets_total",
     "Frames that were put into the queue of the port's other end."},
    {"egress_bytes", "vswitch_port_transmit_bytes_total",
     "Ethernet bytes of the frames transmitted, without virtio_net_hdr."},
    {"flood_copies", "vswitch_port_flood_copies_total",
     "Copies that flooding added to the frames received."},
    {"mirror_copies", "vswitch_port_mirror_copies_total",
     "Copies for mirrors of the frames received."},
    {"ingress_offloaded", "vswitch_port_receive_offloaded_packets_total",
     "Of the frames received, super-frames that were passed whole."},
    {"originated_frames", "vswitch_port_originated_packets_total",
     "The switch's own frames to the port, such as BPDUs and queries."},
};

inline constexpr CounterMetric kWorkerMetrics[] = {
    {"wakeups", "vswitch_worker_wakeups_total", "Returns from io_uring_enter."},
    {"batches", "vswitch_worker_batches_total", "Wake-ups that brought frames."},
    {"enobufs", "vswitch_worker_enobufs_total",
     "Reads that found no free buffer; the frame waits in its queue."},
    {"rearms", "vswitch_worker_rearms_total", "Multishot reads or polls that were armed again."},
    {"read_errors", "vswitch_worker_read_errors_total",
     "Reads that failed: a frame was lost, or the device is gone."},
    {"cq_overflows", "vswitch_worker_cq_overflows_total",
     "Wake-ups at which completions did not fit the ring's queue; none is lost."},
    {"user_ns", "vswitch_worker_cpu_seconds_total", "The worker's CPU time.", "user"},
    {"system_ns", "vswitch_worker_cpu_seconds_total", "The worker's CPU time.", "system"},
    {"io_wq_threads", "vswitch_worker_io_wq_threads",
     "Kernel helper threads of the ring; anything but 0 is a defect."},
    {"busy_polls", "vswitch_worker_busy_polls_total", "Times that it spun before it would sleep."},
    {"busy_poll_hits", "vswitch_worker_busy_poll_hits_total", "Spins that spared a sleep."},
    {"feed_overflows", "vswitch_worker_feed_overflows_total",
     "Pairs of stations that the fast path was told of later, because a port had too many."},
    {"trap_overflows", "vswitch_worker_trap_overflows_total",
     "Frames for the switch itself that found no place."},
    {"frames", "vswitch_worker_frames_total", "Frames that were read."},
    {"copies", "vswitch_worker_copies_total", "Frames that were written, copies of floods each."},
};

template <size_t kCount>
consteval const CounterMetric& MetricOf(const CounterMetric (&rows)[kCount],
                                        std::string_view counter) {
  for (const CounterMetric& row : rows) {
    if (row.counter == counter) return row;
  }
  throw "this counter has no row above";  // Only ever seen by the compiler.
}

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_METRICS_COUNTER_METRICS_H_
