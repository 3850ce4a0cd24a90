"""How long the import and export of 10,000 schools and 100,000 road segments take.

    python tests/bench/bench_import.py

CPU time of this process and of the reading one, and the time on the clock.
"""

import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import pyogrio.raw
import shapely

from zoneplanner.app.exports.file_export import export_file
from zoneplanner.app.imports.file_import import import_file
from zoneplanner.app.imports.geography.map_features import ImportOptions
from zoneplanner.app.projects.open_project import create_project
from zoneplanner.exchange.vector.layers import LayerLimits, read_foreign_rows

Found = TypeVar("Found")
SCHOOLS, SEGMENTS = 10_000, 100_000
WEST, SOUTH, WIDE, HIGH = -122.0, 38.0, 1.6, 1.4


def main() -> None:
    """Measure each once."""
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home)
        session = create_project(folder / "district.gpkg")
        schools = _write_schools(folder / "schools.csv", rng)
        asked = ImportOptions(schools, "sites")
        done = _measure(
            f"import {SCHOOLS:,} schools",
            lambda: import_file(session, schools, "sites", options=asked),
        )
        print(f"  {done.message}")
        again = _measure(
            "import them again", lambda: import_file(session, schools, "sites", options=asked)
        )
        print(f"  {again.already:,} known")
        roads = _write_roads(folder / "roads.gpkg", rng)
        limits = LayerLimits(
            features=400_000, vertices=12_000_000, file_bytes=600_000_000, seconds=300
        )
        found = _measure(
            f"read {SEGMENTS:,} road segments",
            lambda: read_foreign_rows(roads, crs=session.project.crs, limits=limits),
        )
        print(f"  {len(found.rows):,} rows")
        _measure(
            "export all as GeoPackage", lambda: export_file(session, "gpkg", folder / "out.gpkg")
        )
        _measure(
            "export all as workbook", lambda: export_file(session, "xlsx", folder / "out.xlsx")
        )
        session.close()


def _measure(what: str, do: Callable[[], Found]) -> Found:
    own, began = time.process_time(), time.monotonic()
    others = _children_s()
    found = do()
    cpu_s = time.process_time() - own + _children_s() - others
    print(f"{what}: {cpu_s:.1f} s CPU, {time.monotonic() - began:.1f} s on the clock")
    return found


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _write_schools(path: Path, rng: np.random.Generator) -> Path:
    lons = rng.uniform(WEST, WEST + WIDE, SCHOOLS)
    lats = rng.uniform(SOUTH, SOUTH + HIGH, SCHOOLS)
    rows = (
        f"{10**13 + at},School {at},High Schools (Public),9-12,{at} Main St,Elm,95600,"
        f"{lat:.6f},{lon:.6f},{at % 3000}"
        for at, (lon, lat) in enumerate(zip(lons.tolist(), lats.tolist(), strict=True))
    )
    head = "code,school,level,grades,street,city,zip,latitude,longitude,enrollment"
    path.write_text("\n".join([head, *rows]) + "\n")
    return path


def _write_roads(path: Path, rng: np.random.Generator) -> Path:
    starts = np.column_stack(
        [rng.uniform(WEST, WEST + WIDE, SEGMENTS), rng.uniform(SOUTH, SOUTH + HIGH, SEGMENTS)]
    )
    steps = rng.normal(0, 0.0005, (SEGMENTS, 4, 2)).cumsum(axis=1)
    lines = shapely.linestrings(starts[:, None, :] + steps)
    names = np.array([f"Street {at % 5000}" for at in range(SEGMENTS)], dtype=object)
    kinds = np.array(["S1400"] * SEGMENTS, dtype=object)
    pyogrio.raw.write(
        path,
        geometry=shapely.to_wkb(lines),
        field_data=[names, kinds],
        fields=["FULLNAME", "MTFCC"],
        geometry_type="LineString",
        crs="EPSG:4269",
        layer="roads",
    )
    return path


if __name__ == "__main__":
    main()
