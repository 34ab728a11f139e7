// The table. A scenario begins with "*", its name and where its rule comes from: functions are in
// net/bridge of Linux. Then, in order, settings and frames:
//
//   ours      a verb of vswitchctl
//   linux     a command of ip or bridge; all scenarios begin with mcast_snooping 0, as ours do
//   ovs       a row of Open vSwitch's table Mirror; @0 is port 0
//   0 1>2 : 3 by port 0 a frame from station 1 to station 2, which ports 3 are to hear
//   ... ~ 3   the same again and again, until so (what the row before says, too)
//   ... ! 4   but the control gives it to port 4, and why is said under "why"
//   alone     there is no control, and why
//
// Stations are numbers or addresses, "all" is everybody, and an IP group gets a datagram. Other
// frames are those of group_packets.h, from the port's own station: join:GROUP. "-": nobody hears.
//
// Not controlled here, and what instead: VLANs, as a kernel's bridge may be built without them
// (CONFIG_BRIDGE_VLAN_FILTERING), by vlan_table.cc. Ageing, and leaves without fast leave, as they
// take time: mac_table/ and bridge/snooping have tests with a clock of their own. RSTP, of which
// the kernel has only the forerunner: rstp_test.cc. Guards, rates, move_limit, loop_guard: bridges
// do not have them, only nft and tc do, with rules of their own.
#include "tests/bridge_table.h"

namespace vswitch {
namespace {

constexpr std::string_view kTable = R"(
# ---- Who reaches whom ----
* Isolated: should_deliver(), br_skb_isolated()
ours  set port vm0 isolated=on
ours  set port vm1 isolated=on
linux bridge link set dev vm0 isolated on
linux bridge link set dev vm1 isolated on
0 0>all : 2 3
1 1>all : 2 3
2 2>all : 0 1 3
0 0>1   : -
0 0>2   : 2
2 2>0   : 0
0 0>9   : 2 3
2 2>9   : 0 1 3
0 0>01:00:5e:01:02:03 : 2 3
ours  set port vm1 isolated=off
linux bridge link set dev vm1 isolated off
0 0>1   : 1
1 1>0   : 0

* FloodOff: br_flood(), BR_FLOOD
ours  set port vm1 flood=off
linux bridge link set dev vm1 flood off
1 1>all : 0 2 3
0 0>9   : 2 3
0 0>1   : 1
0 0>all : 1 2 3
0 0>01:00:5e:01:02:03 : 1 2 3

* McastFloodOff: br_flood(), BR_MCAST_FLOOD
ours  set port vm1 mcast_flood=off
linux bridge link set dev vm1 mcast_flood off
0 0>01:00:5e:01:02:03 : 2 3
0 0>33:33:00:00:00:01 : 2 3
0 0>01:80:c2:00:00:21 : 2 3
0 0>9   : 1 2 3
0 0>all : 1 2 3

* BcastFloodOff: br_flood(), BR_BCAST_FLOOD
ours  set port vm1 bcast_flood=off
linux bridge link set dev vm1 bcast_flood off
0 0>all : 2 3
0 0>9   : 1 2 3
0 0>01:00:5e:01:02:03 : 1 2 3

* NothingFloods: the same, all at once
ours  set port vm1 flood=off mcast_flood=off bcast_flood=off
ours  set port vm2 flood=off mcast_flood=off bcast_flood=off
linux bridge link set dev vm1 flood off mcast_flood off bcast_flood off
linux bridge link set dev vm2 flood off mcast_flood off bcast_flood off
1 1>all : 0 3
0 0>all : 3
0 0>9   : 3
3 3>9   : 0
0 0>1   : 1

# ---- Learning ----
* Learns: IEEE 802.1Q, 8.7; br_fdb_update()
0 0>all : 1 2 3
1 1>0   : 0
2 0>all : 0 1 3
1 1>0   : 2
2 1>0   : -
0 01:00:5e:00:00:07>all : -
0 00:00:00:00:00:00>all : -

* PortDoesNotLearn: br_handle_frame_finish(), BR_LEARNING
0 0>all : 1 2 3
ours  set port vm0 learning=off
linux bridge link set dev vm0 learning off
0 5>all : 1 2 3
1 1>5   : 0 2 3
1 1>0   : 0
2 0>all : 0 1 3
0 0>all : 1 2 3
1 1>0   : 2

* Hub: br_fdb_update(), hold_time() of ageing_time 0
ours  set br br0 learning=off
linux ip link set br0 type bridge ageing_time 0
0 0>all : 1 2 3
1 1>0   : 0 2 3
0 0>1   : 1 2 3
ours  fdb add br0 02:00:00:00:00:00 vm0
linux bridge fdb replace 02:00:00:00:00:00 dev vm0 master static
1 1>0   : 0
0 0>1   : 1 2 3

* StickyEntry: br_fdb_update(), BR_FDB_STICKY
ours  fdb add br0 02:00:00:00:00:00 vm0 sticky
linux bridge fdb replace 02:00:00:00:00:00 dev vm0 master dynamic sticky
1 0>all : 0 2 3
2 2>0   : 0
1 1>0   : 0
0 0>all : 1 2 3
2 2>0   : 0

* StaticEntry: IEEE 802.1Q, 8.8.1; br_fdb_update(), BR_FDB_STICKY
ours  fdb add br0 02:00:00:00:00:00 vm0
linux bridge fdb replace 02:00:00:00:00:00 dev vm0 master static sticky
1 0>all : 0 2 3
2 2>0   : 0
0 1>0   : -

* StaticEntryMoves: br_fdb_update()
ours  fdb add br0 02:00:00:00:00:00 vm0
linux bridge fdb replace 02:00:00:00:00:00 dev vm0 master static
1 0>all : 0 2 3
2 2>0   : 0 ! 1
why   Linux's static entries do not age, but move unless they are sticky too

* Locked: br_handle_frame_finish(), BR_PORT_LOCKED
ours  set port vm0 locked=on
ours  fdb add br0 02:00:00:00:00:00 vm0
ours  fdb add br0 02:00:00:00:00:05 vm0 sticky
ours  fdb add br0 02:00:00:00:00:09 vm1
linux bridge link set dev vm0 locked on learning off
linux bridge fdb replace 02:00:00:00:00:00 dev vm0 master static
linux bridge fdb replace 02:00:00:00:00:05 dev vm0 master dynamic sticky
linux bridge fdb replace 02:00:00:00:00:09 dev vm1 master static
0 0>all : 1 2 3
0 5>all : - ! 1 2 3
0 8>all : -
0 9>all : -
0 8>9   : -
1 1>0   : 0
1 1>8   : 0 2 3
0 0>1   : 1
0 8>01:80:c2:00:00:0e : -
1 1>8   : 0 2 3
1 8>all : 0 2 3
0 8>all : -
why   Linux lets pass whom it has any entry for at the port; here it must be a static one, which
why   somebody has added and which stays

* LockedWithLearnedStations: br_handle_frame_finish(), BR_PORT_LOCKED
0 0>all : 1 2 3
ours  set port vm0 locked=on
linux bridge link set dev vm0 locked on
0 0>all : - ! 1 2 3
0 8>all : -
why   Linux lets pass whom it has learned at the port; here the entry must be a static one, as what
why   is learned is only what somebody has said

# ---- Reserved addresses ----
* NothingReservedPasses: IEEE 802.1Q, table 8-1; br_handle_frame()
0 0>01:80:c2:00:00:00 : - ! 1 2 3
0 0>01:80:c2:00:00:01 : -
0 0>01:80:c2:00:00:02 : -
0 0>01:80:c2:00:00:03 : -
0 0>01:80:c2:00:00:0e : -
0 0>01:80:c2:00:00:0f : -
0 0>01:80:c2:00:00:10 : 1 2 3
0 0>01:80:c2:00:00:21 : 1 2 3
0 4>01:80:c2:00:00:0e : -
1 1>4   : 0
0 5>01:80:c2:00:00:01 : -
1 1>5   : 0 ! 0 2 3
why   Linux floods BPDUs where it speaks no spanning tree, here the mask decides; it does not learn
why   from PAUSE frames

* LldpPasses: br_handle_frame(), group_fwd_mask
ours  set br br0 group_fwd_mask=0x4000
linux ip link set br0 type bridge group_fwd_mask 0x4000
0 0>01:80:c2:00:00:0e : 1 2 3
0 0>01:80:c2:00:00:03 : -
0 0>01:80:c2:00:00:0d : -
0 0>01:80:c2:00:00:0f : -
0 0>01:80:c2:00:00:02 : -
ours  set port vm1 mcast_flood=off
linux bridge link set dev vm1 mcast_flood off
0 0>01:80:c2:00:00:0e : 2 3
ours  set br br0 group_fwd_mask=0
linux ip link set br0 type bridge group_fwd_mask 0
0 0>01:80:c2:00:00:0e : -

* AllPassThatLinuxLets: br_sysfs_br.c, BR_GROUPFWD_RESTRICTED
ours  set br br0 group_fwd_mask=0xfff8
linux ip link set br0 type bridge group_fwd_mask 0xfff8
0 0>01:80:c2:00:00:01 : -
0 0>01:80:c2:00:00:02 : -
0 0>01:80:c2:00:00:03 : 1 2 3
0 0>01:80:c2:00:00:0e : 1 2 3
0 0>01:80:c2:00:00:0f : 1 2 3

* BpduPauseLacpPass: group_fwd_mask
alone Linux refuses these bits, BR_GROUPFWD_RESTRICTED
ours  set br br0 group_fwd_mask=0x7
0 0>01:80:c2:00:00:00 : 1 2 3
0 0>01:80:c2:00:00:01 : 1 2 3
0 0>01:80:c2:00:00:02 : 1 2 3
0 0>01:80:c2:00:00:03 : -

# ---- Multicast snooping ----
* SnoopsWithoutQuerier: RFC 4541, 2.1.2; br_multicast_querier_exists()
ours  set br br0 mcast_snooping=on
linux ip link set br0 type bridge mcast_snooping 1
0 0>239.1.2.3   : 1 2 3
0 0>224.0.0.251 : 1 2 3
0 0>01:00:5e:01:02:03 : 1 2 3
1 join:239.1.2.3 : 0 2 3
0 0>239.1.2.3   ~ 1 ! 1 2 3
0 0>239.9.9.9   : 1 2 3
0 0>224.0.0.251 : 1 2 3
why   without a querier Linux floods everything, as it cannot know who has gone; here members are
why   believed for 260 seconds all the same

* SnoopsWithQuerier: RFC 4541, 2.1.1 and 2.1.2; br_multicast_flood()
ours  set br br0 mcast_snooping=on
linux ip link set br0 type bridge mcast_snooping 1
3 query:0.0.0.0  : 0 1 2
1 join:239.1.2.3 ~ 3
0 0>239.1.2.3   ~ 1 3
1 1>239.1.2.3   : 3
3 3>239.1.2.3   : 1
0 0>224.0.0.251 : 1 2 3
1 join:224.0.0.251 : 3
0 0>224.0.0.251 : 1 2 3
0 0>01:00:5e:01:02:03 : 1 2 3
0 0>01:00:5e:05:06:07 : 1 2 3
0 0>all         : 1 2 3
2 join:239.1.2.3 : 3
0 0>239.1.2.3   ~ 1 2 3
2 join3:239.7.7.7 : 3 ! 0 1 3
0 0>239.7.7.7   ~ 2 3
0 0>239.9.9.9   : 1 2 3 ! 3
why   once Linux knows a querier it sends what nobody has joined to routers only; here that is
why   mcast_unregistered=router-only. It sends only reports of IGMPv1 and v2 to none but routers,
why   RFC 4541, 2.1.1 (1), here those of v3 and leaves go to none but routers, too

* UnregisteredToRouters: RFC 4541, 2.1.2 (3)
ours  set br br0 mcast_snooping=on mcast_unregistered=router-only
linux ip link set br0 type bridge mcast_snooping 1
3 query:0.0.0.0  : 0 1 2
0 0>239.9.9.9   ~ 3
0 0>224.0.0.251 : 1 2 3

* FastLeave: RFC 4541, 2.1.1; br_multicast_leave_group()
ours  set br br0 mcast_snooping=on
ours  set port vm1 mcast_fast_leave=on
ours  set port vm2 mcast_fast_leave=on
linux ip link set br0 type bridge mcast_snooping 1
linux bridge link set dev vm1 fastleave on
linux bridge link set dev vm2 fastleave on
3 query:0.0.0.0  : 0 1 2
1 join:239.1.2.3 ~ 3
2 join:239.1.2.3 : 3
0 0>239.1.2.3    ~ 1 2 3
1 leave:239.1.2.3 : 3 ! 0 2 3
0 0>239.1.2.3    ~ 2 3
2 leave:239.1.2.3 : 3 ! 0 1 3
0 0>239.1.2.3    ~ 3
why   Linux floods leaves

* Leave: RFC 3376, 6.6.1; br_multicast_leave_group()
ours  set br br0 mcast_snooping=on
linux ip link set br0 type bridge mcast_snooping 1
3 query:0.0.0.0  : 0 1 2
1 join:239.1.2.3 ~ 3
2 join:239.1.2.3 : 3
0 0>239.1.2.3    ~ 1 2 3
1 leave:239.1.2.3 : 3 ! 0 2 3
0 0>239.1.2.3    : 1 2 3
3 query:239.1.2.3 : 0 1 2
1 join:239.1.2.3 : 3
0 0>239.1.2.3    : 1 2 3
why   Linux floods leaves

* RouterPorts: RFC 4541, 2.1.1 (1); br_multicast_add_router()
ours  set br br0 mcast_snooping=on
ours  set port vm2 mcast_router=on
ours  set port vm1 mcast_router=off
linux ip link set br0 type bridge mcast_snooping 1
linux bridge link set dev vm2 mcast_router 2
linux bridge link set dev vm1 mcast_router 0
3 query:0.0.0.0  : 0 1 2
1 join:239.1.2.3 ~ 2 3
0 0>239.1.2.3    ~ 1 2 3
1 query:0.0.0.0  : 0 2 3
0 join:239.4.4.4 : 2 3
0 hello          : 1 2 3
1 join:239.1.2.3 ~ 0 2 3
1 1>239.1.2.3    : 0 2 3

* BridgeAsks: RFC 4541, 2.1.1; br_multicast_flood()
ours  set br br0 mcast_snooping=on mcast_querier=on
linux ip link set br0 type bridge mcast_snooping 1 mcast_query_response_interval 10
linux ip link set br0 type bridge mcast_querier 1
1 join:239.1.2.3 ~ -
0 0>239.1.2.3    ~ 1
0 0>224.0.0.251  : 1 2 3

* SnoopsIpv6: RFC 4541, 3
ours  set br br0 mcast_snooping=on
linux ip link set br0 type bridge mcast_snooping 1
3 query:::       : 0 1 2
1 join:ff05::1:3 ~ 3
0 0>ff05::1:3    ~ 1 3
0 0>ff02::1      : 1 2 3

* SnoopingAndPortSettings: should_deliver() in br_multicast_flood()
ours  set br br0 mcast_snooping=on
ours  set port vm0 isolated=on
ours  set port vm1 isolated=on
ours  set port vm2 mcast_flood=off
linux ip link set br0 type bridge mcast_snooping 1
linux bridge link set dev vm0 isolated on
linux bridge link set dev vm1 isolated on
linux bridge link set dev vm2 mcast_flood off
3 query:0.0.0.0  : 0 1
0 join:239.1.2.3 ~ 3
2 join:239.1.2.3 ~ 3
1 join:239.1.2.3 : 3
3 3>239.1.2.3    ~ 0 1 2
0 0>239.1.2.3    : 2 3
ours  set port vm3 mcast_flood=off
linux bridge link set dev vm3 mcast_flood off
0 0>239.1.2.3    : 2 3
0 0>224.0.0.251  : -

# ---- What only we have ----
* StickyPort: a port whose stations are all sticky
alone Linux has sticky entries, but no ports whose learned ones are
ours  set port vm0 sticky=on
0 0>all : 1 2 3
1 0>all : 0 2 3
2 2>0   : 0

* LearnLimit: the limit of a port
alone Linux has fdb_max_learned of a bridge, which iproute2 6.1 cannot set, and none of a port
ours  set port vm0 learn_limit=1
0 0>all : 1 2 3
0 5>all : 1 2 3
1 1>0   : 0
1 1>5   : 0 2 3
)";

}  // namespace

std::vector<BridgeScenario> BridgeTable() { return ReadBridgeTable(kTable); }

}  // namespace vswitch
