"""The highest rate at which no more than a given share of the frames is lost. One search for zero
loss says little of a software switch, which shares its cores: several goals say more (RFC 9971)."""

from bench.suite.method import highest
from bench.suite.peers.peer import TAP
from bench.suite.suites.throughput import saturate

SUMMARY = "highest rate at a loss of 0, 0.001, 0.1 and 1 %"

GOALS = (0, 1e-5, 1e-3, 1e-2)
STEPS = 7


def rates(bench, peer):
    trials = {}  # Loss by rate: the goals share them.

    def loss_at(rate):
        if rate not in trials:
            run = saturate(bench, peer, rate=rate)
            offered = run["offered_per_s"] > 0.99 * rate
            trials[rate] = (run["loss"] + run["refused"] / run["sent"]) if offered else 1
        return trials[rate]

    top = 1.2 * saturate(bench, peer)["delivered_per_s"]
    return {
        name_of(goal): highest(lambda rate: loss_at(rate) <= goal, 0, top, STEPS) / 1e3
        for goal in GOALS
    }


def name_of(goal):
    return f"loss of {goal * 100:g} %"


def run(bench):
    with bench.peers((TAP, TAP)) as up:
        bench.compare_many(
            "60 bytes",
            {name_of(goal): ("kpps", (), {}) for goal in GOALS},
            {name: lambda p=peer: rates(bench, p) for name, peer in up.items()},
            passes=1,
        )
