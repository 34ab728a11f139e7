#!/usr/bin/env python3
"""Tests of the statistics in method.py."""

import pathlib
import sys
import unittest

# Bazel starts this through a link into the source tree, which is to stay as it is.
sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

from bench.suite.method import Bar, Cell, highest, median, mirrored, ratios, spread


class Mirrored(unittest.TestCase):
    def test_two_systems_are_abba(self):
        self.assertEqual(mirrored("AB", 2), [["A", "B"], ["B", "A"]] * 2)

    def test_a_steady_drift_meets_all_alike(self):
        sums = dict.fromkeys("ABCD", 0)
        order = [name for one in mirrored("ABCD", 3) for name in one]
        for drift, name in enumerate(order):
            sums[name] += drift
        self.assertEqual(len(set(sums.values())), 1)


class Statistics(unittest.TestCase):
    def test_what_is_missing_is_left_out(self):
        self.assertEqual(median([3, None, 1, 2]), 2)
        self.assertEqual(spread([3, None, 1]), (1, 3))
        self.assertIsNone(median([None]))
        self.assertIsNone(spread([]))

    def test_ratios_are_made_pass_by_pass(self):
        self.assertEqual(ratios([2, 6, None, 5], [1, 3, 1, 0]), [2, 2])


class Highest(unittest.TestCase):
    def test_comes_close_from_below(self):
        found = highest(lambda value: value <= 300, 0, 1000, steps=8)
        self.assertLessEqual(found, 300)
        self.assertGreater(found, 300 - 1000 / 2**8)

    def test_is_the_upper_end_if_that_passes(self):
        self.assertEqual(highest(lambda value: True, 0, 1000, steps=8), 1000)

    def test_is_the_lower_end_if_nothing_passes(self):
        self.assertEqual(highest(lambda value: False, 0, 1000, steps=8), 0)


class Bars(unittest.TestCase):
    def cell(self, *bars):
        values = {"ours": [90, 100, 110], "peer": [100, 100, 100]}
        return Cell("suite", "workload", "unit", "ours", values, bars)

    def met(self, bar):
        ((_, _, met),) = self.cell(bar).outcomes()
        return met

    def test_ratio_to_a_peer(self):
        self.assertTrue(self.met(Bar(peer="peer", at_least=0.95)))
        self.assertFalse(self.met(Bar(peer="peer", at_least=1.05)))
        self.assertTrue(self.met(Bar(peer="peer", straddles=1.0)))
        self.assertFalse(self.met(Bar(peer="peer", straddles=1.2)))

    def test_own_figure(self):
        self.assertTrue(self.met(Bar(at_most=100)))
        self.assertFalse(self.met(Bar(at_most=99)))

    def test_a_peer_that_is_not_there_settles_nothing(self):
        self.assertEqual(list(self.cell(Bar(peer="absent", at_least=1)).outcomes()), [])


if __name__ == "__main__":
    unittest.main()
