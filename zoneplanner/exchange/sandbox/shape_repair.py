"""Shapes of foreign files made fit to keep: flat, finite, valid, of one dimension each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

_POINTS, _LINES, _AREAS = 0, 1, 2
_MOST_CROSSINGS = 50_000
"""About a second of repair; 5,000 corners at random cross 3 million times and took 2.4 GB."""
_SAMPLED_EDGES = 200


@dataclass(frozen=True, eq=False, slots=True)
class _RepairedShape:
    """A shape fit to keep, and what was repaired; or None, and why it is refused."""

    shape: BaseGeometry | None
    repaired: str = ""
    refused: str = ""


def repair_shape(shape: BaseGeometry | None) -> _RepairedShape:
    """Return a shape as areas, lines or points; of a mix the parts of most extent are kept."""
    if shape is None or shape.is_empty:
        return _NO_GEOMETRY
    flat = shapely.force_2d(shape)
    if not np.isfinite(shapely.get_coordinates(flat)).all():
        return _RepairedShape(None, refused="has coordinates that are no numbers")
    valid = flat
    if not flat.is_valid:
        if estimate_crossings(flat) > _MOST_CROSSINGS:
            return _RepairedShape(None, refused="crosses itself too often to be repaired")
        valid = shapely.make_valid(flat, method="structure")
    parts = shapely.get_parts(valid)
    while (shapely.get_type_id(parts) > 3).any():
        parts = shapely.get_parts(parts)
    parts = parts[~shapely.is_empty(parts)]
    if not len(parts):
        return _NO_GEOMETRY
    extent = shapely.get_dimensions(parts)
    kept = _join_parts(parts[extent == extent.max()], int(extent.max()))
    if kept is None:
        return _RepairedShape(None, refused="has a shape that cannot be repaired")
    repaired = f"was not valid ({_explain_invalid(flat)})" if valid is not flat else ""
    if not repaired and extent.min() != extent.max():
        repaired = f"mixed shapes: only its {_WORDS[int(extent.max())]} are kept"
    return _RepairedShape(kept, repaired)


def repair_shapes(shapes: Sequence[BaseGeometry | None]) -> list[_RepairedShape]:
    """Repair many shapes; those that are fit already are found in one go."""
    own = np.array([*shapes, None], dtype=object)[:-1]
    flat = shapely.force_2d(own)
    good = is_located(flat) & (shapely.get_type_id(flat) != _GROUP)
    good[good] = shapely.is_valid(flat[good]) & ~_is_closed_ring(flat[good])
    return [
        _RepairedShape(shape) if fit else repair_shape(raw)
        for shape, raw, fit in zip(flat.tolist(), own.tolist(), good.tolist(), strict=True)
    ]


def is_located(shapes: Any) -> NDArray[np.bool_]:
    """Tell which shapes are somewhere: not missing, not empty, all their coordinates numbers."""
    corners, of = shapely.get_coordinates(shapes, return_index=True)
    located: NDArray[np.bool_] = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    located[of[~np.isfinite(corners).all(axis=1)]] = False
    return located


def estimate_crossings(shape: BaseGeometry) -> int:
    """Return about how often the edges of a shape cross, from a sample of them.

    The time and memory of a repair grow with the crossings, not with the corners: a coast of 50,000
    corners that touches itself once is repaired at once.
    """
    corners, ring = shapely.get_coordinates(
        shapely.get_rings(shapely.get_parts(shape)), return_index=True
    )
    joined = ring[1:] == ring[:-1]
    edges = shapely.linestrings(np.stack([corners[:-1], corners[1:]], axis=1)[joined])
    if not len(edges):
        return 0
    count = min(_SAMPLED_EDGES, len(edges))
    sample = edges[np.linspace(0, len(edges) - 1, count).astype(int)]
    met = shapely.STRtree(edges).query(sample, predicate="intersects").shape[1]
    return int(max(0.0, met / count - 3) * len(edges) / 2)  # an edge meets itself and two more


def _is_closed_ring(shapes: Any) -> Any:
    """Tell rings that stand alone, which are kept as lines."""
    return shapely.get_type_id(shapes) == _RING


_NO_GEOMETRY = _RepairedShape(None, refused="has no geometry")
_RING, _GROUP = 2, 7
_WORDS = {_POINTS: "points", _LINES: "lines", _AREAS: "areas"}
_SEVERAL: tuple[Callable[..., Any], ...] = (
    shapely.multipoints,
    shapely.multilinestrings,
    shapely.multipolygons,
)


def _join_parts(parts: Any, extent: int) -> BaseGeometry | None:
    """Join parts of one dimension; areas that overlap become one."""
    if extent == _LINES:
        parts = [shapely.linestrings(shapely.get_coordinates(part)) for part in parts]
    made: BaseGeometry = parts[0] if len(parts) == 1 else _SEVERAL[extent](parts)
    if not made.is_valid:
        made = shapely.union_all(parts)
    return made if made.is_valid and made.geom_type != "GeometryCollection" else None


def _explain_invalid(shape: BaseGeometry) -> str:
    return str(shapely.is_valid_reason(shape)).split("[")[0].strip().lower()
