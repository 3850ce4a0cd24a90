"""Every command uses the same demand; the records it is learned from."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from builders import create_store, project_from
from sentences import says

from zoneplanner.cli.run import main
from zoneplanner.domain.calendar.school_calendar import DateRange, SchoolCalendar

THEN = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> str:
    file = str(tmp_path / "letters.gpkg")
    terms = (DateRange("Spring", date(2026, 1, 12), date(2026, 5, 29)),)
    project = replace(project_from("AAB / ABB"), calendar=SchoolCalendar(terms, ()))
    create_store(Path(file), project, actor="planner", at=THEN).close()
    return file


def answer(capsys: pytest.CaptureFixture[str], *args: str, status: int = 0) -> dict[str, Any]:
    assert main([*args, "--json"]) == status
    found = json.loads(capsys.readouterr().out)
    assert isinstance(found, dict)
    return found


def test_every_command_uses_the_same_demand(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    def read() -> tuple[dict[str, Any], dict[str, Any]]:
        found = answer(capsys, "demand", path)
        used = {"use": found["use"], "calls_per_day": found["calls_per_day"]["value"]}
        for command in ("check", "coverage", "evaluate"):
            said = answer(capsys, command, path)["demand"]
            assert {name: said[name] for name in used} == used, command
        expected = answer(capsys, "evaluate", path)
        total = sum(site["calls_per_day"] for site in expected["demand"]["sites"])
        assert total == pytest.approx(used["calls_per_day"])
        return found, expected

    before, calm = read()
    assert (before["use"], before["calls_per_day"]["source"]) == ("preset", "preset")
    scenario = ("--set", "busy", "--calls-per-day", "30", "--low", "20", "--high", "45")
    answer(capsys, "demand", path, *scenario, "--use", "busy")
    after, busy = read()
    assert (after["use"], after["calls_per_day"]["value"]) == ("busy", pytest.approx(30))
    assert [one["calls_per_day"] for one in after["plan_at"]] == pytest.approx([20, 30, 45])
    assert busy["mean_response_min"] > calm["mean_response_min"]
    assert busy["all_busy_probability"] > calm["all_busy_probability"]


def test_plan_shows_its_balance_at_other_demands(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = answer(capsys, "plan", path, "--name", "New", "--time-limit", "2")
    assert found["demand"]["use"] == "preset"
    assert [one["scenario"] for one in found["plan_at"]] == ["low", "expected", "high"]
    expected = max((zone["deviation"] for zone in found["zones"]), key=abs)
    assert found["plan_at"][1]["worst_deviation"] == pytest.approx(expected)


def test_records_are_declared_and_shown(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("--since", "visits=2026-02-02", "--complete", "incidents=2026-02-02..2026-02-27")
    answer(capsys, "records", path, *asked)
    answer(capsys, "records", path, "--complete", "incidents=2026-02-28..")
    kinds = {one["kind"]: one for one in answer(capsys, "records", path)["kinds"]}
    assert list(kinds) == ["visits", "incidents", "drills", "after_actions"]
    assert kinds["visits"] == {
        "kind": "visits",
        "since": "2026-02-02",
        "complete": [],
        "files": [],
    }
    assert kinds["incidents"]["complete"] == [["2026-02-02", None]]
    answer(capsys, "records", path, "--incomplete", "incidents=2026-02-09..2026-02-13")
    kinds = {one["kind"]: one for one in answer(capsys, "records", path)["kinds"]}
    parts = [["2026-02-02", "2026-02-08"], ["2026-02-14", None]]
    assert kinds["incidents"]["complete"] == parts
    more = ("--complete", "visits=2026-02-02..2026-02-06")
    again = ("records", path, *more, "--incomplete", "incidents=2026-02-09..2026-02-13")
    assert answer(capsys, *again, status=2)["code"] == "days_not_complete"
    kinds = {one["kind"]: one for one in answer(capsys, "records", path)["kinds"]}
    assert kinds["visits"]["complete"] == [], "all of it or nothing"


def test_a_complete_log_becomes_a_separate_demand(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    refusal = answer(capsys, "demand", path, "--use", "log", status=2)
    assert refusal["code"] == "log_not_complete"
    call = ("site=r1c2", "type=fight", "received_at=2026-03-03T10:00")
    answer(capsys, "log", path, "incident", *call)
    night = ("site=r1c2", "type=fight", "received_at=2026-03-04T23:00")
    answer(capsys, "log", path, "incident", *night)
    answer(capsys, "records", path, "--complete", "incidents=2026-03-02..2026-03-13")
    (gap,) = answer(capsys, "check", path)["notes"][:1]
    assert gap["code"] == "demand_gap"
    found = answer(capsys, "demand", path, "--use", "log")
    assert found["calls_per_day"]["value"] == pytest.approx(0.1)
    assert found["calls_per_day"]["school_days"] == 10
    counted = {"calls": 1, "outside": 1, "unpatrolled": 0, "duplicates": 0, "school_days": 10}
    assert (found["observed"], found["log_now"]) == (counted, None)
    again = ("site=r1c2", "type=fight", "received_at=2026-03-05T10:00", "disposition=DUP OF 1")
    answer(capsys, "log", path, "incident", *again)
    stale = answer(capsys, "demand", path)
    assert stale["calls_per_day"] == found["calls_per_day"]
    assert stale["log_now"] == pytest.approx({"value": 0.2, "school_days": 10}, rel=1e-6)
    assert stale["observed"]["duplicates"] == 1
    codes = [note["code"] for note in answer(capsys, "check", path)["notes"]]
    assert "demand_gap" not in codes


def test_an_import_can_declare_its_days_complete(
    path: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "calls.csv"
    file.write_text("uid,site,type,priority,received_at\ni1,r1c1,fight,2,2026-02-10T10:00\n")
    days = ("--complete", "2026-02-04..2026-02-17")
    answer(capsys, "import", path, str(file), "--as", "incidents", *days)
    kinds = {one["kind"]: one for one in answer(capsys, "records", path)["kinds"]}
    assert kinds["incidents"]["complete"] == [["2026-02-04", "2026-02-17"]]
    found = answer(capsys, "demand", path, "--use", "log")
    assert found["calls_per_day"]["value"] == pytest.approx(1 / 10)
    sites = ("import", path, str(file), "--as", "sites", *days)
    assert answer(capsys, *sites, status=2)["code"] == "unknown_record_kind"


def test_every_command_shows_the_days_the_demand_was_learned_from(
    path: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "calls.csv"
    file.write_text("uid,site,type,priority,received_at\ni1,r1c1,fight,2,2026-02-10T10:00\n")
    days = ("--complete", "2026-02-04..2026-02-17")
    answer(capsys, "import", path, str(file), "--as", "incidents", *days)
    found = answer(capsys, "demand", path, "--use", "log")["calls_per_day"]
    assert (found["since"], found["until"]) == ("2026-02-04", "2026-02-17")
    for command in ("check", "coverage", "evaluate"):
        demand = answer(capsys, command, path)["demand"]
        assert (demand["since"], demand["until"]) == ("2026-02-04", "2026-02-17"), command
    for command in ("check", "coverage", "demand", "evaluate"):
        main([command, path])
        said = " ".join(capsys.readouterr().out.split())
        days = {"days": "10 school days", "since": "Feb 4, 2026", "until": "Feb 17, 2026"}
        assert says(said, "demand.import", **days), command


def test_an_import_with_undeclarable_days_imports_no_row(
    path: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "calls.csv"
    file.write_text("uid,site,type,priority,received_at\ni1,r1c1,fight,2,2026-02-10T10:00\n")
    line = ("import", path, str(file), "--as", "incidents")
    refusal = answer(capsys, *line, "--complete", "2026-02-27..2026-02-02", status=2)
    assert refusal["code"] == "days_out_of_order"
    assert answer(capsys, *line)["taken"] == 1


def test_a_new_project_uses_public_figures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new = str(tmp_path / "new.gpkg")
    answer(capsys, "new", new)
    found = answer(capsys, "demand", new)
    assert (found["use"], found["calls_per_day"]["source"]) == ("public", "public")
    assert found["calls_per_day"]["value"] == pytest.approx(24, rel=1e-3)
    assert (found["calls_per_day"]["low"], found["calls_per_day"]["high"]) == pytest.approx(
        (10, 34), rel=1e-3
    )
    preset = answer(capsys, "demand", new, "--use", "preset")
    assert preset["calls_per_day"]["value"] == 35.25025


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (("records", "--since", "visits"), "not_kind_days"),
        (("records", "--complete", "incidents=2026-03-02"), "not_kind_days"),
        (("records", "--complete", "incidents=2026-03-02..2026-03-01"), "days_out_of_order"),
        (("records", "--since", "weather=2026-03-02"), "unknown_record_kind"),
        (("records", "--since", "visits=soon"), "not_a_date"),
        (("demand", "--set", "busy"), "demand_needs_both"),
        (("demand", "--use", "busy"), "unknown_demand"),
    ],
)
def test_invalid_demand_options_are_refused(
    path: str, capsys: pytest.CaptureFixture[str], args: tuple[str, ...], code: str
) -> None:
    name, *options = args
    assert answer(capsys, name, path, *options, status=2)["code"] == code


def test_every_command_names_the_demand_it_uses(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in ("check", "coverage", "demand", "evaluate"):
        main([command, path])
        assert says(capsys.readouterr().out, "demand.preset"), command


def test_calls_outside_declared_days_are_counted_as_waiting(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert answer(capsys, "demand", path)["waiting_calls"] == 0
    call = ("type=fight", "received_at=2026-03-03T10:00")
    answer(capsys, "log", path, "incident", "site=r1c1", *call)
    assert answer(capsys, "demand", path)["waiting_calls"] == 1
    assert main(["demand", path]) == 0
    assert says(capsys.readouterr().out, "demand_waits", calls="1 call is")
    answer(capsys, "records", path, "--complete", "incidents=2026-03-02..2026-03-06")
    assert answer(capsys, "demand", path)["waiting_calls"] == 0
