// A Controller for tests: a switch of two bridges that never changes.
// Thread-safety: one thread.
#ifndef VSWITCH_SWITCH_RPC_TESTING_FAKE_CONTROLLER_H_
#define VSWITCH_SWITCH_RPC_TESTING_FAKE_CONTROLLER_H_

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "switch/base/str_cat.h"
#include "switch/core/controller.h"

namespace vswitch {

inline constexpr uid_t kFakeUser = 4'000'000'001;  // Nobody's number.

inline std::string SettingsText(const Settings& settings) {
  std::string text;
  for (const auto& [key, value] : settings) text += StrCat(" ", key, "=", value);
  return text;
}

// Writes down what it is asked; answers `status` or a fixed example.
class FakeController : public Controller {
 public:
  absl::Status AddBridge(std::string_view name, const Settings& settings, bool may_exist) override {
    return Record("AddBridge ", name, SettingsText(settings), may_exist ? " may_exist" : "");
  }
  absl::Status DeleteBridge(std::string_view name, bool if_exists, bool force) override {
    return Record("DeleteBridge ", name, if_exists ? " if_exists" : "", force ? " force" : "");
  }
  absl::Status SetBridge(std::string_view name, const Settings& settings) override {
    return Record("SetBridge ", name, SettingsText(settings));
  }
  absl::Status AddPort(std::string_view bridge, std::string_view port, const Settings& settings,
                       bool may_exist, const Caller& caller) override {
    for (const std::string& warning : warnings) caller.Warn(warning);
    return Record("AddPort ", bridge, " ", port, SettingsText(settings),
                  may_exist ? " may_exist" : "", " by ", caller.uid);
  }
  absl::StatusOr<std::optional<KeptTap>> DeletePort(std::string_view bridge, std::string_view port,
                                                    bool if_exists, bool force,
                                                    const Caller&) override {
    absl::Status status = Record("DeletePort [", bridge, "] ", port, if_exists ? " if_exists" : "",
                                 force ? " force" : "");
    if (!status.ok()) return status;
    if (together_now_) return std::nullopt;
    return kept;
  }
  absl::Status MovePort(std::string_view port, std::string_view bridge, const Caller&) override {
    return Record("MovePort ", port, " to ", bridge);
  }
  absl::Status SetPort(std::string_view port, const Settings& settings,
                       const Caller& caller) override {
    return Record("SetPort ", port, SettingsText(settings), " by ", caller.uid);
  }
  std::vector<BridgeStatus> Show() override {
    BridgeStatus bridge;
    bridge.spec.name = "br0";
    bridge.spec.group_fwd_mask = 0x4000;
    bridge.ports.push_back({.spec = {.name = "vm0", .owner = kFakeUser, .mtu = 0, .queues = 2},
                            .state = "down",
                            .detail = "no guest has it open",
                            .device = "web0",
                            .mtu = 1500,
                            .owner = kFakeUser,
                            .fast_path = true});
    bridge.ports.push_back({.spec = {.name = "host0", .type = PortType::kInternal},
                            .state = "up",
                            .device = "host0",
                            .mtu = 9000,
                            .mac = {0x020000000001},
                            .fast_path_reason = "a worker serves it"});
    BridgeStatus empty;
    empty.spec.name = "br1";
    return {bridge, empty};
  }
  absl::StatusOr<std::vector<FdbRow>> FdbShow(std::string_view bridge) override {
    if (absl::Status s = Record("FdbShow [", bridge, "]"); !s.ok()) return s;
    return rows;
  }
  absl::StatusOr<FdbRow> FdbGet(std::string_view bridge, MacAddress mac, VlanId vlan) override {
    if (absl::Status s = Record("FdbGet ", bridge, " ", mac.ToString(), " ", vlan); !s.ok())
      return s;
    return rows.at(0);
  }
  absl::Status FdbAdd(std::string_view bridge, MacAddress mac, std::string_view port, VlanId vlan,
                      bool sticky) override {
    return Record("FdbAdd ", bridge, " ", mac.ToString(), " ", port, " ", vlan,
                  sticky ? " sticky" : "");
  }
  absl::Status FdbDelete(std::string_view bridge, MacAddress mac, VlanId vlan) override {
    return Record("FdbDelete ", bridge, " ", mac.ToString(), " ", vlan);
  }
  absl::Status FdbFlush(std::string_view bridge, std::string_view port, std::optional<VlanId> vlan,
                        std::optional<MacAddress> mac) override {
    return Record("FdbFlush ", bridge, " [", port, "] ", vlan.has_value() ? StrCat(*vlan) : "all",
                  mac.has_value() ? " " + mac->ToString() : "");
  }
  absl::StatusOr<MdbReport> MdbShow(std::string_view bridge) override {
    if (absl::Status s = Record("MdbShow [", bridge, "]"); !s.ok()) return s;
    return MdbReport{.groups = {{"br0", 7, "239.1.2.3", {{"vm0", 260}}, 260}},
                     .routers = {{"br0", 7, {"up0", 255}},
                                 {"br0", std::nullopt, {"up1", 0}},
                                 {"br0", std::nullopt, {"vm0", 9}, true}},
                     .queriers = {{"br0", 7, false, "10.0.0.1", {"up0", 255}}}};
  }
  absl::Status MdbFlush(std::string_view bridge) override { return Record("MdbFlush ", bridge); }
  absl::StatusOr<std::vector<std::pair<std::string, TableStats>>> FdbStats(
      std::string_view bridge) override {
    if (absl::Status s = Record("FdbStats [", bridge, "]"); !s.ok()) return s;
    return std::vector<std::pair<std::string, TableStats>>{
        {"br0",
         {.table = {.entries = 1,
                    .static_entries = 2,
                    .capacity = 3,
                    .learned = 4,
                    .moved = 5,
                    .aged_out = 6,
                    .evicted = 7,
                    .learn_failed = 18446744073709551615u,
                    .learn_limited = 8},
          .held = 9,
          .holds = 10}}};
  }
  absl::StatusOr<std::vector<PortVlans>> VlanShow(std::string_view bridge) override {
    if (absl::Status s = Record("VlanShow [", bridge, "]"); !s.ok()) return s;
    return std::vector<PortVlans>{{.bridge = "br0", .spec = {.name = "vm0", .tag = 10}},
                                  {.bridge = "br0", .spec = {.name = "vm1", .trunks = "10,20-30"}},
                                  {.bridge = "br0", .spec = {.name = "vm2"}}};
  }
  absl::Status VlanAdd(std::string_view port, std::string_view vid, bool pvid,
                       bool untagged) override {
    return Record("VlanAdd ", port, " ", vid, pvid ? " pvid" : "", untagged ? " untagged" : "");
  }
  absl::Status VlanDelete(std::string_view port, std::string_view vid) override {
    return Record("VlanDelete ", port, " ", vid);
  }
  absl::StatusOr<std::vector<RstpStatus>> RstpShow(std::string_view bridge) override {
    if (absl::Status s = Record("RstpShow [", bridge, "]"); !s.ok()) return s;
    return std::vector<RstpStatus>{{.bridge = "br0",
                                    .bridge_id = "8000.02:00:00:00:00:01",
                                    .root_id = "1000.02:00:00:00:00:02",
                                    .root_port = "vm0",
                                    .root_path_cost = 2000,
                                    .max_age_s = 20,
                                    .hello_time_s = 2,
                                    .forward_delay_s = 15,
                                    .topology_changes = 3,
                                    .ports = {{.port = "vm0",
                                               .port_id = "8001",
                                               .role = "root",
                                               .state = "forwarding",
                                               .path_cost = 2000,
                                               .point_to_point = true,
                                               .protocol = "rstp",
                                               .designated_bridge = "1000.02:00:00:00:00:02",
                                               .designated_port = "8002",
                                               .ingress_bpdus = 7,
                                               .egress_bpdus = 5}}},
                                   {.bridge = "br1"}};
  }
  absl::Status AddMirror(std::string_view bridge, MirrorSpec mirror) override {
    std::string sources = mirror.all ? " all" : "";
    for (const std::string& port : mirror.sources) sources += " " + port;
    return Record("AddMirror ", bridge, " ", mirror.name, " [", sources, " ] to ", mirror.to,
                  mirror.vlan.has_value() ? StrCat(" vlan ", *mirror.vlan) : "",
                  mirror.direction == MirrorDirection::kBoth ? " both" : "");
  }
  absl::Status DeleteMirror(std::string_view bridge, std::string_view name) override {
    return Record("DeleteMirror ", bridge, " ", name);
  }
  absl::StatusOr<std::vector<MirrorStatus>> ShowMirrors(std::string_view bridge) override {
    if (absl::Status s = Record("ShowMirrors [", bridge, "]"); !s.ok()) return s;
    return std::vector<MirrorStatus>{
        {"br0", {.name = "m1", .sources = {"vm0", "vm1"}, .vlan = 7, .to = "vm2"}},
        {"br0", {.name = "m2", .all = true, .direction = MirrorDirection::kEgress, .to = "vm2"}}};
  }
  absl::StatusOr<KeptTaps> Together(const std::function<absl::Status()>& changes) override {
    calls.push_back("Together {");
    together_now_ = true;
    const absl::Status made = changes();
    together_now_ = false;
    calls.push_back(made.ok() ? "}" : "} taken back");
    if (!made.ok()) return made;
    if (!together.ok()) return together;
    KeptTaps taps;
    if (kept.has_value()) taps.emplace(kept->name, *kept);
    return taps;
  }
  void ResetStats() override { static_cast<void>(Record("ResetStats")); }
  SwitchStats Stats() override {
    SwitchStats stats;
    PortStats& port = stats.ports.emplace_back();
    port.name = "vm0";
    port.bridge = "br0";
    port.counters.ingress_frames = 1;
    port.counters.ingress_bytes = 2;
    port.counters.egress_frames = 3;
    port.counters.egress_bytes = 4;
    port.counters.flood_copies = 5;
    port.counters.mirror_copies = 8;
    port.counters.ingress_offloaded = 6;
    port.counters.drops[static_cast<size_t>(DropReason::kRunt)] = 7;
    stats.workers.push_back({.wakeups = 1,
                             .batches = 2,
                             .enobufs = 3,
                             .rearms = 4,
                             .read_errors = 5,
                             .cq_overflows = 6,
                             .user_ns = 7,
                             .system_ns = 8,
                             .io_wq_threads = 9,
                             .busy_polls = 10,
                             .busy_poll_hits = 11,
                             .feed_overflows = 12,
                             .frames = 8,
                             .copies = 16,
                             .frames_per_wakeup = {1, 2, 3},
                             .copies_per_batch = {}});
    return stats;
  }
  absl::StatusOr<TraceReport> TraceFrame(std::string_view port,
                                         std::span<const uint8_t> ethernet) override {
    std::string hex;
    for (const uint8_t byte : ethernet) hex += StrCat(absl::Hex(byte, absl::kZeroPad2));
    if (absl::Status s = Record("TraceFrame ", port, " ", hex); !s.ok()) return s;
    return trace;
  }
  absl::Status StartCapture(const CaptureRequest& request, const Caller& caller) override {
    std::string ports;
    for (const std::string& port : request.ports) ports += " " + port;
    if (caller.session != nullptr) caller.session->Attach({}, std::make_shared<int>(0));
    return Record("StartCapture", ports, " [", request.filter, "]", request.drops ? " drops" : "");
  }
  void RequestExit(bool keep_forwarding, const Caller&) override {
    calls.push_back(keep_forwarding ? "RequestExit keep_forwarding" : "RequestExit");
  }

  std::vector<std::string> calls;
  absl::Status status;
  std::vector<std::string> warnings;  // Of AddPort().
  std::optional<KeptTap> kept;
  absl::Status together;  // What it comes to in the end.
  TraceReport trace = {.steps = {{"parse", "two stations"}, {"forward", "sent to vm1"}},
                       .egress = {"vm1"}};
  std::vector<FdbRow> rows = {{"br0", "vm0", {0x525400123456}, 7, FdbEntryKind::kLearned, 12, true},
                              {"br\"\\", "vm1", {0x525400123457}, 0, FdbEntryKind::kStatic, 0}};

 private:
  template <typename... Parts>
  absl::Status Record(const Parts&... parts) {
    calls.push_back(StrCat(parts...));
    return status;
  }

  bool together_now_ = false;
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_RPC_TESTING_FAKE_CONTROLLER_H_
