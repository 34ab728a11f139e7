// The kernel's side of the switch: a program on the devices of ports that sends frames between
// known stations on their way without waking a worker, and the maps that it goes by. The table of
// the bridge stays the truth; what is in here is a cache of it (station_cache.h), and where ports
// are (core).
//
// Thread-safety: control thread only; orders() is memory shared with workers and the program.
// Ownership: the maps and the programs; they live on while a device has one. Without a daemon, the
// program forwards between known stations and drops the rest (`slow_path` in forward.bpf.c).
#ifndef VSWITCH_SWITCH_FAST_PATH_FAST_PATH_H_
#define VSWITCH_SWITCH_FAST_PATH_FAST_PATH_H_

#include <bitset>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "mac_table/fdb_key.h"
#include "switch/fast_path/shared.h"

namespace vswitch {

// What the program counted for a port, of all CPUs.
struct FastCounters {
  uint64_t ingress_frames = 0;
  uint64_t ingress_bytes = 0;
  uint64_t ingress_offloaded = 0;
  uint64_t egress_frames = 0;
  uint64_t egress_bytes = 0;
  // Ingress frames for which the twin's queue had no room.
  uint64_t queue_full = 0;
  // Ingress frames that were for a worker when no daemon ran, those included that the last one had
  // not read when it ended.
  uint64_t unserved = 0;
};

class LeftMaps;

class FastPath {
 public:
  // How many stations the kernel keeps at most.
  static constexpr size_t kMaxStations = FAST_PATH_STATIONS;

  // FailedPrecondition where the kernel does not let us, in words.
  // `left`: goes on with these maps, which are in use; null: begins with empty ones. In those that
  // were left no port has a twin then.
  static absl::StatusOr<std::unique_ptr<FastPath>> Load(const std::string& switch_id,
                                                        const LeftMaps* left = nullptr);
  ~FastPath();
  FastPath(const FastPath&) = delete;
  FastPath& operator=(const FastPath&) = delete;

  // The tc program, for the ingress of a port's device.
  int program_fd() const;

  // From here on frames that enter `config.device` are the port's. `is_new`: it has a new twin, in
  // whose queues there is nothing yet.
  absl::Status SetPort(PortId port, const port_config& config, bool is_new);
  // The VLANs that the port carries (PORT_HAS_TRUNKS); null: all. Takes effect with SetPort().
  absl::Status SetTrunks(PortId port, const std::bitset<4096>* vlans);
  // Until the program is done with all frames that it is at now: they go by what they have found
  // before. Some 10 ms.
  void WaitForFrames() const;
  // All that were told of, as they were told.
  std::vector<std::pair<PortId, port_config>> Ports() const;
  // Frames that its device still brings are dropped. `with_counters`: they begin at zero again.
  void RemovePort(PortId port, bool with_counters);
  bool HasPort(PortId port) const { return has_port_[port]; }
  // A device that is a port's no more and lives on in another namespace, with the program on it:
  // what enters it goes its own ways there. `let_go`: false forgets it.
  void LetGo(int ifindex, bool let_go);
  FastCounters CountersOf(PortId port) const;

  // Makes the word of a station (struct station) `where` if it is `expected`, or STATION_ABSENT and
  // it is not there. False when it is otherwise, or there is no room. Against what the program does
  // at the same time, one of the two comes first.
  bool Put(uint32_t bridge, FdbKey key, uint64_t expected, uint64_t where, uint32_t seen);
  // In force when it returns. False when it was not there.
  bool Erase(uint32_t bridge, FdbKey key);
  std::optional<station> Get(uint32_t bridge, FdbKey key) const;
  struct KnownStation {
    uint32_t bridge = 0;
    FdbKey key;
    station what;
  };
  std::vector<KnownStation> Stations() const;

  // By PortId.
  std::span<port_order> orders() const { return orders_; }
  // So many frames that were handed up never arrived: they make room again, and no flow waits for
  // them.
  void ForgetLost(PortId port, uint64_t frames);

 private:
  struct Object;
  explicit FastPath(std::unique_ptr<Object> object);
  void EndEarlierDaemon();

  std::unique_ptr<Object> object_;
  std::span<port_order> orders_;
  // By PortId.
  std::vector<bool> has_port_;
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_FAST_PATH_FAST_PATH_H_
