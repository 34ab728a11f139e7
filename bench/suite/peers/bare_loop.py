"""The limit: the same ports and the same io_uring mechanics without a switch. Joins two ports."""

from bench.suite.peers.peer import INTERNAL, Peer


class BareLoop(Peer):
    name = "bare_loop"
    title = "bare loop"
    default_prefix = "bl"
    max_ports = 2

    process = None

    def start(self, types, mtu=1500):
        self.port_types = list(types)
        ports = ",".join(f"{t}:{self.port(i)}" for i, t in enumerate(self.port_types))
        self.process = self.lab.spawn(
            f"bare_loop-{self.prefix}", self.binaries.bare_loop, f"--ports={ports}", f"--mtu={mtu}"
        )
        self.lab.wait_for(
            "bare_loop", lambda: "ready" in self.lab.log_of(self.process), self.process
        )
        for number, port_type in enumerate(self.port_types):
            if port_type == INTERNAL:
                self._move_in(number, mtu)

    def stop(self):
        if self.process is not None:
            self.lab.end(self.process)
            self.process = None
        self._del_namespaces()
        self._del_taps()

    def pids(self):
        return [self.process.pid]
