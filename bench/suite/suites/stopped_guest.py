"""A free port beside one whose guest has stopped reading: head-of-line blocking (RFC 2889, 5.5)."""

from bench.suite.method import Bar
from bench.suite.peers.peer import TAP

SUMMARY = "a free port beside a stopped guest: its loss and latency"

RATE = 20_000  # To both ports together: far below what any of them carries without loss.


def free_port(bench, peer, **others):
    run = bench.tap_load(senders=[peer.end(0)], rate=RATE, **others)
    free = next(port for port in run["ports"] if port["port"] == peer.end(1))
    return {"p99": free["latency_us"]["p99"], "lost": free["lost"]}


def both_read(bench, peer):
    return free_port(bench, peer, receivers=[peer.end(1), peer.end(2)])


def one_stopped(bench, peer):
    return free_port(bench, peer, receivers=[peer.end(1)], stopped=[peer.end(2)])


def run(bench):
    with bench.peers((TAP, TAP, TAP)) as up:
        for name, peer in up.items():
            reading, stopped = f"{name}, both read", f"{name}, one stopped"
            ours = name == "vswitch"
            bench.compare_many(
                f"{peer.title}, free port",
                {
                    "p99": ("µs", (Bar(reading, at_most=1.2),) if ours else (), {}),
                    "lost": ("frames", (Bar(at_most=0),) if ours else (), {}),
                },
                {
                    stopped: lambda p=peer: one_stopped(bench, p),
                    reading: lambda p=peer: both_read(bench, p),
                },
                ours=stopped,
            )
