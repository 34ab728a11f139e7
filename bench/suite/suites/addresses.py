"""Address caching capacity and address learning rate (RFC 2889, 5.7 and 5.8).

One port announces N addresses; frames to each of them must then go to that port alone. A third port
listens: what arrives there was flooded, so its address was not known.
"""

from bench.suite import peers
from bench.suite.method import highest
from bench.suite.peers.peer import TAP

SUMMARY = "address caching capacity and address learning rate"

CAPACITY_AT_MOST = 131072
STEPS = 8
SLOW = 5_000  # Addresses announced per second where only their number matters.
ASKED = 20_000  # Frames to announced addresses, per second.
ONE_LOST = 0.01  # More flooded than this share of the addresses is no announcement that was lost.
RATE_AT_LEAST = 1_000
RATE_AT_MOST = 400_000
RATE_ADDRESSES = 16_384  # Learned at full rate; fewer where fewer are kept.


def knows_all(bench, peer, addresses, learning_rate):
    """Whether no frame was flooded. If it is a few, tried again: one lost announcement decides."""
    addresses = int(addresses)
    frames = flooded(bench, peer, addresses, learning_rate)
    if 0 < frames < ONE_LOST * addresses:
        frames = flooded(bench, peer, addresses, learning_rate)
    return frames == 0


def flooded(bench, peer, addresses, learning_rate):
    peer.flush()
    run = bench.tap_load(
        senders=[peer.end(0)],
        receivers=[peer.end(1)],
        monitors=[peer.end(2)],
        addresses=addresses,
        learning_rate=learning_rate,
        rate=ASKED,
        seconds=addresses / ASKED,
    )
    frames = run["flooded"]
    bench.progress(
        f"{peer.title}: {addresses} addresses at {learning_rate:.0f}/s, {frames} flooded"
    )
    return frames


def measure(bench, peer):
    most = CAPACITY_AT_MOST // 8 if bench.quick else CAPACITY_AT_MOST
    capacity = highest(lambda count: knows_all(bench, peer, count, SLOW), 1, most, STEPS)
    addresses = max(1, min(capacity * 0.9, RATE_ADDRESSES))
    rate = highest(
        lambda rate: knows_all(bench, peer, addresses, rate), RATE_AT_LEAST, RATE_AT_MOST, STEPS
    )
    return {"caching capacity": int(capacity), "learning rate": rate / 1e3}


def run(bench):
    only = (peers.Vswitch, peers.LinuxBridge, peers.OpenVswitch)
    with bench.peers((TAP, TAP, TAP), only=only) as up:
        bench.compare_many(
            "one port",
            {
                "caching capacity": (f"addresses, searched up to {CAPACITY_AT_MOST}", (), {}),
                "learning rate": (f"1,000/s, searched up to {RATE_AT_MOST // 1000}", (), {}),
            },
            {name: lambda p=peer: measure(bench, p) for name, peer in up.items()},
            passes=1,
        )
