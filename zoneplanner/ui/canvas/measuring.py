"""Lengths and areas on the map, and areas as people write them."""

from collections.abc import Sequence
from itertools import pairwise
from math import hypot

_Position = tuple[float, float]


def compute_length_m(places: Sequence[_Position]) -> float:
    """Return the length of a line through places in metres."""
    pairs = pairwise(places)
    return sum(hypot(x2 - x1, y2 - y1) for (x1, y1), (x2, y2) in pairs)


def compute_area_m2(places: Sequence[_Position]) -> float:
    """Return the area within a closed line through places, in square metres."""
    if len(places) < 3:
        return 0.0
    x0, y0 = places[0]
    pairs = pairwise(places[1:])
    twice = sum((x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0) for (x1, y1), (x2, y2) in pairs)
    return abs(twice) / 2
