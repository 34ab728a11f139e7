"""One-way latency from a guest's write to another's read, by share of the load that vswitch
delivers when saturated. All systems get the same frames per second."""

from bench.suite.peers.peer import TAP
from bench.suite.suites.throughput import saturate

SUMMARY = "latency p50, p99, p99.9 at 10, 50 and 90 % of the saturated rate"

SHARES = (10, 50, 90)
PERCENTILES = ("p50", "p99", "p99.9")


def percentiles(bench, peer, rate):
    run = saturate(bench, peer, rate=rate)
    return {**run["latency_us"], "loss": run["loss"] * 100}


def run(bench):
    with bench.peers((TAP, TAP)) as up:
        full = saturate(bench, up["vswitch"])["delivered_per_s"]
        for share in (50,) if bench.quick else SHARES:
            rate = full * share / 100
            metrics = {
                p: (
                    "µs",
                    (),
                    {"group": f"latency {p}", "x": share, "axis": "% of the saturated rate"},
                )
                for p in PERCENTILES
            }
            metrics["loss"] = ("%", (), {})
            bench.compare_many(
                f"{share} %, {rate / 1e3:.0f} kpps",
                metrics,
                {name: lambda p=peer: percentiles(bench, p, rate) for name, peer in up.items()},
            )
