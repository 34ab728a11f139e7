"""How much the generator itself can send and receive: against the kernel's own bridge, which takes
no process and no core of its own. Less than twice the switch, and a figure of the switch may be the
generator's."""

from bench.suite import peers
from bench.suite.method import median
from bench.suite.peers.peer import INTERNAL, TAP
from bench.suite.suites.throughput import frames

SUMMARY = "the generator alone, over the kernel's bridge: at least twice the switch?"

GENERATOR = "generator"
ENOUGH = 2


def run(bench):
    for kind, types in (("tap", (TAP, TAP)), ("internal", (INTERNAL, INTERNAL))):
        with bench.peers(types, only=(peers.Vswitch, peers.LinuxBridge)) as up:
            for size in (60, 1514):
                bench.compare(
                    f"{kind}, {size} bytes",
                    "kpps",
                    {
                        GENERATOR: lambda: frames(bench, up["linux_bridge"], size),
                        "vswitch": lambda: frames(bench, up["vswitch"], size),
                    },
                    ours=GENERATOR,
                )
                ratio = median(bench.cells[-1].ratios_to("vswitch"))
                if ratio is not None and ratio < ENOUGH:
                    bench.note(
                        f"the generator reaches only {ratio:.2f} of the switch: figures of such "
                        "ports may be limited by the generator"
                    )
