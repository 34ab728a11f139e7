#include "switch/fast_path/fast_path.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sys/mman.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <string>

#include "switch/base/str_cat.h"
#include "switch/fast_path/forward.skel.h"

namespace vswitch {
namespace {

constexpr size_t kOrderBytes = sizeof(port_order) * FAST_PATH_PORTS;

static_assert(FAST_PATH_PORTS == kMaxPorts);

station_key KeyOf(uint32_t bridge, FdbKey key) {
  station_key packed{};
  for (int i = 0; i < 6; ++i) packed.mac[i] = key.mac().value >> (40 - 8 * i) & 0xff;
  packed.vlan = key.vlan();
  packed.bridge = bridge;
  return packed;
}

}  // namespace

struct FastPath::Object {
  ~Object() {
    if (orders != nullptr) munmap(orders, kOrderBytes);
    forward_bpf__destroy(skeleton);
  }
  int ports() const { return bpf_map__fd(skeleton->maps.ports); }
  int ports_by_ifindex() const { return bpf_map__fd(skeleton->maps.ports_by_ifindex); }
  int stations() const { return bpf_map__fd(skeleton->maps.stations); }
  int counters() const { return bpf_map__fd(skeleton->maps.counters); }

  forward_bpf* skeleton = nullptr;
  port_order* orders = nullptr;
};

FastPath::FastPath(std::unique_ptr<Object> object)
    : object_(std::move(object)), orders_(object_->orders, FAST_PATH_PORTS) {}

FastPath::~FastPath() = default;

absl::StatusOr<std::unique_ptr<FastPath>> FastPath::Load() {
  auto object = std::make_unique<Object>();
  object->skeleton = forward_bpf__open_and_load();
  if (object->skeleton == nullptr) {
    return absl::FailedPreconditionError(
        StrCat("the kernel does not take the program: ", strerror(errno)));
  }
  void* const orders = mmap(nullptr, kOrderBytes, PROT_READ | PROT_WRITE, MAP_SHARED,
                            bpf_map__fd(object->skeleton->maps.orders), 0);
  if (orders == MAP_FAILED) {
    return absl::FailedPreconditionError(
        StrCat("cannot share a map with the kernel: ", strerror(errno)));
  }
  object->orders = static_cast<port_order*>(orders);
  return std::unique_ptr<FastPath>(new FastPath(std::move(object)));
}

int FastPath::program_fd() const { return bpf_program__fd(object_->skeleton->progs.forward_frame); }

absl::Status FastPath::SetPort(PortId port, const port_config& config, bool is_new) {
  const uint32_t key = port;
  if (is_new) memset(&orders_[port], 0, sizeof(port_order));
  if (bpf_map_update_elem(object_->ports(), &key, &config, BPF_ANY) != 0 ||
      bpf_map_update_elem(object_->ports_by_ifindex(), &config.device, &key, BPF_ANY) != 0) {
    return absl::InternalError(StrCat("cannot tell the kernel of a port: ", strerror(errno)));
  }
  return absl::OkStatus();
}

void FastPath::RemovePort(PortId port, bool with_counters) {
  const uint32_t key = port;
  port_config config{};
  if (bpf_map_lookup_elem(object_->ports(), &key, &config) != 0) return;
  uint32_t owner = 0;
  if (bpf_map_lookup_elem(object_->ports_by_ifindex(), &config.device, &owner) == 0 &&
      owner == key) {
    bpf_map_delete_elem(object_->ports_by_ifindex(), &config.device);
  }
  config = {};
  bpf_map_update_elem(object_->ports(), &key, &config, BPF_ANY);
  if (!with_counters) return;
  const std::vector<port_counters> zero(libbpf_num_possible_cpus());
  bpf_map_update_elem(object_->counters(), &key, zero.data(), BPF_ANY);
}

FastCounters FastPath::CountersOf(PortId port) const {
  const uint32_t key = port;
  std::vector<port_counters> by_cpu(libbpf_num_possible_cpus());
  FastCounters sum;
  if (bpf_map_lookup_elem(object_->counters(), &key, by_cpu.data()) != 0) return sum;
  for (const port_counters& one : by_cpu) {
    sum.ingress_frames += one.ingress_frames;
    sum.ingress_bytes += one.ingress_bytes;
    sum.ingress_offloaded += one.ingress_offloaded;
    sum.egress_frames += one.egress_frames;
    sum.egress_bytes += one.egress_bytes;
    sum.queue_full += one.queue_full;
  }
  return sum;
}

bool FastPath::Put(uint32_t bridge, FdbKey key, uint64_t expected, uint64_t where, uint32_t seen) {
  put_request request{
      .key = KeyOf(bridge, key), .seen = seen, .expected = expected, .where = where};
  bpf_test_run_opts options{};
  options.sz = sizeof(options);
  options.ctx_in = &request;
  options.ctx_size_in = sizeof(request);
  const int program = bpf_program__fd(object_->skeleton->progs.put_station);
  return bpf_prog_test_run_opts(program, &options) == 0 && options.retval == 0;
}

bool FastPath::Erase(uint32_t bridge, FdbKey key) {
  const station_key packed = KeyOf(bridge, key);
  return bpf_map_delete_elem(object_->stations(), &packed) == 0;
}

std::optional<station> FastPath::Get(uint32_t bridge, FdbKey key) const {
  const station_key packed = KeyOf(bridge, key);
  station found{};
  if (bpf_map_lookup_elem(object_->stations(), &packed, &found) != 0) return std::nullopt;
  return found;
}

void FastPath::ForgetLost(PortId port, uint64_t frames) {
  std::atomic_ref(orders_[port].read).fetch_add(frames);
  std::atomic_ref(orders_[port].written).fetch_add(frames);
}

}  // namespace vswitch
