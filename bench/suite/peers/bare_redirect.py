"""The limit in the kernel: two guests' TAPs, joined by a tc program that looks nothing up."""

from bench.suite.peers.peer import TAP, Peer


class BareRedirect(Peer):
    name = "bare_redirect"
    title = "bare redirect"
    default_prefix = "rd"
    types = (TAP,)
    max_ports = 2

    process = None

    def start(self, types, mtu=1500):
        self.port_types = list(types)
        for number in range(len(self.port_types)):
            self._make_tap(number, mtu)
        ports = ",".join(self.port(number) for number in range(len(self.port_types)))
        self.process = self.lab.spawn(
            f"bare_redirect-{self.prefix}", self.binaries.bare_redirect, f"--ports={ports}"
        )
        self.lab.wait_for(
            "bare_redirect", lambda: "ready" in self.lab.log_of(self.process), self.process
        )

    def stop(self):
        if self.process is not None:
            self.lab.end(self.process)
            self.process = None
        self._del_taps()
