"""Delivered frames by frame size: two ports, one sender that sends all it can (RFC 2544, 26.1;
saturated, because a TAP's sender is not told of a loss that it could search for)."""

from bench.suite.workbench import SEGMENT_BYTES, SUPER_FRAME_BYTES
from bench.suite.method import Bar
from bench.suite.peers.peer import INTERNAL, TAP

SUMMARY = "delivered frames by frame size, saturated: tap, internal, mixed ports"

SIZES = (60, 128, 256, 512, 1024, 1514)
JUMBO = 9014
PAIRS = {"tap": (TAP, TAP), "internal": (INTERNAL, INTERNAL), "mixed": (TAP, INTERNAL)}

BARS = {
    ("tap", 60): (Bar("bare_loop", at_least=0.95), Bar("open_vswitch", at_least=1.5)),
    ("tap", 1514): (Bar("bare_loop", at_least=0.95), Bar("open_vswitch", at_least=1.4)),
}


def saturate(bench, peer, **flags):
    return bench.tap_load(senders=[peer.end(0)], receivers=[peer.end(1)], **flags)


def frames(bench, peer, size):
    return saturate(bench, peer, frame_bytes=size)["delivered_per_s"] / 1e3


def super_frames(bench, peer):
    run = saturate(bench, peer, frame_bytes=SUPER_FRAME_BYTES, segment_bytes=SEGMENT_BYTES)
    return run["delivered_bytes_per_s"] * 8 / 1e9


def compare_size(bench, up, kind, size):
    bench.compare(
        f"{kind}, {size} bytes",
        "kpps",
        {name: lambda p=peer: frames(bench, p, size) for name, peer in up.items()},
        bars=BARS.get((kind, size), ()),
        group=f"{kind} ports, saturated",
        x=size,
        axis="frame size, bytes",
    )


def run(bench):
    for kind, types in PAIRS.items():
        if bench.quick and kind != "tap":
            continue
        with bench.peers(types) as up:
            for size in (60, 1514) if bench.quick else SIZES:
                compare_size(bench, up, kind, size)
            if bench.quick:
                continue
            bench.compare(
                f"{kind}, 64 KiB TCP super-frames",
                "Gbit/s",
                {name: lambda p=peer: super_frames(bench, p) for name, peer in up.items()},
            )
        with bench.peers(types, mtu=JUMBO - 14) as up:
            compare_size(bench, up, kind, JUMBO)
