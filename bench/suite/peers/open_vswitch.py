"""Open vSwitch with its userspace datapath (datapath_type=netdev), with a database and run folder
of its own: an Open vSwitch of this machine is neither used nor disturbed.

Guests' TAPs are added as they are, as libvirt does; it reads and writes them by AF_PACKET sockets.
Internal ports are TAPs that it makes.
"""

import os
import shutil
import signal

from bench.suite.peers.peer import INTERNAL, TAP, Peer

SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema"


class OpenVswitch(Peer):
    name = "open_vswitch"
    title = "Open vSwitch (userspace)"
    package = "openvswitch-switch"
    programs = ("ovs-vswitchd", "ovsdb-server", "ovsdb-tool", "ovs-vsctl", "ovs-appctl")
    default_prefix = "ov"

    database = None
    daemon = None

    def start(self, types, mtu=1500):
        self.port_types = list(types)
        self.folder = self.lab.path(self.prefix)
        os.mkdir(self.folder)
        self.env = dict(os.environ)
        for name in ("OVS_RUNDIR", "OVS_LOGDIR", "OVS_DBDIR", "OVS_SYSCONFDIR"):
            self.env[name] = self.folder
        self.socket = f"unix:{self.folder}/db.sock"
        database = f"{self.folder}/conf.db"
        self._run("ovsdb-tool", "create", database, SCHEMA)
        self.database = self.lab.spawn(
            f"ovsdb-{self.prefix}",
            "ovsdb-server",
            f"--remote=p{self.socket}",
            database,
            env=self.env,
        )
        self.lab.wait_for(
            "ovsdb-server", lambda: os.path.exists(f"{self.folder}/db.sock"), self.database
        )
        self._vsctl("--no-wait", "init")
        self.start_daemon()
        self._vsctl("add-br", self._bridge(), "--", "set", "bridge", self._bridge(),
                    "datapath_type=netdev")
        for number, port_type in enumerate(self.port_types):
            name = self.port(number)
            interface = [f"mtu_request={mtu}"]
            if port_type == TAP:
                self._make_tap(number, mtu)
            else:
                interface.append("type=internal")
            self._vsctl("add-port", self._bridge(), name, "--", "set", "interface", name,
                        *interface)
        for number, port_type in enumerate(self.port_types):
            if port_type == INTERNAL:
                self._move_in(number, mtu)

    def start_daemon(self):
        self.daemon = self.lab.spawn(
            f"ovs-vswitchd-{self.prefix}",
            "ovs-vswitchd",
            self.socket,
            f"--unixctl={self.folder}/ctl",
            env=self.env,
        )
        self.lab.wait_for("ovs-vswitchd", self._answers, self.daemon)

    def _bridge(self):
        return f"{self.prefix}br"

    def _run(self, *command):
        return self.lab.run(*command, env=self.env)

    def _vsctl(self, *words):
        return self._run("ovs-vsctl", f"--db={self.socket}", "--timeout=20", *words)

    def _answers(self):
        return self.lab.succeeds(
            "ovs-appctl", "-t", f"{self.folder}/ctl", "version", env=self.env
        )

    def flush(self):
        self._run("ovs-appctl", "-t", f"{self.folder}/ctl", "fdb/flush", self._bridge())
        # A source that a cached flow still matches would not be learned again.
        self._run("ovs-appctl", "-t", f"{self.folder}/ctl", "revalidator/purge")

    def restart(self, number=signal.SIGTERM):
        self.lab.end(self.daemon, number)
        self.start_daemon()

    def stop(self):
        if self.daemon is not None:
            self.lab.succeeds(
                "ovs-vsctl", f"--db={self.socket}", "--timeout=5", "del-br", self._bridge(),
                env=self.env,
            )
            self.lab.end(self.daemon)
            self.daemon = None
        if self.database is not None:
            self.lab.end(self.database)
            self.database = None
        self._del_namespaces()
        self._del_taps()
        shutil.rmtree(self.folder, ignore_errors=True)

    def pids(self):
        return [self.daemon.pid]
