"""Address caching capacity and address learning rate (RFC 2889, 5.9 and 5.10).

One port announces N addresses; frames to each of them must then go to that port alone. A third port
listens: what arrives there was flooded, so its address was not known.
"""

from bench.suite import peers
from bench.suite.method import highest
from bench.suite.peers.peer import TAP

SUMMARY = "address caching capacity and address learning rate"

CAPACITY_AT_MOST = 131072
STEPS = 8
SLOW = 20_000  # Addresses announced, and then asked for, per second.
RATE_AT_LEAST = 1_000
RATE_AT_MOST = 400_000
RATE_ADDRESSES = 16_384  # Learned at full rate; fewer where fewer are kept.


def knows_all(bench, peer, addresses, learning_rate):
    peer.flush()
    run = bench.tap_load(
        senders=[peer.end(0)],
        receivers=[peer.end(1)],
        monitors=[peer.end(2)],
        addresses=addresses,
        learning_rate=learning_rate,
        rate=SLOW,
        seconds=addresses / SLOW,
    )
    bench.progress(
        f"{peer.title}: {addresses} addresses at {learning_rate:.0f}/s, {run['flooded']} flooded"
    )
    return run["flooded"] == 0


def measure(bench, peer):
    at_most = CAPACITY_AT_MOST // 8 if bench.quick else CAPACITY_AT_MOST
    capacity = highest(
        lambda n: knows_all(bench, peer, int(n), SLOW), low=1, high=at_most, steps=STEPS
    )
    addresses = int(min(capacity * 0.9, RATE_ADDRESSES))
    rate = highest(
        lambda rate: knows_all(bench, peer, addresses, rate),
        low=RATE_AT_LEAST,
        high=RATE_AT_MOST,
        steps=STEPS,
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
