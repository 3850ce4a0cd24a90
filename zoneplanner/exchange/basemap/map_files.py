"""The formats of map data: OpenStreetMap extracts, vector tiles, TIGER/Line, any lines and areas.

Only the guarded process may call these.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import compress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import osmium
import pyogrio
import pyogrio.raw
import shapely
from osmium.filter import KeyFilter
from pyproj import CRS, Transformer
from shapely.geometry.base import BaseGeometry

from zoneplanner.analysis.geometry.basemap import collect_features, pack_basemap
from zoneplanner.bundled import read_resource_table
from zoneplanner.domain.geography.basemap import (
    BASEMAP_AREAS,
    BASEMAP_KINDS,
    BASEMAP_LINES,
    BASEMAP_POINTS,
)
from zoneplanner.errors import UserError
from zoneplanner.exchange.roads.census_tiger import find_tiger_year
from zoneplanner.exchange.roads.openstreetmap import read_extract_date
from zoneplanner.exchange.sandbox.gdal_safety import remove_triggers, restrict_drivers
from zoneplanner.exchange.sandbox.layer_reader import LAYER_DRIVERS, list_shape_layers
from zoneplanner.exchange.sandbox.process import block_frame_imports
from zoneplanner.exchange.vector.coordinates import choose_crs, reproject_shapes

if TYPE_CHECKING:
    from pyproj import CRS

BASEMAP_FILE = "basemap.bin"
_DRIVERS = {
    **LAYER_DRIVERS,
    ".mbtiles": ("MBTiles", "MVT", "SQLite"),
    ".pmtiles": ("PMTiles", "MVT"),
}
_OSM_KEYS = ("highway", "railway", "waterway", "natural", "landuse", "leisure", "place", "amenity")
_TOLERANCE_M = {1: 0.8, 2: 1.5}
"""The tolerance when lines and areas are simplified, by dimension."""
_ROWS_PER_BATCH = 20_000
_UNDERGROUND = ("culvert", "yes")


@dataclass(frozen=True, slots=True)
class MapWords:
    """How to recognize a file's features by its fields and words; a person's choices come first.

    ``columns`` may name the fields for ``kind``, ``name`` and ``ref``; ``meanings`` maps words in
    the file to kinds.
    """

    columns: Mapping[str, str]
    meanings: Mapping[str, str]

    def find_kind(self, fields: Mapping[str, str], layer: str, dimension: int) -> str | None:
        """Return the kind of a feature, or None if a basemap does not show it."""
        table, known = ("point", "line", "area")[dimension], _read_words()
        chosen = self.columns.get("kind")
        for name in (chosen,) if chosen else known["fields"]:
            word = fields.get(name, "")
            kind = self.meanings.get(word) or known[table].get(word)
            kind = kind or (word if chosen and word in BASEMAP_KINDS else None)
            if kind is not None and _fits(kind, dimension):
                link = fields.get("is_link", fields.get("ramp", fields.get("link", "")))
                is_road = dimension == 1 and kind in ("freeway", "arterial")
                return "ramp" if is_road and link in ("1", "true", "True", "yes") else kind
        kind = None if chosen else known[table].get(layer)
        return str(kind) if kind is not None and dimension == 2 else None

    def find_text(self, column: str, fields: Mapping[str, str]) -> str:
        """Return the name or number of a feature, or an empty string."""
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
    """Read a private copy and write its basemap, clipped to ``window``, next to it.

    ``window`` and ``inside`` are WKB in hex, in ``crs``; buildings are read only in ``inside``. If
    there are too many ``corners``, buildings are left out. Yields the number of features read so
    far, and in the end facts about the basemap.
    """
    words = MapWords(columns, meanings)
    map_window, district = shapely.from_wkb(window), shapely.from_wkb(inside)
    rows_by_kind: dict[str, list[tuple[str, str, BaseGeometry]]] = {}
    read, corner_count, buildings_left = 0, 0, 0
    source = (
        _OsmReader(copy, words)
        if copy.suffix == ".pbf"
        else _GdalReader(copy, name, words, layer, source_crs)
    )
    for batch in source.list_batches(map_window, crs):
        shapes = np.array([row.shape for row in batch], dtype=object)
        shapes = shapely.simplify(shapes, 0.4)
        limits = np.array([district if row.kind == "building" else map_window for row in batch])
        near = shapely.intersects(shapes, limits)
        for index in np.flatnonzero(near).tolist():
            row = batch[index]
            clipped = _clip_shape(shapes[index], limits[index], row.kind)
            if clipped is not None:
                rows_by_kind.setdefault(row.kind, []).append((row.name, row.ref, clipped))
                corner_count += int(shapely.get_num_coordinates(clipped))
        read += len(batch)
        if corner_count > corners and "building" in rows_by_kind:
            buildings_left += len(rows_by_kind.pop("building"))
            corner_count = sum(
                shapely.get_num_coordinates([shape for *_, shape in rows]).sum()
                for rows in rows_by_kind.values()
            )
        if corner_count > corners:
            raise UserError("too_large.vertices", file=name, most=corners)
        yield {"read": read}
    if not rows_by_kind:
        fields = sorted(source.fields)[:40]
        raise UserError("unreadable_file.no_basemap", file=name, columns=fields)
    features = {kind: collect_features(rows) for kind, rows in rows_by_kind.items()}
    copy.with_name(BASEMAP_FILE).write_bytes(pack_basemap(features))
    yield {
        "counts": {kind: len(each.shapes) for kind, each in features.items()},
        "vintage": source.vintage,
        "read": source.read,
        "buildings_left": buildings_left,
    }


def _clip_shape(shape: BaseGeometry, limit: BaseGeometry, kind: str) -> BaseGeometry | None:
    """Return the part of a shape inside a limit, as points, lines or areas as its kind needs."""
    if kind in BASEMAP_POINTS:
        point = shapely.point_on_surface(shape)
        return point if shapely.intersects(point, limit) else None
    dimension = 1 if kind in BASEMAP_LINES else 2
    if not shapely.contains_properly(limit, shape):
        if dimension == 2:
            shape = shapely.make_valid(shape)
        shape = shapely.clip_by_rect(shape, *limit.bounds)
    parts = shapely.get_parts(shapely.simplify(shape, _TOLERANCE_M[dimension]))
    kept = parts[(shapely.get_dimensions(parts) == dimension) & ~shapely.is_empty(parts)]
    if not len(kept):
        return None
    join = shapely.multilinestrings if dimension == 1 else shapely.multipolygons
    joined: BaseGeometry = join(kept)
    return joined


class _OsmReader:
    """An OpenStreetMap extract, read twice: areas are first assembled from their ways."""

    def __init__(self, file: Path, words: MapWords) -> None:
        self._file, self._words = str(file), words
        self.read, self.fields = 0, set(_OSM_KEYS)
        self.vintage = read_extract_date(file)

    def list_batches(self, window: BaseGeometry, crs: str) -> Iterator[list[_MapRow]]:
        degrees = CRS.from_epsg(4326)
        to_degrees = Transformer.from_crs(crs, degrees, always_xy=True)
        box = shapely.box(*to_degrees.transform_bounds(*window.bounds))
        keys = (*_OSM_KEYS, "building")
        objects: Any = (
            osmium.FileProcessor(self._file)
            .with_areas(KeyFilter(*keys))
            .with_filter(KeyFilter(*keys))
        )
        factory = osmium.geom.WKBFactory()
        make_wkb = (factory.create_point, factory.create_linestring, factory.create_multipolygon)
        batch: list[tuple[str, str, str, str]] = []
        for element in objects:
            self.read += 1
            tags = {tag.k: tag.v for tag in element.tags}
            dimension = {"n": 0, "w": 1, "a": 2}.get(element.type_str())
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
                wkb = make_wkb[dimension](element)
            except (RuntimeError, osmium.InvalidLocationError):
                continue
            name, ref = self._words.find_text("name", tags), self._words.find_text("ref", tags)
            batch.append((kind, name, ref, wkb))
            if len(batch) >= _ROWS_PER_BATCH:
                yield _make_osm_rows(batch, degrees, crs, box)
                batch = []
        if batch:
            yield _make_osm_rows(batch, degrees, crs, box)


def _make_osm_rows(
    batch: Sequence[tuple[str, str, str, str]], degrees: "CRS", crs: str, box: BaseGeometry
) -> list[_MapRow]:
    """Return the rows whose shapes touch a box in degrees, reprojected to ``crs``."""
    shapes = shapely.from_wkb([wkb for *_, wkb in batch])
    near = shapely.intersects(shapes, box)
    reprojected = reproject_shapes(list(shapes[near]), degrees, crs, None, "").shapes
    return [
        _MapRow(kind, name, ref, shape)
        for (kind, name, ref, _), shape in zip(compress(batch, near), reprojected, strict=True)
        if shape is not None
    ]


class _GdalReader:
    """Layers that GDAL reads; from vector tiles, it reads the tiles of the nearest zoom."""

    def __init__(
        self, file: Path, name: str, words: MapWords, layer: str | None, source_crs: str | None
    ) -> None:
        block_frame_imports()
        if file.suffix not in _DRIVERS:  # a table or a workbook
            raise UserError("unreadable_file.basemap", file=name)
        restrict_drivers(_DRIVERS[file.suffix])
        if file.suffix == ".gpkg":
            remove_triggers(file, name)
        self._file, self._name, self._words, self._crs = file, name, words, source_crs
        self.read = 0
        self.fields: set[str] = set()
        layers = list_shape_layers(file, name, layer)
        self._layers = layers if layer is None else [layer]
        self.vintage = find_tiger_year(name)

    def list_batches(self, window: BaseGeometry, crs: str) -> Iterator[list[_MapRow]]:
        for layer in self._layers:
            info = pyogrio.read_info(self._file, layer=layer)
            file_crs = choose_crs(info["crs"], self._crs, self._name)
            to_file = Transformer.from_crs(crs, file_crs, always_xy=True)
            box = to_file.transform_bounds(*window.bounds)
            meta, _, wkb, columns = pyogrio.raw.read(
                self._file, layer=layer, bbox=box, force_2d=True, datetime_as_string=True
            )
            names = [str(name) for name in meta["fields"]]
            self.fields.update(names)
            self.read += 0 if wkb is None else len(wkb)
            if wkb is None or not len(wkb):
                continue
            shapes = shapely.from_wkb(wkb, on_invalid="ignore")
            dimensions = shapely.get_dimensions(shapes).tolist()
            rows = zip(*(column.tolist() for column in columns), strict=True)
            texts: list[tuple[str, str, str]] = []
            indexes: list[int] = []
            for index, values in enumerate(rows if names else [()] * len(shapes)):
                fields = {
                    name: str(value)
                    for name, value in zip(names, values, strict=True)
                    if value is not None
                }
                dimension = dimensions[index]
                kind = None if dimension < 0 else self._words.find_kind(fields, layer, dimension)
                if kind is not None:
                    name, ref = (self._words.find_text(each, fields) for each in ("name", "ref"))
                    texts.append((kind, *_split_road_number(name, ref)))
                    indexes.append(index)
            kept = list(shapes[indexes])
            reprojected = reproject_shapes(kept, file_crs, crs, None, self._name).shapes
            map_rows = [
                _MapRow(*row_texts, shape)
                for row_texts, shape in zip(texts, reprojected, strict=True)
                if shape is not None
            ]
            for first in range(0, len(map_rows), _ROWS_PER_BATCH):
                yield map_rows[first : first + _ROWS_PER_BATCH]


_ROAD_NUMBER = re.compile(r"^(I|US|State|SR|CA|[A-Z]{2})[- ]*(?:Hwy|Rte|Route)?[- ]*(\d+[A-Z]?)$")


def _split_road_number(name: str, ref: str) -> tuple[str, str]:
    """Return a road's name and number; TIGER/Line has the number in the name (I- 80)."""
    number = None if ref else _ROAD_NUMBER.match(name)
    return (name, ref) if number is None else ("", f"{number[1]} {number[2]}")
