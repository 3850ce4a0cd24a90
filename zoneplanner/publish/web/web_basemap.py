"""The basemap inside the web map's one file: simplified lines, packed until they fit."""

import base64
from collections.abc import Sequence
from math import isfinite
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import box

from zoneplanner.analysis.geometry.basemap import BasemapByKind, BasemapFeatures
from zoneplanner.analysis.geometry.crs import geometries_to_lonlat
from zoneplanner.domain.geography.basemap import (
    AREAS_BELOW_M_PX,
    BASEMAP_AREAS,
    BASEMAP_KINDS,
    BASEMAP_LINES,
    BASEMAP_PLACES,
    SERVICE_SIGNS,
)
from zoneplanner.publish.maps.basemap import BoundingBox
from zoneplanner.tokens import MAP_STYLE

_MOST_BYTES = 1_700_000
"""What the basemap adds to the file at most; 2.5 MB with all the rest."""
_PER_DEGREE = 1e5
_STEPS = ((2.0, ()), (4.0, ("building",)), (8.0, ("building", "service")))
_LAST_STEPS = ((12.0, ("building", "service", "park")), (16.0, ("building", "service", "local")))
"""Meters of detail that are left out, and kinds with them, until the rest fits."""


def encode_basemap(
    found: BasemapByKind, crs: str, window: BoundingBox, *, most_bytes: int = _MOST_BYTES
) -> dict[str, Any] | None:
    """Return the features in a window as JSON values; None where there are none.

    Positions are degrees times 100,000, as differences in zigzag varints, in base64; ``count`` are
    the corners of each part. Names and numbers are given once and named by their place.
    """
    kinds: dict[str, Any] = {}
    for simpler_m, left_out in (*_STEPS, *_LAST_STEPS):
        kinds = {
            kind: packed
            for kind in BASEMAP_KINDS
            if kind in found and kind not in left_out
            for packed in (_encode_kind(found[kind], crs, window, simpler_m),)
            if packed is not None
        }
        if sum(len(one["xy"]) + len(str(one["names"])) for one in kinds.values()) <= most_bytes:
            break
    if not kinds:
        return None
    return {"kinds": kinds, "style": _list_styles(), "signs": SERVICE_SIGNS, **_KIND_ROLES}


_KIND_ROLES = {
    "areas": list(BASEMAP_AREAS),
    "lines": list(BASEMAP_LINES),
    "places": list(BASEMAP_PLACES),
}


def _list_styles() -> dict[str, Any]:
    """Return widths, roles and scales of the tokens, by kind."""
    lines = {
        kind: {
            **{"color": style.color, "case": style.case, "px": style.px, "m": style.m},
            **{"below": style.below_m_px if isfinite(style.below_m_px) else 1e9},
            "named": style.named_below_m_px,
        }
        for kind, style in MAP_STYLE.streets.items()
    }
    areas = {kind: {"below": min(below, 1e9)} for kind, below in AREAS_BELOW_M_PX.items()}
    return {**lines, **areas, "case_px": MAP_STYLE.street_case_px, "thin_px": MAP_STYLE.thin_px}


def _encode_kind(
    own: BasemapFeatures, crs: str, window: BoundingBox, simpler_m: float
) -> dict[str, Any] | None:
    at = np.flatnonzero(shapely.intersects(own.shapes, box(*window)))
    simple = shapely.simplify(own.shapes[at], simpler_m)
    cut = shapely.clip_by_rect(simple, *window)
    parts, of = _list_parts(geometries_to_lonlat(crs, cut.tolist()))
    if not len(parts):
        return None
    degrees, part = shapely.get_coordinates(parts, return_index=True)
    whole = np.rint(degrees * _PER_DEGREE).astype(np.int64)
    steps = np.diff(whole, axis=0, prepend=np.zeros((1, 2), np.int64)).ravel()
    texts = [own.refs[row] or own.names[row] for row in at[of].tolist()]
    names = sorted(set(texts))
    place = {name: n for n, name in enumerate(names)}
    return {
        "xy": _pack(steps),
        "count": _pack(np.bincount(part, minlength=len(parts))),
        "names": names,
        "name": _pack(np.diff(np.array([place[text] for text in texts]), prepend=0)),
    }


def _list_parts(shapes: Sequence[Any]) -> tuple[NDArray[np.object_], NDArray[np.intp]]:
    """Return lines, rings and points, and which shape each is of."""
    parts, of = shapely.get_parts(shapes, return_index=True)
    polygons = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    rings, ring_of = shapely.get_rings(parts[polygons], return_index=True)
    every = np.concatenate([parts[~polygons], rings])
    whose = np.concatenate([of[~polygons], of[polygons][ring_of]])
    order = np.argsort(whose, kind="stable")
    every, whose = every[order], whose[order]
    full = ~shapely.is_empty(every)
    return every[full], whose[full]


def _pack(values: NDArray[np.int64]) -> str:
    """Return whole numbers as zigzag varints (seven bits a byte, the lowest first) in base64."""
    left = np.where(values < 0, -2 * values - 1, 2 * values).astype(np.uint64)
    columns: list[NDArray[np.uint64]] = []
    more: list[NDArray[np.bool_]] = [np.ones(len(left), dtype=bool)]
    while more[-1].any():
        rest = left >> np.uint64(7)
        follows = more[-1] & (rest > 0)
        columns.append((left & np.uint64(127)) | (follows.astype(np.uint64) << np.uint64(7)))
        more.append(follows)
        left = rest
    if not columns:
        return ""
    whole = np.stack(columns, axis=1).astype(np.uint8)
    return base64.b64encode(whole[np.stack(more[:-1], axis=1)].tobytes()).decode()
