#include "switch/fast_path/flow_order.h"

#include <atomic>

namespace vswitch {
namespace {

uint64_t Load(const __u64& word) {
  return std::atomic_ref(const_cast<__u64&>(word)).load(std::memory_order_acquire);
}

void Store(__u64* word, uint64_t value) {
  std::atomic_ref(*word).store(value, std::memory_order_release);
}

void Add(__u64* word, uint64_t n) { std::atomic_ref(*word).fetch_add(n); }

}  // namespace

FlowOrder::FlowOrder(std::span<port_order> orders, bool only_worker)
    : orders_(orders), only_worker_(only_worker), ports_(orders.size()) {}

void FlowOrder::OnRead(PortId port, uint32_t frames) {
  if (orders_.empty()) return;
  Add(&orders_[port].read, frames);
  if (ports_[port].unwritten == 0) touched_.push_back(port);
  ports_[port].unwritten += frames;
  wanted_ |= Load(orders_[port].wanted) != 0;
}

void FlowOrder::Settle(PortId id, bool holds_some) {
  Port& port = ports_[id];
  port_order& order = orders_[id];
  Add(&order.written, port.unwritten);
  port.unwritten = 0;
  // Some of what counts as written waits still; what passed would be told too early.
  if (holds_some || Load(order.wanted) == 0) {
    port.note.taken = false;
    return;
  }
  if (port.note.taken && HasPassed(order, port.note)) {
    Publish(port.note, &order);
    port.note.taken = false;
  }
  if (port.note.taken) return;
  Take(order, &port.note);
  if (!HasPassed(order, port.note)) return;
  // Nothing is on the slow path. Whoever wants it still says so again.
  Publish(port.note, &order);
  port.note.taken = false;
  Store(&order.wanted, 0);
}

void FlowOrder::Take(const port_order& order, Note* note) {
  // In this order: what is counted in a bucket was counted in the total before.
  for (size_t i = 0; i < note->handed.size(); ++i) note->handed[i] = Load(order.handed[i]);
  note->total = Load(order.total);
  note->taken = true;
}

bool FlowOrder::HasPassed(const port_order& order, const Note& note) const {
  const uint64_t written = Load(order.written);
  if (only_worker_) return static_cast<int64_t>(written - note.total) >= 0;
  return written == Load(order.total);
}

void FlowOrder::Publish(const Note& note, port_order* order) {
  for (size_t i = 0; i < note.handed.size(); ++i) Store(&order->passed[i], note.handed[i]);
  Store(&order->passed_total, note.total);
}

void FlowOrder::Forget(PortId port) {
  if (orders_.empty()) return;
  ports_[port] = {};
  std::erase(touched_, port);
}

}  // namespace vswitch
