"""What every switch under test can do. A peer is started with a list of port types and says for
each port where its guest, or its host, sends and receives."""

import json
import os
import shutil

TAP = "tap"
INTERNAL = "internal"


class Peer:
    """Port number i is called PREFIXi. The far end of a `tap` port is a TAP of that name, which a
    guest opens; the far end of an `internal` port is a netdev of that name in a network namespace
    of that name, with an address of 10.1.0.0/16."""

    name = ""
    title = ""  # As the report shows it.
    package = None  # The Debian package that has `programs`.
    programs = ()
    types = (TAP, INTERNAL)
    max_ports = 1000

    def __init__(self, lab, binaries, prefix=None):
        self.lab = lab
        self.binaries = binaries
        self.prefix = prefix or self.default_prefix
        self.port_types = []

    @classmethod
    def missing(cls):
        return [program for program in cls.programs if shutil.which(program) is None]

    @classmethod
    def can(cls, types):
        return set(types) <= set(cls.types) and len(types) <= cls.max_ports

    def start(self, types, mtu=1500):
        """Brings the switch up with one port for each of `types`."""
        raise NotImplementedError

    def stop(self):
        """Ends it and removes its devices."""
        raise NotImplementedError

    def pids(self):
        """The processes that switch; none when the kernel does."""
        return []

    def port(self, number):
        return f"{self.prefix}{number}"

    def end(self, number):
        """The far end of a port, as tap_load takes it."""
        name = self.port(number)
        if self.port_types[number] == TAP:
            return f"tap:{name}"
        return f"netdev:{name}@{name}"

    def netns(self, number):
        return self.port(number)

    def has_carrier(self, number):
        """Whether the far end's link is up."""
        return "LOWER_UP" in self._link(number)["flags"]

    def carrier_changes(self, number):
        """How often the far end's link has come or gone so far."""
        return self._link(number)["stats64"]["tx"]["carrier_changes"]

    def _link(self, number):
        name = self.port(number)
        where = ("-n", self.netns(number)) if self.port_types[number] == INTERNAL else ()
        shown = self.lab.run("ip", *where, "-json", "-s", "-s", "link", "show", "dev", name)
        return json.loads(shown)[0]

    @staticmethod
    def address(number):
        return f"10.1.{number // 250}.{number % 250 + 1}"

    # Parts that several peers share.

    def _ip(self, *arguments):
        self.lab.run("ip", *arguments)

    def _make_tap(self, number, mtu):
        """A TAP that a guest opens by name and whose netdev a switch serves."""
        name = self.port(number)
        self._ip("tuntap", "add", "dev", name, "mode", "tap", "vnet_hdr")
        self._ip("link", "set", name, "mtu", str(mtu), "up")

    def _make_veth(self, number, mtu, *more):
        """An internal port that a netdev of the host's leads to; `more`: what else to set there."""
        name = self.port(number)
        outer = f"{name}x"
        self._ip("link", "add", name, "type", "veth", "peer", "name", outer)
        self._ip("link", "set", outer, "mtu", str(mtu), *more, "up")
        self._move_in(number, mtu)

    def _move_in(self, number, mtu):
        """Moves the netdev of an internal port into its namespace and brings it up there."""
        name = self.port(number)
        self.lab.add_namespace(name)
        self._ip("link", "set", name, "netns", name)
        self._ip("-n", name, "addr", "add", f"{self.address(number)}/16", "dev", name)
        self._ip("-n", name, "link", "set", name, "mtu", str(mtu), "up")

    def _del_namespaces(self):
        for number, port_type in enumerate(self.port_types):
            if port_type == INTERNAL and os.path.exists(f"/run/netns/{self.netns(number)}"):
                self.lab.del_namespace(self.netns(number))

    def _del_taps(self):
        for number, port_type in enumerate(self.port_types):
            if port_type == TAP:
                self.lab.succeeds("ip", "link", "del", self.port(number))
