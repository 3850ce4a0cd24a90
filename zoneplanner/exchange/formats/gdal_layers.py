"""Layers out through GDAL: GeoPackage, GeoJSON, FlatGeobuf, shapefile; by a process of its own."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from zoneplanner.errors import ProgressReport, UserError
from zoneplanner.exchange.formats.export_layer import ColumnKind, ExportLayer
from zoneplanner.exchange.sandbox.process import (
    GuardedTask,
    ProcessLimits,
    block_frame_imports,
    run_guarded,
)

_DRIVERS = {
    ".gpkg": "GPKG",
    ".geojson": "GeoJSON",
    ".fgb": "FlatGeobuf",
    ".shp": "ESRI Shapefile",
}
_LONGEST_FIELD, _LONGEST_TEXT = 10, 254
_LIMITS = ProcessLimits(seconds=300.0, memory_bytes=6_000_000_000)
_STAMP = "datetime64[ms]"
_UTC_OFFSET = 100
"""GDAL's own figure for UTC."""
_DTYPES = {
    ColumnKind.WHOLE: "int32",
    ColumnKind.NUMBER: "float64",
    ColumnKind.STAMP: _STAMP,
}
_OPTIONS: Mapping[str, Mapping[str, str]] = {
    ".geojson": {"RFC7946": "YES", "COORDINATE_PRECISION": "9"},
    ".shp": {"ENCODING": "UTF-8"},
}


def write_vector_layers(
    path: Path, layers: Sequence[ExportLayer], *, crs: str, report: ProgressReport
) -> None:
    """Write layers with shapes to a file; formats of one layer take one.

    ``crs`` is that of the shapes. Fields of a shapefile are cut to 10 letters.

    Raises
    ------
    UserError
        It cannot be written, as on a full disk; what is there of it is for the caller to remove.
    """
    packed = [_pack_layer(layer, cut=path.suffix == ".shp") for layer in layers]
    task = GuardedTask(_write_layers, {"layers": packed, "crs": crs}, _LIMITS)
    try:
        list(run_guarded(task, path, path.name, report))
    except UserError as error:
        raise UserError("cannot_write.layers", error.details, file=path.name) from error


def _pack_layer(layer: ExportLayer, *, cut: bool) -> dict[str, Any]:
    """Return a layer as values that go to the process; it makes arrays of them."""
    fields = {
        column.name[: _LONGEST_FIELD if cut else None]: (
            _DTYPES.get(column.kind, "object"),
            [_pack_value(column.kind, row[at], cut=cut) for row in layer.rows],
        )
        for at, column in enumerate(layer.columns)
    }
    return {
        "name": layer.name,
        "about": layer.about,
        "title": layer.title,
        "wkb": shapely.to_wkb(layer.shapes or ()).tolist(),
        "fields": fields,
    }


def _pack_value(kind: ColumnKind, value: Any, *, cut: bool) -> Any:
    if kind is ColumnKind.STAMP and value is not None:
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds")
    if value is None or kind in _DTYPES:
        return value
    text = ("yes" if value else "no") if kind is ColumnKind.FLAG else str(value)
    return text[: _LONGEST_TEXT if cut else None]


def _write_layers(
    path: Path, _name: str, *, layers: Sequence[Mapping[str, Any]], crs: str
) -> Iterator[Any]:
    """Write what is asked and check that all of it is there; the process's own part."""
    block_frame_imports()
    import pyogrio.raw

    for layer in layers:
        types = {shape.geom_type for shape in shapely.from_wkb(layer["wkb"])}
        kinds = {own.removeprefix("Multi") for own in types}
        several = len(kinds) == 1 and types != kinds
        kind = ("Multi" if several else "") + kinds.pop() if len(kinds) == 1 else "Unknown"
        options: dict[str, str] = dict(_OPTIONS.get(path.suffix, {}))
        named = None
        if path.suffix == ".gpkg":
            named = layer["name"]
            options |= {"IDENTIFIER": layer["title"], "DESCRIPTION": layer["about"]}
        arrays = [_make_array(kind, values) for kind, values in layer["fields"].values()]
        pyogrio.raw.write(
            path,
            np.array(layer["wkb"], dtype=object),
            [values for values, _ in arrays],
            list(layer["fields"]),
            [missing for _, missing in arrays],
            layer=layer["name"],
            driver=_DRIVERS[path.suffix],
            geometry_type=kind,
            crs=crs,
            promote_to_multi=several,
            gdal_tz_offsets={
                name: np.full(len(values), _UTC_OFFSET)
                for name, (kind, values) in layer["fields"].items()
                if kind == _STAMP
            },
            append=path.suffix == ".gpkg" and path.exists(),
            **options,
        )
        found = pyogrio.read_info(path, layer=named, force_feature_count=True)["features"]
        if found != len(layer["wkb"]):
            raise OSError(f"{found} of {len(layer['wkb'])} rows are there")
        if path.suffix == ".shp" and not _is_shapefile_whole(path):
            raise OSError("a part of it is missing")
    yield len(layers)


def _make_array(kind: str, values: Sequence[Any]) -> tuple[Any, Any]:
    """Return a column's values as an array, and where whole numbers are missing."""
    if kind != "int32":
        return np.array(values, dtype=kind), None  # GDAL sees None and NaN as missing
    return np.array([value or 0 for value in values], kind), np.array(
        [value is None for value in values]
    )


def _is_shapefile_whole(path: Path) -> bool:
    """True where shapes and table are as long as they say; GDAL does not tell of a full disk."""
    shapes, table = path.read_bytes(), path.with_suffix(".dbf").read_bytes()
    rows, start, width = (
        int.from_bytes(table[first:last], "little") for first, last in ((4, 8), (8, 10), (10, 12))
    )
    return len(shapes) == 2 * int.from_bytes(shapes[24:28], "big") and (
        len(table) >= start + rows * width
    )
