"""The method against itself: two daemons of the same program. Their ratio must straddle 1.0; how
far it strays is what no comparison of this run can tell from nothing. With --baseline a daemon of
another build takes part: before and after a change, in one run. Both as they are and with
fast_path=off, which is also what a build of before the fast path is compared with."""

import contextlib

from bench.suite.method import Bar, spread
from bench.suite.peers import SlowVswitch, Vswitch
from bench.suite.peers.peer import INTERNAL, TAP
from bench.suite.suites.cpu import ns_per_frame
from bench.suite.suites.throughput import frames, super_frames

SUMMARY = "A/A: the same program twice, whose ratio must straddle 1.0; --baseline: another too"

AGAIN = "vswitch again"
BASELINE = "baseline"
RATE = 100  # kpps
NS_PER_FRAME = "ns per frame"

MEASUREMENTS = (
    ((TAP, TAP), "tap, 60 bytes", "kpps", lambda bench, peer: frames(bench, peer, 60)),
    ((TAP, TAP), "tap, 1514 bytes", "kpps", lambda bench, peer: frames(bench, peer, 1514)),
    ((TAP, TAP), f"CPU at {RATE} kpps", NS_PER_FRAME, lambda b, p: ns_per_frame(b, p, RATE)),
    ((INTERNAL, INTERNAL), "internal, 64 KiB TCP super-frames", "Gbit/s", super_frames),
)


def not_worse_than_again(cell):
    """That the baseline is no better than the same program is at times."""
    limits = spread(cell.ratios_to(AGAIN))
    if limits is None or BASELINE not in cell.values:
        return ()
    low, high = limits
    if cell.unit == NS_PER_FRAME:
        return (Bar(BASELINE, at_most=high),)
    return (Bar(BASELINE, at_least=low),)


def compare(bench, kind, measurement):
    types, workload, unit, measure = measurement
    systems = {
        "vswitch": kind(bench.lab, bench.binaries, "va"),
        AGAIN: kind(bench.lab, bench.binaries, "vb"),
    }
    if bench.baseline is not None:
        systems[BASELINE] = kind(bench.lab, bench.baseline, "vc")
    with contextlib.ExitStack() as stack:
        for peer in systems.values():
            stack.enter_context(bench.peer(peer, types))
        bench.compare(
            f"{kind.title}: {workload}",
            unit,
            {name: lambda p=peer: measure(bench, p) for name, peer in systems.items()},
            bars=(Bar(AGAIN, straddles=1.0),),
            rounds=max(2, bench.rounds),
        )
    bench.add_bars(not_worse_than_again)


def run(bench):
    # The first alone, unless there is something to compare: the A/A ratio is one.
    measurements = MEASUREMENTS if bench.baseline is not None else MEASUREMENTS[:1]
    for kind in (Vswitch, SlowVswitch):
        for measurement in measurements:
            compare(bench, kind, measurement)
