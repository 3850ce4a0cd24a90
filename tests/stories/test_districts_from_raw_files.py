"""Six districts from raw public files to plan, log, edition and screenshot."""

import csv
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import shapely
from builders import RecordProperty
from raw_files import (
    STATE_LIST,
    RawSchool,
    county_row,
    create_schools,
    district_row,
    place_row,
    write_areas,
    write_directory,
    write_meals,
)

Answer = Callable[..., dict[str, Any]]
ROOT = Path(__file__).parents[2]
_FAR = RawSchool("01000000000001", "Far away", "Far Unified", "High Schools (Public)", "9-12",
                 -124.1, 40.8, 700)  # fmt: skip


@pytest.fixture
def answer() -> Answer:
    def run(*args: object, status: int = 0) -> dict[str, Any]:
        """Run a command in a separate process."""
        command = [sys.executable, str(ROOT / "main.py"), *map(str, args), "--json"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        found = json.loads(done.stdout)
        assert isinstance(found, dict)
        assert done.returncode == status, (found.get("problems"), found.get("error"), done.stderr)
        return found

    return run


def read_state(district: str) -> list[RawSchool]:
    """Return a district's active schools in the state's directory, and one far away."""
    with STATE_LIST.open(newline="", encoding="utf-8") as file:
        rows = [
            row
            for row in csv.DictReader(file)
            if row["district"] == district and row["active_in_cde_directory_2026_04"] == "Y"
        ]
    return [
        RawSchool(
            row["cds_code"], row["name"], district, row["soc_type"] or row["level"],
            row["grades_served"], float(row["longitude"] or 0), float(row["latitude"] or 0),
            int(row["enrollment_k12_2023_24"] or 0) or None, row["county"],
        )
        for row in rows
    ] + [_FAR]  # fmt: skip


def write_files(folder: Path, district: str, schools: list[RawSchool]) -> dict[str, Path]:
    """Write six raw files; the boundary surrounds the schools, with a city in the middle."""
    own = [one for one in schools if one.district == district and one.lon]
    points = [shapely.Point(one.lon, one.lat) for one in own]
    parts = shapely.get_parts(shapely.union_all(shapely.buffer(points, 0.1)))
    groups = [shapely.MultiPoint([p for p in points if part.covers(p)]) for part in parts]
    outline = shapely.union_all([group.convex_hull.buffer(0.03) for group in groups])
    west, south, east, north = outline.bounds
    x, y = (float(v) for v in (shapely.MultiPoint(points).centroid.x,
                               shapely.MultiPoint(points).centroid.y))  # fmt: skip
    wide, high = (east - west) / 5, (north - south) / 5
    step = max(east - west, north - south) / 60
    blocks = [
        (
            shapely.box(west + i * step, south + j * step, west + (i + 1) * step,
                        south + (j + 1) * step),
            {"GEOID20": f"06{i:03}{j:03}", "BLOCKCE20": f"{i}.{j}", "POP20": 100},
        )
        for i in range(int((east - west) / step) + 1)
        for j in range(int((north - south) / step) + 1)
    ]  # fmt: skip
    return {
        "boundary": write_areas(
            folder / "tl_2025_06_unsd.geojson",
            (outline, district_row(f"{district} School District")),
            (shapely.box(-124.5, 40.5, -123.5, 41.5), district_row("Far Unified School District",
                                                                    "0699999")),
        ),
        "county": write_areas(
            folder / "tl_2025_us_county.geojson",
            (shapely.box(west - 0.5, south - 0.5, east + 0.5, north + 0.5), county_row("Elm")),
        ),
        "places": write_areas(
            folder / "tl_2025_06_place.geojson",
            (shapely.box(x - wide, y - high, x + wide, y + high), place_row("Middle")),
        ),
        "blocks": write_areas(folder / "tl_2020_06_tabblock20.geojson", *blocks),
        "schools": write_directory(folder / "pubschls.txt", schools),
        "enrollment": write_meals(folder / "frpm2526.xlsx", schools),
    }  # fmt: skip


DISTRICTS = {
    "Culver City Unified": (5, 20),
    "Elk Grove Unified": (60, 90),
    "Sacramento City Unified": (60, 110),
    "Long Beach Unified": (70, 110),
    "Los Angeles Unified": (900, 1100),
    "Elm Unified": (2000, 2000),
}


@pytest.mark.long
@pytest.mark.parametrize("district", DISTRICTS)
def test_a_district_from_raw_files_can_be_planned_logged_and_published(
    district: str, tmp_path: Path, answer: Answer, record_property: RecordProperty
) -> None:
    if district == "Elm Unified":
        schools = [*create_schools(2000, wide=50), _FAR]
    elif STATE_LIST.exists():
        schools = read_state(district)
    else:
        pytest.skip("the state's list of schools is not at hand")
    files, project = write_files(tmp_path, district, schools), tmp_path / "p.gpkg"
    least, most = DISTRICTS[district]
    zones = 100 if least == 2000 else 0
    wished = ("--zones", zones) if zones else ()
    begun = time.perf_counter()
    made = answer(
        "district", project, "--schools", files["schools"], "--boundary", files["boundary"],
        "--jurisdictions", files["county"], "--jurisdictions", files["places"],
        "--enrollment", files["enrollment"], "--blocks", files["blocks"],
        "--name", district, *wished, "--detached", "connect",
        "--time-limit", 60 if least >= 900 else 10,
    )  # fmt: skip
    seconds = time.perf_counter() - begun
    assert least <= made["sites"] <= most
    assert made["elsewhere"] >= 1
    assert made["problems"] == []
    assert made["detached"] == []
    assert made["missing"] == [
        *(["enrollment"] if "enrollment" in made["missing"] else []), "units", "roads", "basemap"
    ]  # fmt: skip
    assert made["zones"] == (zones or max(1, round(made["sites"] / 12)))
    joined = answer("connect", project)["joined"]
    assert bool(joined) is (district == "Long Beach Unified")
    first = next(own for own in schools if own.lon)
    answer("log", project, "visit", f"site={first.code}", "purpose=teaching")
    done = answer("publish", project, "--to", tmp_path / "out", "--audience", "staff",
                  "--allow-draft", "--only", "map")  # fmt: skip
    assert done["files"]
    picture = tmp_path / "window.png"
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    subprocess.run(
        [sys.executable, ROOT / "main.py", "--picture", picture, project],
        check=True, env=environment, timeout=180,
    )  # fmt: skip
    assert picture.stat().st_size > 20_000
    record_property("measured", f"{made['sites']} sites in {made['zones']} zones, {seconds:.0f} s")
