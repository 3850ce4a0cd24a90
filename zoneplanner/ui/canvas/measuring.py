"""Lengths and areas on the map, and areas as people write them."""

from collections.abc import Sequence
from itertools import pairwise
from math import hypot

from zoneplanner.ui.kit.words import MILE_M

ACRE_M2 = 4046.8564224
SMALL_M2 = 100 * ACRE_M2

Place = tuple[float, float]


def length_m(places: Sequence[Place]) -> float:
    """Return the length of a line through places in metres."""
    pairs = pairwise(places)
    return sum(hypot(x2 - x1, y2 - y1) for (x1, y1), (x2, y2) in pairs)


def area_m2(places: Sequence[Place]) -> float:
    """Return the area within a closed line through places, in square metres."""
    if len(places) < 3:
        return 0.0
    x0, y0 = places[0]
    pairs = pairwise(places[1:])
    twice = sum((x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0) for (x1, y1), (x2, y2) in pairs)
    return abs(twice) / 2


def area_words(square_metres: float) -> str:
    """Write an area: acres and hectares when small, else square miles and kilometres."""
    if square_metres < SMALL_M2:
        return f"{square_metres / ACRE_M2:,.1f} acres ({square_metres / 10_000:,.1f} ha)"
    return f"{square_metres / MILE_M**2:,.2f} sq mi ({square_metres / 1e6:,.2f} km²)"
