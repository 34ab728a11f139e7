// What a bridge knows of multicast: who has joined which group, where routers are, who asks.
//
//   a report or leave    joins or leaves, for the port that it came in by
//   a query              its port leads to a router; who sent it asks instead of us, or not
//   a PIM hello          its port leads to a router
//   time                 members that are not heard of end, and so do routers and queriers
//
// A group goes to its members and to router ports. When its last member has *left*, it goes to
// router ports only, until its entry ends; when its last member has only gone silent, nobody is
// known to have joined, and it is flooded as any such group (or goes to routers, as configured).
//
// Whoever asks (RFC 3376, 6.6.2; RFC 3810, 7.6.2): the lowest address. We have no IPv4 address and
// ask as 0.0.0.0, so we fall silent for any querier that has one, and among two without the lower
// MAC address asks. RFC 4541, 2.1.1 (1) has no router learned from a query of 0.0.0.0; here, as in
// Linux (net/bridge/br_multicast.c, br_ip4_multicast_query_received()), it is: another bridge that
// asks so has to hear the reports, or it would keep from our members what comes in there.
//
// Limits: kGroupsPerPort and kGroupsPerBridge. Who joins a group beyond them is not kept: its port
// is overflowed for as long as a membership lasts, and takes all groups meanwhile, unless it must
// never be a router port. Unlike a router port it gets no reports: hosts that hear others' keep
// silent (RFC 4541, 2.1.1 (1)). A group that was left stays on the account of its last port.
//
// Pure: time is given, in seconds. Thread-safety: none, the control thread's own.
#ifndef VSWITCH_BRIDGE_SNOOPING_SNOOPING_H_
#define VSWITCH_BRIDGE_SNOOPING_SNOOPING_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "bridge/snooping/group_map.h"
#include "bridge/snooping/group_message.h"
#include "bridge/snooping/query.h"

namespace vswitch {

// kOff: never a router port, and nothing that only routers say is believed from it.
enum class RouterPort : uint8_t { kAuto, kOn, kOff };

class Snooping {
 public:
  static constexpr size_t kGroupsPerPort = 256;
  static constexpr size_t kGroupsPerBridge = 16384;
  // In how many VLANs a port may have routers that were heard.
  static constexpr size_t kRouterVlansPerPort = 512;
  // Queries in a second that ask one port whether there is nobody left: beyond them leaves wait.
  static constexpr size_t kLeaveQueriesPerSecond = 32;
  // In how many VLANs ports that have come up are asked in a second, all ports together.
  static constexpr size_t kNewcomerVlansPerSecond = 256;
  // General queries that are sent at once.
  static constexpr size_t kQueriesPerTick = 8;

  // RFC 3376, 8.4 and 8.5.
  static constexpr uint32_t kMembershipSeconds =
      kRobustness * kQueryIntervalSeconds + kQueryResponseSeconds;
  static constexpr uint32_t kOtherQuerierSeconds =
      kRobustness * kQueryIntervalSeconds + kQueryResponseSeconds / 2;
  // RFC 3376, 8.8: between a leave and its end, if nobody says otherwise.
  static constexpr uint32_t kLastMemberTimeSeconds = kRobustness * kLastMemberSeconds;

  struct Options {
    bool querier = false;
    bool floods_unregistered = true;
    // Ours, in queries.
    MacAddress mac;
    friend bool operator==(const Options&, const Options&) = default;
  };
  struct PortOptions {
    RouterPort router = RouterPort::kAuto;
    bool fast_leave = false;
    // And frames may come in and leave there.
    bool up = false;
    friend bool operator==(const PortOptions&, const PortOptions&) = default;
  };

  // A query that the bridge is to send now, to one port or, kNoPort, to all.
  struct Outgoing {
    PortId port = kNoPort;
    VlanId vlan = 0;
    GroupQuery query;
  };

  // What is shown. `expires_s`: from now on.
  struct Member {
    PortId port = kNoPort;
    uint32_t expires_s = 0;
  };
  struct ShownGroup {
    GroupKey key;
    // None: its last member has left.
    std::vector<Member> members;
    // Of the whole entry.
    uint32_t expires_s = 0;
  };
  struct ShownRouter {
    VlanId vlan = 0;
    Member port;
  };
  struct ShownQuerier {
    VlanId vlan = 0;
    bool ipv6 = false;
    // kNoPort: we are it.
    PortId port = kNoPort;
    MappedAddress address;
    uint32_t expires_s = 0;
  };
  struct Shown {
    std::vector<ShownGroup> groups;
    std::vector<Member> overflowed;
    std::vector<ShownRouter> routers;
    std::vector<ShownQuerier> queriers;
  };

  // A querier asks at once, twice at first.
  void SetOptions(const Options& options, uint32_t now);
  // All of the bridge's ports. One that goes down or is there no more takes along what was learned
  // there; one that comes up is asked at once in each VLAN in which we ask.
  void SetPorts(const std::map<PortId, PortOptions>& ports);

  bool IsUp(PortId port) const;

  void OnMessage(PortId port, VlanId vlan, const GroupMessage& message, uint32_t now);
  // Once a second.
  void OnTick(uint32_t now);
  // Forgets groups and routers that were learned; a querier asks anew.
  void Flush(uint32_t now);

  std::vector<Outgoing> TakeQueries() { return std::exchange(outgoing_, {}); }
  // Whether Map() has changed since TakeChanged() was asked last.
  bool has_changed() const { return changed_; }
  bool TakeChanged() { return std::exchange(changed_, false); }
  std::shared_ptr<const GroupMap> Map() const;
  Shown Show(uint32_t now) const;

 private:
  struct Membership {
    uint32_t expires_at = 0;
    // It has said that it leaves.
    bool leaving = false;
    // Queries still to be sent that ask whether it really does.
    uint32_t queries_left = 0;
  };
  struct Group {
    std::map<PortId, Membership> members;
    // Without members: when the entry ends, and on whose account it is.
    uint32_t expires_at = 0;
    PortId left_by = kNoPort;
  };
  struct Querier {
    // kNoPort: none is known.
    PortId port = kNoPort;
    MappedAddress address;
    MacAddress mac;
    uint32_t expires_at = 0;
    // How long members and routers are believed, by its word.
    uint32_t membership_s = kMembershipSeconds;
  };
  struct Vlan {
    // By port: when they end.
    std::map<PortId, uint32_t> routers;
    // IGMP, MLD.
    Querier queriers[2];
    // When we ask next, and how often at the start's pace.
    uint32_t next_query_at[2] = {};
    uint32_t startup_left[2] = {kRobustness, kRobustness};
  };
  struct Port {
    PortOptions options;
    size_t groups = 0;
    size_t router_vlans = 0;
    // It has come up: from which VLAN on it is still to be asked.
    std::optional<VlanId> ask_from;
    // It has joined a group for which there was no room.
    std::optional<uint32_t> overflowed_until;
    // Queries since the last tick.
    size_t asked = 0;
  };
  using Groups = std::map<GroupKey, Group>;

  static bool IsOver(uint32_t at, uint32_t now) { return static_cast<int32_t>(now - at) >= 0; }

  void SetPort(PortId port, const PortOptions& options);
  void RemovePort(PortId port);
  void OnQuery(PortId port, VlanId vlan, const GroupMessage& message, uint32_t now);
  void OnReport(PortId port, VlanId vlan, const GroupMessage& message, uint32_t now);
  void Join(PortId port, const GroupKey& key, uint32_t now);
  uint32_t MembershipSecondsOf(const GroupKey& key) const;
  void Overflow(Port* port, const GroupKey& key, uint32_t now);
  void Leave(PortId port, const GroupKey& key, uint32_t now);
  void AddRouter(PortId port, VlanId vlan, uint32_t now);
  // Whether who sent it asks, rather than we or whom we know.
  bool IsElected(const Querier& known, const GroupMessage& message) const;
  bool WeAsk(VlanId vlan, bool ipv6) const;
  // The group's last member has `left`, or was not heard of any more. Returns the next one.
  Groups::iterator EndGroup(Groups::iterator group, PortId last, bool left, uint32_t now);
  void EndMembers(uint32_t now);
  Groups::iterator EndMembersOf(Groups::iterator group, uint32_t now);
  void EndOverflows(uint32_t now);
  void EndRouters(uint32_t now);
  // False: it was asked too often in this second.
  bool AskMember(PortId id, const GroupKey& key);
  // The next query to a member that leaves, if one is due. Its time runs from the first one on:
  // nobody ends unheard.
  void AskWhoLeaves(PortId id, const GroupKey& key, Membership* member, uint32_t now);
  void AskNewcomer(PortId id, Port* port);
  void AskNewcomers();
  void AskAgain(uint32_t now);
  // False: enough were sent, and it is this one's turn when the next tick comes.
  bool AskAgainIn(VlanId id, Vlan* vlan, uint32_t now, size_t* left);
  // Routers of `vlan` among ports that are up, ascending; without a VLAN: those that are set.
  std::set<PortId> RoutersOf(const Vlan* vlan) const;
  static bool TakesAllGroups(const Port& port);
  // With the overflowed ports; empty: there are none of these.
  std::vector<PortId> TakersBeside(std::set<PortId> routers) const;

  Options options_;
  std::map<PortId, Port> ports_;
  Groups groups_;
  // 0, and those in which something was heard.
  std::map<VlanId, Vlan> vlans_ = {{0, {}}};
  std::vector<Outgoing> outgoing_;
  // Which VLAN's turn it is.
  VlanId ask_again_from_ = 0;
  size_t newcomer_vlans_left_ = kNewcomerVlansPerSecond;
  // Who was asked last of those that have come up.
  PortId last_newcomer_ = kNoPort;
  bool changed_ = true;
};

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_SNOOPING_SNOOPING_H_
