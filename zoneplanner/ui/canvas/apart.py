"""Symbols that would lie on each other, moved aside until all can be seen and picked."""

import numpy as np
from numpy.typing import NDArray

from zoneplanner.ui.canvas.shapes import FloatArray

ROUNDS = 12
FARTHEST = 1.6


def apart(points: FloatArray, radii: FloatArray, overlap: float = 0.15) -> FloatArray:
    """Return how far each symbol moves, shape (n, 2), in the points' pixels.

    Two symbols may overlap by a share of their radii; those at one point go to its left and
    right in their order. No symbol moves farther than ``FARTHEST`` times its radius.
    """
    reach = (radii[:, None] + radii[None, :]) * (1 - overlap)
    np.fill_diagonal(reach, 0.0)
    moves = np.zeros(points.shape)
    close = _near(points, reach)
    if len(close):
        start = points[close]
        moves[close] = _pushed(start, reach[np.ix_(close, close)], radii[close, None] * FARTHEST)
    return moves


def _near(points: FloatArray, reach: FloatArray) -> NDArray[np.intp]:
    """Return the symbols that lie on another, and those that one of these may be pushed onto."""
    away = np.hypot(*(points[:, None, :] - points[None, :, :]).transpose(2, 0, 1))
    lying = (away < reach).any(axis=1)
    if not lying.any():
        return np.empty(0, dtype=np.intp)
    return np.flatnonzero(lying | (away[:, lying] < 2.5 * reach[:, lying]).any(axis=1))


def _pushed(start: FloatArray, reach: FloatArray, limit: FloatArray) -> FloatArray:
    at = start.copy()
    at[:, 0] += np.arange(len(at)) * 1e-3
    for _ in range(ROUNDS):
        way = at[:, None, :] - at[None, :, :]
        away = np.hypot(way[..., 0], way[..., 1])
        short = np.maximum(reach - away, 0.0)
        if not short.any():
            break
        push = (way / np.maximum(away, 1e-9)[..., None]) * (short / 2)[..., None]
        moved = at + push.sum(axis=1) - start
        far = np.hypot(moved[:, 0], moved[:, 1])[:, None]
        at = start + moved * np.minimum(1.0, limit / np.maximum(far, 1e-9))
    return at - start
