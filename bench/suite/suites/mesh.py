"""Fully meshed (RFC 2889, 5.1): four ports, each sends to all others in turn."""

from bench.suite.peers.peer import TAP

SUMMARY = "full mesh of four ports, saturated"

PORTS = 4


def kpps(bench, peer, size):
    ends = [peer.end(i) for i in range(PORTS)]
    run = bench.tap_load(senders=ends, receivers=ends, frame_bytes=size)
    return run["delivered_per_s"] / 1e3


def run(bench):
    with bench.peers([TAP] * PORTS) as up:
        for size in (60, 1514):
            bench.compare(
                f"{size} bytes",
                "kpps",
                {name: lambda p=peer: kpps(bench, p, size) for name, peer in up.items()},
            )
