"""Another district, from files to zones."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from raw_files import STATE_LIST, county_row, place_row, write_areas, write_made_up_district
from shapely.geometry import MultiPoint, box

from zoneplanner.cli.run import main


def run_json(capsys: pytest.CaptureFixture[str], *args: object, status: int = 0) -> dict[str, Any]:
    """Run a subcommand with --json and return its one object."""
    code = main([*map(str, args), "--json"])
    out, err = capsys.readouterr()
    assert code == status, (out, err)
    found = json.loads(out)
    assert isinstance(found, dict)
    return found


def test_a_made_up_district_is_zoned_from_its_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files, project = write_made_up_district(tmp_path), tmp_path / "elm.gpkg"
    only = "NAME=Elm Unified School District"
    made = run_json(capsys, "new", project, "--district", files["boundary"], "--only", only,
                  "--zones", 3)  # fmt: skip
    assert made == {
        "sites": 0,
        "zones": 3,
        "units": 3,
        "name": "Elm Unified School District",
        "crs": "EPSG:26910",
    }
    done = run_json(capsys, "import", project, files["county"], "--as", "jurisdictions")
    assert (done["read"], done["taken"], done["mapping"]) == (2, 1, "census-counties")
    done = run_json(capsys, "import", project, files["places"], "--as", "jurisdictions")
    assert (done["taken"], done["left_out"], done["refused"]) == (1, 1, [])
    done = run_json(capsys, "import", project, files["blocks"], "--as", "blocks")
    assert (done["taken"], done["refused"]) == (42, [])
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


@pytest.mark.skipif(not STATE_LIST.exists(), reason="the state's list of schools is not at hand")
@pytest.mark.long  # 4 s; the made-up district below always runs
def test_elk_grove_is_zoned_from_the_states_list_of_schools(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with STATE_LIST.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["district"] == "Elk Grove Unified"]
    spots = [(float(row["longitude"]), float(row["latitude"])) for row in rows]
    outline = MultiPoint(spots).convex_hull.buffer(0.02)
    left, bottom, right, top = outline.bounds
    middle = (left + right) / 2
    files = {
        "district": write_areas(
            tmp_path / "unsd.geojson", (outline, {"NAME": "Elk Grove Unified"})
        ),
        "county": write_areas(
            tmp_path / "county.geojson",
            (box(left - 0.1, bottom - 0.1, right + 0.1, top + 0.1), county_row("Sacramento")),
        ),
        "city": write_areas(
            tmp_path / "place.geojson",
            (
                box(middle - 0.04, bottom + 0.06, middle + 0.05, bottom + 0.14),
                place_row("Elk Grove"),
            ),
        ),
    }
    project = tmp_path / "elk-grove.gpkg"
    run_json(capsys, "new", project, "--district", files["district"], "--zones", 5)
    for name in ("county", "city"):
        done = run_json(capsys, "import", project, files[name], "--as", "jurisdictions")
        assert done["taken"] == 1
    done = run_json(
        capsys, "import", project, STATE_LIST, "--as", "sites",
        "--only", "district=Elk Grove Unified", "--only", "active_in_cde_directory_2026_04=Y",
    )  # fmt: skip
    assert done["read"] == 11_922
    assert (done["taken"], done["refused"]) == (69, [])
    assert {"id": ["cds_code"], "grades": ["grades_served"]}.items() <= done["columns"].items()
    plan = run_json(capsys, "plan", project, "--time-limit", "2")
    assert plan["unassigned"] == []
    assert len(plan["zones"]) == 5
