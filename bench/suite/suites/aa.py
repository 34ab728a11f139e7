"""The method against itself: two daemons of the same program. Their ratio must straddle 1.0; how
far it strays is what no comparison of this run can tell from nothing. With --baseline a daemon of
another build takes part: before and after a change, in one run."""

import contextlib

from bench.suite.method import Bar
from bench.suite.peers import Vswitch
from bench.suite.peers.peer import INTERNAL, TAP
from bench.suite.suites.cpu import ns_per_frame
from bench.suite.suites.throughput import frames, super_frames

SUMMARY = "A/A: the same program twice, whose ratio must straddle 1.0; --baseline: another too"

AGAIN = "vswitch again"
BASELINE = "baseline"
RATE = 100  # kpps

MEASUREMENTS = (
    ((TAP, TAP), "tap, 60 bytes", "kpps", lambda bench, peer: frames(bench, peer, 60)),
    ((TAP, TAP), "tap, 1514 bytes", "kpps", lambda bench, peer: frames(bench, peer, 1514)),
    ((TAP, TAP), f"CPU at {RATE} kpps", "ns per frame", lambda b, p: ns_per_frame(b, p, RATE)),
    ((INTERNAL, INTERNAL), "internal, 64 KiB TCP super-frames", "Gbit/s", super_frames),
)


def run(bench):
    systems = {
        "vswitch": Vswitch(bench.lab, bench.binaries, "va"),
        AGAIN: Vswitch(bench.lab, bench.binaries, "vb"),
    }
    if bench.baseline is not None:
        systems[BASELINE] = Vswitch(bench.lab, bench.baseline, "vc")
    # The first alone, unless there is something to compare: the A/A ratio is one.
    measurements = MEASUREMENTS if bench.baseline is not None else MEASUREMENTS[:1]
    for types, workload, unit, measure in measurements:
        with contextlib.ExitStack() as stack:
            for peer in systems.values():
                stack.enter_context(bench.peer(peer, types))
            bench.compare(
                workload,
                unit,
                {name: lambda p=peer: measure(bench, p) for name, peer in systems.items()},
                bars=(Bar(AGAIN, straddles=1.0),),
                rounds=max(2, bench.rounds),
            )
