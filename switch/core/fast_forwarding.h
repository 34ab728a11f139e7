// What the controller tells the kernel's fast path, and hears from it: which ports there are, what
// their tables know, what the kernel has seen meanwhile. Where there is no fast path, every call
// does nothing.
//
// Thread-safety: control thread only. Limits: FastPath::kMaxStations stations.
#ifndef VSWITCH_SWITCH_CORE_FAST_FORWARDING_H_
#define VSWITCH_SWITCH_CORE_FAST_FORWARDING_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "mac_table/mac_table.h"
#include "switch/core/fast_rules.h"
#include "switch/fast_path/candidate_feed.h"
#include "switch/fast_path/fast_path.h"
#include "switch/fast_path/station_cache.h"

namespace vswitch {

// A port that has a device, as the kernel is to know it.
struct FastPort {
  std::string name;
  int device = 0;             // Both are ifindexes.
  int twin = 0;               // 0: there is none yet.
  uint64_t peer_address = 0;  // See PortDevice.
  uint32_t bridge = 0;        // The bridge's number, which stays.
  uint32_t ageing_s = 0;
  uint32_t queue_frames = 0;  // That one of the twin's queues holds.
  bool has_limit = false;     // Frames beyond its MTU are not for it.
  bool has_guard = false;     // Only marked frames leave through its device.
  bool is_fast = false;
  FastRules rules;
  bool several_queues = false;  // Of the twin.
  uint64_t lost_before = 0;     // port_config::lost_before.

  friend bool operator==(const FastPort&, const FastPort&) = default;
};

// What may have changed of a port since an earlier daemon left it in the kernel.
struct LeftSettings {
  uint32_t bridge = 0;
  uint32_t ageing_s = 0;
  bool may_be_fast = false;
  FastRules rules;

  friend bool operator==(const LeftSettings&, const LeftSettings&) = default;
};

// Such a port, as the kernel was told of it.
struct LeftPort {
  PortId id = kNoPort;
  port_config config{};
  // By this daemon.
  std::optional<LeftSettings> told;
};

class FastForwarding {
 public:
  // A bridge's table by its number; null when there is none.
  using TableOf = std::function<MacTable*(uint32_t bridge)>;
  // What can be asked of the twin of a port.
  struct TwinState {
    // How many frames its queues have lost since it was made.
    std::function<uint64_t(PortId port)> lost;
    // Whether a frame stands in one of its queues.
    std::function<bool(PortId port)> has_frames;
  };

  struct Options {
    // False leaves it off. Where the kernel does not let us, it is off, and why_off() says why.
    bool wanted = true;
    int workers = 1;
    std::string switch_id;
    // Ids: what earlier daemons may have left on devices.
    std::vector<uint32_t> programs;
  };
  explicit FastForwarding(const Options& options);

  bool is_on() const { return fast_path_ != nullptr; }
  const std::string& why_off() const { return why_off_; }
  // For the ingress of the devices of ports; -1 when off.
  int program_fd() const { return is_on() ? fast_path_->program_fd() : -1; }
  // For the workers; empty when off.
  std::span<port_order> orders() const {
    return is_on() ? fast_path_->orders() : std::span<port_order>();
  }

  // Tells of ports, anew or otherwise than before; in force when it returns. Where the rules of
  // some have changed, no frame goes by the old ones of one and the new ones of another: nothing is
  // fast there meanwhile, some 10 ms.
  void SetPorts(std::span<const std::pair<PortId, FastPort>> ports);
  // Its frames are dropped where they come in. `with_counters`: the next with this id is another.
  void RemovePort(PortId id, bool with_counters);
  // The device that it had, removed before, is in another namespace: see FastPath.
  void LetGo(PortId id, int ifindex);
  FastCounters CountersOf(PortId id) const;

  // Tables have forgotten; the kernel has when these return.
  void Forget(uint32_t bridge, FdbKey key);
  void ForgetPort(PortId port);
  void ForgetPortVlan(PortId port, VlanId vlan);
  void ForgetVlan(uint32_t bridge, VlanId vlan);
  // `port`: only there, unless it is kNoPort.
  void ForgetMac(uint32_t bridge, MacAddress mac, std::optional<VlanId> vlan, PortId port);
  void ForgetBridge(uint32_t bridge);

  // ---- What an earlier daemon of this switch has left ----
  // In this order, before the first port has a twin: RemovePort() or TakeUp() all ports, then
  // LearnLeft(); when those that can have their twins, EndTakeOver().

  // By the names of ports; those that have a twin or were removed are left no more.
  const std::map<std::string, LeftPort, std::less<>>& left() const { return left_; }
  // Changes what may have changed, by the names of ports, and nothing else: frames go on by it.
  void TakeUp(std::map<std::string, LeftSettings> ports);
  // Whether the kernel has a port of this id.
  bool HasPort(PortId id) const { return ports_.contains(id); }
  // Tables learn the stations that the kernel knows, and it keeps those that they agree with.
  void LearnLeft(const TableOf& table_of);
  // Who has moved meanwhile is nowhere.
  void EndTakeOver(const TableOf& table_of);

  // What workers have forwarded by.
  void OnCandidates(std::span<const Candidate> candidates, const TableOf& table_of);
  // To be called again in a moment while it answers true.
  bool Settle(const TableOf& table_of);
  // Once a second: tables hear of stations that only the kernel has seen, and the kernel is rid of
  // those that tables do not know: all at once when some have moved, else a part of them.
  void OnTick(const TableOf& table_of, const TwinState& twins, bool stations_have_moved);

  // How long ago the kernel saw a station that it forwards to; nullopt: it does not.
  std::optional<uint32_t> AgeOf(uint32_t bridge, FdbKey key) const;

 private:
  struct Port {
    FastPort told;
    // At the last tick.
    uint64_t total = 0;
    uint64_t read = 0;
    // What the kernel was told of as lost in the twin's queue.
    uint64_t lost = 0;
  };

  void Open(const Options& options);
  void SetPort(PortId id, const FastPort& port);
  void Tell(PortId id, const FastRules& rules, const port_config& config, bool is_new);
  void EraseWhatHasOtherRules(const std::map<std::string, LeftSettings>& ports);
  void Want(uint32_t bridge, FdbKey key, const MacTable& table);
  size_t ReviewShare() const;
  bool Review(const StationPlace& place, const TableOf& table_of);
  void ForgetLost(PortId id, Port* port, const TwinState& twins);

  std::unique_ptr<FastPath> fast_path_;
  std::unique_ptr<StationCache> stations_;
  std::string why_off_;
  std::map<PortId, Port> ports_;
  std::map<std::string, LeftPort, std::less<>> left_;
  // The last device of a port that went to another namespace.
  std::map<PortId, int> let_go_;
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_CORE_FAST_FORWARDING_H_
