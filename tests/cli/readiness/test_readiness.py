"""Drills and plan reviews on the command line."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from builders import EARLIER_RULES, create_store, project_from
from sentences import says

from zoneplanner.cli.run import main
from zoneplanner.domain.calendar.school_calendar import DateRange, SchoolCalendar
from zoneplanner.domain.readiness.requirements import RequirementStatus
from zoneplanner.messages import Message

UNRECORDED = RequirementStatus.NOT_RECORDED
THEN = datetime(2025, 8, 1, tzinfo=UTC)
TERMS = (
    DateRange("Fall", date(2025, 8, 14), date(2025, 12, 19)),
    DateRange("Spring", date(2026, 1, 5), date(2026, 6, 3)),
)


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A project of letters with a school year."""
    project = replace(project_from("AAB / aab"), calendar=SchoolCalendar(TERMS, ()))
    file = tmp_path / "letters.gpkg"
    create_store(file, project, actor="planner", at=THEN).close()
    return str(file)


def answer(capsys: pytest.CaptureFixture[str], *args: str, status: int = 0) -> dict[str, Any]:
    """Run a subcommand with --json and return its one object."""
    assert main([*args, "--json"]) == status
    value = json.loads(capsys.readouterr().out)
    assert isinstance(value, dict)
    return value


def test_a_logged_drill_and_review_fulfill_their_rules(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    drill = ("site=School r1c1", "kind=fire", "minutes=6", "officer_present=yes")
    answer(capsys, "rules", path, "--pack", str(EARLIER_RULES))
    for day in ("2025-08-20", "2025-09-10"):
        answer(capsys, "log", path, "drill", *drill, f"held_at={day}T09:30")
    answer(capsys, "log", path, "review", "site=School r1c1", "stage=adopted", "on=2025-09-12")
    found = answer(capsys, "readiness", path, "--on", "2025-09-15")
    rows = {(row["site"], row["item"]): row for row in found["rows"]}
    assert rows["r1c2", "fire"]["status"] == UNRECORDED  # nobody confirmed a miss
    answer(capsys, "records", path, "--complete", "drills=2025-08-14..2025-09-15")
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


def test_the_text_output_lists_the_most_urgent_first(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = answer(capsys, "readiness", path, "--on", "2025-09-15")
    assert {row["status"] for row in found["rows"]} == {UNRECORDED, "due"}
    assert main(["readiness", path, "--on", "2025-09-15"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith(f": 6 {UNRECORDED}.")
    assert any(UNRECORDED in line for line in lines[1:])
    answer(capsys, "records", path, "--complete", "drills=2025-08-14..2025-09-15")
    assert main(["readiness", path, "--on", "2025-09-15"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith(": 6 overdue.")
    assert lines[2].startswith("Aug 29, 2025 ")
    assert "overdue" in lines[2]
    assert lines[-1] == "This is a planning aid, not legal advice."


def test_a_correction_of_an_unknown_drill_is_refused(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    refusal = answer(capsys, "log", path, "drill", "supersedes=nothing", "minutes=5", status=2)
    said = {"kind": "drill", "uid": "nothing"}
    assert says(refusal["error"], "unknown_entry.correction", **said)


def test_after_actions_corrective_actions_and_concerns_are_rows_too(
    path: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    call = ("site=r1c1", "type=lockdown", "priority=1", "received_at=2025-09-02T10:00", "uid=i1")
    answer(capsys, "log", path, "incident", *call)
    due = answer(capsys, "readiness", path, "--on", "2025-09-15")
    assert [row["due_on"] for row in due["rows"] if row["item"] == "after_action"] == ["2025-10-02"]
    review = ("incident=i1", "held_on=2025-09-12", "uid=r1", "strengths=Doors were locked at once")
    answer(capsys, "log", path, "after_action", *review)
    action = ("review=r1", "action=Fix the gate", "owner_role=custodian", "due_on=2025-10-01")
    answer(capsys, "log", path, "corrective_action", "uid=a1", *action)
    concern = ("reference=C-7", "site=r1c2", "received_at=2025-09-12T14:00", "uid=c1")
    answer(capsys, "log", path, "concern", *concern)
    found = answer(
        capsys, "readiness", path, "--on", "2025-09-15", "--ics", str(tmp_path / "due.ics")
    )
    rows = {row["uid"]: row for row in found["rows"] if row["uid"]}
    assert {uid: row["status"] for uid, row in rows.items()} == {
        "r1": "done",
        "a1": "due",
        "c1": "due",
    }
    few = found["figures"]["days_to_review_p50"]
    assert (few["value"], few["n"], few["why"]) == (None, 1, str(Message("figure_too_few", n=1)))
    assert found["files"] == [str(tmp_path / "due.ics")]
    for step in ("done_on=2025-09-30", "verified_on=2025-10-02"):
        answer(capsys, "log", path, "corrective_action", "supersedes=a1", step)
    later = answer(capsys, "readiness", path, "--on", "2025-10-05")
    assert {row["uid"]: row["status"] for row in later["rows"] if row["uid"] == "a1"} == {
        "a1": "done"
    }


def test_a_text_with_a_persons_name_is_logged_with_a_warning(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    drill = ("site=r1c1", "kind=fire", "held_at=2025-08-20T09:30")
    kept = answer(capsys, "log", path, "drill", *drill, "note=Jane Doe was late")
    assert kept["seq"] == 1
    assert says(kept["warnings"][0], "personal_data.name", text="“Jane Doe”")
    quiet = answer(capsys, "log", path, "drill", *drill, "note=two exits blocked")
    assert "warnings" not in quiet


def test_the_district_chooses_its_rules_on_the_command_line(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = answer(capsys, "rules", path, "--pack", str(EARLIER_RULES))
    assert [one["followed"] for one in shown["choices"]] == ["5 CCR 550"]
    chosen = answer(capsys, "rules", path, "--follow", "fire.intermediate=Ed. Code 32001")
    assert chosen["choices"][0]["chosen"] is True
    own = answer(capsys, "rules", path, "--require", "lockdown.elementary=1/semester")
    assert own["own"] == [
        {"kind": "lockdown", "level": "elementary", "times": 1, "per": "semester"}
    ]
    days = answer(capsys, "rules", path, "--within", "review_days=14", "--within", "close_days=20")
    assert (days["follow_up"]["review_days"], days["follow_up"]["close_days"]) == (14, 20)
    back = answer(capsys, "rules", path, "--follow", "fire.intermediate=strictest")
    assert back["choices"][0]["chosen"] is False
    assert main(["rules", path]) == 0
    assert "5 CCR 550" in capsys.readouterr().out


@pytest.mark.parametrize(
    "option",
    [
        ("--follow", "fire"),
        ("--follow", "fire.intermediate="),
        ("--follow", "fire.high=5 CCR 550"),
        ("--require", "lockdown.secondary=some"),
        ("--require", "lockdown.secondary=-1"),
        ("--require", "lockdown.moon=1/year"),
        ("--within", "review_days=soon"),
        ("--within", "review_days=0"),
        ("--within", "moons=3"),
        ("--keep", "Visits=long"),
        ("--keep", "Visits=0"),
        ("--keep", "Violent-incident log=4"),
        ("--keep", "Moons=3"),
    ],
)
def test_an_invalid_choice_is_refused(
    path: str, capsys: pytest.CaptureFixture[str], option: tuple[str, str]
) -> None:
    assert answer(capsys, "rules", path, *option, status=2)["error"]


def test_retention_is_reported_and_nothing_is_deleted(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    call = ("site=r1c1", "type=trespass", "received_at=2019-09-02T10:00")
    answer(capsys, "log", path, "incident", *call)
    found = answer(capsys, "readiness", path, "--retention", "--on", "2025-09-15")
    by_name = {row["name"]: row for row in found["retention"]}
    assert by_name["Violent-incident log"]["passed"] == 1
    assert answer(capsys, "verify", path)["entries"] == 1


def test_a_district_can_set_its_own_retention_years(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert answer(capsys, "rules", path)["retention"]["Visits"] == 4
    chosen = answer(
        capsys,
        "rules",
        path,
        "--keep",
        "Visits=6",
        "--keep",
        "Violent-incident log=7",
    )
    assert (chosen["retention"]["Visits"], chosen["retention"]["Concern reports"]) == (6, 5)
    rows = answer(capsys, "readiness", path, "--retention", "--on", "2026-09-15")["retention"]
    by_name = {row["name"]: (row["years"], row["kept_from"], row["rule"]) for row in rows}
    assert by_name["Visits"] == (6, "2020-09-15", "District rule")
    assert by_name["Violent-incident log"][2] == "Labor Code 6401.9; District rule"
    back = answer(capsys, "rules", path, "--keep", "Visits=4")
    assert back["retention"]["Visits"] == 4


def test_missing_records_support_no_conclusion(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = answer(capsys, "readiness", path, "--on", "2026-04-15")
    assert "overdue" not in {row["status"] for row in found["rows"]}
    for name, figure in found["figures"].items():
        if name.startswith(("drills_", "plans_")):
            assert (figure["value"], figure["why"]) == (None, str(Message("no_record_on_file"))), (
                name
            )


def test_a_review_of_imported_history_is_not_overdue(
    path: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The import alone makes no review due; older incidents stay unknown."""
    today = datetime.now(ZoneInfo("America/Los_Angeles")).date()
    recent, before = today - timedelta(days=5), today - timedelta(days=90)
    table = tmp_path / "calls.csv"
    rows = [f"{name},School r1c1,fight,1,{day}T10:00" for name, day in
            (("recent", recent), ("before", before))]  # fmt: skip
    table.write_text("\n".join(["uid,site,type,priority,received_at", *rows]), encoding="utf-8")
    answer(capsys, "import", path, str(table), "--as", "incidents")
    late = str(today + timedelta(days=60))

    def statuses() -> dict[str, str]:
        found = answer(capsys, "readiness", path, "--on", late)["rows"]
        reviews = [row for row in found if row["item"] == "after_action"]
        return {row["due_on"]: row["status"] for row in reviews}

    due = {name: str(day + timedelta(days=30)) for name, day in
           (("recent", recent), ("before", before), ("live", today))}  # fmt: skip
    assert statuses() == {}
    complete = ("--complete", f"{before}..{recent}")
    answer(capsys, "import", path, str(table), "--as", "incidents", *complete)
    assert statuses() == {}
    answer(capsys, "log", path, "incident", "site=r1c1", "type=fight", "priority=1", "uid=live")
    assert statuses()[due["live"]] == "overdue"
    calendar = tmp_path / "due.ics"
    answer(capsys, "readiness", path, "--on", late, "--ics", str(calendar))
    assert calendar.read_text(encoding="utf-8").count("Overdue: After-action") == 1
    answer(capsys, "records", path, "--since", f"after_actions={before}")
    known = {due["recent"]: "overdue", due["before"]: UNRECORDED, due["live"]: "overdue"}
    assert statuses() == known
