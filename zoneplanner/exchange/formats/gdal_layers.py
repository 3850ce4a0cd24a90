"""Layers out through GDAL: GeoPackage, GeoJSON, FlatGeobuf, shapefile; by a process of its own."""

import json
import warnings
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from zoneplanner.errors import ProgressReport, UserError
from zoneplanner.exchange.formats.export_layer import ColumnKind, ExportColumn, ExportLayer
from zoneplanner.exchange.sandbox.process import block_frame_imports, run_in_process

_DRIVERS = {
    ".gpkg": "GPKG",
    ".geojson": "GeoJSON",
    ".fgb": "FlatGeobuf",
    ".shp": "ESRI Shapefile",
}
_LONGEST_FIELD, _LONGEST_TEXT = 10, 254
_SECONDS = 300.0
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
    asked = {
        "seconds": _SECONDS,
        "layers": [_pack_layer(layer, path.suffix) for layer in layers],
        "crs": crs,
    }
    answer = run_in_process(_serve_writer, path, path.name, asked, report)
    if "error" in answer:
        raise UserError(answer["error"], answer.get("details"), code="cannot_write")


def _serve_writer(to: Connection, file: str, name: str, asked: dict[str, Any]) -> None:
    """Write what is asked and look whether all of it is there; the process's own part."""
    warnings.simplefilter("ignore")
    block_frame_imports()
    try:
        for layer in asked["layers"]:
            _write_layer(Path(file), layer, asked["crs"])
        answer: dict[str, Any] = {}
    except Exception as error:
        reason = str(error).replace(file, name)[:300]
        answer = {
            "error": f"“{name}” cannot be written; make room on the disk or choose another folder.",
            "details": {"reason": reason},
        }
    to.send_bytes(json.dumps(answer).encode())
    to.close()


def _pack_layer(layer: ExportLayer, suffix: str) -> dict[str, Any]:
    shapes = layer.shapes or ()
    kinds = {shape.geom_type.removeprefix("Multi") for shape in shapes}
    kind = kinds.pop() if len(kinds) == 1 else "Unknown"
    several = any(shape.geom_type.startswith("Multi") for shape in shapes)
    cut = suffix == ".shp"
    return {
        "name": layer.name,
        "about": layer.about,
        "title": layer.title,
        "kind": f"Multi{kind}" if several and kind != "Unknown" else kind,
        "wkb": [shapely.to_wkb(_promote_to_multi(shape, several=several)) for shape in shapes],
        "fields": [
            column.name[:_LONGEST_FIELD] if cut else column.name for column in layer.columns
        ],
        "values": [
            _pack_column(column, [row[at] for row in layer.rows], cut=cut)
            for at, column in enumerate(layer.columns)
        ],
    }


def _promote_to_multi(shape: Any, *, several: bool) -> Any:
    """Return a shape as one of several parts where its layer holds such."""
    if not several or shape.geom_type.startswith("Multi"):
        return shape
    joined: Mapping[str, Any] = {
        "Point": shapely.MultiPoint,
        "LineString": shapely.MultiLineString,
        "Polygon": shapely.MultiPolygon,
    }
    return joined[shape.geom_type]([shape])


def _pack_column(
    column: ExportColumn, values: Sequence[Any], *, cut: bool
) -> tuple[Any, list[bool]]:
    missing = [value is None for value in values]
    if column.kind is ColumnKind.WHOLE:
        return np.array([value or 0 for value in values], dtype=np.int32), missing
    if column.kind is ColumnKind.NUMBER:
        return np.array([value or 0.0 for value in values], dtype=np.float64), missing
    if column.kind is ColumnKind.FLAG:
        texts = ["yes" if value else "no" for value in values]
    else:
        texts = [str(value or "")[: _LONGEST_TEXT if cut else None] for value in values]
    return np.array(texts, dtype=object), missing


def _write_layer(path: Path, layer: Mapping[str, Any], crs: str) -> None:
    import pyogrio
    import pyogrio.raw

    options: dict[str, str] = dict(_OPTIONS.get(path.suffix, {}))
    if path.suffix == ".gpkg":
        options |= {"IDENTIFIER": layer["title"], "DESCRIPTION": layer["about"]}
    pyogrio.raw.write(
        path,
        geometry=np.array(layer["wkb"], dtype=object),
        field_data=[values for values, _ in layer["values"]],
        field_mask=[np.array(missing) for _, missing in layer["values"]],
        fields=layer["fields"],
        layer=layer["name"],
        driver=_DRIVERS[path.suffix],
        geometry_type=layer["kind"],
        crs=crs,
        append=path.suffix == ".gpkg" and path.exists(),
        **options,
    )
    named = layer["name"] if path.suffix == ".gpkg" else None
    found = pyogrio.read_info(path, layer=named, force_feature_count=True)["features"]
    if found != len(layer["wkb"]):
        raise OSError(f"{found} of {len(layer['wkb'])} rows are there")
