"""The formats of map data: OpenStreetMap extracts, vector tiles, TIGER/Line, any lines and areas.

Only the guarded process may call these.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from zoneplanner.analysis.geometry.basemap import (
    BasemapFeatures,
    collect_features,
    pack_basemap,
)
from zoneplanner.bundled import read_resource_table
from zoneplanner.domain.geography.basemap import (
    BASEMAP_AREAS,
    BASEMAP_KINDS,
    BASEMAP_LINES,
    BASEMAP_POINTS,
)
from zoneplanner.errors import UserError
from zoneplanner.exchange.sandbox.gdal_safety import remove_triggers, restrict_drivers
from zoneplanner.exchange.sandbox.process import block_frame_imports
from zoneplanner.exchange.vector.coordinates import choose_crs, reproject_shapes

BASEMAP_FILE = "basemap.bin"
GDAL_DRIVERS = {
    ".geojson": ("GeoJSON",),
    ".shp": ("ESRI Shapefile",),
    ".gpkg": ("GPKG",),
    ".kml": ("LIBKML", "KML"),
    ".fgb": ("FlatGeobuf",),
    ".mbtiles": ("MBTiles", "MVT", "SQLite"),
    ".pmtiles": ("PMTiles", "MVT"),
}
_OSM_KEYS = ("highway", "railway", "waterway", "natural", "landuse", "leisure", "place", "amenity")
_SIMPLER_M = {1: 0.8, 2: 1.5}
_TOLD_EVERY = 20_000
_UNDERGROUND = ("culvert", "yes")


@dataclass(frozen=True, slots=True)
class MapWords:
    """How a file tells what is what: its fields and words, those of a person first.

    ``columns`` may name the fields for ``kind``, ``name`` and ``ref``; ``meanings`` are kinds by
    words of the file.
    """

    columns: Mapping[str, str]
    meanings: Mapping[str, str]

    def find_kind(self, fields: Mapping[str, str], layer: str, dimension: int) -> str | None:
        """Return what a feature is; None where it is nothing of a basemap."""
        table, known = ("point", "line", "area")[dimension], _read_words()
        chosen = self.columns.get("kind")
        for name in (chosen,) if chosen else known["fields"]:
            word = fields.get(name, "")
            kind = self.meanings.get(word) or known[table].get(word)
            kind = kind or (word if chosen and word in BASEMAP_KINDS else None)
            if kind is not None and _fits(kind, dimension):
                linked = fields.get("is_link", fields.get("ramp", fields.get("link", "")))
                road = dimension == 1 and kind in ("freeway", "arterial")
                return "ramp" if road and linked in ("1", "true", "True", "yes") else kind
        own = None if chosen else known[table].get(layer)
        return str(own) if own is not None and dimension == 2 else None

    def find_text(self, column: str, fields: Mapping[str, str]) -> str:
        """Return the name or number of a feature, empty where it has none."""
        chosen = self.columns.get(column)
        names = (chosen,) if chosen else _read_words()[f"{column}s"]
        return next((fields[name].strip() for name in names if fields.get(name)), "")


@cache
def _read_words() -> Mapping[str, Any]:
    return read_resource_table("basemap.toml")


def _fits(kind: str, dimension: int) -> bool:
    allowed = (BASEMAP_POINTS, BASEMAP_LINES, (*BASEMAP_AREAS, *BASEMAP_POINTS))
    return kind in allowed[dimension]


class _MapRow(NamedTuple):
    kind: str
    name: str
    ref: str
    shape: BaseGeometry


def read_map_features(
    copy: Path,
    name: str,
    *,
    layer: str | None,
    crs: str,
    source_crs: str | None,
    window: str,
    inside: str,
    columns: Mapping[str, str],
    meanings: Mapping[str, str],
    corners: int,
) -> Iterator[Any]:
    """Read a private copy and write its basemap, cut to ``window``, beside it.

    ``window`` and ``inside`` are WKB in hex, in ``crs``; buildings are read in the latter alone.
    Yields counts of what was read so far, then what there is to tell.
    """
    words = MapWords(columns, meanings)
    cut, district = shapely.from_wkb(window), shapely.from_wkb(inside)
    found: dict[str, list[tuple[str, str, BaseGeometry]]] = {}
    vintage, read, taken, left = "", 0, 0, 0
    reader = _OsmReader if copy.suffix == ".pbf" else _GdalReader
    source = reader(copy, name, words, layer, source_crs)
    for batch in source.list_batches(cut, crs):
        shapes = np.array([row.shape for row in batch], dtype=object)
        shapes = shapely.simplify(shapes, 0.4)
        limits = np.array([district if row.kind == "building" else cut for row in batch])
        near = shapely.intersects(shapes, limits)
        for at in np.flatnonzero(near).tolist():
            row = batch[at]
            clipped = _cut_shape(shapes[at], limits[at], row.kind)
            if clipped is not None:
                found.setdefault(row.kind, []).append((row.name, row.ref, clipped))
                taken += int(shapely.get_num_coordinates(clipped))
        read += len(batch)
        if taken > corners and "building" in found:
            left += len(found.pop("building"))
            taken = sum(
                shapely.get_num_coordinates([r[2] for r in own]).sum() for own in found.values()
            )
        if taken > corners:
            raise UserError("too_large.vertices", file=name, most=corners)
        yield {"read": read}
    vintage = source.vintage
    if not found:
        raise UserError("unreadable_file.no_basemap", file=name, columns=sorted(source.seen)[:40])
    made: dict[str, BasemapFeatures] = {kind: collect_features(own) for kind, own in found.items()}
    copy.with_name(BASEMAP_FILE).write_bytes(pack_basemap(made))
    counts = {kind: len(own.shapes) for kind, own in made.items()}
    yield {"counts": counts, "vintage": vintage, "read": source.read, "buildings_left": left}


def _cut_shape(shape: BaseGeometry, limit: BaseGeometry, kind: str) -> BaseGeometry | None:
    """Return what of a shape is in sight, as what its kind is drawn from."""
    if kind in BASEMAP_POINTS:
        point = shapely.point_on_surface(shape)
        return point if shapely.intersects(point, limit) else None
    size = 1 if kind in BASEMAP_LINES else 2
    if not shapely.contains_properly(limit, shape):
        if size == 2:
            shape = shapely.make_valid(shape)
        shape = shapely.clip_by_rect(shape, *limit.bounds)
    parts = shapely.get_parts(shapely.simplify(shape, _SIMPLER_M[size]))
    kept = parts[(shapely.get_dimensions(parts) == size) & ~shapely.is_empty(parts)]
    if not len(kept):
        return None
    gather = shapely.multilinestrings if size == 1 else shapely.multipolygons
    whole: BaseGeometry = gather(kept)
    return whole


class _OsmReader:
    """An OpenStreetMap extract, read twice: areas are put together from their ways first."""

    def __init__(
        self, file: Path, name: str, words: MapWords, layer: str | None, source_crs: str | None
    ) -> None:
        import osmium

        self._file, self._words = str(file), words
        self.read, self.seen = 0, set(_OSM_KEYS)
        with osmium.io.Reader(self._file) as reader:
            header = reader.header()
            told = header.get("osmosis_replication_timestamp") or header.get("timestamp")
        self.vintage = told[:10]

    def list_batches(self, window: BaseGeometry, crs: str) -> Iterator[list[_MapRow]]:
        import osmium
        from osmium.filter import KeyFilter
        from pyproj import CRS

        degrees = CRS.from_epsg(4326)
        west, south, east, north = _find_degrees(window, crs)
        keys = (*_OSM_KEYS, "building")
        objects: Any = (
            osmium.FileProcessor(self._file)
            .with_areas(KeyFilter(*keys))
            .with_filter(KeyFilter(*keys))
        )
        factory = osmium.geom.WKBFactory()
        batch: list[tuple[str, str, str, str]] = []
        for one in objects:
            self.read += 1
            letter = one.type_str()
            tags = {tag.k: tag.v for tag in one.tags}
            dimension = {"n": 0, "w": 1, "a": 2}.get(letter)
            if dimension is None or (tags.get("tunnel") in _UNDERGROUND and "waterway" in tags):
                continue
            if dimension == 2 and "highway" in tags and tags.get("area") != "yes":
                continue
            if dimension == 2 and "building" in tags:
                tags["building"] = "yes"
            kind = self._words.find_kind(tags, "", dimension)
            if kind is None:
                continue
            try:
                make = (
                    factory.create_point,
                    factory.create_linestring,
                    factory.create_multipolygon,
                )
                shape = make[dimension](one)
            except (RuntimeError, osmium.InvalidLocationError):
                continue
            name, ref = self._words.find_text("name", tags), self._words.find_text("ref", tags)
            batch.append((kind, name, ref, shape))
            if len(batch) >= _TOLD_EVERY:
                yield from self._place(batch, degrees, crs, (west, south, east, north))
                batch = []
        yield from self._place(batch, degrees, crs, (west, south, east, north))

    def _place(
        self, batch: Sequence[tuple[str, str, str, str]], own: Any, crs: str, box: Any
    ) -> Iterator[list[_MapRow]]:
        if not batch:
            return
        shapes = shapely.from_wkb([row[3] for row in batch])
        near = shapely.intersects(shapes, shapely.box(*box))
        kept = [row for row, good in zip(batch, near.tolist(), strict=True) if good]
        moved = reproject_shapes(list(shapes[near]), own, crs, None, "").shapes
        yield [
            _MapRow(kind, name, ref, shape)
            for (kind, name, ref, _), shape in zip(kept, moved, strict=True)
            if shape is not None
        ]


class _GdalReader:
    """Layers that GDAL reads; of vector tiles those of the nearest zoom."""

    vintage = ""

    def __init__(
        self, file: Path, name: str, words: MapWords, layer: str | None, source_crs: str | None
    ) -> None:
        block_frame_imports()
        import pyogrio

        restrict_drivers(GDAL_DRIVERS[file.suffix])
        if file.suffix == ".gpkg":
            remove_triggers(file, name)
        self._file, self._name, self._words, self._crs = file, name, words, source_crs
        self.read = 0
        self.seen: set[str] = set()
        layers = [str(own) for own, kind in pyogrio.list_layers(file).tolist() if kind]
        if layer is not None and layer not in layers:
            raise UserError("unreadable_file.no_such_layer", file=name, layer=layer, layers=layers)
        self._layers = layers if layer is None else [layer]
        year = re.search(r"tl_(\d{4})_", name)
        self.vintage = year[1] if year else ""

    def list_batches(self, window: BaseGeometry, crs: str) -> Iterator[list[_MapRow]]:
        import pyogrio
        import pyogrio.raw
        from pyproj import Transformer

        for layer in self._layers:
            info = pyogrio.read_info(self._file, layer=layer)
            own = choose_crs(info["crs"], self._crs, self._name)
            there = Transformer.from_crs(crs, own, always_xy=True)
            box = there.transform_bounds(*window.bounds)
            meta, _, wkb, columns = pyogrio.raw.read(
                self._file, layer=layer, bbox=box, force_2d=True, datetime_as_string=True
            )
            names = [str(name) for name in meta["fields"]]
            self.seen.update(names)
            self.read += 0 if wkb is None else len(wkb)
            if wkb is None or not len(wkb):
                continue
            shapes = shapely.from_wkb(wkb, on_invalid="ignore")
            sizes = shapely.get_dimensions(shapes).tolist()
            rows = zip(*(column.tolist() for column in columns), strict=True)
            kept: list[tuple[str, str, str]] = []
            places: list[int] = []
            for at, values in enumerate(rows if names else [()] * len(shapes)):
                fields = {
                    name: str(value)
                    for name, value in zip(names, values, strict=True)
                    if value is not None
                }
                kind = None if sizes[at] < 0 else self._words.find_kind(fields, layer, sizes[at])
                if kind is not None:
                    texts = (self._words.find_text(one, fields) for one in ("name", "ref"))
                    kept.append((kind, *_read_shield(*texts)))
                    places.append(at)
            moved = reproject_shapes(list(shapes[places]), own, crs, None, self._name).shapes
            found = [
                _MapRow(*texts, shape)
                for texts, shape in zip(kept, moved, strict=True)
                if shape is not None
            ]
            for first in range(0, len(found), _TOLD_EVERY):
                yield found[first : first + _TOLD_EVERY]


_SHIELD = re.compile(r"^(I|US|State|SR|CA|[A-Z]{2})[- ]*(?:Hwy|Rte|Route)?[- ]*(\d+[A-Z]?)$")


def _read_shield(name: str, ref: str) -> tuple[str, str]:
    """Return name and number of a road; TIGER/Line gives the number as the name (I- 80)."""
    found = None if ref else _SHIELD.match(name)
    return (name, ref) if found is None else ("", f"{found[1]} {found[2]}")


def _find_degrees(window: BaseGeometry, crs: str) -> tuple[float, float, float, float]:
    from pyproj import Transformer

    there: Callable[..., Any] = Transformer.from_crs(crs, 4326, always_xy=True).transform_bounds
    west, south, east, north = there(*window.bounds)
    return west, south, east, north
