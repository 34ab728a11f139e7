"""What a frame costs the switch: CPU time of all its threads, at rates that it carries easily. And
what it costs the whole machine, sender and receiver included: what the kernel forwards, it forwards
in the sender's own system call."""

from bench.suite import peers
from bench.suite.lab import cpu_ns, machine_cpu_ns
from bench.suite.method import Bar
from bench.suite.peers.peer import INTERNAL, TAP
from bench.suite.suites.throughput import saturate

SUMMARY = "CPU time per frame: of the switch, its part in user space, of the whole machine"

RATES = (50, 100, 200)  # kpps
BARS = {100: (Bar("open_vswitch", at_most=0.55),)}
MACHINE_RATE = 50  # kpps
MACHINE_BARS = (Bar("linux_bridge", at_most=0.95),)
# A sender that waits for each frame's time would use a core whatever a frame costs.
BURST = 32
PAIRS = {"tap": (TAP, TAP), "internal": (INTERNAL, INTERNAL)}
SLOW = peers.SlowVswitch.name  # The one whose workers see each frame.


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


def machine_ns_per_frame(bench, peer):
    """None when the rate was not carried."""
    before = machine_cpu_ns()
    run = saturate(bench, peer, rate=MACHINE_RATE * 1000, burst=BURST)
    spent = machine_cpu_ns() - before
    return spent / run["received"] if run["loss"] < 0.02 else None


def whole_machine(bench):
    for kind, types in PAIRS.items():
        if bench.quick and kind != "tap":
            continue
        with bench.peers(types, only=peers.KERNEL) as up:
            bench.compare(
                f"whole machine, {kind}, 60 bytes at {MACHINE_RATE} kpps",
                "ns per frame",
                {n: lambda p=p: machine_ns_per_frame(bench, p) for n, p in up.items()},
                bars=MACHINE_BARS,
            )


def run(bench):
    whole_machine(bench)
    with bench.peers((TAP, TAP), only=(*peers.USUAL, peers.SlowVswitch)) as up:
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
            {SLOW: lambda: user_ns_per_frame(bench, up[SLOW])},
            ours=SLOW,
            bars=(Bar(at_most=60),),
        )
