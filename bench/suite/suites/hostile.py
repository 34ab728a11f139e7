"""A neighbour on another bridge of the same worker, while a guest sends what costs the switch most:
TCP super-frames of the shortest segments, to a receiver for which the kernel must cut them. As the
switch is, and with fast_path=off, where all of them pass the neighbour's worker: there frames of 60
bytes are what the others are held against, elsewhere no worker sees them."""

import contextlib
import time

from bench.suite.method import Bar
from bench.suite.peers import SlowVswitch, Vswitch
from bench.suite.peers.peer import TAP
from bench.suite.workbench import SEGMENT_BYTES, SUPER_FRAME_BYTES

SUMMARY = "loss and p99 of a neighbour on another bridge beside a hostile sender"

RATE = 2_000
SHORTEST_SEGMENT_BYTES = 48
# What the sender on br0 sends, as fast as it goes.
LOADS = {
    "worst super-frames": {
        "segment_bytes": SHORTEST_SEGMENT_BYTES,
        "frame_bytes": SUPER_FRAME_BYTES,
    },
    "usual super-frames": {"segment_bytes": SEGMENT_BYTES, "frame_bytes": SUPER_FRAME_BYTES},
    "60-byte frames": {"frame_bytes": 60},
    "nothing": {},
}
P99_BARS = {SlowVswitch.name: (Bar("60-byte frames", at_most=2),)}


@contextlib.contextmanager
def load(bench, peer, flags):
    if not flags:
        yield
        return
    with bench.load_beside(
        senders=[peer.end(0)],
        receivers=[f"plain:{peer.port(1)}"],
        seconds=bench.seconds + 5,
        **flags,
    ):
        time.sleep(1)  # It announces its addresses first.
        yield


def neighbour(bench, peer, flags):
    with load(bench, peer, flags):
        run = bench.tap_load(senders=[peer.end(2)], receivers=[peer.end(3)], rate=RATE)
    return {"p99": run["latency_us"]["p99"], "lost": run["lost"]}


def compare(bench, peer):
    peer.ctl("add-br", "br1")
    for number in (2, 3):
        peer.ctl("del-port", "br0", peer.port(number))
        peer.ctl("add-port", "br1", peer.port(number))
    bench.compare_many(
        f"{peer.title}: {RATE} frames/s on br1",
        {
            "p99": ("µs", P99_BARS.get(peer.name, ()), {}),
            "lost": ("frames", (Bar(at_most=0),), {}),
        },
        {name: lambda flags=flags: neighbour(bench, peer, flags) for name, flags in LOADS.items()},
        ours="worst super-frames",
    )


def run(bench):
    with bench.peers((TAP, TAP, TAP, TAP), only=(Vswitch, SlowVswitch)) as up:
        for peer in up.values():
            compare(bench, peer)
