"""What passes each limit of a port, divided by what was asked for, under three times as much."""

from bench.suite.method import Bar
from bench.suite.peers import Vswitch
from bench.suite.peers.peer import TAP
from bench.suite.workbench import SEGMENT_BYTES, SUPER_FRAME_BYTES

SUMMARY = "what passes storm limits and rates, divided by the limit"

PPS = 10_000
BPS = 50_000_000
# Ethernet, IPv4, TCP with options: what each segment of a super-frame has.
HEADER_BYTES = 66
SEGMENTS = -(-(SUPER_FRAME_BYTES - HEADER_BYTES) // SEGMENT_BYTES)
WIRE_BYTES = SUPER_FRAME_BYTES + (SEGMENTS - 1) * HEADER_BYTES
OF_SUPER_FRAMES = {"frame_bytes": SUPER_FRAME_BYTES, "segment_bytes": SEGMENT_BYTES}
BARS = (Bar(at_least=0.9), Bar(at_most=1.1))


def to_all(address):
    return {"broadcast": True, "broadcast_to": address}


# Workload: key, port that has it, frames that count as one on the wire, load.
FRAMES = {
    "storm_broadcast_pps": ("storm_broadcast_pps", 0, 1, to_all("ff:ff:ff:ff:ff:ff")),
    "storm_multicast_pps": ("storm_multicast_pps", 0, 1, to_all("01:00:5e:01:02:03")),
    "storm_unknown_pps": ("storm_unknown_pps", 0, 1, to_all("02:00:00:ff:ff:ff")),
    "ingress_pps": ("ingress_pps", 0, 1, {}),
    "egress_pps": ("egress_pps", 1, 1, {}),
    "ingress_pps, super-frames": ("ingress_pps", 0, SEGMENTS, OF_SUPER_FRAMES),
}
# The same with bits.
BITS = {
    "ingress_bps, 60 bytes": ("ingress_bps", 0, 60, {"frame_bytes": 60}),
    "ingress_bps, 1,514 bytes": ("ingress_bps", 0, 1514, {"frame_bytes": 1514}),
    "egress_bps, 1,514 bytes": ("egress_bps", 1, 1514, {"frame_bytes": 1514}),
    "ingress_bps, super-frames": ("ingress_bps", 0, WIRE_BYTES, OF_SUPER_FRAMES),
    "egress_bps, super-frames": ("egress_bps", 1, WIRE_BYTES, OF_SUPER_FRAMES),
}


def share(bench, peer, key, number, unit, limit, flags):
    """`unit`: what a frame counts. The burst is a hundredth of a second's, which the figure has in
    it, as what a storm gets is what comes at once and then the rate."""
    port = peer.port(number)
    peer.ctl("set", "port", port, f"{key}={limit}", f"{key}_burst={limit // 100}")
    run = bench.tap_load(
        senders=[peer.end(0)], receivers=[peer.end(1)], rate=3 * limit / unit, **flags
    )
    peer.ctl("set", "port", port, f"{key}=", f"{key}_burst=")
    return run["delivered_per_s"] * unit / limit


def run(bench):
    cases = [(name, case, PPS, 1) for name, case in FRAMES.items()]
    cases += [(name, case, BPS, 8) for name, case in BITS.items()]
    with bench.peers((TAP, TAP), only=(Vswitch,)) as up:
        peer = up[Vswitch.name]
        for name, (key, number, unit, flags), limit, factor in cases:
            bench.compare(
                name,
                "of the limit",
                {
                    peer.name: lambda k=key, n=number, u=unit * factor, most=limit, f=flags: share(
                        bench, peer, k, n, u, most, f
                    )
                },
                bars=BARS,
            )
