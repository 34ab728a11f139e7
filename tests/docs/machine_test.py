#!/usr/bin/env python3
"""Shows that the machine of a page fails when a command does not do what the page says."""

import os
import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import pages_test

# A block, what it is said to answer, and a word of why the page fails; without one it passes.
PAGES = [
    ("vswitchctl add-br br0\nx=br0\n```\n\n```sh\nvswitchctl list-br; echo $x", "br0\nbr0", ""),
    ("sudo touch /etc/vswitch-page /var/lib/vswitch-page /run/vswitch-page ~/vswitch-page", "", ""),
    ("ping -c 1 -W 20 10.0.0.1", "...\n1 packets transmitted, 1 received...\n...", ""),
    ("vswitchctl list-ports br9", "", "4: status 5"),
    ("true\nfalse\ntrue", "", "4: status 1"),
    ("false | true", "", "4: status 1"),
    ("echo $unset", "", "unset: unbound variable"),
    ("vswitchctl list-br", "br0", "4: the page says"),
    ("exit 0\n```\n\n```sh\ntrue", "", "has ended the shell"),
    ("sudo -u root true", "", "no option"),
]


@unittest.skipIf(os.geteuid() != 0, "needs root")
class MachineTest(unittest.TestCase):
    def test_pages(self):
        with tempfile.TemporaryDirectory() as folder:
            programs = pathlib.Path(folder, "bin")
            programs.mkdir()
            pages_test.gather_programs(pages_test.built(), str(programs))
            for commands, expected, why in PAGES:
                page = pathlib.Path(folder, "page.md")
                output = f"\n```output\n{expected}\n```\n" if expected else ""
                page.write_text(f"# A page\n\n```sh\n{commands}\n```\n{output}", "utf-8")
                failure = pages_test.run(page, str(programs))
                self.assertEqual(bool(failure), bool(why), (commands, failure))
                self.assertIn(why, failure)
        for private in ("/etc", "/var/lib", "/run", os.path.expanduser("~")):
            self.assertFalse(os.path.exists(f"{private}/vswitch-page"))


if __name__ == "__main__":
    unittest.main()
