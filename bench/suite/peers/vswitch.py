"""vswitchd, ports added with vswitchctl."""

import json
import os
import signal
import subprocess

from bench.suite.peers.peer import INTERNAL, Peer


# A port that was killed costs some 20 ms when the daemon starts with it.
PATIENCE_S = 150
FAST_PATH = "fast_path"


class Vswitch(Peer):
    name = "vswitch"
    title = "vswitch"
    default_prefix = "vs"

    def __init__(self, lab, binaries, prefix=None, flags=()):
        super().__init__(lab, binaries, prefix)
        self.flags = flags
        self.daemon = None

    @staticmethod
    def has_flag(binaries, flag):
        help_text = subprocess.run(
            [binaries.vswitchd, "--help"], capture_output=True, text=True, check=False
        ).stdout
        return f"-{flag} " in help_text

    def start(self, types, mtu=1500):
        self.port_types = list(types)
        self.start_daemon()
        self.ctl("add-br", "br0")
        for number, port_type in enumerate(self.port_types):
            self.ctl("add-port", "br0", self.port(number), f"type={port_type}", f"mtu={mtu}")
        for number, port_type in enumerate(self.port_types):
            if port_type == INTERNAL:
                self._move_in(number, mtu)

    def start_daemon(self):
        self.daemon = self.lab.spawn(
            f"vswitchd-{self.prefix}",
            self.binaries.vswitchd,
            f"--socket={self._socket()}",
            f"--state={self._state()}",
            *self.flags,
        )
        self.lab.wait_for("vswitchd", self._answers, self.daemon, PATIENCE_S)

    def end_daemon(self, number=signal.SIGTERM):
        self.lab.end(self.daemon, number, PATIENCE_S)

    def _socket(self):
        return self.lab.path(f"{self.prefix}.sock")

    def _state(self):
        return self.lab.path(f"{self.prefix}.json")

    def _answers(self):
        return self.lab.succeeds(*self._ctl_command("version"))

    def _ctl_command(self, *words):
        return [self.binaries.vswitchctl, f"--socket={self._socket()}", *words]

    def ctl(self, *words):
        return self.lab.run(*self._ctl_command(*words))

    def stats(self):
        return json.loads(self.ctl("--json", "stats"))

    def flush(self):
        self.ctl("fdb", "flush", "br0")

    def entries(self):
        """Of the table: all, and those that the kernel holds."""
        rows = self.table()
        return len(rows), sum(row["fast_path"] for row in rows)

    def table(self):
        return json.loads(self.ctl("--json", "fdb", "show", "br0"))["entries"]

    def stop(self):
        if self.daemon is None:
            return
        self.end_daemon()
        self.daemon = None
        os.remove(self._state())
        self._del_namespaces()
        self._del_taps()

    def restart(self, number=signal.SIGTERM):
        """Ends the daemon by a signal and starts it anew: its ports come back by themselves."""
        self.end_daemon(number)
        self.start_daemon()

    def pids(self):
        return [self.daemon.pid]


class SlowVswitch(Vswitch):
    """Every frame passes through a worker; also a vswitchd of before there was another way."""

    name = "vswitch_slow"
    title = "vswitch, fast_path=off"
    default_prefix = "vf"

    def __init__(self, lab, binaries, prefix=None, flags=()):
        slow = (f"--{FAST_PATH}=off",) if self.has_flag(binaries, FAST_PATH) else ()
        super().__init__(lab, binaries, prefix, flags + slow)
