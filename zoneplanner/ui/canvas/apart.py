"""Symbols that would lie on each other, moved aside until all can be seen and picked."""

import numpy as np
import shapely
from numpy.typing import NDArray

from zoneplanner.analysis.arrays import FloatArray

_ROUNDS = 12
_FARTHEST, _NEAR = 1.6, 2.5
_Places = NDArray[np.intp]


def displace_symbols(points: FloatArray, radii: FloatArray, overlap: float = 0.15) -> FloatArray:
    """Return how far each symbol moves, shape (n, 2), in the points' pixels.

    Two symbols may overlap by a share of their radii; those at one point go to its left and
    right in their order. No symbol moves farther than ``FARTHEST`` times its radius, so only pairs
    that can meet are looked at: a thousand symbols take some milliseconds.
    """
    moves = np.zeros(points.shape)
    one, other = _find_near_pairs(points, 2 * radii.max() * (1 - overlap + _FARTHEST))
    reach = (radii[one] + radii[other]) * (1 - overlap)
    away = np.hypot(*(points[one] - points[other]).T)
    close = _find_crowded(len(points), one, other, away / reach)
    if close.any():
        among, place = close[one] & close[other], np.cumsum(close) - 1
        pairs = place[one[among]], place[other[among]]
        limit = radii[close, None] * _FARTHEST
        moves[close] = _push_symbols_apart(points[close], *pairs, reach[among], limit)
    return moves


def _find_near_pairs(points: FloatArray, within: float) -> tuple[_Places, _Places]:
    """Return the pairs of symbols that are near each other, as two arrays."""
    spots = np.asarray(shapely.points(points))
    one, other = shapely.STRtree(spots).query(spots, predicate="dwithin", distance=within)
    once = one < other
    return one[once], other[once]


def _find_crowded(count: int, one: _Places, other: _Places, away: FloatArray) -> NDArray[np.bool_]:
    """Tell which symbols lie on another, or may be pushed onto by one that does.

    ``away`` is how far the symbols of a pair are from each other, as a share of their reach.
    """
    lying = np.zeros(count, dtype=bool)
    touching = away < 1
    lying[one[touching]] = lying[other[touching]] = True
    close, near = lying.copy(), (away < _NEAR) & (lying[one] | lying[other])
    close[one[near]] = close[other[near]] = True
    return close


def _push_symbols_apart(
    start: FloatArray, one: _Places, other: _Places, reach: FloatArray, limit: FloatArray
) -> FloatArray:
    at, count = start.copy(), len(start)
    at[:, 0] += np.arange(count) * 1e-3
    for _ in range(_ROUNDS):
        way = at[one] - at[other]
        away = np.hypot(way[:, 0], way[:, 1])
        short = np.maximum(reach - away, 0.0)
        if not short.any():
            break
        push = way * (short / 2 / np.maximum(away, 1e-9))[:, None]
        sums = [
            np.bincount(one, push[:, axis], count) - np.bincount(other, push[:, axis], count)
            for axis in (0, 1)
        ]
        moved = at + np.column_stack(sums) - start
        far = np.hypot(moved[:, 0], moved[:, 1])[:, None]
        at = start + moved * np.minimum(1.0, limit / np.maximum(far, 1e-9))
    return at - start
