"""The live part of the journal has all open incidents and nothing else."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from builders import create_store, project_from

from zoneplanner.app.log.dispatch import LiveIncidents
from zoneplanner.app.log.logbook import list_incidents, log_record
from zoneplanner.app.log.stamps import log_stamp
from zoneplanner.app.session.session import Session

NOW = datetime(2026, 11, 16, 20, 0, tzinfo=UTC)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """A project with an incident closed two days ago and one that is open."""
    store = create_store(tmp_path / "p.gpkg", project_from("AB"), actor="planner", at=NOW)
    opened = Session(store, actor="planner", desk="desk 1", clock=lambda: NOW)
    log(opened, "old", days_ago=2)
    log_stamp(opened, {**stamp("old", "cleared"), "uid": "s1", "at": ago(days=2)})
    log(opened, "open")
    yield opened
    opened.close()


def ago(**span: float) -> str:
    return (NOW - timedelta(**span)).isoformat()


def stamp(incident: str, name: str) -> dict[str, str]:
    return {"incident": incident, "unit": "A", "name": name}


def log(session: Session, uid: str, *, days_ago: int = 0) -> None:
    columns = {"uid": uid, "site": "r1c1", "type": "fight", "received_at": ago(days=days_ago)}
    log_record(session, "incident", columns)


def list_uids(live: LiveIncidents) -> set[str]:
    return {one.uid for one in live.incidents()}


def test_old_closed_incidents_are_left_out_and_the_rest_match_the_journal(session: Session) -> None:
    live = LiveIncidents(session)
    assert live.incidents() == tuple(one for one in list_incidents(session) if one.uid == "open")
    assert {entry.uid for entry in live.entries()} == {"open"}


def test_new_entries_are_followed(session: Session) -> None:
    live = LiveIncidents(session)
    assert list_uids(live) == {"open"}
    log(session, "new")
    log_stamp(session, stamp("open", "onscene"))
    log_stamp(session, stamp("open", "cleared"))
    assert list_uids(live) == {"open", "new"}
    now = {one.uid: one for one in list_incidents(session)}
    assert {one.uid: one for one in live.incidents()} == {uid: now[uid] for uid in ("open", "new")}


def test_an_incident_that_is_voided_is_no_longer_followed(session: Session) -> None:
    live = LiveIncidents(session)
    assert list_uids(live) == {"open"}
    log_record(session, "incident", {"void": "open", "reason": "logged twice"})
    assert list_uids(live) == set()


def test_voiding_the_cleared_stamp_of_an_old_incident_reopens_it(session: Session) -> None:
    live = LiveIncidents(session)
    assert list_uids(live) == {"open"}
    log_stamp(session, {"void": "s1", "reason": "another incident"})
    assert list_uids(live) == {"open", "old"}
