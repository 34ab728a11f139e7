"""VDE 2: vde_switch, and one vde_plug2tap for each port that is a netdev of the host.

It has no `tap` ports: its guests connect to its socket (QEMU's -netdev vde), not to a TAP.
"""

import os

from bench.suite.peers.peer import INTERNAL, Peer


class Vde(Peer):
    name = "vde"
    title = "VDE"
    package = "vde2"
    programs = ("vde_switch", "vde_plug2tap")
    types = (INTERNAL,)
    default_prefix = "vd"

    switch = None

    def start(self, types, mtu=1500):
        self.port_types = list(types)
        self.plugs = []
        socket = self.lab.path(f"{self.prefix}.vde")
        self.switch = self.lab.spawn(
            f"vde_switch-{self.prefix}", "vde_switch", "-s", socket, "-n", str(len(types) + 1)
        )
        self.lab.wait_for("vde_switch", lambda: os.path.exists(f"{socket}/ctl"), self.switch)
        for number in range(len(self.port_types)):
            name = self.port(number)
            plug = self.lab.spawn(f"vde_plug2tap-{name}", "vde_plug2tap", "-s", socket, name)
            self.plugs.append(plug)
            show = ("ip", "link", "show", name)
            self.lab.wait_for("vde_plug2tap", lambda: self.lab.succeeds(*show), plug)
            self._move_in(number, mtu)

    def stop(self):
        if self.switch is None:
            return
        for process in [*self.plugs, self.switch]:
            self.lab.end(process)
        self.switch = None
        self._del_namespaces()

    def pids(self):
        return [process.pid for process in [self.switch, *self.plugs]]
