"""Reads a foreign file of shapes in a process of its own, which may hang, swell or crash.

``serve`` is what that process runs. It answers with one JSON text: rows as [number, WKB in hex,
fields], or what is wrong in a sentence. GDAL is imported here and nowhere else, with all but a
few of its drivers put away before it sees a file.
"""

import contextlib
import json
import math
import sqlite3
import warnings
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from zoneplanner.errors import UserError
from zoneplanner.exchange.vector_csv import read_table
from zoneplanner.exchange.vector_shapes import tidied

DRIVERS = {
    ".geojson": ("GeoJSON",),
    ".shp": ("ESRI Shapefile",),
    ".gpkg": ("GPKG",),
    ".kml": ("LIBKML", "KML"),
}
LONGEST_TEXT, MOST_FIELDS = 200, 40
QUIET = {
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
    "GDAL_DISABLE_READDIR_ON_OPEN": "TRUE",
    "OGR_SQLITE_LIST_VIRTUAL_OGR": "NO",
    "OGR_GPKG_FOREIGN_KEY_CHECK": "NO",
}

Answer = dict[str, Any]


def serve(to: Connection, file: str, name: str, asked: dict[str, Any]) -> None:
    """Read a private copy and send the answer.

    ``name`` is what messages call the file; ``asked`` has layer, features, vertices, memory_bytes
    and seconds.
    """
    limit(asked["memory_bytes"], asked["seconds"])
    warnings.simplefilter("ignore")
    try:
        with np.errstate(all="ignore"):
            answer = _read(Path(file), name, asked)
    except UserError as error:
        answer = {"error": error.message, "details": error.details}
    except MemoryError:
        answer = {"error": f"“{name}” needs more memory than a layer may; cut it smaller."}
    except Exception as error:
        answer = {
            "error": f"“{name}” cannot be read as a layer; it may be damaged.",
            "details": {"reason": str(error).replace(file, name)[:300] or type(error).__name__},
        }
    to.send_bytes(json.dumps(answer).encode())
    to.close()


def limit(memory_bytes: int, seconds: float) -> None:
    """Have the system stop this process where it takes too much; Windows has no such limit."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    cpu_s = int(seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _read(file: Path, name: str, asked: dict[str, Any]) -> Answer:
    if file.suffix == ".csv":
        rows, crs = read_table(file, name, asked["features"])
        shapes = [None if spot is None else shapely.Point(spot) for spot, _ in rows]
        return _answer(name, shapes, [fields for _, fields in rows], crs, asked)
    return _read_with_gdal(file, name, asked)


def _read_with_gdal(file: Path, name: str, asked: dict[str, Any]) -> Answer:
    import pyogrio
    import pyogrio.raw

    keep_drivers(DRIVERS[file.suffix])
    if file.suffix == ".gpkg":
        _forget_counts(file)
    layers = [str(layer) for layer, kind in pyogrio.list_layers(file).tolist() if kind]
    if not layers:
        raise UserError(f"“{name}” has no layer with shapes; choose another file.")
    wanted = asked["layer"] or (layers[0] if len(layers) == 1 else None)
    if wanted is None:
        return {"layers": layers}
    if wanted not in layers:
        raise UserError(f"“{name}” has no layer “{wanted}”. It has: {', '.join(layers)}.")
    most = int(asked["features"])
    meta, _, wkb, columns = pyogrio.raw.read(
        file, layer=wanted, max_features=most + 1, force_2d=True, datetime_as_string=True
    )
    if wkb is None:
        raise UserError(f"“{name}” has no shapes; choose another file.")
    if len(wkb) > most:
        raise UserError(f"“{name}” has more than {most:,} rows; cut it to what the map needs.")
    shapes = shapely.from_wkb(wkb, on_invalid="ignore").tolist()
    fields = _fields([str(field) for field in meta["fields"]], columns, len(wkb))
    found = _answer(name, shapes, fields, meta["crs"], asked)
    return {**found, "layer": wanted if len(layers) > 1 else ""}


def keep_drivers(wanted: tuple[str, ...]) -> None:
    """Put all other drivers away; GDAL skips them when it registers its drivers once more."""
    import pyogrio
    from pyogrio._ogr import _register_drivers

    others = sorted(set(pyogrio.list_drivers()) - set(wanted))
    pyogrio.set_gdal_config_options({**QUIET, "GDAL_SKIP": ",".join(others)})
    _register_drivers()
    left = set(pyogrio.list_drivers()) - set(wanted)
    if left:
        raise RuntimeError(f"drivers that cannot be put away: {', '.join(sorted(left))}")


def _forget_counts(file: Path) -> None:
    """Let GDAL count the rows itself: a stale count in the file hides rows."""
    with (
        contextlib.suppress(sqlite3.Error),
        contextlib.closing(sqlite3.connect(file)) as base,
        base,
    ):
        base.execute("PRAGMA trusted_schema = OFF")
        base.execute("UPDATE gpkg_ogr_contents SET feature_count = NULL")


def _fields(names: list[str], columns: Any, count: int) -> list[dict[str, str]]:
    """Return each row's attributes as text, those without a value left out."""
    rows: list[dict[str, str]] = [{} for _ in range(count)]
    for name, column in list(zip(names, columns, strict=True))[:MOST_FIELDS]:
        for row, value in zip(rows, column.tolist(), strict=True):
            text = _text(value)
            if text:
                row[name] = text
    return rows


def _text(value: object) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value).strip()[:LONGEST_TEXT]


def _answer(
    name: str, shapes: list[Any], fields: list[dict[str, str]], crs: str | None, asked: Answer
) -> Answer:
    rows, repaired, refused = [], [], []
    corners = int(asked["vertices"])
    for number, (shape, own) in enumerate(zip(shapes, fields, strict=True), 1):
        corners -= int(shapely.get_num_coordinates(shape))
        if corners < 0:
            raise UserError(
                f"“{name}” has more than {asked['vertices']:,} corners; simplify it first."
            )
        kept = tidied(shape)
        if kept.shape is None:
            refused.append((number, kept.refused))
            continue
        if kept.repaired:
            repaired.append((number, kept.repaired))
        rows.append((number, shapely.to_wkb(kept.shape, hex=True), own))
    return {
        "rows": rows,
        "read": len(shapes),
        "repaired": repaired,
        "refused": refused,
        "crs": crs,
    }
