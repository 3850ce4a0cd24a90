import json
import re
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar
from pypdf import PdfReader
from sentences import says

from zoneplanner.app.plans.zone_proposals import add_first_plan
from zoneplanner.app.projects import open_project as projects
from zoneplanner.cli.run import main

ONE_DAY = ("--from", "2027-06-01", "--to", "2027-06-01")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("roster") / "district.gpkg"
    session = projects.create_project(path)
    add_first_plan(session)
    session.close()
    assert main(["roster", str(path), "sample"]) == 0
    return path


@pytest.fixture
def with_call_out(project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A copy with posted shifts on June 1, 2027, for which the officer of S1 has called out."""
    copy = tmp_path / project.name
    copy.write_bytes(project.read_bytes())
    run_roster(capsys, copy, "propose", *ONE_DAY)
    run_roster(capsys, copy, "final", *ONE_DAY)
    _, found = run_roster(capsys, copy, "check", *ONE_DAY)
    who = next(shift["officer"] for shift in found["shifts"] if shift["unit"] == "S1")
    assert run_roster(capsys, copy, "sick", "--officer", who, *ONE_DAY)[0] == 1
    return copy


def run_roster(capsys: pytest.CaptureFixture[str], *args: object) -> tuple[int, dict[str, Any]]:
    capsys.readouterr()
    status = main(["roster", *map(str, args), "--json"])
    return status, json.loads(capsys.readouterr().out)


def test_a_term_is_proposed_checked_posted_and_exported(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    days = ("--from", "2027-01-04", "--to", "2027-06-02")
    status, found = run_roster(capsys, project, "propose", *days)
    assert (status, found["open"], found["problems"], found["proven"]) == (0, [], [], True)
    assert len(found["shifts"]) == 7 * 95
    assert run_roster(capsys, project, "check", *days)[1]["problems"] == []
    assert run_roster(capsys, project, "final", *days)[0] == 0
    status, written = run_roster(capsys, project, "export", "--to", tmp_path / "calendars")
    names = {Path(file).name for file in written["files"]}
    assert {"all.ics", "unit-S1.ics", "officer-sample-A.ics"} <= names
    every = Calendar.from_ical((tmp_path / "calendars" / "all.ics").read_bytes())
    assert len(every.walk("VEVENT")) == 7 * 95
    for kind in ("csv", "xlsx", "pdf"):
        out = tmp_path / f"out.{kind}"
        assert run_roster(capsys, project, "export", "--as", kind, "--to", out)[0] == 0
        assert out.stat().st_size > 500


def test_a_printed_roster_lists_weeks_without_shifts(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It used to skip the week from November 20 to November 30 without a note."""
    days = ("--from", "2026-11-16", "--to", "2026-12-11")
    assert run_roster(capsys, project, "propose", *days)[0] == 0
    out = tmp_path / "weeks.pdf"
    printed = ("--from", "2026-11-16", "--until", "2026-12-20")
    assert run_roster(capsys, project, "export", "--as", "pdf", *printed, "--to", out)[0] == 0
    pages = [" ".join(page.extract_text().split()) for page in PdfReader(out).pages]
    assert [page.partition("No shifts from ")[2].partition(").")[0] for page in pages] == [
        *("November 23, 2026 to November 29, 2026 (no school", ""),
        "December 14, 2026 to December 20, 2026 (5 school days",
    ]


def test_a_call_out_opens_the_shift_and_lists_substitutes(
    with_call_out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (left,) = run_roster(capsys, with_call_out, "check", *ONE_DAY)[1]["open"]
    assert left["unit"] == "S1"
    assert says(left["why"], "can_be_taken")


@pytest.mark.parametrize(
    ("args", "code", "facts"),
    [
        (
            ("propose", "--from", "2027-07-01", "--to", "2027-07-09"),
            "no_open_shift",
            {"first": "2027-07-01", "last": "2027-07-09"},
        ),
        (
            ("propose", "--from", "2027-02-02", "--to", "2027-02-01"),
            "days_out_of_order",
            {"first": "2027-02-02", "last": "2027-02-01"},
        ),
        (("export",), "option_missing", {"option": "--to"}),
        (("export", "--to", "x.ics", "--unit", "Z"), "unknown_unit", {"unit": "Z"}),
        (("sick", "--officer", "Nobody"), "unknown_officer", {"officer": "Nobody"}),
        (("sample",), "officers_exist", {}),
    ],
)
def test_an_invalid_roster_command_is_refused(
    project: Path,
    capsys: pytest.CaptureFixture[str],
    args: tuple[str, ...],
    code: str,
    facts: dict[str, str],
) -> None:
    status, found = run_roster(capsys, project, *args)
    assert (status, found["code"]) == (2, code)
    assert facts.items() <= found["facts"].items()


def test_an_answer_to_a_relief_call_has_an_iso_day_for_programs_and_the_offices_for_people(
    with_call_out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def read_today(*more: str) -> str:
        capsys.readouterr()
        main(["today", str(with_call_out), "--date", "2027-06-01", *more])
        return capsys.readouterr().out

    first = json.loads(read_today("--json"))["open"][0]["relief"][0]
    call = ("at=2026-01-05T15:30", f"officer={first['officer']}", "answer=declined")
    assert main(["log", str(with_call_out), "relief_call", *call]) == 0
    told = json.loads(read_today("--json"))["open"][0]["relief"][0]
    assert "2026-01-05 15:30" in told["last_answer"]
    assert "Jan 5, 2026, 3:30 PM" in read_today()


def test_today_lists_whom_to_call_for_open_shifts_and_writes_the_page(
    with_call_out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (left,) = run_roster(capsys, with_call_out, "check", *ONE_DAY)[1]["open"]
    capsys.readouterr()
    page = tmp_path / "today.pdf"
    status = main(
        ["today", str(with_call_out), "--date", "2027-06-01", "--to", str(page), "--json"]
    )
    found = json.loads(capsys.readouterr().out)
    assert status == 1, "an assignment is open"
    assert found["assignments"] == {"filled": 6, "planned": 7}
    (line,) = found["open"]
    assert line["shift"] == left["uid"] and len(line["former"]) == 1
    assert [one["order"] for one in line["relief"]] == [1, 2, 3]
    assert line["relief"][0]["name"].startswith("Officer ")
    assert found["out"][0]["officer"] == line["former"][0]
    assert found["files"] == [str(page)]
    read = "".join(one.extract_text() for one in PdfReader(page).pages)
    assert "Tuesday, June 1" in read and "7:30 AM" in read, read
    assert not re.search(r"1 Jun|07:30", read), "two ways to write a day on one page"
