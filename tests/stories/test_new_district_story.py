"""Another district, from files to zones."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from shapely.geometry import MultiPoint, box, mapping
from shapely.geometry.base import BaseGeometry

from zoneplanner.cli.run import main

SHARED = Path(__file__).parents[3] / "shared" / "data" / "california_schools.csv"
HOME = (-121.40, 38.42)
"""Where the made-up district lies: longitude and latitude of its south-west corner."""
WIDE, HIGH = 0.16, 0.10


def run_json(capsys: pytest.CaptureFixture[str], *args: object, status: int = 0) -> dict[str, Any]:
    """Run a subcommand with --json and return its one object."""
    code = main([*map(str, args), "--json"])
    out, err = capsys.readouterr()
    assert code == status, (out, err)
    found = json.loads(out)
    assert isinstance(found, dict)
    return found


def areas(path: Path, *rows: tuple[BaseGeometry, dict[str, str]]) -> Path:
    features = [
        {"type": "Feature", "properties": own, "geometry": mapping(shape)} for shape, own in rows
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def place(name: str, kind: str = "city", code: str = "C1") -> dict[str, str]:
    return {
        "STATEFP": "06",
        "PLACEFP": name,
        "PLACENS": name,
        "NAME": name,
        "NAMELSAD": f"{name} {kind}",
        "CLASSFP": code,
    }


def county(name: str) -> dict[str, str]:
    return {
        "STATEFP": "06",
        "COUNTYFP": "067",
        "COUNTYNS": "1",
        "GEOID": "06067",
        "NAME": name,
        "NAMELSAD": f"{name} County",
    }


def made_up(folder: Path) -> dict[str, Path]:
    """Write the files of a small district: boundary, county, city, blocks, schools."""
    x, y = HOME
    outline = box(x, y, x + WIDE, y + HIGH)
    district = {"STATEFP": "06", "UNSDLEA": "11111", "NAME": "Elm Unified School District"}
    other = {**district, "UNSDLEA": "22222", "NAME": "Oak Unified School District"}
    step = 0.02
    blocks = [
        (
            box(x + step * i, y + step * j, x + step * (i + 1), y + step * (j + 1)),
            {"GEOID20": f"06067{i:02}{j:02}", "BLOCKCE20": f"{i}{j}"},
        )
        for i in range(8)
        for j in range(5)
    ]
    head = "CDSCode\tStatusType\tDistrict\tSchool\tSOCType\tGSserved\tLatitude\tLongitude\n"
    kinds = ("Elementary Schools (Public)\tK-6", "High Schools (Public)\t9-12")
    rows = [
        f"3467314{at:07}\tActive\tElm Unified\tElm {at}\t{kinds[at % 5 == 0]}"
        f"\t{y + 0.01 + 0.02 * (at % 5):.5f}\t{x + 0.013 + 0.019 * (at // 5) * 2:.5f}\n"
        for at in range(1, 19)
    ]
    rows.append("34673140000099\tClosed\tElm Unified\tOld Elm\tx\tK-6\tNo Data\tNo Data\n")
    rows.append(f"19647330000001\tActive\tOak Unified\tOak 1\t{kinds[0]}\t34.05\t-118.25\n")
    schools = folder / "pubschls.txt"
    schools.write_text(head + "".join(rows))
    return {
        "district": areas(
            folder / "tl_unsd.geojson", (outline, district), (box(x - 1, y, x, y + 1), other)
        ),
        "county": areas(
            folder / "tl_county.geojson", (box(x - 1, y - 1, x + 1, y + 1), county("Elm"))
        ),
        "places": areas(
            folder / "tl_place.geojson",
            (box(x + 0.1, y - 0.02, x + 0.3, y + HIGH + 0.02), place("Ash")),
            (box(x, y, x + 0.05, y + 0.05), place("Fir", "CDP", "U1")),
        ),
        "blocks": areas(folder / "tl_blocks.geojson", *blocks),
        "schools": schools,
    }


def test_a_made_up_district_is_zoned_from_its_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files, project = made_up(tmp_path), tmp_path / "elm.gpkg"
    only = "NAME=Elm Unified School District"
    made = run_json(capsys, "new", project, "--district", files["district"], "--only", only,
                  "--zones", 3)  # fmt: skip
    assert made == {
        "sites": 0,
        "zones": 3,
        "units": 3,
        "name": "Elm Unified School District",
        "crs": "EPSG:26910",
    }
    done = run_json(capsys, "import", project, files["county"], "--as", "jurisdictions")
    assert (done["read"], done["taken"], done["mapping"]) == (1, 1, "census-counties")
    done = run_json(capsys, "import", project, files["places"], "--as", "jurisdictions")
    assert (done["taken"], done["left_out"], done["refused"]) == (1, 1, [])
    done = run_json(capsys, "import", project, files["blocks"], "--as", "blocks")
    assert (done["taken"], done["refused"]) == (40, [])
    schools = (
        "import",
        project,
        files["schools"],
        "--as",
        "sites",
        "--only",
        "District=elm unified",
    )
    tried = run_json(capsys, *schools, "--dry-run")
    done = run_json(capsys, *schools)
    assert tried == done
    assert (done["read"], done["taken"], done["left_out"]) == (20, 18, 2)
    plan = run_json(capsys, "plan", project, "--time-limit", "2", "--tolerance", "0.3")
    assert plan["unassigned"] == []
    assert sorted(len(zone["sites"]) > 0 for zone in plan["zones"]) == [True] * 3
    assert all(zone["pieces"] == 1 for zone in plan["zones"])
    assert run_json(capsys, "verify", project)["ok"]


@pytest.mark.skipif(not SHARED.exists(), reason="the state's list of schools is not at hand")
@pytest.mark.long  # 4 s; the made-up district below always runs
def test_elk_grove_is_zoned_from_the_states_list_of_schools(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with SHARED.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["district"] == "Elk Grove Unified"]
    spots = [(float(row["longitude"]), float(row["latitude"])) for row in rows]
    outline = MultiPoint(spots).convex_hull.buffer(0.02)
    left, bottom, right, top = outline.bounds
    middle = (left + right) / 2
    files = {
        "district": areas(tmp_path / "unsd.geojson", (outline, {"NAME": "Elk Grove Unified"})),
        "county": areas(
            tmp_path / "county.geojson",
            (box(left - 0.1, bottom - 0.1, right + 0.1, top + 0.1), county("Sacramento")),
        ),
        "city": areas(
            tmp_path / "place.geojson",
            (box(middle - 0.04, bottom + 0.06, middle + 0.05, bottom + 0.14), place("Elk Grove")),
        ),
    }
    project = tmp_path / "elk-grove.gpkg"
    run_json(capsys, "new", project, "--district", files["district"], "--zones", 5)
    for name in ("county", "city"):
        done = run_json(capsys, "import", project, files[name], "--as", "jurisdictions")
        assert done["taken"] == 1
    done = run_json(
        capsys, "import", project, SHARED, "--as", "sites",
        "--only", "district=Elk Grove Unified", "--only", "active_in_cde_directory_2026_04=Y",
    )  # fmt: skip
    assert done["read"] == 11_922
    assert (done["taken"], done["refused"]) == (69, [])
    assert {"id": ["cds_code"], "grades": ["grades_served"]}.items() <= done["columns"].items()
    plan = run_json(capsys, "plan", project, "--time-limit", "2")
    assert plan["unassigned"] == []
    assert len(plan["zones"]) == 5
