#include "switch/fast_path/fast_path.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/membarrier.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>

#include "switch/base/str_cat.h"
#include "switch/fast_path/forward.skel.h"
#include "switch/fast_path/left_maps.h"

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

FdbKey KeyOf(const station_key& packed) {
  MacAddress mac;
  for (const uint8_t byte : packed.mac) mac.value = mac.value << 8 | byte;
  return FdbKey(mac, packed.vlan);
}

// Nothing is on the slow path.
void PutRight(port_order* order) {
  order->read = order->written = order->passed_total = order->gap_until = order->total;
  memcpy(order->passed, order->handed, sizeof(order->passed));
  order->wanted = 0;
}

// The maps that the program is to go by; one that was not left as this program has it is an error.
absl::Status UseLeft(forward_bpf* skeleton, const LeftMaps& left) {
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, skeleton->obj) {
    const int fd = left.fd(std::string_view(bpf_map__name(map)).substr(0, BPF_OBJ_NAME_LEN - 1));
    bpf_map_info info{};
    uint32_t length = sizeof(info);
    if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &length) != 0 ||
        info.type != bpf_map__type(map) || info.key_size != bpf_map__key_size(map) ||
        info.value_size != bpf_map__value_size(map) ||
        info.max_entries != bpf_map__max_entries(map)) {
      return absl::FailedPreconditionError(
          StrCat("its map '", bpf_map__name(map), "' is not there, or another"));
    }
    if (const int error = bpf_map__reuse_fd(map, fd); error != 0) {
      return absl::FailedPreconditionError(
          StrCat("its map '", bpf_map__name(map), "' cannot be used: ", strerror(-error)));
    }
  }
  return absl::OkStatus();
}

std::string CureOf(int error) {
  if (error != EPERM) return ": it takes Linux 5.14 with CONFIG_BPF_SYSCALL and CONFIG_BPF_JIT";
  return ": run vswitchd as root, or give it CAP_BPF and CAP_NET_ADMIN";
}

// Tells later daemons whose maps these are.
absl::Status Sign(forward_bpf* skeleton, const std::string& switch_id) {
  about what{.layout = FAST_PATH_LAYOUT};
  switch_id.copy(what.switch_id, sizeof(what.switch_id) - 1);
  const uint32_t key = 0;
  const int map = bpf_map__fd(skeleton->maps.about);
  if (bpf_map_update_elem(map, &key, &what, BPF_ANY) != 0 ||
      bpf_prog_bind_map(bpf_program__fd(skeleton->progs.vsw_forward), map, nullptr) != 0) {
    return absl::FailedPreconditionError(StrCat("cannot sign the maps: ", strerror(errno)));
  }
  return absl::OkStatus();
}

}  // namespace

struct FastPath::Object {
  ~Object() {
    if (orders != nullptr) munmap(orders, kOrderBytes);
    forward_bpf__destroy(skeleton);
  }
  int ports() const { return bpf_map__fd(skeleton->maps.ports); }
  int ports_by_ifindex() const { return bpf_map__fd(skeleton->maps.ports_by_ifindex); }
  int trunks() const { return bpf_map__fd(skeleton->maps.trunks); }
  int stations() const { return bpf_map__fd(skeleton->maps.stations); }
  int counters() const { return bpf_map__fd(skeleton->maps.counters); }

  forward_bpf* skeleton = nullptr;
  port_order* orders = nullptr;
};

FastPath::FastPath(std::unique_ptr<Object> object)
    : object_(std::move(object)),
      orders_(object_->orders, FAST_PATH_PORTS),
      has_port_(FAST_PATH_PORTS) {}

FastPath::~FastPath() = default;

absl::StatusOr<std::unique_ptr<FastPath>> FastPath::Load(const std::string& switch_id,
                                                         const LeftMaps* left) {
  auto object = std::make_unique<Object>();
  object->skeleton = forward_bpf__open();
  absl::Status status;
  if (object->skeleton != nullptr && left != nullptr) status = UseLeft(object->skeleton, *left);
  if (!status.ok()) return status;
  if (object->skeleton == nullptr || forward_bpf__load(object->skeleton) != 0) {
    return absl::FailedPreconditionError(
        StrCat("the kernel does not take the program: ", strerror(errno), CureOf(errno)));
  }
  if (status = Sign(object->skeleton, switch_id); !status.ok()) return status;
  void* const orders = mmap(nullptr, kOrderBytes, PROT_READ | PROT_WRITE, MAP_SHARED,
                            bpf_map__fd(object->skeleton->maps.orders), 0);
  if (orders == MAP_FAILED) {
    return absl::FailedPreconditionError(
        StrCat("cannot share a map with the kernel: ", strerror(errno)));
  }
  object->orders = static_cast<port_order*>(orders);
  const int slow_path = bpf_map__fd(object->skeleton->maps.slow_path);
  const int hand_up = bpf_program__fd(object->skeleton->progs.hand_up);
  std::unique_ptr<FastPath> fast_path(new FastPath(std::move(object)));
  if (left != nullptr) fast_path->EndEarlierDaemon();
  const uint32_t key = 0;
  if (bpf_map_update_elem(slow_path, &key, &hand_up, BPF_ANY) != 0) {
    return absl::FailedPreconditionError(
        StrCat("the kernel does not take the slow path's program: ", strerror(errno)));
  }
  return fast_path;
}

// Its twins are gone or go, and what was in their queues. Once nothing is handed up any more the
// counts stand still; we may have the map open before the dying daemon has closed it, and then the
// kernel does not empty it.
void FastPath::EndEarlierDaemon() {
  const uint32_t hand_up = 0;
  bpf_map_delete_elem(bpf_map__fd(object_->skeleton->maps.slow_path), &hand_up);
  for (auto& [port, config] : Ports()) {
    port_order& order = orders_[port];
    order.unread += order.total - order.read;
    PutRight(&order);
    config.twin = 0;
    const uint32_t key = port;
    bpf_map_update_elem(object_->ports(), &key, &config, BPF_ANY);
    has_port_[port] = true;
  }
}

int FastPath::program_fd() const { return bpf_program__fd(object_->skeleton->progs.vsw_forward); }

absl::Status FastPath::SetPort(PortId port, const port_config& config, bool is_new) {
  const uint32_t key = port;
  if (is_new) PutRight(&orders_[port]);
  has_port_[port] = true;
  if (bpf_map_update_elem(object_->ports(), &key, &config, BPF_ANY) != 0 ||
      bpf_map_update_elem(object_->ports_by_ifindex(), &config.device, &key, BPF_ANY) != 0) {
    return absl::InternalError(StrCat("cannot tell the kernel of port ", config.name, ": ",
                                      strerror(errno), ": its frames do not come in; delete it ",
                                      "and add it again"));
  }
  return absl::OkStatus();
}

absl::Status FastPath::SetTrunks(PortId port, const std::bitset<4096>* vlans) {
  const uint32_t key = port;
  if (vlans == nullptr) {
    bpf_map_delete_elem(object_->trunks(), &key);
    return absl::OkStatus();
  }
  vlan_set set{};
  for (size_t vlan = 0; vlan < vlans->size(); ++vlan) {
    set.words[vlan / 64] |= uint64_t{vlans->test(vlan)} << vlan % 64;
  }
  if (bpf_map_update_elem(object_->trunks(), &key, &set, BPF_ANY) == 0) return absl::OkStatus();
  return absl::InternalError(StrCat(
      "cannot tell the kernel of the VLANs of a port: ", strerror(errno), ": set them again"));
}

// The kernel runs programs as readers of its RCU.
void FastPath::WaitForFrames() const { syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0); }

void FastPath::RemovePort(PortId port, bool with_counters) {
  has_port_[port] = false;
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
  bpf_map_delete_elem(object_->trunks(), &key);
  if (!with_counters) return;
  orders_[port].unread = 0;
  const std::vector<port_counters> zero(libbpf_num_possible_cpus());
  bpf_map_update_elem(object_->counters(), &key, zero.data(), BPF_ANY);
}

void FastPath::LetGo(int ifindex, bool let_go) {
  const uint32_t key = static_cast<uint32_t>(ifindex);
  const uint32_t present = NO_PORT;
  if (let_go) {
    bpf_map_update_elem(object_->ports_by_ifindex(), &key, &present, BPF_NOEXIST);
    return;
  }
  uint32_t owner = 0;
  if (bpf_map_lookup_elem(object_->ports_by_ifindex(), &key, &owner) == 0 && owner == NO_PORT) {
    bpf_map_delete_elem(object_->ports_by_ifindex(), &key);
  }
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
    sum.unserved += one.unserved;
  }
  sum.unserved += orders_[port].unread;
  return sum;
}

std::vector<std::pair<PortId, port_config>> FastPath::Ports() const {
  std::vector<std::pair<PortId, port_config>> all;
  for (uint32_t key = 0; key < FAST_PATH_PORTS; ++key) {
    port_config config{};
    if (bpf_map_lookup_elem(object_->ports(), &key, &config) != 0 || config.name[0] == '\0') {
      continue;
    }
    config.name[sizeof(config.name) - 1] = '\0';
    all.emplace_back(static_cast<PortId>(key), config);
  }
  return all;
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

std::vector<FastPath::KnownStation> FastPath::Stations() const {
  std::vector<KnownStation> all;
  station_key key{};
  const station_key* previous = nullptr;
  while (bpf_map_get_next_key(object_->stations(), previous, &key) == 0) {
    previous = &key;
    station what{};
    if (bpf_map_lookup_elem(object_->stations(), &key, &what) != 0) continue;
    all.push_back({.bridge = key.bridge, .key = KeyOf(key), .what = what});
  }
  return all;
}

void FastPath::ForgetLost(PortId port, uint64_t frames) {
  std::atomic_ref(orders_[port].read).fetch_add(frames);
  std::atomic_ref(orders_[port].written).fetch_add(frames);
}

}  // namespace vswitch
