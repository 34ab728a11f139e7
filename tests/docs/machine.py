#!/usr/bin/env python3
"""machine.py FOLDER BIN PAGE: runs a page's commands on a machine of its own.

Started by pages_test.py as the first process of new namespaces: of processes, mounts and network.
What is private beside these is made here: /run, /etc, /var/lib, /var/log, the home folder. A
vswitchd runs, as after the package was installed, and has no bridges. FOLDER, empty, takes what
the run writes.

Ends with 0 if each command did what the page says; else stdout tells the first that did not.
"""

import os
import pathlib
import select
import subprocess
import sys
import time

import pages

# A block that has not ended by then hangs. Generous: guests are emulated, and machines busy.
BLOCK_S = 180
# What is to come about has done so by then.
EVENTUALLY_S = 60
STAND_INS = pathlib.Path(__file__).resolve().parent / "stand_ins"


class Failure(Exception):
    pass


def mount(*words):
    subprocess.run(["mount", *words], check=True)


def make_private(folder):
    """Nothing that a page does to these folders is seen, or left, outside."""
    mount("-t", "tmpfs", "none", str(folder))
    for covered in ("etc", "var/lib", "var/log"):
        upper, work = folder / covered / "upper", folder / covered / "work"
        upper.mkdir(parents=True)
        work.mkdir()
        options = f"lowerdir=/{covered},upperdir={upper},workdir={work}"
        mount("-t", "overlay", "-o", options, "none", f"/{covered}")
    mount("-t", "tmpfs", "none", "/run")
    # The devices that it tells of are those of the namespace that mounts it.
    mount("-t", "sysfs", "none", "/sys")


def plug_in_cables():
    """eth0 has the machine's address; 10.0.0.1 answers behind it. eth1 is free."""
    outside = subprocess.Popen(["unshare", "--net", "sleep", "infinity"])
    inside = os.readlink("/proc/self/ns/net")
    while os.readlink(f"/proc/{outside.pid}/ns/net") == inside:
        time.sleep(0.01)
    commands = f"""
        link set lo up
        link add eth0 type veth peer name far0 netns {outside.pid}
        link add eth1 type veth peer name far1 netns {outside.pid}
        addr add 10.0.0.7/24 dev eth0
        link set eth0 up
        link set eth1 up
        route add default via 10.0.0.1"""
    subprocess.run(["ip", "-batch", "-"], input=commands, text=True, check=True)
    enter = ["nsenter", f"--net=/proc/{outside.pid}/ns/net", "ip", "-batch", "-"]
    commands = """
        addr add 10.0.0.1/24 dev far0
        link set far0 up
        link set far1 up"""
    subprocess.run(enter, input=commands, text=True, check=True)


def environment(folder, bin_folder):
    home = folder / "home"
    home.mkdir()
    # The disks that a reader's guests have.
    for disk in ("a.img", "b.img"):
        with open(home / disk, "wb") as file:
            file.truncate(1 << 20)
    path = [str(STAND_INS), bin_folder, "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]
    return {
        "PATH": ":".join(path),
        "HOME": str(home),
        "TMPDIR": str(home),
        "LANG": "C.UTF-8",
        "TERM": "dumb",
        "VSWITCH_GUEST_IMAGE": os.environ.get("VSWITCH_GUEST_IMAGE", ""),
    }


class Shell:
    """One bash for all of a page. It says the status of each block on a pipe of its own."""

    def __init__(self, name, folder, env):
        self.name, self.folder = name, folder
        self.says, says = os.pipe()
        self.bash = subprocess.Popen(
            ["bash", "--norc", "--noprofile"],
            stdin=subprocess.PIPE,
            cwd=env["HOME"],
            env=env,
            pass_fds=[says],
            text=True,
        )
        self.fd = says
        self._tell("set -euo pipefail")

    def _tell(self, line):
        try:
            self.bash.stdin.write(line + "\n")
            self.bash.stdin.flush()
        except BrokenPipeError as error:
            raise Failure(f"{self.name}: a block before has ended the shell") from error

    def run(self, block):
        """Returns the block's status and what it said."""
        script = self.folder / f"{block.line}" / self.name
        script.parent.mkdir(exist_ok=True)
        # Bash tells lines as they are on the page.
        script.write_text("\n" * (block.line - 1) + "\n".join(block.lines) + "\n", "utf-8")
        said = script.parent / "said"
        if block.guest:
            call = f"guest {block.guest} <{script}"
        else:
            call = f". {script}"
        redirect = f"</dev/null >{said} 2>&1 {self.fd}>&-"
        if block.guest:
            redirect = redirect.replace("</dev/null ", "")
        if block.eventually:
            call = f"set +e; (set -e; {call}) {redirect}; echo $? >&{self.fd}; set -e"
        else:
            call = f"{{ {call}; }} {redirect}; echo 0 >&{self.fd}"
        self._tell(call)
        return self._status(block), said.read_text("utf-8", errors="replace").splitlines()

    def _status(self, block):
        deadline = time.monotonic() + BLOCK_S
        while True:
            if select.select([self.says], [], [], 0.2)[0]:
                return int(os.read(self.says, 64))
            if self.bash.poll() is not None:
                return self.bash.returncode
            if time.monotonic() > deadline:
                raise Failure(f"{self.name}:{block.line}: has not ended after {BLOCK_S} s")


def check(shell, block):
    deadline = time.monotonic() + EVENTUALLY_S
    while True:
        status, said = shell.run(block)
        as_expected = block.expected is None or pages.answers(block.expected.lines, said)
        if status == 0 and as_expected:
            return
        if not block.eventually or time.monotonic() > deadline:
            break
        time.sleep(0.1)
    where = f"{shell.name}:{block.line}"
    text = "\n".join(f"    {line}" for line in said)
    if status != 0:
        raise Failure(f"{where}: status {status}; it said:\n{text}")
    expected = "\n".join(f"    {line}" for line in block.expected.lines)
    raise Failure(f"{where}: the page says:\n{expected}\n  it said:\n{text}")


def start_daemon(folder, env):
    log = folder / "vswitchd.log"
    with open(log, "wb") as file:
        subprocess.Popen(["vswitchd"], env=env, stdin=subprocess.DEVNULL, stderr=file)
    ask = ["vswitchctl", "version"]
    deadline = time.monotonic() + EVENTUALLY_S
    while True:
        answer = subprocess.run(ask, env=env, capture_output=True, check=False)
        if answer.returncode == 0:
            return
        if time.monotonic() > deadline:
            log_text = log.read_text("utf-8")
            raise Failure(f"vswitchd does not serve: {answer.stderr.decode()}{log_text}")


def main():
    folder, bin_folder, path = pathlib.Path(sys.argv[1]), sys.argv[2], pathlib.Path(sys.argv[3])
    page = pages.Page(path.read_text("utf-8"))
    make_private(folder)
    plug_in_cables()
    env = environment(folder, bin_folder)
    os.environ["PATH"] = env["PATH"]
    try:
        start_daemon(folder, env)
        shell = Shell(path.name, folder, env)
        for block in page.run:
            check(shell, block)
    except Failure as failure:
        print(failure)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
