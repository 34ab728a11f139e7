"""Broadcast forwarding rate (RFC 2889, 5.10): one port sends, all others get a copy."""

from bench.suite.peers.peer import TAP

SUMMARY = "broadcast from one port to 3 and to 31: copies delivered"


def kilo_copies(bench, peer, receivers):
    run = bench.tap_load(
        senders=[peer.end(0)],
        receivers=[peer.end(i + 1) for i in range(receivers)],
        broadcast=True,
    )
    return run["delivered_per_s"] / 1e3


def run(bench):
    for receivers in (3,) if bench.quick else (3, 31):
        with bench.peers([TAP] * (receivers + 1)) as up:
            bench.compare(
                f"60 bytes, 1 to {receivers}",
                "1,000 copies/s",
                {
                    name: lambda p=peer: kilo_copies(bench, p, receivers)
                    for name, peer in up.items()
                },
            )
