import json
from pathlib import Path
from typing import Any

import pytest

from zoneplanner.app.plans.zone_proposals import add_first_plan
from zoneplanner.app.projects import open_project as projects
from zoneplanner.cli.run import main


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("route") / "district.gpkg"
    session = projects.create_project(path)
    add_first_plan(session)
    session.close()
    return path


def run_route(
    project: Path, capsys: pytest.CaptureFixture[str], *args: str
) -> tuple[int, dict[str, Any]]:
    capsys.readouterr()
    status = main(["route", str(project), *args, "--json"])
    return status, json.loads(capsys.readouterr().out)


def test_stops_of_a_unit_are_in_order_within_the_school_day(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, found = run_route(project, capsys, "--unit", "SRO1", "--date", "2026-12-01")
    assert status == 0
    times = [stop["arrive_at"] for stop in found["stops"]]
    assert times == sorted(times)
    assert {stop["window"] for stop in found["stops"]} <= {
        *("arrival", "class", "lunch", "dismissal", "after school")
    }
    assert found["drive_min"] >= found["best_drive_min"]
    assert 0 < found["entropy"] <= 1
    assert found["repeats"]["days"] == 20 and found["repeats"]["order"] <= 2
    assert max(found["repeats"][name] for name in ("first", "last", "following")) <= 12


def test_the_same_seed_gives_the_same_route_and_another_day_another(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    day = ("--unit", "SRO2", "--date", "2026-12-01")
    one = run_route(project, capsys, *day, "--seed", "7")[1]["stops"]
    assert run_route(project, capsys, *day, "--seed", "7")[1]["stops"] == one
    other = run_route(project, capsys, "--unit", "SRO2", "--date", "2026-12-02", "--seed", "7")
    assert other[1]["stops"] != one


def test_a_day_off_and_an_unknown_unit_are_refused(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, found = run_route(project, capsys, "--unit", "SRO1", "--date", "2026-11-28")
    assert (status, found["code"], found["date"]) == (2, "no_school_day", "2026-11-28")
    status, found = run_route(project, capsys, "--unit", "Z", "--date", "2026-12-01")
    assert (status, found["code"], found["unit"]) == (2, "unknown_unit", "Z")
