"""Drills and plan reviews on the command line."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from builders import project_from

from zoneplanner import storage
from zoneplanner.cli.run import main
from zoneplanner.domain.calendar import Calendar, Span

THEN = datetime(2025, 8, 1, tzinfo=UTC)
TERMS = (
    Span("Fall", date(2025, 8, 14), date(2025, 12, 19)),
    Span("Spring", date(2026, 1, 5), date(2026, 6, 3)),
)


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A project of letters with a school year."""
    project = replace(project_from("AAB / aab"), calendar=Calendar(TERMS, ()))
    file = tmp_path / "letters.gpkg"
    storage.create(file, project, actor="planner", at=THEN).close()
    return str(file)


def answer(capsys: pytest.CaptureFixture[str], *args: str, status: int = 0) -> dict[str, Any]:
    """Run a subcommand with --json and return its one object."""
    assert main([*args, "--json"]) == status
    value = json.loads(capsys.readouterr().out)
    assert isinstance(value, dict)
    return value


def test_a_drill_and_a_review_that_are_logged_are_done_under_their_rule(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    drill = ("site=School r1c1", "kind=fire", "minutes=6", "officer_present=yes")
    for day in ("2025-08-20", "2025-09-10"):
        answer(capsys, "log", path, "drill", *drill, f"held_at={day}T09:30")
    answer(capsys, "log", path, "review", "site=School r1c1", "stage=adopted", "on=2025-09-12")
    found = answer(capsys, "readiness", path, "--on", "2025-09-15")
    rows = {(row["site"], row["item"]): row for row in found["rows"]}
    assert rows["r1c1", "fire"]["status"] == "done"
    assert rows["r1c1", "fire"]["due_on"] == "2025-10-31"
    assert rows["r1c1", "plan_review"]["status"] == "done"
    assert rows["r1c2", "fire"]["status"] == "overdue"
    assert (rows["r1c2", "fire"]["done"], rows["r1c2", "fire"]["required"]) == (0, 2)
    assert rows["r1c2", "plan_review"]["status"] == "due"
    assert rows["r1c2", "plan_review"]["due_on"] == "2026-03-01"
    assert "32001" in rows["r1c2", "fire"]["rule"]


def test_a_voided_drill_is_missing_again(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    columns = ("site=r1c1", "kind=fire", "held_at=2025-08-20T09:30")
    kept = answer(capsys, "log", path, "drill", *columns)
    answer(capsys, "log", path, "drill", f"void={kept['uid']}", "reason=another school")
    found = answer(capsys, "readiness", path, "--on", "2025-08-21", "--site", "r1c1")
    assert {row["site"] for row in found["rows"]} == {"r1c1"}
    assert {row["item"]: row["status"] for row in found["rows"]}["fire"] == "due"


def test_people_read_first_what_is_most_urgent(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["readiness", path, "--on", "2025-09-15"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Sites by the worst of their duties: 6 overdue."
    assert lines[2].split()[0] == "2025-08-29"
    assert "overdue" in lines[2]
    assert lines[-1] == "A planning aid, not legal advice."


def test_a_correction_of_a_drill_that_nobody_logged_is_refused(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    refusal = answer(capsys, "log", path, "drill", "supersedes=nothing", "minutes=5", status=2)
    assert "no drill “nothing”" in refusal["error"]
