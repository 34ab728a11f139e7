"""One worker against two: eight flows one way, both ways, and among four ports. Without the fast
path, which would leave them nothing to do."""

from bench.suite.peers import SlowVswitch
from bench.suite.peers.peer import TAP

SUMMARY = "1 and 2 workers: eight flows one way, both ways, among four ports"

FLOWS = 8
PORTS = 4


def kpps(bench, peer, senders, receivers):
    run = bench.tap_load(
        senders=[peer.end(i) for i in senders],
        receivers=[peer.end(i) for i in receivers],
        flows=FLOWS,
    )
    return run["delivered_per_s"] / 1e3


def run(bench):
    one = SlowVswitch(bench.lab, bench.binaries, "va", flags=("--workers=1",))
    two = SlowVswitch(bench.lab, bench.binaries, "vb", flags=("--workers=2",))
    types = [TAP] * PORTS
    everybody = range(PORTS)
    with bench.peer(one, types), bench.peer(two, types):
        for workload, senders, receivers in (
            ("one way", [0], [1]),
            ("both ways", [0, 1], [0, 1]),
            ("among four ports", everybody, everybody),
        ):
            bench.compare(
                f"60 bytes, {workload}",
                "kpps",
                {
                    "2 workers": lambda s=senders, r=receivers: kpps(bench, two, s, r),
                    "1 worker": lambda s=senders, r=receivers: kpps(bench, one, s, r),
                },
                ours="2 workers",
            )
