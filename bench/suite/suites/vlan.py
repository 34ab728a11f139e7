"""VLAN access ports on the fast path, beside the kernel's own bridge without VLANs and a
redirection that looks nothing up."""

from bench.suite import peers
from bench.suite.method import Bar
from bench.suite.peers.peer import TAP
from bench.suite.suites.fast_path import of_each
from bench.suite.suites.throughput import frames, super_frames

SUMMARY = "two access ports of a VLAN in the kernel, beside the Linux bridge without VLANs"

SIZES = (60, 1514)
BARS = (Bar("linux_bridge", at_least=1.1),)


def run(bench):
    only = (peers.Vswitch, peers.BareRedirect, peers.LinuxBridge)
    with bench.peers((TAP, TAP), only=only) as up:
        ours = up[peers.Vswitch.name]
        for number in range(2):
            ours.ctl("set", "port", ours.port(number), "tag=10")
        for size in SIZES:
            systems = of_each(frames, bench, up, size)
            bench.compare(f"access ports, {size} bytes", "kpps", systems, bars=BARS)
        if not bench.quick:
            systems = of_each(super_frames, bench, up)
            bench.compare("access ports, 64 KiB TCP super-frames", "Gbit/s", systems)
