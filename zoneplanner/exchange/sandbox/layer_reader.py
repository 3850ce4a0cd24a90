"""The one reader of foreign shapes: layers through GDAL, tables with coordinates or shapes as text.

Only for the guarded process. Shapes are brought to the project's CRS and made fit to keep here, so
that the planner gets nothing that could still hold it up.

Shapes of foreign files made fit to keep: flat, finite, valid, of one dimension each.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
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
        return _RepairedShape(None, refused="has coordinates that are not numbers")
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


_DRIVERS = {
    ".geojson": ("GeoJSON",),
    ".shp": ("ESRI Shapefile",),
    ".gpkg": ("GPKG",),
    ".kml": ("LIBKML", "KML"),
    ".fgb": ("FlatGeobuf",),
}
_TABLES = (".csv", ".xlsx")
_ROWS_PER_ANSWER = 5_000
_Box = tuple[BaseGeometry, str]
_MANY_SHAPES = 20_000
"""From so many on only those near the project are read."""
_FIRST_FID = {".shp": 1, ".geojson": 1, ".gpkg": 0, ".fgb": 1, ".kml": 0}
_ASIDE = "is where the project has no coordinates"


@dataclass(frozen=True, eq=False, slots=True)
class _FoundLayer:
    """Shapes (None where a row has none) and fields as text of a file's rows, as they are there."""

    columns: Sequence[str]
    shapes: Sequence[BaseGeometry | None]
    fields: Sequence[Mapping[str, str]]
    crs: str | None
    about: Mapping[str, Any] = field(default_factory=dict)
    numbers: Sequence[int] = ()
    """Where in the file the rows stand, counted from 1, where some were passed over."""


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
    """Yield what there is to say of a layer, then its rows, many at a time.

    A row is [number, WKB in hex or null, values by column, what was repaired, why it has no shape].
    Of several folders of a KML all that have the field ``shared`` are read as one layer, where none
    is chosen. ``limits`` has features, vertices, columns and text; ``near`` is WKB in hex, in
    ``crs``. Of a table only rows are read that have one of the values ``wanted``, by column; of
    shapes only those that touch the box of ``near`` where ``inside``. The others are counted.
    """
    area = shapely.from_wkb(near) if near else None
    if copy.suffix in _TABLES:
        cells = read_table(copy, name, layer, longest_cell=LONGEST_SHAPE)
        found = _read_located_table(
            cells,
            name,
            PlaceColumns(**places),
            first=first,
            most_rows=limits["features"],
            wanted=wanted,
        )
    else:
        box = (area, crs) if inside and area is not None else None
        found = _read_with_gdal(copy, name, layer, shared, limits["features"], box=box)
    shapes = np.array([*found.shapes, None], dtype=object)[:-1]
    if shapely.get_num_coordinates(shapes).sum() > limits["vertices"]:
        raise UserError("too_large.vertices", file=name, most=limits["vertices"])
    columns = list(found.columns)[: limits["columns"]]
    placed = is_located(shapes)
    about: dict[str, Any] = {"crs": "", "warning": "", "layer": "", "places": [], "how": ""}
    about |= {"notes": [], "columns": columns, "elsewhere": 0, **found.about}
    if placed.any():
        own = choose_crs(found.crs, source_crs, name)
        moved = reproject_shapes(list(shapes[placed]), own, crs, area, name)
        about |= {"crs": format_crs(own), "warning": moved.warning}
        shapes[placed] = moved.shapes
    yield about
    aside = placed & shapely.is_missing(shapes)
    numbers = found.numbers or range(1, len(shapes) + 1)
    rows = _list_rows(
        numbers, shapes, aside.tolist(), found.fields, columns, longest=limits["text"]
    )
    while batch := list(islice(rows, _ROWS_PER_ANSWER)):
        yield batch


def _list_rows(
    numbers: Sequence[int],
    shapes: Any,
    aside: Sequence[bool],
    fields: Sequence[Mapping[str, str]],
    columns: Sequence[str],
    *,
    longest: int,
) -> Iterator[list[Any]]:
    fit = repair_shapes(shapes)
    wkb = shapely.to_wkb([own.shape for own in fit], hex=True).tolist()
    for number, shape, own, good, lost in zip(numbers, wkb, fields, fit, aside, strict=True):
        values = [own.get(column, "")[:longest] for column in columns]
        yield [number, shape, values, good.repaired, _ASIDE if lost else good.refused]


def _read_located_table(
    cells: TextCells,
    name: str,
    places: PlaceColumns,
    *,
    first: int | None,
    most_rows: int,
    wanted: Mapping[str, Sequence[str]],
) -> _FoundLayer:
    if first is not None:
        cells = TextCells(islice(cells.rows, first + 1), cells.words)
    numbers: list[int] = []
    counts: Counter[bool] = Counter()
    if wanted:
        cells = TextCells(_list_wanted_rows(cells.rows, wanted, numbers, counts), cells.words)
    rows = read_located_rows(cells, name, most_rows=most_rows, places=places)
    about = {"how": cells.words, "places": list(rows.places), "elsewhere": counts[False]}
    return _FoundLayer(rows.columns, rows.shapes, rows.fields, rows.crs, about, numbers)


def _list_wanted_rows(
    rows: Iterator[list[str]],
    wanted: Mapping[str, Sequence[str]],
    numbers: list[int],
    counts: Counter[bool],
) -> Iterator[list[str]]:
    """Yield the headings, then the rows that are wanted, whose numbers are noted."""
    headings = next(rows, [])
    yield headings
    at = {" ".join(heading.split()): place for place, heading in enumerate(headings)}
    tests = [
        (at[column], {value.casefold() for value in values})
        for column, values in wanted.items()
        if column in at
    ]
    filled = (row for row in rows if any(map(str.strip, row)))
    for number, row in enumerate(filled, 1):
        wants = all(place < len(row) and row[place].strip().casefold() in values
                    for place, values in tests)  # fmt: skip
        counts[wants] += 1
        if wants:
            numbers.append(number)
            yield row


def _read_with_gdal(
    file: Path, name: str, layer: str | None, shared: str, most_rows: int, *, box: _Box | None
) -> _FoundLayer:
    block_frame_imports()  # pyogrio imports them where they are; reading makes no frames
    import pyogrio
    import pyogrio.raw

    restrict_drivers(_DRIVERS[file.suffix])
    notes = remove_triggers(file, name) if file.suffix == ".gpkg" else []
    layers = [str(own) for own, kind in pyogrio.list_layers(file).tolist() if kind]
    if not layers:
        raise UserError("unreadable_file.no_layer", file=name)
    if layer is not None and layer not in layers:
        raise UserError("unreadable_file.no_such_layer", file=name, layer=layer, layers=layers)
    chosen = layers if layer is None else [layer]
    if len(chosen) > 1:
        folders = layers if shared and file.suffix == ".kml" else []
        has = (shared in pyogrio.read_info(file, layer=own)["fields"] for own in folders)
        chosen = [own for own, good in zip(folders, has, strict=True) if good]
        if not chosen:
            raise SeveralLayers.of(name, layers)
    found = [_read_layer(file, name, own, most_rows, box) for own in chosen]
    aside = sum(own.about["elsewhere"] for own in found)
    numbers = found[0].numbers if len(found) == 1 else ()
    about = {
        "elsewhere": aside,
        "layer": chosen[0] if len(layers) > 1 and len(chosen) == 1 else "",
        "notes": notes,
    }
    return _FoundLayer(
        list(dict.fromkeys(column for own in found for column in own.columns)),
        [shape for own in found for shape in own.shapes],
        [fields for own in found for fields in own.fields],
        found[0].crs,
        about,
        numbers,
    )


def _read_layer(file: Path, name: str, layer: str, most_rows: int, box: _Box | None) -> _FoundLayer:
    import pyogrio.raw

    bounds, aside = None, 0
    info = pyogrio.read_info(file, layer=layer) if box is not None else {}
    if box is not None and info["crs"] and info["features"] > _MANY_SHAPES:
        from pyproj import Transformer

        back = Transformer.from_crs(box[1], info["crs"], always_xy=True)
        bounds = back.transform_bounds(*box[0].bounds)
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
        aside = max(0, info["features"] - len(wkb))
    elif bounds is not None:  # what no shape is near enough of is told by its distance
        return _read_layer(file, name, layer, most_rows, None)
    if wkb is None:
        raise UserError("unreadable_file.no_shapes", file=name)
    if len(wkb) > most_rows:
        raise UserError("too_large.rows", file=name, most=most_rows)
    columns = [str(column) for column in meta["fields"]]
    shapes = shapely.from_wkb(wkb, on_invalid="ignore").tolist()
    fields, about = _list_fields(columns, values, len(wkb)), {"elsewhere": aside}
    numbers = () if fids is None else (fids + _FIRST_FID[file.suffix]).tolist()
    return _FoundLayer(columns, shapes, fields, meta["crs"], about, numbers)


def _list_fields(names: Sequence[str], columns: Sequence[Any], count: int) -> list[dict[str, str]]:
    """Return each row's attributes as text, those without a value left out."""
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
