"""TCP between two namespaces through two internal ports: iperf3, one way."""

import json

from bench.suite.method import Bar
from bench.suite.peers.peer import INTERNAL

SUMMARY = "TCP between two internal ports, 1 and 8 flows (iperf3)"

BARS = (
    Bar("bare_loop", at_least=0.95),
    Bar("open_vswitch", at_least=3.5),
    Bar("vde", at_least=8),
)


def serve(bench, peer):
    """Starts a server behind port 1, and returns when TCP reaches it from port 0."""
    server = bench.lab.spawn(
        f"iperf3-{peer.prefix}", "iperf3", "--server", netns=peer.netns(1)
    )
    probe = ("iperf3", "--client", peer.address(1), "--bytes", "100K")
    bench.lab.wait_for(
        f"TCP through {peer.title}",
        lambda: bench.lab.succeeds(*probe, netns=peer.netns(0), timeout=10),
        server,
    )
    return server


def gbit_per_s(bench, peer, flows):
    result = bench.lab.run(
        *("iperf3", "--json", "--client", peer.address(1)),
        *("--time", f"{max(1, round(bench.seconds))}", "--parallel", str(flows)),
        netns=peer.netns(0),
    )
    return json.loads(result)["end"]["sum_received"]["bits_per_second"] / 1e9


def run(bench):
    with bench.peers((INTERNAL, INTERNAL)) as up:
        servers = [serve(bench, peer) for peer in up.values()]
        for flows in (1, 8):
            bench.compare(
                f"{flows} flow{'s' if flows > 1 else ''}",
                "Gbit/s",
                {name: lambda p=peer: gbit_per_s(bench, p, flows) for name, peer in up.items()},
                bars=BARS,
            )
        for server in servers:
            bench.lab.end(server)
