"""Live stamps on the command line: stored, corrected, and refused if invalid."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from builders import CITY, COUNTY, create_store, project_from
from sentences import says

from zoneplanner.app.log.logbook import list_incidents
from zoneplanner.app.log.response_actions import begin_response_action
from zoneplanner.app.projects.open_project import open_session
from zoneplanner.cli.run import main
from zoneplanner.domain.log.journal import Incident
from zoneplanner.domain.units import UnitAccess

THEN = datetime(2026, 3, 2, tzinfo=UTC)
MORNING = "2026-03-03T10:{:02}"


@pytest.fixture
def path(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """A trespass at a county site at ten; B may not serve the city, a may assist in the county."""
    project = project_from("AB / aa")
    helper = replace(
        project.units["a"], access={CITY: UnitAccess.PRIMARY, COUNTY: UnitAccess.ASSIST}
    )
    project = replace(project, units={**project.units, "a": helper})
    file = tmp_path / "letters.gpkg"
    create_store(file, project, actor="planner", at=THEN).close()
    log(str(file), capsys, "incident", uid="i1", site="r1c1", type="trespass", received_at=at(0))
    return str(file)


def at(minute: int) -> str:
    """Return a local time of that morning."""
    return MORNING.format(minute)


def log(
    path: str, capsys: pytest.CaptureFixture[str], kind: str, *, status: int = 0, **columns: Any
) -> dict[str, Any]:
    """Run log with --json and return its answer."""
    given = [f"{name}={value}" for name, value in columns.items()]
    assert main(["log", path, kind, *given, "--json"]) == status
    value = json.loads(capsys.readouterr().out)
    assert isinstance(value, dict)
    return value


def read_incident(path: str, uid: str = "i1") -> Incident:
    """Return the current state of an incident."""
    session = open_session(Path(path))
    try:
        return next(one for one in list_incidents(session) if one.uid == uid)
    finally:
        session.close()


def test_a_call_closes_when_the_last_of_two_units_clears(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for unit, name, minute in (
        ("A", "dispatched", 1),
        ("a", "Dispatched", 2),
        ("A", "en route", 3),
        ("A", "onscene_at", 7),
        ("A", "cleared", 20),
    ):
        log(path, capsys, "stamp", incident="i1", unit=unit, name=name, at=at(minute))
    assert read_incident(path).cleared_at is None
    answer = log(path, capsys, "stamp", incident="i1", unit="a", name="cleared", at=at(31))
    closed = read_incident(path)
    assert (answer["seq"], closed.units) == (7, ("A", "a"))
    assert closed.onscene_at is not None and closed.cleared_at is not None
    assert (closed.cleared_at - closed.onscene_at).total_seconds() == 24 * 60


OUT_OF_ORDER = "times_out_of_order"
REFUSED: dict[str, tuple[dict[str, Any], str, dict[str, str]]] = {
    "an unknown incident": ({"incident": "i9"}, "unknown_entry.incident", {"uid": "i9"}),
    "no incident": ({"incident": ""}, "column_missing.stamp_incident", {}),
    "an unknown unit": ({"unit": "S9"}, "unknown_unit", {"unit": "S9"}),
    "no unit": ({"unit": ""}, "column_missing.stamp_unit", {}),
    "an unknown stamp": (
        {"name": "arrived"},
        "unknown_choice",
        {"text": "arrived", "known": "dispatched, enroute, onscene and cleared"},
    ),
    "a time in the future": ({"at": "2999-01-01T08:00"}, "in_the_future", {}),
    "a time before the call came": (
        {"unit": "B", "at": "2026-03-03T09:59"},
        OUT_OF_ORDER,
        {"earlier": "received"},
    ),
    "a time before the stamp it follows": (
        {"name": "enroute", "at": at(4)},
        OUT_OF_ORDER,
        {"earlier": "dispatched"},
    ),
    "a stamp made already": ({}, "stamped_already", {"stamp": "dispatched"}),
}


@pytest.mark.parametrize("case", REFUSED)
def test_an_invalid_stamp_is_refused(
    case: str, path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    changes, code, facts = REFUSED[case]
    good: dict[str, Any] = {"incident": "i1", "unit": "A", "name": "dispatched", "at": at(5)}
    log(path, capsys, "stamp", **good)
    before = read_incident(path)
    answer = log(path, capsys, "stamp", status=2, **{**good, **changes})
    assert says(answer["error"], code, **facts)
    assert read_incident(path) == before


def test_a_unit_without_access_is_logged_with_a_warning(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    given = {"uid": "i2", "site": "r2c1", "type": "fight", "received_at": at(0)}
    logged = log(path, capsys, "incident", units="A", **given)
    (said,) = logged["warnings"]
    assert says(said, "unit_outside", unit="A", site="School r2c1")
    stamp: dict[str, Any] = {"incident": "i2", "name": "dispatched", "at": at(1)}
    (said,) = log(path, capsys, "stamp", unit="B", **stamp)["warnings"]
    assert says(said, "unit_outside", unit="B")
    assert "warnings" not in log(path, capsys, "stamp", unit="a", **stamp)
    assert {one.unit for one in read_incident(path, "i2").by_unit} == {"a", "B"}
    main(["log", path, "stamp", "incident=i2", "unit=B", "name=onscene", f"at={at(4)}"])
    assert says(capsys.readouterr().out, "unit_outside", unit="B")


def test_closed_and_voided_incidents_accept_no_stamps(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    log(path, capsys, "stamp", incident="i1", unit="A", name="cleared", at=at(9))
    late = log(path, capsys, "stamp", status=2, incident="i1", unit="B", name="onscene", at=at(12))
    assert "“trespass” is closed" in late["error"]
    log(path, capsys, "incident", void="i1", reason="logged twice")
    gone = log(path, capsys, "stamp", status=2, incident="i1", unit="A", name="onscene", at=at(5))
    assert gone["code"] == "voided"


def test_a_stamp_is_corrected_and_voided_by_new_entries(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    stamp: dict[str, Any] = {"incident": "i1", "unit": "A", "name": "onscene"}
    first = log(path, capsys, "stamp", at=at(9), **stamp)
    log(path, capsys, "stamp", at=at(8), supersedes=first["uid"], **stamp)
    found = read_incident(path).onscene_at
    assert found is not None and found.minute == 8
    log(path, capsys, "stamp", void=first["uid"], reason="wrong unit")
    assert read_incident(path).onscene_at is None
    again = log(path, capsys, "stamp", status=2, void=first["uid"], reason="wrong unit")
    assert f"no stamp “{first['uid']}”" in again["error"]


def test_a_retried_stamp_is_stored_once_and_different_content_is_refused(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    stamp: dict[str, Any] = {
        "incident": "i1",
        "unit": "A",
        "name": "cleared",
        "uid": "s1",
        "at": at(9),
    }
    first, again = (log(path, capsys, "stamp", **stamp) for _ in range(2))
    assert first == again
    other = log(path, capsys, "stamp", status=2, **{**stamp, "unit": "B"})
    assert other["code"] == "uid_in_use"


def test_the_uid_of_any_entry_shows_the_history_of_its_record(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    later = log(path, capsys, "incident", supersedes="i1", disposition="Report taken")["uid"]
    assert main(["log", path, "history", f"uid={later}", "--json"]) == 0
    first, second = json.loads(capsys.readouterr().out)["entries"]
    assert (first["seq"], first["what"], first["uid"]) == (1, "First entry, entered later", "i1")
    assert (second["what"], second["changes"]) == (
        "Correction",
        ["how it ended: Report taken"],
    )
    assert main(["log", path, "history", "uid=i1"]) == 0
    assert "Report taken" in capsys.readouterr().out
    assert main(["log", path, "history"]) == 2
    assert says(capsys.readouterr().err, "option_missing.history")
    assert main(["log", path, "history", "uid=nothing"]) == 2
    assert says(capsys.readouterr().err, "unknown_entry", uid="nothing")


def test_a_mistaken_lockdown_is_voided_with_its_call(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    session = open_session(Path(path))
    action, call = begin_response_action(session, "r1c2", "lockdown")
    session.close()
    given = [f"void={action.uid}", "reason=begun by mistake"]
    assert main(["log", path, "action", *given]) == 0
    assert says(capsys.readouterr().out, "voids_own_call", call=call.uid)
    again = log(path, capsys, "stamp", status=2, incident=call.uid, unit="B", name="dispatched")
    assert again["code"] == "voided"
