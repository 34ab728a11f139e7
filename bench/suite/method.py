"""How figures are taken and compared: in mirrored order, as medians, ratios pair by pair.

A machine drifts: it warms up, others come and go. So the systems take turns, forwards and then
backwards (A B B A): what grows steadily meets all of them alike. A ratio is made of two figures of
the same pass, and its spread says how far to trust it.
"""

import statistics
from dataclasses import dataclass, field
from typing import Optional


def mirrored(names, rounds):
    """The passes of so many rounds: each round once forwards, once backwards."""
    forward = list(names)
    return [list(order) for _ in range(rounds) for order in (forward, forward[::-1])]


def median(values):
    """The median of those that are there; None if none is."""
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


def spread(values):
    known = [value for value in values if value is not None]
    return (min(known), max(known)) if known else None


def ratios(ours, theirs):
    """Pass by pass; passes in which one has no figure, or theirs is 0, give none."""
    return [a / b for a, b in zip(ours, theirs) if a is not None and b]


def highest(passes, low, high, steps):
    """Bounded binary search: the highest value found for which passes(value) is true, given that
    it is for `low`; `high` itself if it is true for that."""
    if passes(high):
        return high
    for _ in range(steps):
        middle = (low + high) / 2
        if passes(middle):
            low = middle
        else:
            high = middle
    return low


@dataclass(frozen=True)
class Bar:
    """What a figure of ours must reach: a ratio to a peer if `peer` is given, else the median."""

    peer: Optional[str] = None
    at_least: Optional[float] = None
    at_most: Optional[float] = None
    straddles: Optional[float] = None  # Some ratios are below it, some above.

    def met_by(self, values):
        middle = median(values)
        if self.straddles is not None:
            return min(values) <= self.straddles <= max(values)
        return (self.at_least is None or middle >= self.at_least) and (
            self.at_most is None or middle <= self.at_most
        )


@dataclass
class Cell:
    """One figure of each system, measured in the same passes."""

    suite: str
    workload: str
    unit: str
    ours: str  # The system that ratios are made of.
    values: dict  # By system: a number or None for each pass.
    bars: tuple = ()
    group: Optional[str] = None  # Cells of a group are one plot, `x` its axis.
    x: Optional[float] = None
    axis: str = ""
    notes: list = field(default_factory=list)

    def ratios_to(self, system):
        return ratios(self.values[self.ours], self.values[system])

    def outcomes(self):
        """(bar, what it is held against, met or not), for bars whose figures are there."""
        for bar in self.bars:
            values = [v for v in self.values.get(self.ours, []) if v is not None]
            if bar.peer is not None:
                values = self.ratios_to(bar.peer) if bar.peer in self.values else []
            if values:
                yield bar, median(values), bar.met_by(values)
