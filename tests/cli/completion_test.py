#!/usr/bin/env python3
"""Types into real shells, and looks what Tab makes of it."""

import os
import pathlib
import re
import sys
import unittest

import pexpect

from switch import DEADLINE_S, ROOT, VSWITCHCTL, Switch, in_own_namespaces

SCRIPTS = ROOT / "packaging" / "completion"
# How each shell starts without anybody's own settings, and learns of us.
SHELLS = {
    "bash": (["bash", "--norc", "--noprofile", "-i"],
             ["bind 'set bell-style none'",
              ". /usr/share/bash-completion/bash_completion",
              f". {SCRIPTS}/vswitchctl.bash"]),
    "zsh": (["zsh", "-f", "-i"],
            ["unsetopt prompt_cr prompt_sp",
             "fpath=($FPATH_OF_OURS $fpath)", "autoload -Uz compinit && compinit -u -D"]),
    "fish": (["fish", "--no-config", "-i"],
             [f"source {SCRIPTS}/vswitchctl.fish"]),
}

# What is typed, and the words that are there after Tab.
CASES = [
    ("vswitchctl list-p", ["list-ports"]),
    ("vswitchctl fdb fl", ["fdb", "flush"]),
    ("vswitchctl --may-ex", ["--may-exist"]),
    ("vswitchctl get port first", ["get", "port", "first-guest"]),
    ("vswitchctl get port first-guest sta", ["get", "port", "first-guest", "state"]),
    ("vswitchctl list-ports tenant", ["list-ports", "tenant-a"]),
    ("vswitchctl set port first-guest isol", ["set", "port", "first-guest", "isolated="]),
    ("vswitchctl set port first-guest vlan_mode=ac",
     ["set", "port", "first-guest", "vlan_mode=access"]),
    ("vswitchctl set port first-guest mtu=", ["set", "port", "first-guest", "mtu=1400"]),
    ("vswitchctl fdb del tenant-a 52:54:00:12", ["fdb", "del", "tenant-a", "52:54:00:12:ab:cd"]),
    ("vswitchctl add-br br9 -- list-p", ["add-br", "br9", "--", "list-ports"]),
    ("vswitchctl run first-guest -- mkte", ["run", "first-guest", "--", "mktemp"]),
    ("vswitchctl --timeout=3 run first-guest model=a:b -- mkte",
     ["--timeout=3", "run", "first-guest", "model=a:b", "--", "mktemp"]),
    ("vswitchctl -b batch-fi", ["-b", "batch-file"]),
]


class Shell:
    """A shell at its prompt."""

    def __init__(self, name, environment, folder):
        program, setup = SHELLS[name]
        self.name = name
        self.child = pexpect.spawn(program[0], program[1:], env=environment, cwd=folder,
                                   encoding="utf-8", timeout=DEADLINE_S, dimensions=(60, 250))
        # A shell's own first prompt is anything.
        for line in setup:
            self.child.sendline(line)
        self.child.sendline("echo be''gin")
        self.child.expect("begin\r?\n")

    def words_after_tab(self, line):
        """Types, presses Tab, and lets the shell print the words of the line."""
        self.child.send(line + "\t")
        # To the start of the line. The shell handles keys in their order.
        self.child.send("\x01")
        self.child.sendline("printf 'word<%s>\\n' ")
        self.child.sendline("echo be''gin")
        self.child.expect("begin\r?\n")
        # What is not of a line of its own is what the shell shows of the typing.
        return re.findall("^word<([^>]*)>\r?$", self.child.before, re.MULTILINE)


class Completion(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.switch = Switch()
        folder = pathlib.Path(cls.switch.folder.name)
        (folder / "bin").mkdir()
        (folder / "bin" / "vswitchctl").symlink_to(VSWITCHCTL)
        (folder / "functions").mkdir()
        (folder / "functions" / "_vswitchctl").symlink_to(SCRIPTS / "vswitchctl.zsh")
        (folder / "batch-file").touch()
        cls.folder = folder
        cls.environment = {
            "PATH": f"{folder}/bin:{os.environ['PATH']}",
            "HOME": str(folder),
            "TERM": "dumb",
            "LC_ALL": "C.UTF-8",
            "FPATH_OF_OURS": str(folder / "functions"),
        }
        cls.switch.ok("add-br", "tenant-a")
        cls.switch.ok("add-port", "tenant-a", "first-guest", "mtu=1400")
        cls.switch.ok("fdb", "add", "tenant-a", "52:54:00:12:ab:cd", "first-guest")

    @classmethod
    def tearDownClass(cls):
        cls.switch.stop()

    def check(self, name):
        shell = Shell(name, self.environment, self.folder)
        for line, words in CASES:
            self.assertEqual(shell.words_after_tab(line), ["vswitchctl", *words], line)
        shell.child.close(force=True)

    def test_bash(self):
        self.check("bash")

    def test_zsh(self):
        self.check("zsh")

    def test_fish(self):
        self.check("fish")


if __name__ == "__main__":
    in_own_namespaces()
    unittest.main(argv=sys.argv[:1], verbosity=2)
