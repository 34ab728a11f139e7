"""A station that moves between three ports while frames are sent to it: how many of those that were
sent after its first frame from the new port arrive at the one that it has left?"""

from bench.suite import peers
from bench.suite.method import Bar
from bench.suite.peers.peer import TAP

SUMMARY = "a station moves under load: frames at the port that it has left"

PLACES = 3
MOVES_PER_S = 20
RATE = 50_000


def moved(bench, peer):
    run = bench.tap_load(
        senders=[peer.end(0)],
        receivers=[peer.end(i + 1) for i in range(PLACES)],
        rate=RATE,
        moves_per_s=MOVES_PER_S,
    )
    return {
        "frames where it was": run["flooded"],
        "frames lost": run["lost"] + run["refused"],
        "moves": run["moves"],
    }


def run(bench):
    only = (peers.Vswitch, peers.LinuxBridge, peers.OpenVswitch, peers.SlowVswitch)
    with bench.peers([TAP] * (1 + PLACES), only=only) as up:
        bench.compare_many(
            f"{MOVES_PER_S} moves/s at {RATE // 1000} kpps",
            {
                "frames where it was": ("frames", (Bar(at_most=0),), {}),
                "frames lost": ("frames", (), {}),
                "moves": ("moves", (), {}),
            },
            {name: lambda p=peer: moved(bench, p) for name, peer in up.items()},
        )
