"""A basemap as arrays of shapes by kind, and as bytes to store."""

import io
import json
import zipfile
import zlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from zoneplanner.analysis.arrays import to_object_array
from zoneplanner.domain.geography.basemap import (
    BASEMAP_AREAS,
    BASEMAP_KINDS,
    BASEMAP_LINES,
    STREET_KINDS,
)
from zoneplanner.domain.grouping import group_pairs

_STEP_M = 0.1
_MAX_BYTES = 400_000_000
_TYPES = {
    **dict.fromkeys(BASEMAP_LINES, shapely.GeometryType.LINESTRING),
    **dict.fromkeys(BASEMAP_AREAS, shapely.GeometryType.POLYGON),
}


@dataclass(frozen=True, eq=False, slots=True)
class BasemapFeatures:
    """The features of one kind: lines, polygons or points in meters, with name and number.

    ``refs`` are the numbers on road shields, such as I 80.
    """

    shapes: NDArray[np.object_]
    names: tuple[str, ...]
    refs: tuple[str, ...]


BasemapByKind = Mapping[str, BasemapFeatures]


def has_streets(basemap: BasemapByKind) -> bool:
    """Return whether a basemap has streets, which then replace the project's main streets."""
    return not set(STREET_KINDS).isdisjoint(basemap)


def pack_basemap(basemap: BasemapByKind) -> bytes:
    """Return a basemap as bytes, with positions to a decimeter; the result is deterministic."""
    arrays: dict[str, Any] = {}
    for kind in BASEMAP_KINDS:
        features = basemap.get(kind)
        if features is None or not len(features.shapes):
            continue
        _, xy, offsets = shapely.to_ragged_array(features.shapes, include_z=False)
        steps = np.rint(xy / _STEP_M).astype(np.int32)
        arrays[f"{kind}.xy"] = np.diff(steps, axis=0, prepend=np.zeros((1, 2), np.int32))
        for level, values in enumerate(offsets):
            arrays[f"{kind}.{level}"] = np.diff(values, prepend=0).astype(np.int32)
        texts = json.dumps([features.names, features.refs], separators=(",", ":")).encode()
        arrays[f"{kind}.texts"] = np.frombuffer(texts, dtype=np.uint8)
    packed = io.BytesIO()
    np.savez(packed, allow_pickle=False, **arrays)
    return packed.getvalue()


def unpack_basemap(
    data: bytes, only: Collection[str] = BASEMAP_KINDS
) -> dict[str, BasemapFeatures]:
    """Return the basemap in ``pack_basemap``'s bytes, or some of its kinds; else a ValueError."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            if sum(member.file_size for member in packed.infolist()) > _MAX_BYTES:
                raise ValueError("the basemap is too large")
        with np.load(io.BytesIO(data), allow_pickle=False) as packed:
            arrays = {n: packed[n] for n in packed.files if n.partition(".")[0] in only}
    except (zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(str(error)) from error
    kinds = [kind for kind in BASEMAP_KINDS if f"{kind}.xy" in arrays]
    return {kind: _read_kind(kind, arrays) for kind in kinds}


def _read_kind(kind: str, arrays: Mapping[str, Any]) -> BasemapFeatures:
    xy = np.cumsum(arrays[f"{kind}.xy"].astype(np.int64), axis=0) * _STEP_M
    levels = sorted(name for name in arrays if name.startswith(f"{kind}.") and name[-1].isdigit())
    offsets = tuple(np.cumsum(arrays[name].astype(np.int64)) for name in levels)
    geometry = _TYPES.get(kind, shapely.GeometryType.POINT)
    try:
        shapes = shapely.from_ragged_array(geometry, xy, offsets or None)
    except (TypeError, shapely.GEOSException) as error:  # offsets of another geometry type
        raise ValueError(str(error)) from error
    match json.loads(arrays.get(f"{kind}.texts", np.empty(0)).tobytes()):
        case [[*names], [*refs]] if len(shapes) == len(names) == len(refs):
            return BasemapFeatures(shapes, tuple(map(str, names)), tuple(map(str, refs)))
    raise ValueError(f"names and shapes of {kind} differ")


def join_basemaps(parts: Sequence[BasemapByKind]) -> dict[str, BasemapFeatures]:
    """Return the features of several basemaps as one."""
    joined = {}
    for kind in BASEMAP_KINDS:
        own = [part[kind] for part in parts if kind in part]
        if own:
            joined[kind] = BasemapFeatures(
                np.concatenate([features.shapes for features in own]),
                tuple(name for features in own for name in features.names),
                tuple(ref for features in own for ref in features.refs),
            )
    return joined


def collect_features(rows: Iterable[tuple[str, str, BaseGeometry]]) -> BasemapFeatures:
    """Return features of one kind from rows of name, number and shape, split into single parts.

    Lines with one name and number that meet end to end are merged.
    """
    by_name = group_pairs(((name, ref), shape) for name, ref, shape in rows)
    shapes: list[BaseGeometry] = []
    names: list[str] = []
    refs: list[str] = []
    for (name, ref), own in sorted(by_name.items(), key=lambda item: item[0]):
        parts = shapely.get_parts(own)
        if shapely.get_dimensions(parts).max(initial=0) == 1:
            parts = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(parts)))
        shapes += parts.tolist()
        names += [name] * len(parts)
        refs += [ref] * len(parts)
    return BasemapFeatures(to_object_array(shapes), tuple(names), tuple(refs))
