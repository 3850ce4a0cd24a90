"""The district command: from raw files at once or step by step, and refusals."""

import json
from contextlib import closing
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from raw_files import (
    RawSchool,
    create_schools,
    write_directory,
    write_made_up_district,
    write_meals,
)

from zoneplanner.app.projects.open_project import open_session
from zoneplanner.cli.run import main

TABLES = ("boundary", "jurisdictions", "schools", "enrollment", "blocks", "zones")


class Desk:
    """Runs a command and parses its JSON answer."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *args: object, status: int = 0) -> dict[str, Any]:
        code = main([*map(str, args), "--json"])
        out, err = self._capsys.readouterr()
        assert code == status, (out, err)
        found = json.loads(out)
        assert isinstance(found, dict)
        return found


@pytest.fixture
def answer(capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk(capsys)


def test_six_raw_files_become_a_published_plan(tmp_path: Path, answer: Desk) -> None:
    files, project = write_made_up_district(tmp_path), tmp_path / "elm.gpkg"
    made = answer(
        "district", project, "--schools", files["schools"], "--boundary", files["boundary"],
        "--jurisdictions", files["county"], "--jurisdictions", files["places"],
        "--enrollment", files["enrollment"], "--blocks", files["blocks"],
        "--only", "District=Elm Unified", "--zones", 3, "--time-limit", 0.4,
    )  # fmt: skip
    assert (made["sites"], made["zones"], made["detached"]) == (18, 3, [])
    assert made["elsewhere"] == 1
    assert made["problems"] == []
    assert made["missing"] == ["units", "roads", "basemap"]
    assert [own["step"] for own in made["steps"] if own["done"]] == list(TABLES)
    assert all(own["publisher"] and own["file"] for own in made["steps"])
    assert answer("check", project)["problems"] == []
    done = answer("publish", project, "--to", tmp_path / "out", "--audience", "staff",
                  "--allow-draft", "--only", "map")  # fmt: skip
    assert done["files"]
    again = answer("district", project)
    assert again["missing"] == made["missing"]
    assert again["files"] == []


def test_zones_can_be_planned_from_schools_alone(tmp_path: Path, answer: Desk) -> None:
    schools = write_directory(tmp_path / "pubschls.txt", create_schools())
    project = tmp_path / "elm.gpkg"
    made = answer("district", project, "--schools", schools, "--name", "Elm Unified",
                  "--time-limit", 0.4)  # fmt: skip
    assert (made["sites"], made["zones"], made["name"]) == (18, 2, "Elm Unified")
    assert "enrollment" in made["missing"] and "boundary" in made["missing"]
    plan = answer("plan", project, "--name", "Next", "--time-limit", 2)
    assert plan["unassigned"] == []


def test_the_agency_of_a_new_district_is_named_once_and_renamed_later(
    tmp_path: Path, answer: Desk
) -> None:
    schools = write_directory(tmp_path / "pubschls.txt", create_schools())
    project = tmp_path / "elm.gpkg"
    answer("district", project, "--schools", schools, "--name", "Elm Unified",
           "--time-limit", 0.4, "--no-plan")  # fmt: skip
    answer("district", project, "--agency", "Elm Police")
    refused = answer("district", project, "--agency", "Oak Police", status=2)
    assert (refused["code"], refused["agencies"]) == ("agency_has_a_name", ["Elm Police"])
    answer("set", project, "agency", "Elm Police", "name=Oak Police")
    with closing(open_session(project, read_only=True)) as session:
        assert list(session.saved_project.agencies) == ["Oak Police"]
        assert {own.agency for own in session.saved_project.units.values()} == {"Oak Police"}
        assert session.saved_project.agencies["Oak Police"].short == "Oak Police"


def test_a_district_can_be_built_one_file_at_a_time(tmp_path: Path, answer: Desk) -> None:
    files, project = write_made_up_district(tmp_path), tmp_path / "elm.gpkg"
    made = answer("district", project, "--boundary", files["boundary"], "--name", "Elm Unified")
    assert (made["sites"], made["zones"]) == (0, 0)
    assert "boundary" not in made["missing"]
    made = answer("district", project, "--schools", files["schools"], "--no-plan")
    assert (made["sites"], made["zones"], made["elsewhere"]) == (18, 0, 1)
    made = answer("district", project, "--enrollment", files["enrollment"], "--zones", 3,
                  "--time-limit", 0.4)  # fmt: skip
    assert (made["zones"], made["files"][0]["taken"]) == (3, 18)
    answer("district", project, "--schools", files["schools"], "--zones", 2)


def test_a_boundary_of_one_area_needs_no_name(tmp_path: Path, answer: Desk) -> None:
    files, project = write_made_up_district(tmp_path), tmp_path / "elm.gpkg"
    answer("district", project, "--schools", files["schools"], "--name", "Elm Unified", "--no-plan")
    table = tmp_path / "table.csv"
    table.write_text("a,b\n1,2\n", encoding="utf-8")
    refused = answer("district", project, "--boundary", table, status=2)
    assert refused["code"] == "no_area_of_district"
    features = json.loads(files["boundary"].read_text(encoding="utf-8"))["features"]
    own = next(one for one in features if one["properties"]["NAME"].startswith("Elm"))
    bare = tmp_path / "outline.geojson"
    collection = {"type": "FeatureCollection", "features": [{**own, "properties": {"OBJECTID": 1}}]}
    bare.write_text(json.dumps(collection), encoding="utf-8")
    both = tmp_path / "both.zip"
    with ZipFile(both, "w") as packed:
        for own in (bare, files["county"]):
            packed.write(own, own.name)
    asked = answer("district", project, "--boundary", both, status=2)
    assert (asked["code"], asked["names"]) == ("several_layers", [bare.stem, files["county"].stem])
    made = answer("district", project, "--boundary", both, "--layer", bare.stem, "--no-plan")
    assert "boundary" not in made["missing"]


def test_the_districts_of_a_file_are_listed(tmp_path: Path, answer: Desk) -> None:
    files, project = write_made_up_district(tmp_path), tmp_path / "elm.gpkg"
    listed = answer("district", project, "--schools", files["schools"], "--list")
    assert listed["districts"] == [
        {"name": "Elm Unified", "rows": 18},
        {"name": "Oak Unified", "rows": 1},
    ]
    listed = answer("district", project, "--boundary", files["boundary"], "--list")
    assert [own["rows"] for own in listed["districts"]] == [1, 1]
    assert not project.exists()


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (("--schools", "pubschls.txt", "--name", "Oak Union"), "unknown_district"),
        (("--schools", "pubschls.txt"), "several_districts"),
        (("--boundary", "tl_2025_06_unsd.geojson", "--name", "Ash Unified"), "unknown_district"),
        (("--schools", "none.txt", "--name", "Elm Unified"), "no_file"),
        (("--enrollment", "frpm2526.xlsx"), "district_needs_file"),
        (("--schools", "pubschls.txt", "--only", "District=Elm Unified", "--zones", "0"),
         "out_of_range"),
    ],
)  # fmt: skip
def test_an_impossible_start_is_refused_and_leaves_nothing(
    args: tuple[str, ...],
    code: str,
    tmp_path: Path,
    answer: Desk,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write_made_up_district(tmp_path)
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.iterdir())
    assert answer("district", "elm.gpkg", *args, status=2)["code"] == code
    assert sorted(tmp_path.iterdir()) == before


def test_a_file_for_another_step_is_recognized_by_its_layout(tmp_path: Path, answer: Desk) -> None:
    files, project = write_made_up_district(tmp_path), tmp_path / "elm.gpkg"
    answer("district", project, "--schools", files["schools"], "--name", "Elm Unified", "--no-plan")
    told = answer("district", project, "--schools", files["places"], "--no-plan", status=2)
    assert told["code"] == "file_of_another_step" and "“Jurisdictions”" in told["error"]
    told = answer("district", tmp_path / "new.gpkg", "--boundary", files["county"], status=2)
    assert told["code"] == "several_districts"
    only = ("--only", "NAME=Elm")
    for where in (project, tmp_path / "new.gpkg"):  # a county is no district of this name
        told = answer(
            "district", where, "--boundary", files["county"], *only, "--no-plan", status=2
        )
        assert told["code"] == "file_of_another_step" and "“Jurisdictions”" in told["error"]
    assert not (tmp_path / "new.gpkg").exists()
    for option, file, step in (
        ("--blocks", "county", "Jurisdictions"),
        ("--jurisdictions", "blocks", "Land between schools"),
    ):
        told = answer("district", project, option, files[file], "--no-plan", status=1)
        assert [one["code"] for one in told["problems"]] == ["file_of_another_step"], option
        assert f"“{step}”" in str(told["problems"][0])
        assert told["sites"] == 18, "a city is no school"


def test_a_file_that_does_not_fit_its_step_stops_nothing_else(tmp_path: Path, answer: Desk) -> None:
    files, project = write_made_up_district(tmp_path), tmp_path / "elm.gpkg"
    strangers = write_meals(tmp_path / "other.xlsx", create_schools()[-1:])
    made = answer(
        "district", project, "--schools", files["schools"], "--only", "District=Elm Unified",
        "--enrollment", strangers, "--roads", files["schools"], "--time-limit", 0.4, status=1,
    )  # fmt: skip
    assert [own["step"] for own in made["problems"]] == ["enrollment", "roads"]
    assert (made["sites"], made["zones"]) == (18, 2)


ISLAND = RawSchool("34673140000777", "Avalon K-12", "Elm Unified", "K-12 Schools (Public)", "K-12",
                   -121.9, 38.45, 120)  # fmt: skip


@pytest.mark.parametrize(
    ("way", "sites", "zones"), [("connect", 19, 2), ("separate", 19, 3), ("unpatrolled", 18, 2)]
)
def test_a_school_across_the_water_is_reported_with_three_remedies(
    way: str, sites: int, zones: int, tmp_path: Path, answer: Desk
) -> None:
    schools = write_directory(tmp_path / "pubschls.txt", [*create_schools(), ISLAND])
    project = tmp_path / "elm.gpkg"
    begun = answer("district", project, "--schools", schools, "--name", "Elm Unified", "--no-plan")
    assert [own["name"] for own in begun["detached"]] == ["Avalon K-12"]
    assert begun["zones"] == 0
    made = answer("district", project, "--detached", way, "--zones", 2, "--time-limit", 0.4)
    assert (made["detached"], made["zones"]) == ([], zones)
    found = answer("check", project)
    assert [own["code"] for own in found["problems"]] == []
    with closing(open_session(project, read_only=True)) as session:
        (plan,) = session.project.plans.values()
        assert len(plan.assignment) == sites
        alone = [site for site, zone in plan.assignment.items() if zone == plan.zones[-1].id]
        assert (alone == [ISLAND.code]) is (way == "separate")


def test_a_cut_off_school_can_be_connected(
    tmp_path: Path, answer: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    schools = write_directory(tmp_path / "pubschls.txt", [*create_schools(), ISLAND])
    project = tmp_path / "elm.gpkg"
    answer("district", project, "--schools", schools, "--name", "Elm Unified", "--no-plan")
    assert answer("connect", project, "--site", "Elm 1", "--separate", status=2)["code"] == (
        "site_not_detached"
    )
    main(["connect", str(project)])
    told = capsys.readouterr().out
    assert "Cut off: Avalon K-12." in told and " mi (" in told and "--separate" in told
    done = answer("connect", project, "--site", "Avalon K-12", "--separate")
    assert done["detached"] == []
    units = answer("set", project, "unit")["rows"]
    assert len(units) == 5


def test_national_school_locations_are_filtered_by_the_boundary_code(
    tmp_path: Path, answer: Desk
) -> None:
    files, project = write_made_up_district(tmp_path), tmp_path / "elm.gpkg"
    rows = ["NCESSCH,LEAID,NAME,STREET,CITY,STATE,ZIP,LAT,LON"]
    rows += [
        f"0612345{at:05},0612345,{own.name} High,1 Elm St,Elm,CA,95600,{own.lat},{own.lon}"
        for at, own in enumerate(create_schools()[:18])
    ]
    rows.append("069999900001,0699999,Oak High,1 Oak St,Oak,CA,90001,34.05,-118.25")
    edge = tmp_path / "EDGE_GEOCODE_PUBLICSCH_2425.csv"
    edge.write_text("\n".join(rows) + "\n")
    alone = answer("district", project, "--schools", edge, "--name", "Elm Unified", status=2)
    assert (alone["code"], alone["facts"]["column"]) == ("district_by_code", "LEAID")
    made = answer("district", project, "--boundary", files["boundary"], "--schools", edge,
                  "--name", "Elm Unified", "--no-plan")  # fmt: skip
    assert (made["sites"], made["elsewhere"]) == (18, 1)
    levels = tmp_path / "ccd_sch_029.csv"
    levels.write_text(
        "SCH_NAME,LEA_NAME,LEAID,ST_SCHID,NCESSCH,LEVEL,GSLO,GSHI\n"
        "Elm 1,Elm Unified,0612345,CA-3467314-0000001,061234500000,Middle,07,08\n"
        "Oak,Oak Unified,0699999,,069999900001,High,09,12\n"
    )
    made = answer("district", project, "--enrollment", levels, "--no-plan")
    (told,) = made["files"]
    assert (told["read"], told["taken"]) == (2, 1)


def test_the_output_names_each_file_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files, project = write_made_up_district(tmp_path), tmp_path / "elm.gpkg"
    line = ["district", str(project), "--schools", str(files["schools"]), "--no-plan"]
    line += ["--boundary", str(files["boundary"]), "--only", "District=Elm Unified"]
    assert main(line) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("tl_2025_06_unsd.geojson: “Elm Unified School District”")
    assert (said[1].count("pubschls.txt"), said[1][:8]) == (1, "18 of 20")
