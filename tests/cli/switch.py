"""A vswitchd in namespaces of this process's own, with its stock socket, for tests in Python."""

import fcntl
import os
import pathlib
import signal
import struct
import subprocess
import sys
import tempfile
import time

# Bazel starts a test in its runfiles, where these are, through a link into the source tree.
ROOT = pathlib.Path(__file__).resolve().parents[2]
VSWITCHD = pathlib.Path("switch/vswitchd").absolute()
VSWITCHCTL = pathlib.Path("cli/vswitchctl").absolute()

DEADLINE_S = 60


def in_own_namespaces():
    """Starts this program again where /run, /tmp and the network are nobody else's."""
    if os.environ.get("VSWITCH_TEST_NAMESPACES"):
        subprocess.run(["mount", "-t", "tmpfs", "none", "/run"], check=True)
        return
    if os.geteuid() != 0:
        sys.exit("this test makes network namespaces: it needs root")
    os.environ["VSWITCH_TEST_NAMESPACES"] = "1"
    unshare = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    os.execvp(unshare[0], [*unshare, sys.executable, *sys.argv])


def wait_until(what, condition):
    end = time.monotonic() + DEADLINE_S
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"still not so after {DEADLINE_S} s: {what}")
        time.sleep(0.01)


class Switch:
    """Serves from its construction on, and ends with `stop`."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.start()

    def start(self):
        state = os.path.join(self.folder.name, "state.json")
        with open(os.path.join(self.folder.name, "log"), "ab") as log:
            self.daemon = subprocess.Popen([VSWITCHD, f"--state={state}"], stderr=log)
        wait_until("vswitchd answers", lambda: self.run("version").returncode == 0)

    def run(self, *words, **options):
        """One vswitchctl, to its end."""
        options = {"capture_output": True, "text": True, "timeout": DEADLINE_S, **options}
        return subprocess.run([VSWITCHCTL, *words], check=False, **options)

    def ok(self, *words, **options):
        done = self.run(*words, **options)
        if done.returncode != 0:
            raise AssertionError(f"vswitchctl {' '.join(words)}: {done.returncode}: {done.stderr}")
        return done.stdout

    def stop(self):
        self.daemon.send_signal(signal.SIGTERM)
        self.daemon.wait(DEADLINE_S)
        self.folder.cleanup()


class Guest:
    """Holds a TAP open as QEMU does, and sends."""

    TUNSETIFF = 0x400454CA
    OFFLOAD_HEADER_BYTES = 10
    IFF_TAP, IFF_NO_PI, IFF_VNET_HDR = 0x0002, 0x1000, 0x4000

    def __init__(self, tap):
        self.fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        flags = self.IFF_TAP | self.IFF_NO_PI | self.IFF_VNET_HDR
        fcntl.ioctl(self.fd, self.TUNSETIFF, struct.pack("16sH22x", tap.encode(), flags))

    def send(self, source):
        """A broadcast of the EtherType for experiments."""
        frame = b"\xff" * 6 + bytes.fromhex(source.replace(":", "")) + b"\x88\xb5" + bytes(46)
        os.write(self.fd, bytes(self.OFFLOAD_HEADER_BYTES) + frame)

    def close(self):
        os.close(self.fd)
