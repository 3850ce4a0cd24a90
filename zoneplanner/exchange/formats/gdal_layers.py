"""Write layers with GDAL in a separate process: GeoPackage, GeoJSON, FlatGeobuf, shapefile."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio.raw
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
"""GDAL's code for UTC."""
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
    """Write layers with shapes to a file; some formats allow only one layer.

    ``crs`` is the CRS of the shapes. Field names of a shapefile are cut to 10 characters.

    Raises
    ------
    UserError
        The file cannot be written, for example on a full disk; the caller removes its remains.
    """
    packed = [_pack_layer(layer, shorten=path.suffix == ".shp") for layer in layers]
    task = GuardedTask(_write_layers, {"layers": packed, "crs": crs}, _LIMITS)
    try:
        list(run_guarded(task, path, path.name, report))
    except UserError as error:
        raise UserError("cannot_write.layers", error.details, file=path.name) from error


def _pack_layer(layer: ExportLayer, *, shorten: bool) -> dict[str, Any]:
    """Return a layer as plain values, which the process makes into arrays."""
    fields = {
        column.name[: _LONGEST_FIELD if shorten else None]: (
            _DTYPES.get(column.kind, "object"),
            [_pack_value(column.kind, row[index], shorten=shorten) for row in layer.rows],
        )
        for index, column in enumerate(layer.columns)
    }
    return {
        "name": layer.name,
        "about": layer.about,
        "title": layer.title,
        "wkb": shapely.to_wkb(layer.shapes or ()).tolist(),
        "fields": fields,
    }


def _pack_value(kind: ColumnKind, value: Any, *, shorten: bool) -> Any:
    if kind is ColumnKind.STAMP and value is not None:
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds")
    if value is None or kind in _DTYPES:
        return value
    text = ("yes" if value else "no") if kind is ColumnKind.FLAG else str(value)
    return text[: _LONGEST_TEXT if shorten else None]


def _write_layers(
    path: Path, _name: str, *, layers: Sequence[Mapping[str, Any]], crs: str
) -> Iterator[Any]:
    """Write layers and check that all rows are in the file; only for the separate process."""
    block_frame_imports()

    for layer in layers:
        types = {shape.geom_type for shape in shapely.from_wkb(layer["wkb"])}
        single_types = {each.removeprefix("Multi") for each in types}
        is_multi = len(single_types) == 1 and types != single_types
        geometry_type = "Unknown"
        if len(single_types) == 1:
            geometry_type = ("Multi" if is_multi else "") + single_types.pop()
        options: dict[str, str] = dict(_OPTIONS.get(path.suffix, {}))
        layer_name = None
        if path.suffix == ".gpkg":
            layer_name = layer["name"]
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
            geometry_type=geometry_type,
            crs=crs,
            promote_to_multi=is_multi,
            gdal_tz_offsets={
                name: np.full(len(values), _UTC_OFFSET)
                for name, (kind, values) in layer["fields"].items()
                if kind == _STAMP
            },
            append=path.suffix == ".gpkg" and path.exists(),
            **options,
        )
        written = pyogrio.read_info(path, layer=layer_name, force_feature_count=True)["features"]
        if written != len(layer["wkb"]):
            raise OSError(f"{written} of {len(layer['wkb'])} rows are there")
        if path.suffix == ".shp" and not _is_shapefile_complete(path):
            raise OSError("a part of it is missing")
    yield len(layers)


def _make_array(kind: str, values: Sequence[Any]) -> tuple[Any, Any]:
    """Return a column's values as an array, and a mask of missing whole numbers."""
    if kind != "int32":
        return np.array(values, dtype=kind), None  # GDAL sees None and NaN as missing
    return np.array([value or 0 for value in values], kind), np.array(
        [value is None for value in values]
    )


def _is_shapefile_complete(path: Path) -> bool:
    """Whether shapes and table are as long as their headers say; GDAL reports no full disk."""
    shapes, table = path.read_bytes(), path.with_suffix(".dbf").read_bytes()
    rows, start, width = (
        int.from_bytes(table[first:last], "little") for first, last in ((4, 8), (8, 10), (10, 12))
    )
    return len(shapes) == 2 * int.from_bytes(shapes[24:28], "big") and (
        len(table) >= start + rows * width
    )
