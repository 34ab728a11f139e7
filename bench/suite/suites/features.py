"""What the features of ports and bridges cost the slow path: a bridge on which all are on that look
at a frame and let it pass, beside one on which none is. What makes more frames of one (mirrors,
captures) is not among them."""

import contextlib

from bench.suite.method import Bar
from bench.suite.peers import SlowVswitch
from bench.suite.peers.peer import TAP
from bench.suite.suites.cpu import ns_per_frame
from bench.suite.suites.throughput import frames

SUMMARY = "all features of ports and bridges at once, beside none, through a worker"

ALL = "all features on"
RATE = 100  # kpps

BRIDGE = (
    "move_limit=30/1",
    "learn_limit=1000",
    "mcast_snooping=on",
    "mcast_querier=on",
    "forward_reserved=lldp",
)
PORT = (
    "tag=10",
    "learn_limit=100",
    "guard=mac,ip,arp,nd,dhcp-server,ra",
    # Those of bench/load_plan.cc.
    "allowed_macs=02:00:00:00:00:01,02:00:00:00:00:02",
    "allowed_ips=10.0.0.0/8,fd00::/8",
    "storm_broadcast_pps=1M",
    "storm_multicast_pps=1M",
    "storm_unknown_pps=1M",
    "ingress_pps=1G",
    "ingress_bps=1000G",
    "egress_pps=1G",
    "egress_bps=1000G",
    "mcast_fast_leave=on",
    "loop_guard=on",
)


def turn_all_on(peer):
    peer.ctl("set", "br", "br0", *BRIDGE)
    for number in range(2):
        peer.ctl("set", "port", peer.port(number), *PORT)


def run(bench):
    systems = {
        ALL: SlowVswitch(bench.lab, bench.binaries, "va"),
        "vswitch": SlowVswitch(bench.lab, bench.binaries, "vb"),
    }
    with contextlib.ExitStack() as stack:
        for peer in systems.values():
            stack.enter_context(bench.peer(peer, (TAP, TAP)))
        turn_all_on(systems[ALL])
        for size in (60, 1514):
            bench.compare(
                f"tap, {size} bytes",
                "kpps",
                {
                    name: lambda p=peer, s=size: frames(bench, p, s)
                    for name, peer in systems.items()
                },
                ours=ALL,
                bars=(Bar("vswitch", at_least=0.85),),
            )
        bench.compare(
            f"CPU at {RATE} kpps",
            "ns per frame",
            {name: lambda p=peer: ns_per_frame(bench, p, RATE) for name, peer in systems.items()},
            ours=ALL,
            bars=(Bar("vswitch", at_most=1 / 0.85),),
        )
