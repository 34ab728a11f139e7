"""What the kernel forwards by itself, beside the kernel's own bridge, a redirection that looks
nothing up, and the same switch without it: guests' TAPs, internal ports, and from one to the
other."""

import json

from bench.suite import peers
from bench.suite.method import Bar
from bench.suite.peers.peer import INTERNAL, TAP
from bench.suite.suites import ping, tcp
from bench.suite.suites.throughput import frames, saturate, super_frames

SUMMARY = "known unicast in the kernel: TAPs, internal ports, mixed; beside the Linux bridge"

TAP_BARS = {
    60: (Bar("linux_bridge", at_least=1.2), Bar("bare_redirect", at_least=0.9)),
    1514: (Bar("linux_bridge", at_least=1.15), Bar("bare_redirect", at_least=0.9)),
}
TCP_BARS = {1: (Bar("linux_bridge", at_least=1.05),), 8: (Bar("linux_bridge", at_least=1.2),)}
UDP_BARS = (Bar("linux_bridge", at_least=1.3),)
PING_BARS = (Bar("linux_bridge", at_most=0.8),)
NOT_LESS = (Bar("linux_bridge", at_least=1.0),)
DATAGRAM_BYTES = 18


def frames_and_loss(bench, peer, size):
    run = saturate(bench, peer, frame_bytes=size)
    return {"delivered": run["delivered_per_s"] / 1e3, "lost": run["loss"] * 100}


def datagrams(bench, peer):
    """kpps that arrive at a UDP socket; the sender sends all that it can."""
    said = bench.lab.run(
        *("iperf3", "--json", "--client", peer.address(1), "--udp", "--bitrate", "0"),
        *("--length", str(DATAGRAM_BYTES), "--time", f"{max(1, round(bench.seconds))}"),
        netns=peer.netns(0),
    )
    total = json.loads(said)["end"]["sum"]
    return (total["packets"] - total["lost_packets"]) / total["seconds"] / 1e3


def of_each(measure, bench, up, *arguments):
    return {name: lambda p=peer: measure(bench, p, *arguments) for name, peer in up.items()}


def guests(bench):
    with bench.peers((TAP, TAP), only=peers.KERNEL) as up:
        for size, bars in TAP_BARS.items():
            bench.compare_many(
                f"tap, {size} bytes",
                {"delivered": ("kpps", bars, {}), "lost": ("%", (), {})},
                of_each(frames_and_loss, bench, up, size),
            )


def namespaces(bench):
    with bench.peers((INTERNAL, INTERNAL), only=peers.KERNEL) as up:
        servers = [tcp.serve(bench, peer) for peer in up.values()]
        for flows, bars in TCP_BARS.items():
            systems = of_each(tcp.gbit_per_s, bench, up, flows)
            bench.compare(f"internal, TCP, flows: {flows}", "Gbit/s", systems, bars=bars)
        systems = of_each(datagrams, bench, up)
        bench.compare(f"internal, UDP, {DATAGRAM_BYTES} bytes", "kpps", systems, bars=UDP_BARS)
        for server in servers:
            bench.lab.end(server)
        systems = of_each(super_frames, bench, up)
        bench.compare("internal, 64 KiB TCP super-frames", "Gbit/s", systems, bars=NOT_LESS)
        systems = of_each(ping.average_us, bench, up)
        bench.compare("internal, ping, average round trip", "µs", systems, bars=PING_BARS)


def guest_to_namespace(bench):
    with bench.peers((TAP, INTERNAL), only=peers.KERNEL) as up:
        systems = of_each(frames, bench, up, 60)
        bench.compare("tap to internal, 60 bytes", "kpps", systems, bars=NOT_LESS)
        systems = of_each(super_frames, bench, up)
        bench.compare("tap to internal, 64 KiB TCP super-frames", "Gbit/s", systems, bars=NOT_LESS)


def run(bench):
    guests(bench)
    if not bench.quick:
        namespaces(bench)
        guest_to_namespace(bench)
