"""The method against itself: two daemons of the same program. Their ratio must straddle 1.0; how
far it strays is what no comparison of this run can tell from nothing."""

from bench.suite.method import Bar
from bench.suite.peers import Vswitch
from bench.suite.peers.peer import TAP
from bench.suite.suites.throughput import frames

SUMMARY = "A/A: the same program twice, whose ratio must straddle 1.0"

AGAIN = "vswitch again"


def run(bench):
    one = Vswitch(bench.lab, bench.binaries, "va")
    two = Vswitch(bench.lab, bench.binaries, "vb")
    with bench.peer(one, (TAP, TAP)), bench.peer(two, (TAP, TAP)):
        bench.compare(
            "tap, 60 bytes",
            "kpps",
            {"vswitch": lambda: frames(bench, one, 60), AGAIN: lambda: frames(bench, two, 60)},
            bars=(Bar(AGAIN, straddles=1.0),),
            rounds=max(2, bench.rounds),
        )
