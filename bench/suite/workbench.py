"""What a suite works with: peers brought up and taken down, load, and comparisons."""

import contextlib
import json
import sys
import time

from bench.suite import peers
from bench.suite.lab import Lab, LabError
from bench.suite.method import Cell, mirrored

# The longest super-frame that TCP sends: 45 segments of 1,448 bytes.
SUPER_FRAME_BYTES = 65214
SEGMENT_BYTES = 1448


class Bench:
    def __init__(self, lab: Lab, binaries, rounds, seconds, quick, guest_image=None, baseline=None):
        self.lab = lab
        self.binaries = binaries
        self.rounds = rounds
        self.seconds = seconds  # Of one measurement.
        self.quick = quick
        self.guest_image = guest_image  # Folder; None: there is none.
        self.baseline = baseline  # Binaries of another build; None: there is none.
        self.cells = []
        self.skipped = []  # (what, why)
        self.suite = ""
        self._began = time.monotonic()
        self.installed = [peer for peer in peers.ALL if self._is_installed(peer)]

    def _is_installed(self, peer):
        missing = peer.missing()
        if missing:
            self.skip(
                peer.title,
                f"{', '.join(missing)} not found: sudo apt-get install {peer.package}",
            )
        return not missing

    def progress(self, text):
        elapsed = int(time.monotonic() - self._began)
        print(f"bench: {elapsed // 60:3}:{elapsed % 60:02} {self.suite}: {text}", file=sys.stderr)

    def skip(self, what, why):
        print(f"bench: SKIPPED {what}: {why}", file=sys.stderr)
        self.skipped.append((what, why))

    @contextlib.contextmanager
    def peer(self, peer, types, mtu=1500):
        """Starts one peer, and stops it again."""
        try:
            peer.start(types, mtu)
            yield peer
        finally:
            peer.stop()

    @contextlib.contextmanager
    def peers(self, types, mtu=1500, only=None):
        """All installed peers of `only`, or the usual ones, that can serve such ports, by name, up
        at the same time: idle, a switch costs its neighbour nothing. One that does not start is
        skipped, unless it is ours."""
        with contextlib.ExitStack() as stack:
            up = {}
            for peer_class in self.installed:
                if not peer_class.can(types) or peer_class not in (only or peers.USUAL):
                    continue
                peer = peer_class(self.lab, self.binaries)
                try:
                    up[peer.name] = stack.enter_context(self.peer(peer, types, mtu))
                except LabError as error:
                    if issubclass(peer_class, peers.Vswitch):
                        raise
                    self.skip(f"{peer.title} in {self.suite}", str(error))
            yield up

    def tap_load(self, **flags):
        """One run of tap_load; its flags, lists as lists. What it printed."""
        seconds = str(flags.setdefault("seconds", self.seconds))
        limit = sum(float(part) for part in seconds.split(","))
        if flags.get("learning_rate"):
            limit += flags.get("addresses", 1) / flags["learning_rate"]
        command = self._load_command(flags)
        return json.loads(self.lab.run(*command, timeout=limit + 60))

    @contextlib.contextmanager
    def load_beside(self, **flags):
        """tap_load in the background, until the end of the block."""
        load = self.lab.spawn("load", *self._load_command(flags))
        try:
            yield
        finally:
            self.lab.end(load)

    def _load_command(self, flags):
        words = (
            f"--{flag}={','.join(value) if isinstance(value, list) else value}"
            for flag, value in flags.items()
        )
        return [self.binaries.tap_load, *words]

    def compare(self, workload, unit, systems, ours="vswitch", bars=(), rounds=None, **cell):
        """Measures all systems in mirrored order. `systems`: by name, a function that returns one
        number, or None where there is none."""
        metrics = {"": (unit, bars, cell)}
        measures = {name: lambda m=measure: {"": m()} for name, measure in systems.items()}
        self.compare_many(workload, metrics, measures, ours, rounds)

    def compare_many(self, workload, metrics, systems, ours="vswitch", rounds=None, passes=None):
        """The same where a measurement gives several figures: the functions return them by name;
        `metrics`: by name, their unit, bars, and further members of the Cell. `passes`: how many
        at most, where a measurement is a long search."""
        values = {metric: {name: [] for name in systems} for metric in metrics}
        orders = mirrored(systems, rounds or self.rounds)[:passes]
        for number, order in enumerate(orders, 1):
            for name in order:
                self.progress(f"{workload}, {name} {number}/{len(orders)}")
                measured = systems[name]()
                for metric in metrics:
                    values[metric][name].append(measured.get(metric))
        for metric, (unit, bars, cell) in metrics.items():
            title = f"{workload}, {metric}" if metric else workload
            self.cells.append(
                Cell(self.suite, title, unit, ours, values[metric], tuple(bars), **cell)
            )

    def record(self, workload, unit, value, system="vswitch", bars=()):
        """One figure that is not compared."""
        self.cells.append(
            Cell(self.suite, workload, unit, system, {system: [value]}, tuple(bars))
        )

    def add_bars(self, of_cell):
        """Bars that only the figure itself can tell, to the one that was measured last."""
        self.cells[-1].bars += of_cell(self.cells[-1])

    def note(self, text):
        """A remark on the figure that was measured last."""
        self.cells[-1].notes.append(text)
