#!/usr/bin/env python3
"""The package: as lintian sees it, and in a Debian that boots with systemd, from its installation
to its purge. The cases follow each other on one machine.

Usage: package_test.py [VSWITCHD VSWITCHCTL]. Without arguments those that Bazel has built for it.
"""

import concurrent.futures
import contextlib
import json
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "testing"))

from cases import expect, run, wait_for  # pylint: disable=wrong-import-position
from machine import Machine  # pylint: disable=wrong-import-position

# As found on many a host: networkd asks on every device for an address.
GREEDY_NETWORK = "[Match]\nName=*\n[Network]\nDHCP=yes\nLinkLocalAddressing=yes\n"
# Where dpkg, apt and systemd write down what they did.
LEDGERS = ("/var/lib/dpkg", "/var/lib/apt", "/var/cache", "/var/log",
           "/var/lib/systemd/deb-systemd")


# The text that follows it is where the link leads.
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")
# As a vswitchd with another state file marks what it makes.
FOREIGN = "vswitch-0123456789abcdef-made-foreign0"


def make_package(version, folder):
    binaries = sys.argv[1:3] or ["switch/vswitchd", "cli/vswitchctl"]
    command = [HERE / "make-deb", *binaries, version, folder]
    made = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    return pathlib.Path(made)


class Story:
    """The life of the package on one machine."""

    def __init__(self, machine, old, new, lintian):
        self.machine, self.old, self.new, self.lintian = machine, old, new, lintian
        self.files_before = self.files()

    def files(self):
        listed = self.machine.ok(
            "find / -xdev -path /tmp -prune -o -path /packages -prune -o -print")
        return {name for name in listed.splitlines() if not name.startswith(LEDGERS)}

    def show(self, what):
        return self.machine.ok(f"systemctl show --value --property={what} vswitchd").strip()

    def ctl(self, arguments):
        return json.loads(self.machine.ok(f"vswitchctl --json {arguments}"))

    def ports(self):
        """State by name."""
        return {port["name"]: port["state"] for bridge in self.ctl("show")["bridges"]
                for port in bridge["ports"]}

    def serves(self):
        return self.machine.run("vswitchctl show").returncode == 0

    def install(self, package):
        self.machine.ok("apt-get install --yes -o Dpkg::Use-Pty=0 "
                        f"/packages/{package.name}")

    def lintian_finds_nothing(self):
        found, _ = self.lintian.communicate()
        expect(self.lintian.returncode == 0, found)

    def has_pages_that_lead_to_each_other(self):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["dpkg-deb", "--extract", self.old, folder], check=True)
            documents = pathlib.Path(folder, "usr/share/doc/vswitch")
            pages = list(documents.rglob("*.md"))
            links = [(page, target) for page in pages
                     for target in LINK.findall(page.read_text(encoding="utf-8"))]
            dead = [f"{page.relative_to(documents)}: {target}" for page, target in links
                    if not (page.parent / target).exists()]
            expect(len(pages) > 20 and len(links) > 50, pages)
            expect(not dead, dead)
            for name in ("schema/show.json", "grafana/vswitch.json", "images/web.png"):
                expect((documents / name).is_file(), name)

    def set_options(self, options):
        """As the administrator does, and restarts the service."""
        self.machine.ok("sed -i 's|^VSWITCHD_OPTIONS=.*|VSWITCHD_OPTIONS=\"" + options +
                        "\"|' /etc/default/vswitchd")
        return self.machine.run("systemctl restart vswitchd")

    def installs_and_starts(self):
        self.install(self.old)
        expect(self.show("ActiveState") == "active", self.machine.ok("journalctl -u vswitchd"))
        expect(self.show("Type") == "notify")
        expect(self.machine.ok("systemctl is-enabled vswitchd").strip() == "enabled")
        # READY=1 came when it served: nobody has to wait after the start.
        self.machine.ok("systemctl restart vswitchd && vswitchctl --timeout=1 show")

    def has_a_unit_that_is_valid_and_confined(self):
        complaints = self.machine.run("systemd-analyze verify --man=no vswitchd.service")
        expect(not complaints.stdout + complaints.stderr, complaints)
        # In tenths. A daemon that may administer the network and BPF is not below 4.
        self.machine.ok("systemd-analyze security --threshold=50 vswitchd")

    def lets_the_group_in_and_tells_others(self):
        self.machine.ok("useradd -m alice && useradd -m bob && usermod -aG vswitch alice")
        for command in ("add-br br0", "add-port br0 vm0", "add-port br0 vm1",
                        "add-port br0 host0 type=internal"):
            self.machine.ok(f"runuser -u alice -- vswitchctl {command}")
        refused = self.machine.run("runuser -u bob -- vswitchctl show")
        expect(refused.returncode != 0, refused)
        expect("sudo usermod -aG vswitch $USER" in refused.stderr, refused)

    def keeps_other_services_off(self):
        self.machine.ok(f"printf '{GREEDY_NETWORK}' >/etc/systemd/network/50-all.network")
        self.machine.ok("systemctl start systemd-networkd")

        def states():
            links = self.machine.ok("networkctl --no-legend list").splitlines()
            return {fields[1]: fields[4] for fields in map(str.split, links)}

        # The user's end of an internal port is the user's, so networkd has it: that it would take
        # the others is shown by that.
        wait_for("networkd takes host0", lambda: states().get("host0", "unmanaged") not in
                 ("unmanaged", "pending", "initialized"))
        expect(states()["vm0"] == "unmanaged", states())
        for name, state in states().items():
            expect(not name.startswith("vsw") or state == "unmanaged", states())
        self.machine.ok("systemctl stop systemd-networkd.socket systemd-networkd")

    def is_left_alone_by_udev(self):
        """As udev would decide; none runs in a container."""
        def told(name):
            return self.machine.ok(f"udevadm test /sys/class/net/{name} 2>&1")

        self.machine.ok("ip tuntap add other0 mode tap")
        expect("NM_UNMANAGED" not in told("other0"), told("other0"))
        self.machine.ok("ip tuntap del other0 mode tap")
        own = [name for name in self.machine.ok("ls /sys/class/net").split()
               if name.startswith("vsw")]
        expect(own)
        for name in own:
            says = told(name)
            for words in ("NM_UNMANAGED=1", "ID_MM_DEVICE_IGNORE=1", "/10-vswitch.link\n"):
                expect(words in says, name, words, says)

    @contextlib.contextmanager
    def talking_guests(self):
        """None of their frames is lost meanwhile."""
        guests = self.machine.in_its_network(
            [sys.executable, HERE / "testing" / "guests.py", "vm0", "vm1"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            expect(guests.stdout.readline() == "talking\n", "the guests do not hear each other")
            wait_for("the kernel knows both", lambda: 2 == sum(
                entry.get("fast_path", False) for entry in self.ctl("fdb show")["entries"]))
            yield
            report = json.loads(guests.communicate()[0])
            expect(report["sent"] > 100 and not report["lost"], report)
        finally:
            guests.kill()
            guests.communicate()

    def forwards_while_it_is_upgraded(self):
        before = self.show("MainPID")
        with self.talking_guests():
            self.install(self.new)
            wait_for("the new daemon serves", self.serves)
            wait_for("the ports serve", lambda: self.ports().get("vm1") == "up")
        expect(self.show("MainPID") != before, "the upgrade has not started the new daemon")
        installed = self.machine.ok("dpkg-query --show --showformat='${Version}' vswitch")
        expect(installed in self.new.name, installed)

    def keeps_forwarding_whatever_its_socket(self):
        """It is the running daemon's, as the options may be the next one's already."""
        def handovers():
            self.machine.ok("journalctl --sync")
            return self.machine.ok("journalctl -u vswitchd").count("left to the kernel all")

        before = handovers()
        for number, options in enumerate(("--socket=/run/vswitch/a.sock",
                                          "-socket /run/vswitch/b.sock", ""), start=1):
            expect(self.set_options(options).returncode == 0, options)
            expect(handovers() == before + number, self.machine.ok("journalctl -u vswitchd"))

    def serves_metrics_when_its_options_say_so(self):
        expect(self.set_options("--metrics=127.0.0.1:9477").returncode == 0)
        curl = self.machine.in_its_network(["curl", "-s", "http://127.0.0.1:9477/metrics"],
                                           stdout=subprocess.PIPE, text=True)
        text, _ = curl.communicate()
        expect("vswitch_build_info{" in text, text)

    def is_not_tried_again_with_wrong_options(self):
        refused = self.set_options("--metrics=0.0.0.0:9477")
        expect(refused.returncode != 0, refused)
        expect(self.show("ActiveState") == "failed", self.show("ActiveState"))
        expect(self.show("ExecMainStatus") == "2", self.show("ExecMainStatus"))
        expect(self.set_options("").returncode == 0)

    def comes_back_after_it_was_killed(self):
        before = self.show("MainPID")
        with self.talking_guests():
            self.machine.ok(f"kill -9 {before}")
            wait_for("another daemon", lambda: self.show("MainPID") not in (before, "0"))
            wait_for("it serves", self.serves)
        expect(self.show("NRestarts") == "1", self.show("NRestarts"))

    def is_killed_when_it_hangs(self):
        self.machine.ok("mkdir -p /run/systemd/system/vswitchd.service.d && printf "
                        "'[Service]\\nWatchdogSec=1s\\n' >/run/systemd/system/vswitchd.service.d/"
                        "test.conf && systemctl daemon-reload && systemctl restart vswitchd")
        before = self.show("MainPID")
        self.machine.ok(f"kill -STOP {before}")
        wait_for("another daemon", lambda: self.show("MainPID") not in (before, "0"))
        wait_for("it serves", self.serves)
        self.machine.ok("rm -r /run/systemd/system/vswitchd.service.d && systemctl daemon-reload")

    def stops_when_it_is_told_to(self):
        """A stop is no restart: no frame passes any more."""
        self.machine.ok("systemctl restart vswitchd && systemctl stop vswitchd")
        expect(self.show("ActiveState") == "inactive")
        expect("UP" not in self.machine.ok("ip -o link show vm0").split(">")[0])
        self.machine.ok("systemctl start vswitchd")
        wait_for("the ports are back", lambda: set(self.ports()) == {"vm0", "vm1", "host0"})

    def leaves_what_is_the_users_when_removed(self):
        self.machine.ok("apt-get remove --yes -o Dpkg::Use-Pty=0 vswitch")
        expect(self.machine.run("command -v vswitchd vswitchctl").stdout == "")
        expect(self.machine.run("systemctl is-active vswitchd").stdout.strip() != "active")
        self.machine.ok("test -s /var/lib/vswitch/state.json && test -s /etc/default/vswitchd")
        self.machine.ok("ip link show vm0")

    def leaves_nothing_when_purged(self):
        self.machine.ok("userdel -r alice && userdel -r bob && "
                        "rm /etc/systemd/network/50-all.network")
        self.machine.ok("ip tuntap add foreign0 mode tap && "
                        f"ip link property add dev foreign0 altname {FOREIGN}")
        self.machine.ok("apt-get purge --yes -o Dpkg::Use-Pty=0 vswitch")
        self.machine.ok("ip link del foreign0")
        left = {name for name in self.files() - self.files_before if not name.endswith("-")}
        expect(not left, left)
        expect(not self.machine.run("getent group vswitch").stdout)
        links = self.machine.ok("ip -o link show")
        expect(not any(name in links for name in ("vm0", "vm1", "host0", "vsw")), links)


def main():
    with tempfile.TemporaryDirectory() as folder:
        with concurrent.futures.ThreadPoolExecutor() as pool:
            old, new = pool.map(make_package, ("0.0.1", "0.0.2"), (folder, folder))
        # Takes its time, so beside the rest.
        lintian = subprocess.Popen(  # pylint: disable=consider-using-with
            ["lintian", "--allow-root", "--fail-on=error,warning", old], stdout=subprocess.PIPE,
            text=True)
        made = subprocess.run([HERE.parent / "tools" / "debian-root", old], stdout=subprocess.PIPE,
                              text=True, check=True)
        machine = Machine(made.stdout.strip(), folder)
        try:
            story = Story(machine, old, new, lintian)
            return run("package", [
                story.has_pages_that_lead_to_each_other,
                story.installs_and_starts,
                story.has_a_unit_that_is_valid_and_confined,
                story.lets_the_group_in_and_tells_others,
                story.keeps_other_services_off,
                story.is_left_alone_by_udev,
                story.forwards_while_it_is_upgraded,
                story.keeps_forwarding_whatever_its_socket,
                story.serves_metrics_when_its_options_say_so,
                story.is_not_tried_again_with_wrong_options,
                story.comes_back_after_it_was_killed,
                story.is_killed_when_it_hangs,
                story.stops_when_it_is_told_to,
                story.leaves_what_is_the_users_when_removed,
                story.leaves_nothing_when_purged,
                story.lintian_finds_nothing,
            ])
        finally:
            machine.stop()


if __name__ == "__main__":
    sys.exit(main())
