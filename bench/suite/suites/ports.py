"""Many ports on one daemon: what they cost, and whether two of them notice the rest."""

import time

from bench.suite.lab import cpu_ns, resident_bytes
from bench.suite.method import Bar
from bench.suite.peers import Vswitch
from bench.suite.peers.peer import TAP

SUMMARY = "10, 100 and 1,000 ports: time to make, memory, idle CPU, throughput of two, restart"

COUNTS = (10, 100, 1000)
BARS = {
    1000: {
        "made": (Bar(at_most=60),),
        "memory": (Bar(at_most=256),),
        "idle": (Bar(at_most=1),),
        "throughput": (Bar("2 ports", at_least=0.9),),
    }
}


def kpps(bench, peer, last):
    run = bench.tap_load(senders=[peer.end(0)], receivers=[peer.end(last)])
    return run["delivered_per_s"] / 1e3


def seconds_of(step):
    began = time.monotonic()
    step()
    return time.monotonic() - began


def idle_percent(bench, peer):
    time.sleep(1)
    seconds = max(2, bench.seconds)
    before = cpu_ns(peer.pids())
    time.sleep(seconds)
    return (cpu_ns(peer.pids()) - before) / seconds / 1e7


def measure(bench, two, count):
    bars = BARS.get(count, {})
    many = Vswitch(bench.lab, bench.binaries, "vm")
    bench.progress(f"making {count} ports")
    began = time.monotonic()
    with bench.peer(many, [TAP] * count):
        made_s = time.monotonic() - began
        bench.record(f"{count} ports, time to make", "s", made_s, bars=bars.get("made", ()))
        bench.record(
            f"{count} ports, resident memory",
            "MiB",
            resident_bytes(many.pids()[0]) / 2**20,
            bars=bars.get("memory", ()),
        )
        idle = idle_percent(bench, many)
        bench.record(f"{count} ports, idle", "% of a core", idle, bars=bars.get("idle", ()))
        ours = f"{count} ports"
        bench.compare(
            "60 bytes, two of the ports",
            "kpps",
            {ours: lambda: kpps(bench, many, count - 1), "2 ports": lambda: kpps(bench, two, 1)},
            ours=ours,
            bars=bars.get("throughput", ()),
        )
        bench.record(f"{count} ports, time to end", "s", seconds_of(many.end_daemon))
        bench.record(f"{count} ports, time to start with them", "s", seconds_of(many.start_daemon))


def run(bench):
    two = Vswitch(bench.lab, bench.binaries)
    with bench.peer(two, (TAP, TAP)):
        for count in (10,) if bench.quick else COUNTS:
            measure(bench, two, count)
