"""Hostile input to readiness is refused, and nothing is half stored."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from builders import create_store, project_from
from sentences import says
from unchecked_entries import append_unchecked

from zoneplanner import storage
from zoneplanner.cli.run import main
from zoneplanner.domain.clean_text import clean_text

THEN = datetime(2025, 8, 1, tzinfo=UTC)
EVENT = ("event_on=2025-09-02", "held_on=2025-09-12")
ODD = "🔥 חירום <b>\"'; DROP TABLE x; --\\ \u202e " + "ж" * 200


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A project of letters without a school calendar."""
    file = tmp_path / "letters.gpkg"
    create_store(file, project_from("AAB / aab"), actor="planner", at=THEN).close()
    return str(file)


def answer(capsys: pytest.CaptureFixture[str], *args: str, status: int = 0) -> dict[str, Any]:
    """Run a subcommand with --json and return its one object."""
    assert main([*args, "--json"]) == status
    value = json.loads(capsys.readouterr().out)
    assert isinstance(value, dict)
    return value


@pytest.mark.parametrize(
    "args",
    [
        ("log", "drill", "site=Nowhere High", "kind=fire"),
        ("log", "drill", "site=r1c1", "kind=fire", "minutes=inf"),
        ("log", "drill", "site=r1c1", "kind=fire", "held_at=0001-01-01T00:00"),
        ("log", "drill", "site=r1c1", "kind=armed assailant", "held_at=2025-09-02T10:00"),
        ("log", "drill", "site=r1c1", "kind=fire", "held_at=2025-09-02T10:00", "checklist=;;x"),
        ("log", "review", "site=r1c1", "stage=adopted", "on=0001-01-01"),
        ("log", "review", "site=r1c1", "stage=consulted", "who_kind=everybody", "on=2025-09-02"),
        ("log", "after_action", "event=x", "event_on=0001-01-01", "held_on=2025-09-12"),
        ("log", "after_action", "event=x", "event_on=2025-02-30", "held_on=2025-09-12"),
        ("log", "after_action", "incident=nothing"),
        ("log", "after_action", "event=" + "x" * 5_001, *EVENT),
        ("log", "corrective_action", "review=nothing", "action=x", "owner_role=y"),
        ("log", "concern_step", "concern=nothing", "step=interview"),
        ("log", "command_entry", "incident=nothing", "kind=resource"),
        ("log", "district_report", "on=2025-10-12", "duty=nothing"),
        ("log", "concern", "reference=" + "1" * 41),
        ("log", "concern", "reference=١٢٣"),
        ("log", "concern", "reference=C-1", "closed_at=2020-01-01T00:00"),
        ("log", "concern", "reference=C-1", "note=he said"),
        ("log", "district_report"),
        ("log", "district_report", "site=r1c1"),
        ("log", "district_report", "on=1969-12-31"),
        ("readiness", "--on", "0001-01-01"),
        ("readiness", "--on", "9999-12-31"),
        ("readiness", "--retention", "--on", "0003-02-28"),
        ("readiness", "--site", "Nowhere High"),
        ("readiness", "--ics", "/nowhere/at/all/due.ics"),
        ("rules", "--follow", "fire.intermediate=" + ODD),
        ("rules", "--require", "lockdown.secondary=99999999999999999999/year"),
    ],
)
def test_hostile_input_is_refused_and_nothing_is_stored(
    path: str, capsys: pytest.CaptureFixture[str], args: tuple[str, ...]
) -> None:
    command, *rest = args
    refusal = answer(capsys, command, path, *rest, status=2)
    assert refusal["error"].endswith((".", "!", "?"))
    assert "failed" not in refusal["error"]
    assert answer(capsys, "verify", path)["entries"] == 0


def test_a_due_date_too_far_ahead_is_refused(
    path: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    answer(capsys, "log", path, "after_action", "event=x", *EVENT, "uid=r1")
    columns = ("review=r1", "action=x", "owner_role=y")
    far = answer(capsys, "log", path, "corrective_action", *columns, "due_on=9999-12-31", status=2)
    assert says(far["error"], "too_late")
    answer(capsys, "log", path, "corrective_action", *columns, "due_on=2026-01-15")
    answer(capsys, "readiness", path, "--ics", str(tmp_path / "due.ics"))


def test_unusual_characters_are_stored_unchanged_and_break_no_calendar(
    path: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    from icalendar import Calendar

    answer(capsys, "log", path, "after_action", f"event={ODD}", *EVENT, "uid=r1", "site=r1c1")
    columns = ("review=r1", f"action={ODD}", "owner_role=x", "due_on=2025-10-01")
    answer(capsys, "log", path, "corrective_action", *columns)
    file = tmp_path / "due.ics"
    found = answer(capsys, "readiness", path, "--on", "2025-09-15", "--ics", str(file))
    (action,) = [row for row in found["rows"] if row["item"] == "corrective_action"]
    assert clean_text(ODD) in action["detail"]
    texts = [
        str(one["description"]) for one in Calendar.from_ical(file.read_bytes()).walk("VEVENT")
    ]
    assert any("ж" * 200 in text for text in texts)
    assert main(["readiness", path, "--on", "2025-09-15"]) == 0


def test_a_repeated_uid_is_one_record_and_different_content_is_refused(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    columns = ("uid=c1", "reference=C-1", "received_at=2025-09-02T10:00")
    first = answer(capsys, "log", path, "concern", *columns)
    assert answer(capsys, "log", path, "concern", *columns)["seq"] == first["seq"]
    other = answer(capsys, "log", path, "concern", *columns[:1], "reference=C-2", status=2)
    assert says(other["error"], "uid_in_use", uid="c1")


def test_a_concern_cannot_be_corrected_as_an_action(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    answer(capsys, "log", path, "concern", "uid=c1", "reference=C-1")
    wrong = answer(capsys, "log", path, "corrective_action", "supersedes=c1", status=2)
    said = {"kind": "corrective_action", "uid": "c1"}
    assert says(wrong["error"], "unknown_entry.correction", **said)


def test_records_of_a_removed_site_are_still_shown(
    path: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    review = {"event": "x", "event_on": "2025-09-02", "held_on": "2025-09-12"}
    action = {"review": "r1", "action": "x", "owner_role": "y", "due_on": "2025-10-01"}
    append_unchecked(
        Path(path),
        (0, ""),
        {"uid": "r1", "kind": "after_action", "site": "gone", "payload": json.dumps(review)},
        {"uid": "a1", "kind": "corrective_action", "site": "gone", "payload": json.dumps(action)},
    )
    file = tmp_path / "due.ics"
    found = answer(capsys, "readiness", path, "--on", "2025-09-15", "--ics", str(file))
    assert {row["name"] for row in found["rows"] if row["uid"]} == {"gone"}
    assert b"gone" in file.read_bytes()


def test_an_import_stores_valid_rows_and_lists_the_rest(
    path: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "concerns.csv"
    file.write_text(
        "reference,site,received_at\n"
        "C-1,School r1c1,2025-09-02T10:00\n"
        "C-1,School r1c1,2025-09-02T10:00\n"
        "somebody said something,School r1c1,2025-09-02T10:00\n"
        "C-3,Nowhere High,2025-09-02T10:00\n"
        "C-4,,2025-11-02T01:30\n",
        encoding="utf-8",
    )
    done = answer(capsys, "import", path, str(file), "--as", "concerns", status=1)
    assert (done["read"], done["taken"], done["already"]) == (5, 1, 1)
    reasons = [row["reason"] for row in done["refused"]]
    assert says(reasons[0], "not_a_reference")
    assert says(reasons[1], "unknown_site", site="Nowhere High")
    assert says(reasons[2], "clock_change.twice")
    again = answer(capsys, "import", path, str(file), "--as", "concerns", status=1)
    assert (again["taken"], again["already"]) == (0, 2)


def test_a_reference_to_a_missing_record_is_refused_by_every_command(
    path: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    at = "at=2025-09-03T09:00"
    steps = ("concern=C-9", "step=interview", at)
    refused = answer(capsys, "log", path, "concern_step", *steps, status=2)
    assert refused["code"] == "unknown_entry"
    assert says(refused["error"], "unknown_entry.concern", uid="C-9")
    entry = ("incident=C-9", "kind=resource", at)
    refused = answer(capsys, "log", path, "command_entry", *entry, status=2)
    assert refused["code"] == "unknown_entry"
    assert says(refused["error"], "unknown_entry.critical_incident", uid="C-9")
    report = ("on=2025-10-12", "duty=nothing")
    refused = answer(capsys, "log", path, "district_report", *report, status=2)
    assert refused["code"] == "unknown_choice" and "violence_plan_review" in refused["error"]
    for kind, text, code in (
        ("concern_steps", "concern,step,at\nC-9,interview,2025-09-03T09:00\n", "entry.concern"),
        (
            "command_entrys",
            "incident,kind,at\nC-9,resource,2025-09-03T09:00\n",
            "entry.critical_incident",
        ),
        ("district_reports", "on,duty\n2025-10-12,nothing\n", "choice.duty"),
        (
            "after_actions",
            "incident,event,event_on,held_on\nC-9,x,2025-09-02,2025-09-12\n",
            "entry.reviewed_incident",
        ),
    ):
        file = tmp_path / f"{kind}.csv"
        file.write_text(text, "utf-8")
        refused = answer(capsys, "import", path, str(file), "--as", kind, status=2)
        assert refused["code"] == "no_row_imported"
        assert says(refused["error"], f"unknown_{code}"), code
    assert answer(capsys, "verify", path)["entries"] == 0
    told = answer(capsys, "log", path, "concern", "reference=C-9", "received_at=2025-09-02T10:00")
    step = answer(capsys, "log", path, "concern_step", "concern=c-9", *steps[1:])
    file = tmp_path / "concern_steps.csv"
    file.write_text("concern,step,at\nC-9,home_visit,2025-09-03T09:00\n", "utf-8")
    again = answer(capsys, "import", path, str(file), "--as", "concern_steps")
    assert (again["read"], again["taken"]) == (1, 1), "by its reference, as people know it"
    with storage.open(Path(path), read_only=True) as store:
        named = {one.payload["concern"] for one in store.entries(kinds=("concern_step",))}
    assert named == {told["uid"]}
    wrong = ("supersedes=" + step["uid"], "concern=C-8")
    refused = answer(capsys, "log", path, "concern_step", *wrong, status=2)
    assert refused["code"] == "unknown_entry"
