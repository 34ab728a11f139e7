#!/usr/bin/env python3
"""What all suites and peers have in common, and what single ones compute."""

import importlib
import os
import pathlib
import sys
import time
import unittest

# Bazel starts this through a link into the source tree, which is to stay as it is.
sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from bench.suite import lab, peers
from bench.suite.method import Cell
from bench.suite.names import QUICK, SUITES
from bench.suite.peers.peer import INTERNAL, TAP
from bench.suite.suites import aa, kill


class Suites(unittest.TestCase):
    def test_each_has_a_module_a_summary_and_a_row(self):
        readme = (ROOT / "bench/README.md").read_text(encoding="utf-8")
        for suite in SUITES:
            module = importlib.import_module(f"bench.suite.suites.{suite}")
            self.assertTrue(module.SUMMARY and callable(module.run), suite)
            self.assertTrue(f"| `{suite}` |" in readme, f"{suite} has no row in bench/README.md")

    def test_each_module_is_a_suite(self):
        files = (ROOT / "bench/suite/suites").glob("[a-z]*.py")
        self.assertEqual({file.stem for file in files}, set(SUITES))

    def test_the_quick_ones_are_suites(self):
        self.assertLessEqual(set(QUICK), set(SUITES))


class Peers(unittest.TestCase):
    def test_no_two_share_a_name_or_devices(self):
        for of in ("name", "title", "default_prefix"):
            self.assertEqual(len({getattr(peer, of) for peer in peers.ALL}), len(peers.ALL), of)

    def test_groups_are_of_them(self):
        self.assertLessEqual({*peers.USUAL, *peers.KERNEL}, set(peers.ALL))

    def test_the_limits_join_two_ports_of_their_types(self):
        for peer, types, can in (
            (peers.BareRedirect, (TAP, TAP), True),
            (peers.BareRedirect, (TAP, INTERNAL), False),
            (peers.BareRedirect, (TAP, TAP, TAP), False),
            (peers.BareLoop, (TAP, INTERNAL), True),
            (peers.BareLoop, (TAP, TAP, TAP), False),
        ):
            self.assertEqual(peer.can(types), can, (peer, types))


class Lab(unittest.TestCase):
    def test_a_machine_has_no_more_time_than_its_cores(self):
        before, began = lab.machine_cpu_ns(), time.monotonic_ns()
        time.sleep(0.1)
        spent, wall = lab.machine_cpu_ns() - before, time.monotonic_ns() - began
        # Idle time is told in ticks of 10 ms: some of it may be of before, for each core.
        rounding = os.cpu_count() * 30_000_000
        self.assertLess(spent, wall * os.cpu_count() + rounding)
        self.assertGreater(spent, -rounding)

    def test_a_thread_is_part_of_its_process(self):
        pid = os.getpid()
        self.assertLessEqual(lab.thread_cpu_ns(pid, pid), lab.cpu_ns([pid]))


class Computed(unittest.TestCase):
    def test_many_kills_are_told_together(self):
        runs = [{"lost": 1, "longest silence": 5}, {"lost": 2, "longest silence": 3}]
        self.assertEqual(kill.together(runs), {"lost": 3, "longest silence": 5})

    def aa_bars(self, unit, baseline):
        values = {"vswitch": [90, 110], aa.AGAIN: [100, 100], **baseline}
        return aa.not_worse_than_again(Cell("aa", "tap", unit, "vswitch", values))

    def test_a_baseline_is_held_against_the_spread_of_the_same_program(self):
        baseline = {aa.BASELINE: [100, 100]}
        (bar,) = self.aa_bars("kpps", baseline)
        self.assertEqual((bar.peer, bar.at_least, bar.at_most), (aa.BASELINE, 0.9, None))
        (bar,) = self.aa_bars(aa.NS_PER_FRAME, baseline)
        self.assertEqual((bar.peer, bar.at_least, bar.at_most), (aa.BASELINE, None, 1.1))
        self.assertEqual(self.aa_bars("kpps", {}), ())


if __name__ == "__main__":
    unittest.main()
