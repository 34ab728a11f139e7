"""Processes, network namespaces and files of a run; all of them are gone after close()."""

import os
import shutil
import signal
import subprocess
import tempfile
import time


class LabError(Exception):
    """Something of the set-up failed; the message says what and shows its output."""


class Lab:
    def __init__(self):
        # tools/bench gives us a /run of our own: not even SIGKILL leaves something in it.
        self.work = tempfile.mkdtemp(prefix="bench-", dir="/run")
        self._processes = []
        self._namespaces = []

    def close(self):
        for process in reversed(self._processes):
            self.end(process)
        for name in self._namespaces:
            subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)
        shutil.rmtree(self.work, ignore_errors=True)

    def path(self, *parts):
        return os.path.join(self.work, *parts)

    def run(self, *command, netns=None, env=None, timeout=120):
        """Runs a command to its end and returns what it printed; LabError if it fails."""
        command = in_namespace(netns, command)
        try:
            result = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                timeout=timeout,
                check=False,
                env=env,
            )
        except subprocess.TimeoutExpired as error:
            raise LabError(f"{' '.join(command)}: no end after {timeout} s") from error
        if result.returncode != 0:
            said = (result.stderr or result.stdout).strip()
            raise LabError(f"{' '.join(command)}: exit {result.returncode}: {said}")
        return result.stdout

    def spawn(self, name, *command, netns=None, env=None):
        """Starts a process that dies with this one; its output goes to a log. Its stdin stays open,
        since vde_switch ends with it."""
        with open(self.path(f"{name}.log"), "wb") as log:
            process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "--", *in_namespace(netns, command)],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=env,
            )
        process.name = name
        self._processes.append(process)
        return process

    def log_of(self, process):
        with open(self.path(f"{process.name}.log"), encoding="utf-8", errors="replace") as log:
            return log.read()

    def end(self, process, number=signal.SIGTERM, seconds=5):
        """Ends a process; SIGKILL after some seconds."""
        if process.poll() is None:
            process.send_signal(number)
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        process.stdin.close()
        if process in self._processes:
            self._processes.remove(process)

    def wait_for(self, what, condition, process=None, seconds=20):
        """Polls until condition() is true; LabError if it takes too long or `process` ends."""
        deadline = time.monotonic() + seconds
        while not condition():
            ended = process is not None and process.poll() is not None
            if ended or time.monotonic() > deadline:
                log = self.log_of(process)[-2000:] if process is not None else ""
                raise LabError(f"{what}: {'ended' if ended else f'not after {seconds} s'}\n{log}")
            time.sleep(0.02)

    def succeeds(self, *command, **options):
        try:
            self.run(*command, **options)
            return True
        except LabError:
            return False

    def add_namespace(self, name):
        self.run("ip", "netns", "add", name)
        self._namespaces.append(name)
        keep_silent(self, netns=name)
        self.run("ip", "link", "set", "lo", "up", netns=name)

    def del_namespace(self, name):
        self.run("ip", "netns", "del", name)
        self._namespaces.remove(name)


def in_namespace(netns, command):
    return ["ip", "netns", "exec", netns, *command] if netns else list(command)


def keep_silent(lab, netns=None):
    """No IPv6: no device says anything that was not asked for."""
    for scope in ("all", "default"):
        lab.run("sysctl", "-qw", f"net.ipv6.conf.{scope}.disable_ipv6=1", netns=netns)


def cpu_ns(pids):
    """CPU time of all threads of these processes so far."""
    return sum(
        thread_cpu_ns(pid, thread) for pid in pids for thread in os.listdir(f"/proc/{pid}/task")
    )


def thread_cpu_ns(pid, thread):
    with open(f"/proc/{pid}/task/{thread}/schedstat", encoding="ascii") as stat:
        return int(stat.read().split()[0])


def machine_cpu_ns():
    """CPU time of the whole machine, interrupts included, from some moment on. By the time that no
    core was idle: that the kernel measures, what was busy it only samples."""
    now = time.monotonic_ns()
    with open("/proc/stat", encoding="ascii") as stat:
        ticks = [int(field) for field in stat.readline().split()[1:]]
    # Idle, waiting for input and output, and stolen by the machine's host.
    away = ticks[3] + ticks[4] + ticks[7]
    return now * os.cpu_count() - away * (10**9 // os.sysconf("SC_CLK_TCK"))


def resident_bytes(pid):
    with open(f"/proc/{pid}/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
