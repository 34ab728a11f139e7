#!/usr/bin/env python3
"""Medians, spread and pairwise ratios of what tools/compare measured.

Usage: compare_report.py RESULTS, lines "WORKLOAD v|b NUMBER" in the order A B B A A B B A ...
"""

import collections
import statistics
import sys

# Name of the row, unit, divisor.
ROWS = {
    "guest_tcp": ("guest TCP", "Gbit/s", 1e9),
    "host_tcp": ("host TCP", "Gbit/s", 1e9),
    "host_udp": ("host UDP, 18 bytes", "kpps", 1e3),
}


def spread(values):
    return f"{min(values):.2f} to {max(values):.2f}"


def main():
    runs = collections.defaultdict(list)
    with open(sys.argv[1], encoding="utf-8") as results:
        for line in results:
            workload, system, value = line.split()
            runs[workload].append((system, float(value)))
    header = ("", "vswitch", "(spread)", "bridge", "(spread)", "ratio", "(pair by pair)")
    layout = "{:<26}{:>9} {:<18}{:>9} {:<18}{:>6}  {}"
    print(layout.format(*header))
    for workload, measured in runs.items():
        title, unit, divisor = ROWS[workload]
        pairs = [dict(measured[i : i + 2]) for i in range(0, len(measured), 2)]
        ours = [pair["v"] / divisor for pair in pairs]
        theirs = [pair["b"] / divisor for pair in pairs]
        ratios = [a / b for a, b in zip(ours, theirs)]
        print(
            layout.format(
                f"{title}, {unit}",
                f"{statistics.median(ours):.2f}",
                f"({spread(ours)})",
                f"{statistics.median(theirs):.2f}",
                f"({spread(theirs)})",
                f"{statistics.median(ratios):.2f}",
                " ".join(f"{ratio:.2f}" for ratio in ratios),
            )
        )


if __name__ == "__main__":
    main()
