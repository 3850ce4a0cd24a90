"""Writers of small layer files of every kind near the bundled district."""

import json
import sqlite3
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio.raw
import shapely
from shapely.geometry import Point, box
from shapely.geometry.base import BaseGeometry

from zoneplanner.exchange.sandbox.process import encode_answer
from zoneplanner.exchange.sandbox.table_reader import list_table_rows
from zoneplanner.exchange.tables.text_table import TextTable, build_text_table

CRS = "EPSG:26910"
AT = (-121.30, 38.65)
NEAR = box(640_000, 4_270_000, 660_000, 4_290_000)


def write_geojson(path: Path, *features: tuple[dict[str, Any] | None, dict[str, Any]]) -> Path:
    """Write features given as (geometry, properties)."""
    rows = [
        {"type": "Feature", "geometry": geometry, "properties": properties}
        for geometry, properties in features
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": rows}))
    return path


def point_geometry(lon: float = AT[0], lat: float = AT[1]) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [lon, lat]}


def write_shapes(
    path: Path,
    shapes: Sequence[BaseGeometry],
    *,
    layer: str | None = None,
    append: bool = False,
) -> Path:
    """Write shapes with a ``name`` field through GDAL."""
    kind = shapes[0].geom_type
    pyogrio.raw.write(
        path,
        geometry=shapely.to_wkb(list(shapes)),
        field_data=[_names(len(shapes))],
        fields=["name"],
        geometry_type=kind,
        crs="EPSG:4326",
        layer=layer,
        append=append,
        driver="KML" if path.suffix == ".kml" else None,
    )
    return path


def _names(count: int) -> Any:
    return np.array([f"Stop {at}" for at in range(1, count + 1)], dtype=object)


def write_shapefile(folder: Path, *, with_crs: bool = True) -> Path:
    """Write two stops as a shapefile; without a CRS it has no .prj."""
    path = write_shapes(folder / "stops.shp", [Point(AT), Point(AT[0] + 0.01, AT[1])])
    if not with_crs:
        path.with_suffix(".prj").unlink()
    return path


def zip_files(path: Path, *files: Path) -> Path:
    with zipfile.ZipFile(path, "w") as packed:
        for file in files:
            packed.write(file, f"folder/{file.name}")
    return path


def write_endless_layer(path: Path) -> Path:
    """Write a GeoPackage with a layer that never ends."""
    write_shapes(path, [Point(AT)], layer="stops")
    with sqlite3.connect(path) as base:
        base.execute("PRAGMA trusted_schema = ON")
        for trigger in base.execute(
            "SELECT name FROM sqlite_master WHERE type='trigger'"
        ).fetchall():
            base.execute(f"DROP TRIGGER {trigger[0]}")
        base.execute("ALTER TABLE stops RENAME TO kept")
        base.execute(
            "CREATE VIEW stops AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
            "SELECT n.i AS fid, kept.geom, kept.name FROM n, kept WHERE n.i < 0"
        )
    base.close()
    return path


def write_workbook(path: Path, rows: Sequence[Sequence[object]], **sheets: Any) -> Path:
    """Write rows as the first sheet of a workbook, and further sheets by name."""
    from openpyxl import Workbook

    book = Workbook()
    for title, own in {"": rows, **sheets}.items():
        sheet = book.create_sheet(title) if title else book.active
        assert sheet is not None
        for row in own:
            sheet.append(list(row))
    book.save(path)
    return path


def read_table_here(
    path: Path, *, known: Sequence[str], needed: Sequence[str] = (), lenient: bool = False
) -> TextTable:
    """Read a table as the guarded process does, without starting one (faster for many tables)."""
    read = list_table_rows(path, path.name, sheet=None, most_rows=1_000_000)
    answers = (encode_answer(own) for own in read)
    return build_text_table(path.name, answers, known=known, needed=needed, lenient=lenient)
