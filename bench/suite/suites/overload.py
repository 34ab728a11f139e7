"""Recovery (RFC 2544, 26.5): 150 % of the saturated rate for a while, then half of it. When was the
last frame lost, counted from the moment the overload ended?"""

from bench.suite.method import Bar
from bench.suite.peers.peer import TAP
from bench.suite.suites.throughput import saturate

SUMMARY = "recovery after 150 % load for 10 s: time of the last loss"


def run(bench):
    overload_s, after_s = (2, 1) if bench.quick else (10, 2)

    def recover(peer, full):
        run = saturate(
            bench, peer, rate=f"{1.5 * full},{0.5 * full}", seconds=f"{overload_s},{after_s}"
        )
        offered.append(run["offered_per_s"] / full)
        return max(0, (run["last_loss_s"] or 0) - overload_s) * 1e3

    with bench.peers((TAP, TAP)) as up:
        full = {name: saturate(bench, peer)["delivered_per_s"] for name, peer in up.items()}
        offered = []
        bench.compare(
            f"last loss after {overload_s} s of overload",
            "ms",
            {name: lambda p=peer, n=name: recover(p, full[n]) for name, peer in up.items()},
            bars=(Bar(at_most=100),),
        )
        wanted = (1.5 * overload_s + 0.5 * after_s) / (overload_s + after_s)
        bench.note(
            f"offered {min(offered):.2f} to {max(offered):.2f} of the saturated rate on average, "
            f"wanted {wanted:.2f}: where it is less, the generator could not send more"
        )
