"""Many ports on one daemon: what they cost, and whether two of them notice the rest; with as many
stations as the table has room for, all of them in use, what these cost a daemon that has nothing to
do, and one that must start."""

import contextlib
import signal
import time

from bench.suite.lab import cpu_ns, resident_bytes, thread_cpu_ns
from bench.suite.method import Bar
from bench.suite.peers import Vswitch
from bench.suite.peers.peer import TAP

SUMMARY = "10, 100 and 1,000 ports: time to make and start, memory, idle CPU, throughput of two"

COUNTS = (10, 100, 1000)
BARS = {
    1000: {
        "made": (Bar(at_most=60),),
        "memory": (Bar(at_most=256),),
        "idle": (Bar(at_most=1),),
        "throughput": (Bar("2 ports", at_least=0.9),),
        "start": (Bar(at_most=20),),
    }
}
# Where the stations of a full table are asked for too.
STATIONS = {1000: 65_536}
LEARNED_PER_S = 5_000
# The kernel is told of a thousand stations a second and port: all of them, and some more seconds.
ASKED_PER_S = 20_000
TOLD_PER_S = 900
# Then the guests are there and silent, as long as what follows may take.
SILENT_PER_S = 1
SILENT_S = 300


def kpps(bench, peer, last):
    run = bench.tap_load(senders=[peer.end(0)], receivers=[peer.end(last)])
    return run["delivered_per_s"] / 1e3


def seconds_of(step, *arguments):
    began = time.monotonic()
    step(*arguments)
    return time.monotonic() - began


def all_threads_ns(daemon):
    return cpu_ns([daemon])


def control_thread_ns(daemon):
    return thread_cpu_ns(daemon, daemon)


def idle_percent(bench, peer, cpu_of):
    time.sleep(1)
    seconds = max(2, bench.seconds)
    (daemon,) = peer.pids()
    before = cpu_of(daemon)
    time.sleep(seconds)
    return (cpu_of(daemon) - before) / seconds / 1e7


@contextlib.contextmanager
def stations_in_use(bench, peer, stations, last):
    """Of two guests, who fall silent once the kernel has been told of all of them."""
    bench.progress(f"{stations} stations")
    asking_s = stations / TOLD_PER_S
    with bench.load_beside(
        senders=[peer.end(0)],
        receivers=[peer.end(last)],
        addresses=stations,
        learning_rate=LEARNED_PER_S,
        rate=f"{ASKED_PER_S},{SILENT_PER_S}",
        seconds=f"{asking_s},{SILENT_S}",
    ):
        time.sleep(stations / LEARNED_PER_S + asking_s + 1)
        yield


def record_entries(bench, peer, workload):
    known, in_kernel = peer.entries()
    bench.record(f"{workload}, in the table", "stations", known)
    bench.record(f"{workload}, in the kernel", "stations", in_kernel)


def full_table(bench, peer, workload, bars):
    """A daemon that has nothing to do, and then is killed."""
    record_entries(bench, peer, workload)
    idle = idle_percent(bench, peer, control_thread_ns)
    bench.record(f"{workload}, control thread idle", "% of a core", idle, bars=bars["idle"])
    peer.end_daemon(signal.SIGKILL)
    start_s = seconds_of(peer.start_daemon)
    bench.record(f"{workload}, time to start after SIGKILL", "s", start_s, bars=bars["start"])
    record_entries(bench, peer, f"{workload}, after SIGKILL")


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
        idle = idle_percent(bench, many, all_threads_ns)
        bench.record(f"{count} ports, idle", "% of a core", idle, bars=bars.get("idle", ()))
        ours = f"{count} ports"
        bench.compare(
            "60 bytes, two of the ports",
            "kpps",
            {ours: lambda: kpps(bench, many, count - 1), "2 ports": lambda: kpps(bench, two, 1)},
            ours=ours,
            bars=bars.get("throughput", ()),
        )
        if count in STATIONS:
            stations = STATIONS[count]
            with stations_in_use(bench, many, stations, count - 1):
                full_table(bench, many, f"{count} ports, {stations} stations", bars)
        bench.record(f"{count} ports, time to end", "s", seconds_of(many.end_daemon))
        start_s = seconds_of(many.start_daemon)
        bench.record(
            f"{count} ports, time to start with them", "s", start_s, bars=bars.get("start", ())
        )


def run(bench):
    two = Vswitch(bench.lab, bench.binaries)
    with bench.peer(two, (TAP, TAP)):
        for count in (10,) if bench.quick else COUNTS:
            measure(bench, two, count)
