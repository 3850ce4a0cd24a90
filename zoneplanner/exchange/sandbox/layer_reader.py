"""Reads a foreign file of shapes in a process of its own, which may hang, swell or crash.

``serve`` is what that process runs. It answers with one JSON text: rows as [number, WKB in hex or
null, values by column, what was repaired, why there is no shape], or what is wrong in a sentence.
GDAL is imported here and nowhere else, with all but a few of its drivers put away before it sees
a file.
"""

import contextlib
import csv
import math
import sqlite3
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from zoneplanner.errors import UserError
from zoneplanner.exchange.sandbox.private_copy import SeveralLayers
from zoneplanner.exchange.sandbox.process import block_frame_imports
from zoneplanner.exchange.sandbox.process import send_answer as send
from zoneplanner.exchange.sandbox.shape_repair import repair_shapes
from zoneplanner.exchange.sandbox.table_cells import (
    PlaceColumns,
    TextCells,
    read_csv_cells,
    read_located_rows,
    read_sheet_cells,
)

_DRIVERS = {
    ".geojson": ("GeoJSON",),
    ".shp": ("ESRI Shapefile",),
    ".gpkg": ("GPKG",),
    ".kml": ("LIBKML", "KML"),
    ".fgb": ("FlatGeobuf",),
}
_QUIET = {
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
    "GDAL_DISABLE_READDIR_ON_OPEN": "TRUE",
    "OGR_SQLITE_LIST_VIRTUAL_OGR": "NO",
    "OGR_GPKG_FOREIGN_KEY_CHECK": "NO",
}
_USUAL_TRIGGERS = ("rtree_", "gpkg_", "trigger_insert_feature_count_", "trigger_delete_feature_")
_LONGEST_CELL = 10_000_000
"""Letters of a shape as text; a cell that is longer is a quotation mark left open."""

_Answer = dict[str, Any]


def serve_layer_reader(to: Connection, file: str, name: str, asked: dict[str, Any]) -> None:
    """Read a private copy and send the answer.

    ``name`` is what messages call the file; ``asked`` has layer, features, vertices, columns,
    text, places, first, memory_bytes and seconds; with ``cells`` it is a table that is sent as it
    stands.
    """
    limit_resources(asked["memory_bytes"], asked["seconds"])
    csv.field_size_limit(_LONGEST_CELL)
    warnings.simplefilter("ignore")
    block_frame_imports()
    try:
        with np.errstate(all="ignore"):
            answer = _read_file(Path(file), name, asked)
    except SeveralLayers as several:
        answer = {"layers": list(several.names)}
    except UserError as error:
        answer = {"error": error.message, "details": error.details, "code": error.code}
    except MemoryError:
        answer = {"error": f"“{name}” needs more memory than a layer may; cut it smaller."}
    except Exception as error:
        answer = {
            "error": f"“{name}” cannot be read as a layer; it may be damaged, or hold a shape "
            "too large.",
            "details": {"reason": str(error).replace(file, name)[:300] or type(error).__name__},
        }
    send(to, answer)


def limit_resources(memory_bytes: int, seconds: float) -> None:
    """Have the system stop this process where it takes too much; Windows has no such limit."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    cpu_s = int(seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _read_file(file: Path, name: str, asked: _Answer) -> _Answer:
    if file.suffix not in (".csv", ".xlsx"):
        return _read_with_gdal(file, name, asked)
    cells = _read_cells(file, name, asked["layer"])
    if asked.get("cells"):
        return _list_cells(cells, name, asked)
    if asked["first"] is not None:
        cells = replace(cells, rows=islice(cells.rows, asked["first"] + 1))
    places = PlaceColumns(**asked["places"])
    rows = read_located_rows(cells, name, most_rows=asked["features"], places=places)
    answer = _make_answer(name, rows.shapes, rows.columns, rows.fields, asked)
    return {**answer, "crs": rows.crs, "how": cells.words, "places": rows.places}


def _read_cells(file: Path, name: str, sheet: str | None) -> TextCells:
    return (
        read_csv_cells(file, name) if file.suffix == ".csv" else read_sheet_cells(file, name, sheet)
    )


def _list_cells(cells: TextCells, name: str, asked: _Answer) -> _Answer:
    rows = []
    for row in cells.rows:
        rows.append(row)
        if len(rows) > asked["features"]:
            raise UserError(
                f"“{name}” has more than {asked['features']:,} rows; take it in parts.",
                code="too_large",
            )
    return {"cells": rows, "how": cells.words}


def _read_with_gdal(file: Path, name: str, asked: _Answer) -> _Answer:
    import pyogrio
    import pyogrio.raw

    restrict_drivers(_DRIVERS[file.suffix])
    notes = _remove_triggers(file, name) if file.suffix == ".gpkg" else []
    layers = [str(layer) for layer, kind in pyogrio.list_layers(file).tolist() if kind]
    if not layers:
        raise UserError(
            f"“{name}” has no layer with shapes; choose another file.", code="unreadable_file"
        )
    wanted = asked["layer"] or (layers[0] if len(layers) == 1 else None)
    if wanted is None:
        return {"layers": layers}
    if wanted not in layers:
        raise UserError(
            f"“{name}” has no layer “{wanted}”. It has: {', '.join(layers)}.",
            code="unreadable_file",
        )
    most = int(asked["features"])
    meta, _, wkb, columns = pyogrio.raw.read(
        file, layer=wanted, max_features=most + 1, force_2d=True, datetime_as_string=True
    )
    if wkb is None:
        raise UserError(f"“{name}” has no shapes; choose another file.", code="unreadable_file")
    if len(wkb) > most:
        raise UserError(
            f"“{name}” has more than {most:,} rows; cut it to what the map needs.", code="too_large"
        )
    shapes = shapely.from_wkb(wkb, on_invalid="ignore").tolist()
    names = [str(field) for field in meta["fields"]][: asked["columns"]]
    fields = _read_fields(names, columns, len(wkb))
    found = _make_answer(name, shapes, names, fields, asked)
    told = {"layer": wanted if len(layers) > 1 else "", "layers_in": layers, "notes": notes}
    return {**found, **told, "crs": meta["crs"], "how": "", "places": []}


def restrict_drivers(wanted: Sequence[str]) -> None:
    """Put all other drivers away; GDAL skips them when it registers its drivers once more."""
    import pyogrio
    from pyogrio._ogr import _register_drivers

    others = sorted(set(pyogrio.list_drivers()) - set(wanted))
    pyogrio.set_gdal_config_options({**_QUIET, "GDAL_SKIP": ",".join(others)})
    _register_drivers()
    left = set(pyogrio.list_drivers()) - set(wanted)
    if left:
        raise RuntimeError(f"drivers that cannot be put away: {', '.join(sorted(left))}")


def _remove_triggers(file: Path, name: str) -> list[str]:
    """Take triggers out of the copy and let GDAL count the rows itself; say what was foreign.

    A stale count in the file hides rows, and a trigger may do anything to who writes.
    """
    notes: list[str] = []
    with (
        contextlib.suppress(sqlite3.Error),
        contextlib.closing(sqlite3.connect(file)) as base,
        base,
    ):
        base.execute("PRAGMA trusted_schema = OFF")
        found = base.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (trigger,) in found:
            quoted = str(trigger).replace('"', '""')
            base.execute(f'DROP TRIGGER "{quoted}"')
            if not str(trigger).startswith(_USUAL_TRIGGERS):
                notes.append(f"The trigger {trigger} of “{name}” was not run.")
        base.execute("UPDATE gpkg_ogr_contents SET feature_count = NULL")
    return notes


def _read_fields(names: Sequence[str], columns: Any, count: int) -> list[dict[str, str]]:
    """Return each row's attributes as text, those without a value left out."""
    rows: list[dict[str, str]] = [{} for _ in range(count)]
    for name, column in zip(names, columns, strict=False):
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


def _make_answer(
    name: str,
    shapes: Sequence[Any],
    columns: Sequence[str],
    fields: Sequence[Mapping[str, str]],
    asked: _Answer,
) -> _Answer:
    corners = int(shapely.get_num_coordinates(np.array(shapes, dtype=object)).sum())
    if corners > int(asked["vertices"]):
        raise UserError(
            f"“{name}” has more than {asked['vertices']:,} corners; simplify it first.",
            code="too_large",
        )
    kept, longest = list(columns)[: asked["columns"]], int(asked["text"])
    tidy = repair_shapes(shapes)
    wkb = shapely.to_wkb([own.shape for own in tidy], hex=True).tolist()
    rows = [
        (
            number,
            shape,
            [own.get(column, "")[:longest] for column in kept],
            good.repaired,
            good.refused,
        )
        for number, (shape, own, good) in enumerate(zip(wkb, fields, tidy, strict=True), 1)
    ]
    return {"rows": rows, "columns": kept, "read": len(rows)}
