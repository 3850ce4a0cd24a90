"""A basemap as arrays of shapes by kind, and as bytes to keep."""

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

from zoneplanner.domain.geography.basemap import (
    BASEMAP_AREAS,
    BASEMAP_KINDS,
    BASEMAP_LINES,
    STREET_KINDS,
)

_STEP_M = 0.1
_MOST_BYTES = 400_000_000
_TYPES = {
    **dict.fromkeys(BASEMAP_LINES, shapely.GeometryType.LINESTRING),
    **dict.fromkeys(BASEMAP_AREAS, shapely.GeometryType.POLYGON),
}


@dataclass(frozen=True, eq=False, slots=True)
class BasemapFeatures:
    """The features of one kind: lines, polygons or points in meters, with name and number.

    ``refs`` are the numbers that shields show, such as I 80.
    """

    shapes: NDArray[np.object_]
    names: tuple[str, ...]
    refs: tuple[str, ...]


BasemapByKind = Mapping[str, BasemapFeatures]


def has_streets(found: BasemapByKind) -> bool:
    """True where the streets of a basemap take the place of the project's main streets."""
    return not set(STREET_KINDS).isdisjoint(found)


def pack_basemap(found: BasemapByKind) -> bytes:
    """Return a basemap as bytes, positions to a decimeter; the same one gives the same bytes."""
    arrays: dict[str, Any] = {}
    for kind in BASEMAP_KINDS:
        if kind not in found or not len(found[kind].shapes):
            continue
        own = found[kind]
        _, xy, offsets = shapely.to_ragged_array(own.shapes, include_z=False)
        steps = np.rint(xy / _STEP_M).astype(np.int32)
        arrays[f"{kind}.xy"] = np.diff(steps, axis=0, prepend=np.zeros((1, 2), np.int32))
        for at, one in enumerate(offsets):
            arrays[f"{kind}.{at}"] = np.diff(one, prepend=0).astype(np.int32)
        texts = json.dumps([own.names, own.refs], separators=(",", ":")).encode()
        arrays[f"{kind}.texts"] = np.frombuffer(texts, dtype=np.uint8)
    packed = io.BytesIO()
    np.savez(packed, allow_pickle=False, **arrays)
    return packed.getvalue()


def unpack_basemap(
    data: bytes, only: Collection[str] = BASEMAP_KINDS
) -> dict[str, BasemapFeatures]:
    """Return the basemap of some bytes, of some kinds; those that hold none are a ValueError."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            if sum(member.file_size for member in packed.infolist()) > _MOST_BYTES:
                raise ValueError("the basemap is too large")
        with np.load(io.BytesIO(data), allow_pickle=False) as kept:
            arrays = {n: kept[n] for n in kept.files if n.partition(".")[0] in only}
        kinds = [kind for kind in BASEMAP_KINDS if f"{kind}.xy" in arrays]
        return {kind: _read_kind(kind, arrays) for kind in kinds}
    except (zipfile.BadZipFile, zlib.error, KeyError, TypeError, shapely.GEOSException) as error:
        raise ValueError(str(error)) from error


def _read_kind(kind: str, arrays: Mapping[str, Any]) -> BasemapFeatures:
    xy = np.cumsum(arrays[f"{kind}.xy"].astype(np.int64), axis=0) * _STEP_M
    names = sorted(name for name in arrays if name.startswith(f"{kind}.") and name[-1].isdigit())
    offsets = tuple(np.cumsum(arrays[name].astype(np.int64)) for name in names)
    geometry = _TYPES.get(kind, shapely.GeometryType.POINT)
    shapes = shapely.from_ragged_array(geometry, xy, offsets or None)
    found, refs = json.loads(arrays[f"{kind}.texts"].tobytes())
    if not len(shapes) == len(found) == len(refs):
        raise ValueError(f"names and shapes of {kind} differ")
    return BasemapFeatures(shapes, tuple(map(str, found)), tuple(map(str, refs)))


def join_basemaps(parts: Sequence[BasemapByKind]) -> dict[str, BasemapFeatures]:
    """Return the features of several basemaps as one."""
    joined = {}
    for kind in BASEMAP_KINDS:
        own = [part[kind] for part in parts if kind in part]
        if own:
            joined[kind] = BasemapFeatures(
                np.concatenate([one.shapes for one in own]),
                tuple(name for one in own for name in one.names),
                tuple(ref for one in own for ref in one.refs),
            )
    return joined


def collect_features(rows: Iterable[tuple[str, str, BaseGeometry]]) -> BasemapFeatures:
    """Return features of one kind out of names, numbers and shapes of any count of parts.

    Lines of one name and number that meet end to end become one.
    """
    together: dict[tuple[str, str], list[BaseGeometry]] = {}
    for name, ref, shape in rows:
        together.setdefault((name, ref), []).append(shape)
    shapes: list[BaseGeometry] = []
    names: list[str] = []
    refs: list[str] = []
    for (name, ref), own in sorted(together.items(), key=lambda item: item[0]):
        parts = shapely.get_parts(own)
        if shapely.get_dimensions(parts).max(initial=0) == 1:
            parts = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(parts)))
        shapes += parts.tolist()
        names += [name] * len(parts)
        refs += [ref] * len(parts)
    return BasemapFeatures(_to_array(shapes), tuple(names), tuple(refs))


def _to_array(shapes: Sequence[BaseGeometry]) -> NDArray[np.object_]:
    found = np.empty(len(shapes), dtype=object)
    found[:] = shapes
    return found
