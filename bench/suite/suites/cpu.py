"""What a frame costs the switch: CPU time of all its threads, at rates that it carries easily."""

from bench.suite.lab import cpu_ns
from bench.suite.method import Bar
from bench.suite.peers.peer import TAP
from bench.suite.suites.throughput import saturate

SUMMARY = "CPU time per frame at 50, 100 and 200 kpps, and its part in user space"

RATES = (50, 100, 200)  # kpps
BARS = {100: (Bar("open_vswitch", at_most=0.55),)}


def ns_per_frame(bench, peer, rate):
    """None when the switch, or this machine, did not carry the rate."""
    before = cpu_ns(peer.pids())
    run = saturate(bench, peer, rate=rate * 1000)
    if run["delivered_per_s"] < 0.98 * rate * 1000:
        return None
    return (cpu_ns(peer.pids()) - before) / run["received"]


def worker_totals(vswitch):
    """User-space time of the workers in ns, and the frames they have read."""
    stats = vswitch.stats()
    return (
        sum(worker["user_ns"] for worker in stats["workers"]),
        sum(p["ingress"]["frames"] - p["drops"]["ingress_queue_full"] for p in stats["ports"]),
    )


def user_ns_per_frame(bench, vswitch):
    """The kernel counts it in clock ticks: long and at full rate, to have many of them."""
    user, frames = worker_totals(vswitch)
    saturate(bench, vswitch, seconds=2 * bench.seconds)
    user_after, frames_after = worker_totals(vswitch)
    return (user_after - user) / (frames_after - frames)


def run(bench):
    with bench.peers((TAP, TAP)) as up:
        switches = {name: peer for name, peer in up.items() if peer.pids()}
        for rate in (100,) if bench.quick else RATES:
            bench.compare(
                f"60 bytes at {rate} kpps",
                "ns per frame",
                {n: lambda p=p: ns_per_frame(bench, p, rate) for n, p in switches.items()},
                bars=BARS.get(rate, ()),
                group="CPU time per 60-byte frame",
                x=rate,
                axis="kpps",
            )
        bench.compare(
            "of this in user space, saturated",
            "ns per frame",
            {"vswitch": lambda: user_ns_per_frame(bench, up["vswitch"])},
            bars=(Bar(at_most=60),),
        )
