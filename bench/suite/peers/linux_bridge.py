"""The kernel's bridge: guests' TAPs as its ports, veth pairs towards namespaces."""

from bench.suite.peers.peer import TAP, Peer


class LinuxBridge(Peer):
    name = "linux_bridge"
    title = "Linux bridge"
    package = "iproute2"
    programs = ("ip",)
    default_prefix = "lb"

    def start(self, types, mtu=1500):
        self.port_types = list(types)
        bridge = f"{self.prefix}r"
        self._ip("link", "add", bridge, "type", "bridge")
        self._ip("link", "set", bridge, "mtu", str(mtu), "up")
        for number, port_type in enumerate(self.port_types):
            name = self.port(number)
            if port_type == TAP:
                self._make_tap(number, mtu)
                self._ip("link", "set", name, "master", bridge)
                continue
            self._make_veth(number, mtu, "master", bridge)

    def flush(self):
        self._ip("link", "set", f"{self.prefix}r", "type", "bridge", "fdb_flush")

    def stop(self):
        self._del_namespaces()
        self._del_taps()
        self.lab.succeeds("ip", "link", "del", f"{self.prefix}r")
