// Mirrors, in the words of bridge_table.cc. The control is Open vSwitch: the Linux bridge has none,
// only tc, which copies for a port what that port sends and gets and knows no bridge.
#include "tests/bridge_table.h"

namespace vswitch {
namespace {

constexpr std::string_view kTable = R"(
* MirrorOfIngress: Mirror, select_src_port
ours  mirror add br0 m src=vm0 to=vm3 dir=ingress
ovs   select-src-port=@0 output-port=@3
0 0>all : 1 2 3
1 1>all : 0 2
1 1>0   : 0
0 0>1   : 1 3
0 0>9   : 1 2 3
0 1>0   : 3
0 7>01:80:c2:00:00:0e : 3

* MirrorOfEgress: Mirror, select_dst_port
ours  mirror add br0 m src=vm0 to=vm3 dir=egress
ovs   select-dst-port=@0 output-port=@3
0 0>all : 1 2
1 1>all : 0 2 3
1 1>0   : 0 3
0 0>1   : 1
2 2>1   : 1
2 2>9   : 0 1 3

* MirrorOfBoth: Mirror
ours  mirror add br0 m src=vm0,vm1 to=vm3
ovs   select-src-port=@0,@1 select-dst-port=@0,@1 output-port=@3
0 0>all : 1 2 3
1 1>0   : 0 3
0 0>1   : 1 3
2 2>all : 0 1 3
2 2>0   : 0 3

* MirrorOfAll: Mirror, select_all
ours  mirror add br0 m src=all to=vm3
ovs   select-all=true output-port=@3
0 0>all : 1 2 3
1 1>0   : 0 3
2 2>9   : 0 1 3
2 0>2   : 3

* TwoMirrorsToOnePort: mirror_packet(), dup_mirrors
ours  mirror add br0 m src=vm0 to=vm3 dir=ingress
ours  mirror add br0 n src=vm1 to=vm3
ovs   select-src-port=@0 output-port=@3
ovs   select-src-port=@1 select-dst-port=@1 output-port=@3
0 0>2   : 1 2 3
1 1>2   : 0 2 3
1 1>0   : 0 3

* MirrorTarget: Mirror, output_port
ours  mirror add br0 m src=vm0 to=vm3 dir=ingress
ovs   select-src-port=@0 output-port=@3
3 3>all : -
0 0>all : 1 2 3
3 3>0   : -
0 0>3   : 1 2 3
1 1>3   : 0 2
)";

}  // namespace

std::vector<BridgeScenario> MirrorTable() { return ReadBridgeTable(kTable); }

}  // namespace vswitch
