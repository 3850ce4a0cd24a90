"""Shapes of foreign files made fit to keep: flat, finite, valid, of one dimension each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

_POINTS, _LINES, _AREAS = 0, 1, 2


@dataclass(frozen=True, eq=False, slots=True)
class _RepairedShape:
    """A shape fit to keep, and what was mended; or None, and why it is refused."""

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
    valid = flat if flat.is_valid else shapely.make_valid(flat)
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
    """Tidy many shapes; those that are fit already are told apart in one go."""
    own = np.array(shapes, dtype=object)
    flat = shapely.force_2d(own)
    corners, of = shapely.get_coordinates(flat, return_index=True)
    broken = np.zeros(len(own), dtype=bool)
    broken[of[~np.isfinite(corners).all(axis=1)]] = True
    kinds = shapely.get_type_id(flat)
    good = (kinds >= 0) & (kinds != _GROUP) & ~broken & ~shapely.is_empty(flat)
    good[good] = shapely.is_valid(flat[good]) & ~_is_closed_ring(flat[good])
    return [
        _RepairedShape(shape) if fit else repair_shape(raw)
        for shape, raw, fit in zip(flat.tolist(), own.tolist(), good.tolist(), strict=True)
    ]


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
