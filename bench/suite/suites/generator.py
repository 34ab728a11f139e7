"""What the generator itself can send and receive. The sender alone writes to ports that nothing
joins; with less than twice the switch, a figure of the switch may be the sender's. And how much of
a core the receiver needs for what the switch delivers: near 100 %, or with frames lost, it may be
the receiver's.

With the fast path it is the sender that switches, in its own system call: then twice is out of
reach, and what counts is that the receiver has time left."""

from bench.suite import peers
from bench.suite.method import median
from bench.suite.peers.peer import INTERNAL, TAP, Peer
from bench.suite.suites.throughput import saturate

SUMMARY = "the generator alone: how much more than the switch it sends, and receives"

ALONE = "sender alone"
ENOUGH = 2
BUSY_PERCENT = 90


class Nothing(Peer):
    """Ports that nothing joins: what is sent to them ends in the host's stack."""

    name = ALONE
    default_prefix = "no"

    def start(self, types, mtu=1500):
        self.port_types = list(types)
        for number, port_type in enumerate(self.port_types):
            if port_type == TAP:
                self._make_tap(number, mtu)
            else:
                self._make_veth(number, mtu)

    def stop(self):
        self._del_namespaces()
        self._del_taps()


def sending(bench, peer, size):
    run = saturate(bench, peer, frame_bytes=size)
    return {"frames": run["sent"] / run["seconds"] / 1e3}


def delivering(bench, peer, size):
    run = saturate(bench, peer, frame_bytes=size)
    return {
        "frames": run["delivered_per_s"] / 1e3,
        "receiver busy": run["receiver_busy"] * 100,
        "lost": run["loss"] * 100,
    }


def compare(bench, up, alone, workload, size):
    systems = {name: lambda p=peer: delivering(bench, p, size) for name, peer in up.items()}
    metrics = {"frames": ("kpps", (), {}), "receiver busy": ("%", (), {}), "lost": ("%", (), {})}
    bench.compare_many(
        workload, metrics, {ALONE: lambda: sending(bench, alone, size), **systems}, ours=ALONE
    )
    sent, busy = bench.cells[-3:-1]
    for name, peer in up.items():
        ratio = median(sent.ratios_to(name))
        if ratio is not None and ratio < ENOUGH:
            sent.notes.append(f"the sender alone reaches only {ratio:.2f} of {peer.title}")
        if (median(busy.values[name]) or 0) > BUSY_PERCENT:
            busy.notes.append(f"with {peer.title} it has no time left: it may be the limit")


def run(bench):
    for kind, types in (("tap", (TAP, TAP)), ("internal", (INTERNAL, INTERNAL))):
        alone = Nothing(bench.lab, bench.binaries)
        with bench.peers(types, only=peers.KERNEL) as up, bench.peer(alone, types):
            for size in (60, 1514):
                compare(bench, up, alone, f"{kind}, {size} bytes", size)
