"""The main job on the command line, from an empty folder to a handout."""

import csv
import io
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from zoneplanner import cli

Run = Callable[..., tuple[int, str, str]]

DEL_CAMPO = "34674473432051"
MESA_VERDE = "34674473430048"


def run_process(*args: str) -> tuple[int, str, str]:
    """Run the program in a separate process."""
    done = subprocess.run(
        [sys.executable, "-m", "zoneplanner", *args], capture_output=True, text=True, check=False
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr


def run(*args: str) -> tuple[int, str, str]:
    """Run the command line in this process, which saves a second of startup."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        status = cli.main(args)
    assert "Traceback" not in err.getvalue()
    return status, out.getvalue(), err.getvalue()


def run_json(*args: str, status: int = 0, by: Run = run) -> dict[str, Any]:
    """Run a subcommand with --json and return its one object."""
    code, out, err = by(*args, "--json")
    assert code == status, err
    value = json.loads(out)
    assert isinstance(value, dict)
    return value


@pytest.fixture(scope="module")
def planned_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a project with a plan, created on the command line."""
    path = tmp_path_factory.mktemp("story") / "district.gpkg"
    assert run_json("new", str(path), by=run_process) == {"sites": 79, "zones": 7, "units": 7}
    found = run_json("plan", str(path), "--time-limit", "1", by=run_process)
    by_zone = {zone["zone"]: zone for zone in found["zones"]}
    county = sum(len(by_zone[f"S{n}"]["sites"]) for n in range(1, 6))
    city = sum(len(by_zone[f"SRO{n}"]["sites"]) for n in range(1, 3))
    assert (county, city) == (55, 12)
    assert all(zone["pieces"] == 1 for zone in found["zones"])
    assert all(abs(zone["deviation"]) <= 0.10 + 1e-9 for zone in found["zones"])
    assert 0 < found["bound"] <= found["cost"] * (1 + 1e-9)
    assert found["gap"] == pytest.approx((found["cost"] - found["bound"]) / found["cost"], abs=1e-9)
    assert found["unassigned"] == []
    assert found["problems"] == []
    return path


def copy_project(path: Path, folder: Path) -> Path:
    """Copy a closed project, so that each test has its own."""
    target = folder / path.name
    target.write_bytes(path.read_bytes())
    return target


def read_zone(path: Path, site: str) -> str:
    """Return a site's zone from the assignments table."""
    folder = path.parent / "tables"
    asked = ("publish", str(path), "--to", str(folder), "--audience", "staff", "--only", "data")
    made = Path(run_json(*asked, "--allow-draft")["folder"])
    with (made / "data" / "assignments.csv").open(encoding="utf-8-sig", newline="") as file:
        return next(row["zone"] for row in csv.DictReader(file) if row["site"] == site)


def test_check_finds_no_problem_and_names_stacked_sites(planned_file: Path) -> None:
    found = run_json("check", str(planned_file))
    assert found["problems"] == []
    stacked = [note["text"] for note in found["notes"] if note["code"] == "stacked"]
    assert len(stacked) == 1
    assert "Starr King K-8" in stacked[0]
    assert "Ralph Richardson Center" in stacked[0]


@pytest.mark.long  # 6 s; a test of the search always checks it
def test_the_same_seed_gives_the_same_plan(planned_file: Path, tmp_path: Path) -> None:
    path = copy_project(planned_file, tmp_path)
    first = run_json("plan", str(path), "--name", "A", "--time-limit", "3")
    second = run_json("plan", str(path), "--name", "B", "--time-limit", "3")
    assert [zone["sites"] for zone in first["zones"]] == [zone["sites"] for zone in second["zones"]]


def test_a_site_moves_to_another_zone_and_broken_rules_are_reported(
    planned_file: Path, tmp_path: Path
) -> None:
    path = copy_project(planned_file, tmp_path)
    home = read_zone(path, DEL_CAMPO)
    target = next(f"S{n}" for n in range(1, 6) if f"S{n}" != home)
    code, out, _ = run("assign", str(path), "--site", DEL_CAMPO, "--zone", target, "--json")
    moved = json.loads(out)
    assert moved["moved"] == [DEL_CAMPO]
    assert code == (1 if moved["problems"] else 0)
    assert read_zone(path, DEL_CAMPO) == target


def test_a_city_site_is_never_assigned_to_a_county_unit(planned_file: Path, tmp_path: Path) -> None:
    path = copy_project(planned_file, tmp_path)
    before = read_zone(path, MESA_VERDE)
    refused = run_json("assign", str(path), "--site", MESA_VERDE, "--zone", "S1", status=2)
    assert "Citrus Heights" in refused["error"]
    assert read_zone(path, MESA_VERDE) == before


def test_a_visit_is_logged_corrected_and_counted_in_coverage(
    planned_file: Path, tmp_path: Path
) -> None:
    path = copy_project(planned_file, tmp_path)
    kept = run_json("log", str(path), "visit", f"site={DEL_CAMPO}", "purpose=teaching")
    assert kept["seq"] == 1
    run_json("log", str(path), "visit", f"supersedes={kept['uid']}", "note=front gate")
    rows = {row["key"]: row["figures"] for row in run_json("coverage", str(path))["rows"]}
    assert rows[DEL_CAMPO]["visits"]["value"] == 1
    assert rows[DEL_CAMPO]["days_since_last_visit"]["value"] == 0
    assert rows[MESA_VERDE]["visits"]["value"] == 0
    assert rows[MESA_VERDE]["days_since_last_visit"]["value"] is None
    assert rows[MESA_VERDE]["days_since_last_visit"]["why"]
    run_json("log", str(path), "visit", f"void={kept['uid']}", "reason=logged twice")
    rows = {row["key"]: row["figures"] for row in run_json("coverage", str(path))["rows"]}
    none_on_record = rows[DEL_CAMPO]["visits"]
    assert none_on_record["value"] is None
    assert none_on_record["why"]
    whole = run_json("verify", str(path), by=run_process)
    assert whole["ok"] is True
    assert whole["entries"] == 3
    assert len(whole["head"]) == 64


def test_an_adopted_plan_is_in_force_and_locked(planned_file: Path, tmp_path: Path) -> None:
    path = copy_project(planned_file, tmp_path)
    assert run_json("adopt", str(path), "--plan", "Proposed", "--from", "2026-08-13") == {
        "plan": "Proposed"
    }
    refused = run_json("assign", str(path), "--site", DEL_CAMPO, "--zone", "S1", status=2)
    assert "adopted" in refused["error"]
    refused = run_json("plan", str(path), "--name", "Proposed", status=2)
    assert "adopted" in refused["error"]


def test_the_public_edition_is_complete_and_small(planned_file: Path, tmp_path: Path) -> None:
    asked = ("publish", str(planned_file), "--to", str(tmp_path), "--audience", "public")
    assert run_json(*asked, status=2)["code"] == "unreleased_plan"
    made = run_json(*asked, "--allow-draft", status=1)
    assert {one["code"] for one in made["warnings"]} == {"no_phone"}  # none is set yet
    names = sorted(Path(file).name for file in made["files"])
    assert {"README.txt", "assignments.csv", "atlas.pdf", "directory.csv", "map.html"} <= set(names)
    assert all(Path(file).stat().st_size > 0 for file in made["files"])
    assert (Path(made["folder"]) / "map.html").stat().st_size <= 600_000


BAD_CALLS = {
    "a missing file": (["check", "{dir}/none.gpkg"], "none.gpkg"),
    "a foreign file": (["check", "{dir}/foreign.gpkg"], "foreign.gpkg"),
    "a truncated file": (["check", "{dir}/truncated.gpkg"], "truncated.gpkg"),
    "an existing path": (["new", "{project}"], "already"),
    "an unknown preset": (["new", "{dir}/new.gpkg", "--preset", "none"], "none"),
    "an unknown site": (["assign", "{project}", "--site", "x9", "--zone", "S1"], "x9"),
    "an unknown zone": (["assign", "{project}", "--site", DEL_CAMPO, "--zone", "S9"], "S9"),
    "an unknown plan": (["check", "{project}", "--plan", "Nope"], "Nope"),
    "a tolerance of 0": (["plan", "{project}", "--tolerance", "0"], "tolerance"),
    "a negative tolerance": (["plan", "{project}", "--tolerance=-0.1"], "tolerance"),
    "a tolerance in words": (["plan", "{project}", "--tolerance", "tight"], "tight"),
    "a tolerance that is no number": (["plan", "{project}", "--tolerance", "nan"], "tolerance"),
    "a visit in the future": (
        ["log", "{project}", "visit", f"site={DEL_CAMPO}", "arrived_at=2999-01-01T08:00"],
        "future",
    ),
    "a visit that ends before it starts": (
        [
            *("log", "{project}", "visit", f"site={DEL_CAMPO}"),
            *("arrived_at=2026-09-01T10:00", "departed_at=2026-09-01T09:00"),
        ],
        "before",
    ),
    "a date that is none": (
        ["adopt", "{project}", "--plan", "Proposed", "--from", "tomorrow"],
        "tomorrow",
    ),
    "an unknown column": (["log", "{project}", "visit", f"site={DEL_CAMPO}", "sight=x"], "sight"),
    "an unknown subcommand": (["plane", "{project}"], "plane"),
}


@pytest.mark.parametrize("case", BAD_CALLS)
def test_an_impossible_command_is_refused_in_one_sentence_and_changes_nothing(
    case: str, planned_file: Path, tmp_path: Path
) -> None:
    path = copy_project(planned_file, tmp_path)
    (tmp_path / "foreign.gpkg").write_bytes(b"not a database at all" * 100)
    (tmp_path / "truncated.gpkg").write_bytes(path.read_bytes()[:5000])
    args, word = BAD_CALLS[case]
    before = path.read_bytes()
    filled = [arg.format(dir=tmp_path, project=path) for arg in args]
    start = run_process if case == "a truncated file" else run
    code, out, err = start(*filled, "--json")
    assert code == 2
    assert word in json.loads(out)["error"]
    assert len(err.strip().splitlines()) == 1
    assert path.read_bytes() == before
    assert {file.name for file in tmp_path.iterdir()} == {
        "foreign.gpkg",
        "truncated.gpkg",
        path.name,
    }


@pytest.mark.long
def test_the_commands_of_the_front_page_lead_to_a_public_map(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    front = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    start = front[front.index("To make a map for the public") : front.index("## What it does")]
    commands = re.findall(r"^    zoneplanner (.+)$", start, re.MULTILINE)
    assert [one.split()[0] for one in commands] == [
        *("new", "plan", "adopt", "log", "coverage", "publish")
    ]
    statuses = []
    for command in commands:
        status, out, told = run(*shlex.split(command, comments=True))
        assert out and (status == 1 or told == ""), (command, told)
        statuses.append(status)
    assert statuses == [0, 0, 0, 0, 0, 1]
    assert "exits with 1" in start
    (page,) = (tmp_path / "out").glob("public-*/map.html")
    assert "Zone S1" in page.read_text(encoding="utf-8")
