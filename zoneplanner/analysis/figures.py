"""One figure with its n and its definition, and when a figure is withheld instead."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

PERCENTILE_MIN_N = 10
"""Below this many values a P90 says nothing and is withheld."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A value, how many records carry it, and what it means; ``why`` says why it is withheld."""

    value: float | None
    n: int
    definition: str
    why: str | None = None


@dataclass(frozen=True, slots=True)
class CoverageRow:
    """The figures of one site, zone, unit or week, by name."""

    key: str
    name: str
    figures: Mapping[str, Figure]


def withhold_figure(definition: str, why: str, n: int = 0) -> Figure:
    """Return a figure without a value."""
    return Figure(None, n, definition, why)


def compute_percentile(values: Sequence[float], percent: int, definition: str, none: str) -> Figure:
    """Return a percentile, linear between order statistics; a P90 needs ten values."""
    n = len(values)
    if n == 0:
        return withhold_figure(definition, none)
    if percent >= 90 and n < PERCENTILE_MIN_N:
        why = f"a P{percent} needs at least {PERCENTILE_MIN_N} values, there are {n}"
        return withhold_figure(definition, why, n)
    return Figure(float(np.percentile(np.asarray(values), percent)), n, definition)


def compute_share(part: float, n: int, definition: str, none: str) -> Figure:
    """Return ``part`` of ``n``; of nothing it is withheld for the reason ``none``."""
    if n == 0:
        return withhold_figure(definition, none)
    return Figure(part / n, n, definition)
