"""Round trips through two internal ports, one at a time: what waking up costs."""

import re

from bench.suite.method import Bar
from bench.suite.peers import SlowVswitch
from bench.suite.peers.peer import INTERNAL

SUMMARY = "ping through two internal ports, also with busy polling"

BUSY = "vswitch, fast_path=off, busy polling"
BUSY_POLL = "busy_poll_us"
# With longer pauses the cores of a virtual machine fall so fast asleep that waking them is what is
# measured.
PAUSE_S = "0.002"
BUSY_POLL_US = 20_000  # Longer than the pause between two pings, so that no leg meets a sleeper.


def average_us(bench, peer):
    count = max(100, int(bench.seconds * 500))
    said = bench.lab.run(
        *("ping", "-q", "-c", str(count), "-i", PAUSE_S, peer.address(1)), netns=peer.netns(0)
    )
    return float(re.search(r"= [\d.]+/([\d.]+)/", said)[1]) * 1e3


def run(bench):
    types = (INTERNAL, INTERNAL)
    with bench.peers(types) as up:
        bench.compare(
            "average round trip",
            "µs",
            {name: lambda p=peer: average_us(bench, p) for name, peer in up.items()},
            bars=(Bar("open_vswitch", at_most=1.0),),
        )
        # A worker must see the frame, or it is not the worker that waits for it.
        flags = (f"--{BUSY_POLL}={BUSY_POLL_US}",)
        busy = SlowVswitch(bench.lab, bench.binaries, "vb", flags=flags)
        # A busy neighbour would cost the others their core.
        with bench.peer(busy, types):
            peers = {BUSY: busy, **{n: p for n, p in up.items() if n == "open_vswitch"}}
            bench.compare(
                f"average round trip, --{BUSY_POLL}={BUSY_POLL_US}",
                "µs",
                {name: lambda p=peer: average_us(bench, p) for name, peer in peers.items()},
                ours=BUSY,
                bars=(Bar("open_vswitch", at_most=0.5),),
            )
