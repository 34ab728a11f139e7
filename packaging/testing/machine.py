"""A Debian 12 with its own systemd, booted by systemd-nspawn from the root of tools/debian-root.

What is written goes to a layer in memory, and the devices into a network namespace: both are gone
with the machine, however its test ends. Works too where the host has cgroups of version 1, or no
systemd.
"""

import os
import pathlib
import subprocess
import tempfile

from cases import wait_for

# In a mount namespace, where nothing of this reaches the host, but for the cgroup: it is in the
# hierarchy that all share, so it is removed at the end. And in a PID namespace, of which this is
# the first process: with it all end.
BOOT = """
set -eu
mount -t sysfs sysfs /sys
mount -t cgroup2 cgroup2 /sys/fs/cgroup
group="/sys/fs/cgroup/$4"
mkdir "$group"
echo $$ >"$group/cgroup.procs"
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs "$2"
mkdir "$2/upper" "$2/work" "$2/root"
mount -t overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" overlay "$2/root"
SYSTEMD_NSPAWN_API_VFS_WRITABLE=network systemd-nspawn --directory="$2/root" --boot \
  --register=no --keep-unit --console=pipe --private-network --machine=vswitch-test \
  --capability=all --system-call-filter=bpf --bind=/dev/net/tun --bind-ro="$3:/packages" \
  --property=DeviceAllow="/dev/net/tun rw" </dev/null || true
"""
# Fails while the kernel has not taken the last process out of it.
REMOVE_GROUP = """
mount -t cgroup2 cgroup2 /sys/fs/cgroup
[ ! -d "/sys/fs/cgroup/$1" ] || find "/sys/fs/cgroup/$1" -depth -type d -exec rmdir {} +
"""


def _children(pid):
    for task in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        yield from map(int, task.read_text(encoding="ascii").split())


class Machine:
    """Booted when made. `packages` is a folder that it sees as /packages."""

    def __init__(self, root, packages):
        self._scratch = tempfile.TemporaryDirectory()  # pylint: disable=consider-using-with
        self._log = tempfile.TemporaryFile()  # pylint: disable=consider-using-with
        self._group = f"vswitch-test-{os.getpid()}"
        self._process = subprocess.Popen(  # pylint: disable=consider-using-with
            ["setpriv", "--pdeathsig=KILL", "unshare", "--mount", "--pid", "--mount-proc",
             "--kill-child=KILL", "sh", "-c", BOOT, "sh", root, self._scratch.name, packages,
             self._group], stdout=self._log, stderr=subprocess.STDOUT)
        self._init = None
        try:
            self._init = wait_for("systemd in the machine", self._find_init)
            wait_for("a booted machine", lambda: self.run("systemctl is-system-running").stdout
                     .strip() in ("running", "degraded"))
        except BaseException:
            self.stop()
            raise

    def _find_init(self):
        """The machine's process 1: the first below us that is a systemd."""
        if self._process.poll() is not None:
            self._log.seek(0)
            raise AssertionError(f"systemd-nspawn ended: {self._log.read().decode()}")
        waiting = [self._process.pid]
        for pid in waiting:
            try:
                if pathlib.Path(f"/proc/{pid}/comm").read_text(encoding="ascii") == "systemd\n":
                    return pid
                waiting += _children(pid)
            except (FileNotFoundError, ProcessLookupError):
                pass
        return None

    def command(self, shell):
        return ["nsenter", "--target", str(self._init), "--all", "env", "-i",
                "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LC_ALL=C",
                "DEBIAN_FRONTEND=noninteractive", "sh", "-c", shell]

    def run(self, shell):
        """What became of a shell's command line, as root of the machine."""
        return subprocess.run(self.command(shell), capture_output=True, text=True, check=False,
                              stdin=subprocess.DEVNULL)

    def ok(self, shell):
        """Its output; an error when it fails."""
        result = self.run(shell)
        if result.returncode != 0:
            raise AssertionError(f"{shell}: exit status {result.returncode}\n"
                                 f"{result.stdout}{result.stderr}")
        return result.stdout

    def in_its_network(self, arguments, **options):
        """A process of the host, beside the machine's devices."""
        command = ["nsenter", "--target", str(self._init), "--net", *arguments]
        return subprocess.Popen(command, **options)  # pylint: disable=consider-using-with

    def stop(self):
        """Whether or not it has booted."""
        self._process.kill()
        self._process.wait()
        remove = ["unshare", "--mount", "sh", "-c", REMOVE_GROUP, "sh", self._group]
        wait_for("the machine's cgroup is empty", lambda: subprocess.run(
            remove, stderr=subprocess.DEVNULL, check=False).returncode == 0)
        self._log.close()
        self._scratch.cleanup()
