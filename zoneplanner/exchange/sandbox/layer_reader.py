"""The one reader of foreign shapes: layers through GDAL, tables with coordinates or shapes as text.

Only for the guarded process. It reprojects shapes to the project's CRS and repairs them (flat,
finite, valid, one dimension each), so that no shape can block the planner later.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from zoneplanner.errors import UserError
from zoneplanner.exchange.row_results import SeveralLayers
from zoneplanner.exchange.sandbox.gdal_safety import remove_triggers, restrict_drivers
from zoneplanner.exchange.sandbox.located_rows import PlaceColumns, read_located_rows
from zoneplanner.exchange.sandbox.process import block_frame_imports
from zoneplanner.exchange.sandbox.table_reader import LONGEST_SHAPE, TextCells, read_table
from zoneplanner.exchange.vector.coordinates import choose_crs, format_crs, reproject_shapes
from zoneplanner.messages import Message

LAYER_DRIVERS = {
    ".geojson": ("GeoJSON",),
    ".shp": ("ESRI Shapefile",),
    ".gpkg": ("GPKG",),
    ".kml": ("LIBKML", "KML"),
    ".fgb": ("FlatGeobuf",),
}
_TABLES = (".csv", ".xlsx")
_ROWS_PER_ANSWER = 5_000
_MANY_SHAPES = 20_000
"""In a layer with more shapes, only the shapes near the project are read."""
_FIRST_FID = {".shp": 1, ".geojson": 1, ".gpkg": 0, ".fgb": 1, ".kml": 0}
_OUTSIDE_CRS = Message("shape_rejected.outside_crs")
_RING, _COLLECTION = 2, 7
"""Type ids of shapely."""
_DIMENSIONS = ("points", "lines", "areas")
_MULTI: tuple[Callable[..., Any], ...] = (
    shapely.multipoints,
    shapely.multilinestrings,
    shapely.multipolygons,
)
_MOST_CROSSINGS = 50_000
"""About a second of repair; a ring of 5,000 random corners crosses itself 3 million times and took
2.4 GB."""
_SAMPLED_EDGES = 200

_NearBox = tuple[BaseGeometry, str]


@dataclass(frozen=True, eq=False, slots=True)
class _RepairedShape:
    """A valid shape and what was repaired, or None and why the shape is rejected."""

    shape: BaseGeometry | None
    repaired: Message | None = None
    fault: Message | None = None


NO_GEOMETRY = Message("shape_rejected.no_geometry")
_WITHOUT_GEOMETRY = _RepairedShape(None, fault=NO_GEOMETRY)


def repair_shape(shape: BaseGeometry | None) -> _RepairedShape:
    """Return a valid shape of areas, lines or points; of a mix, only the highest dimension."""
    if shape is None or shape.is_empty:
        return _WITHOUT_GEOMETRY
    flat = shapely.force_2d(shape)
    if not np.isfinite(shapely.get_coordinates(flat)).all():
        return _RepairedShape(None, fault=Message("shape_rejected.not_numbers"))
    valid = flat
    if not flat.is_valid:
        if estimate_crossings(flat) > _MOST_CROSSINGS:
            return _RepairedShape(None, fault=Message("shape_rejected.too_many_crossings"))
        valid = shapely.make_valid(flat, method="structure")
    parts = shapely.get_parts(valid)
    while (shapely.get_type_id(parts) > 3).any():
        parts = shapely.get_parts(parts)
    parts = parts[~shapely.is_empty(parts)]
    if not len(parts):
        return _WITHOUT_GEOMETRY
    dimensions = shapely.get_dimensions(parts)
    highest = int(dimensions.max())
    joined = _join_parts(parts[dimensions == highest], highest)
    if joined is None:
        return _RepairedShape(None, fault=Message("shape_rejected.unrepairable"))
    repaired = None
    if valid is not flat:
        why = str(shapely.is_valid_reason(flat)).split("[")[0].strip().lower()
        repaired = Message("shape_repaired.invalid", why=why)
    elif dimensions.min() != highest:
        repaired = Message(f"shape_repaired.only_{_DIMENSIONS[highest]}")
    return _RepairedShape(joined, repaired)


def repair_shapes(shapes: Sequence[BaseGeometry | None]) -> list[_RepairedShape]:
    """Repair many shapes; the shapes that need no repair are found all at once."""
    raw = _make_shape_array(shapes)
    flat = shapely.force_2d(raw)
    good = is_located(flat) & ~np.isin(shapely.get_type_id(flat), (_RING, _COLLECTION))
    good[good] = shapely.is_valid(flat[good])
    return [
        _RepairedShape(shape) if is_good else repair_shape(original)
        for shape, original, is_good in zip(flat.tolist(), raw.tolist(), good.tolist(), strict=True)
    ]


def _make_shape_array(shapes: Sequence[BaseGeometry | None]) -> Any:
    """Return shapes as an array of objects; the None keeps NumPy from iterating over one shape."""
    return np.array([*shapes, None], dtype=object)[:-1]


def is_located(shapes: Any) -> NDArray[np.bool_]:
    """Return which shapes have a location: not missing, not empty, only finite coordinates."""
    corners, shape_index = shapely.get_coordinates(shapes, return_index=True)
    located: NDArray[np.bool_] = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    located[shape_index[~np.isfinite(corners).all(axis=1)]] = False
    return located


def estimate_crossings(shape: BaseGeometry) -> int:
    """Return about how often the edges of a shape cross, estimated from a sample of edges.

    The time and memory of a repair grow with the crossings, not with the corners: a coast of 50,000
    corners that touches itself once is repaired immediately.
    """
    corners, ring = shapely.get_coordinates(
        shapely.get_rings(shapely.get_parts(shape)), return_index=True
    )
    same_ring = ring[1:] == ring[:-1]
    edges = shapely.linestrings(np.stack([corners[:-1], corners[1:]], axis=1)[same_ring])
    if not len(edges):
        return 0
    count = min(_SAMPLED_EDGES, len(edges))
    sample = edges[np.linspace(0, len(edges) - 1, count).astype(int)]
    hits = shapely.STRtree(edges).query(sample, predicate="intersects").shape[1]
    return int(max(0.0, hits / count - 3) * len(edges) / 2)  # an edge meets itself and two others


def _join_parts(parts: Any, dimension: int) -> BaseGeometry | None:
    """Join parts of one dimension; overlapping areas are merged."""
    if dimension == 1:
        parts = [shapely.linestrings(shapely.get_coordinates(part)) for part in parts]
    joined: BaseGeometry = parts[0] if len(parts) == 1 else _MULTI[dimension](parts)
    if not joined.is_valid:
        joined = shapely.union_all(parts)
    return joined if joined.is_valid and joined.geom_type != "GeometryCollection" else None


@dataclass(frozen=True, eq=False, slots=True)
class _RawLayer:
    """A file's rows: shapes (None for a row without one), not yet repaired, and fields as text."""

    columns: Sequence[str]
    shapes: Sequence[BaseGeometry | None]
    fields: Sequence[Mapping[str, str]]
    crs: str | None
    about: Mapping[str, Any] = field(default_factory=dict)
    numbers: Sequence[int] = ()
    """The rows' numbers: those of a spreadsheet for a table, else counted from 1; empty if all of
    a map file's features were read."""


def list_layer_rows(
    copy: Path,
    name: str,
    *,
    layer: str | None,
    shared: str,
    places: Mapping[str, Any],
    first: int | None,
    limits: Mapping[str, int],
    crs: str,
    source_crs: str | None,
    near: str | None,
    wanted: Mapping[str, Sequence[str]],
    inside: bool,
) -> Iterator[Any]:
    """Yield facts about a layer, then its rows in batches.

    A row is [number, WKB in hex or null, values by column, what was repaired, why it has no shape].
    If no ``layer`` is chosen in a KML, all folders that have the field ``shared`` are read as one
    layer. ``limits`` has features, vertices, columns and text; ``near`` is WKB in hex, in ``crs``.
    From a table, only rows with one of the ``wanted`` values by column are read; with ``inside``,
    only shapes that touch the box of ``near`` are read. The other rows are counted.
    """
    project_area = shapely.from_wkb(near) if near else None
    if copy.suffix in _TABLES:
        cells = read_table(copy, name, layer, longest_cell=LONGEST_SHAPE)
        raw = _read_located_table(
            cells,
            name,
            PlaceColumns(**places),
            first=first,
            most_rows=limits["features"],
            wanted=wanted,
        )
    else:
        box = (project_area, crs) if inside and project_area is not None else None
        raw = _read_with_gdal(copy, name, layer, shared, limits["features"], box=box)
    shapes = _make_shape_array(raw.shapes)
    if shapely.get_num_coordinates(shapes).sum() > limits["vertices"]:
        raise UserError("too_large.vertices", file=name, most=limits["vertices"])
    columns = list(raw.columns)[: limits["columns"]]
    located = is_located(shapes)
    about: dict[str, Any] = {"crs": "", "warning": None, "layer": "", "places": [], "how": None}
    about |= {"notes": [], "columns": columns, "elsewhere": 0, **raw.about}
    if located.any():
        file_crs = choose_crs(raw.crs, source_crs, name)
        reprojected = reproject_shapes(list(shapes[located]), file_crs, crs, project_area, name)
        about |= {"crs": format_crs(file_crs), "warning": reprojected.warning}
        shapes[located] = reprojected.shapes
    yield about
    outside_crs = located & shapely.is_missing(shapes)
    numbers = raw.numbers or range(1, len(shapes) + 1)
    rows = _list_rows(
        numbers, shapes, outside_crs.tolist(), raw.fields, columns, longest=limits["text"]
    )
    while batch := list(islice(rows, _ROWS_PER_ANSWER)):
        yield batch


def _list_rows(
    numbers: Sequence[int],
    shapes: Any,
    outside_crs: Sequence[bool],
    fields: Sequence[Mapping[str, str]],
    columns: Sequence[str],
    *,
    longest: int,
) -> Iterator[list[Any]]:
    repaired = repair_shapes(shapes)
    wkb = shapely.to_wkb([each.shape for each in repaired], hex=True).tolist()
    for number, shape, row_fields, repair, is_outside in zip(
        numbers, wkb, fields, repaired, outside_crs, strict=True
    ):
        values = [row_fields.get(column, "")[:longest] for column in columns]
        rejection = _OUTSIDE_CRS if is_outside else repair.fault
        yield [number, shape, values, repair.repaired, rejection]


def _read_located_table(
    cells: TextCells,
    name: str,
    places: PlaceColumns,
    *,
    first: int | None,
    most_rows: int,
    wanted: Mapping[str, Sequence[str]],
) -> _RawLayer:
    if first is not None:
        cells = replace(cells, rows=islice(cells.rows, first + 1))
    numbers: list[int] = []
    counts: Counter[bool] = Counter()
    cells = replace(cells, rows=_list_wanted_rows(cells, wanted, numbers, counts))
    rows = read_located_rows(cells, name, most_rows=most_rows, places=places)
    about = {"how": cells.description, "places": list(rows.places), "elsewhere": counts[False]}
    return _RawLayer(rows.columns, rows.shapes, rows.fields, rows.crs, about, numbers)


def _list_wanted_rows(
    cells: TextCells,
    wanted: Mapping[str, Sequence[str]],
    numbers: list[int],
    counts: Counter[bool],
) -> Iterator[list[str]]:
    """Yield the headings, then the wanted rows; collect their numbers, and count both kinds."""
    headings = next(cells.rows, [])
    yield headings
    indexes = {" ".join(heading.split()): index for index, heading in enumerate(headings)}
    tests = [
        (indexes[column], {value.casefold() for value in values})
        for column, values in wanted.items()
        if column in indexes
    ]
    for number, row in enumerate(cells.rows, start=cells.titles + 2):
        if not any(map(str.strip, row)):
            continue
        is_wanted = all(
            index < len(row) and row[index].strip().casefold() in values for index, values in tests
        )
        counts[is_wanted] += 1
        if is_wanted:
            numbers.append(number)
            yield row


def _read_with_gdal(
    file: Path, name: str, layer: str | None, shared: str, most_rows: int, *, box: _NearBox | None
) -> _RawLayer:
    block_frame_imports()
    import pyogrio

    restrict_drivers(LAYER_DRIVERS[file.suffix])
    notes = remove_triggers(file, name) if file.suffix == ".gpkg" else []
    layers = list_shape_layers(file, name, layer)
    chosen = layers if layer is None else [layer]
    if len(chosen) > 1:
        folders = layers if shared and file.suffix == ".kml" else []
        chosen = [
            folder
            for folder in folders
            if shared in pyogrio.read_info(file, layer=folder)["fields"]
        ]
        if not chosen:
            raise SeveralLayers.of(name, layers)
    parts = [_read_layer(file, name, part, most_rows, box) for part in chosen]
    about = {
        "elsewhere": sum(part.about["elsewhere"] for part in parts),
        "layer": chosen[0] if len(layers) > 1 and len(chosen) == 1 else "",
        "notes": notes,
    }
    if len(parts) == 1:
        return replace(parts[0], about=about)
    return _RawLayer(
        list(dict.fromkeys(column for part in parts for column in part.columns)),
        [shape for part in parts for shape in part.shapes],
        [fields for part in parts for fields in part.fields],
        parts[0].crs,
        about,
    )


def list_shape_layers(file: Path, name: str, wanted: str | None) -> list[str]:
    """Return the layers of a file that have shapes; ``wanted`` must be one of them."""
    import pyogrio

    layers = [str(layer) for layer, kind in pyogrio.list_layers(file).tolist() if kind]
    if not layers:
        raise UserError("unreadable_file.no_layer", file=name)
    if wanted is not None and wanted not in layers:
        raise UserError("unreadable_file.no_such_layer", file=name, layer=wanted, layers=layers)
    return layers


def _read_layer(
    file: Path, name: str, layer: str, most_rows: int, box: _NearBox | None
) -> _RawLayer:
    import pyogrio.raw

    bounds, elsewhere = None, 0
    info = pyogrio.read_info(file, layer=layer) if box is not None else {}
    if box is not None and info["crs"] and info["features"] > _MANY_SHAPES:
        from pyproj import Transformer

        to_file = Transformer.from_crs(box[1], info["crs"], always_xy=True)
        bounds = to_file.transform_bounds(*box[0].bounds)
    meta, fids, wkb, values = pyogrio.raw.read(
        file,
        layer=layer,
        max_features=most_rows + 1,
        force_2d=True,
        datetime_as_string=True,
        bbox=bounds,
        return_fids=bounds is not None,
    )
    if bounds is not None and wkb is not None and len(wkb):
        elsewhere = max(0, info["features"] - len(wkb))
    elif bounds is not None:  # no shape is near: read all, so that the warning gives a distance
        return _read_layer(file, name, layer, most_rows, None)
    if wkb is None:
        raise UserError("unreadable_file.no_shapes", file=name)
    if len(wkb) > most_rows:
        raise UserError("too_large.rows", file=name, most=most_rows)
    columns = [str(column) for column in meta["fields"]]
    shapes = shapely.from_wkb(wkb, on_invalid="ignore").tolist()
    fields, about = _list_fields(columns, values, len(wkb)), {"elsewhere": elsewhere}
    numbers = () if fids is None else (fids + _FIRST_FID[file.suffix]).tolist()
    return _RawLayer(columns, shapes, fields, meta["crs"], about, numbers)


def _list_fields(names: Sequence[str], columns: Sequence[Any], count: int) -> list[dict[str, str]]:
    """Return each row's attributes as text, without those that have no value."""
    rows: list[dict[str, str]] = [{} for _ in range(count)]
    for name, column in zip(names, columns, strict=True):
        for row, value in zip(rows, column.tolist(), strict=True):
            text = _format_field(value)
            if text:
                row[name] = text
    return rows


def _format_field(value: object) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value).strip()
