"""Mistakes at a busy desk are refused; nothing is lost or guessed."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from builders import create_store, project_from, refused
from sentences import says

from zoneplanner import storage
from zoneplanner.app.imports.file_import import import_file
from zoneplanner.app.log.dispatch import LiveIncidents
from zoneplanner.app.log.logbook import list_incidents, log_record
from zoneplanner.app.log.stamps import log_stamp, log_stamp_now
from zoneplanner.app.session.session import Session
from zoneplanner.messages import Message

NOW = datetime(2026, 11, 1, 9, 45, tzinfo=UTC)
"""The night on which the clocks are put back: 1:45 for the second time."""


def opened(path: Path, desk: str) -> Session:
    return Session(storage.open(path), actor="planner", desk=desk, clock=lambda: NOW)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "p.gpkg"
    create_store(file, project_from("AB"), actor="planner", at=NOW).close()
    return file


@pytest.fixture
def session(path: Path) -> Iterator[Session]:
    made = opened(path, "desk 1")
    log_record(
        made,
        "incident",
        {"uid": "i1", "site": "r1c1", "type": "fight", "received_at": "2026-11-01T00:50"},
    )
    yield made
    made.close()


def stamp(session: Session, name: str, at: str, unit: str = "A") -> None:
    log_stamp(session, {"incident": "i1", "unit": unit, "name": name, "at": at})


def test_stamps_across_a_clock_change_need_an_offset(session: Session) -> None:
    with refused("clock_change.twice", offsets="-0700 or -0800"):
        stamp(session, "dispatched", "2026-11-01T01:10")
    stamp(session, "dispatched", "2026-11-01T01:10-07:00")
    stamp(session, "onscene", "2026-11-01T01:10-08:00")
    (call,) = list_incidents(session)
    assert call.dispatched_at is not None and call.onscene_at is not None
    assert call.onscene_at - call.dispatched_at == timedelta(hours=1)


def test_two_desks_clear_an_incident_only_once(session: Session, path: Path) -> None:
    other = opened(path, "desk 2")
    try:
        stamp(session, "dispatched", "2026-11-01T00:55")
        live = LiveIncidents(other)
        assert len(live.incidents()) == 1
        log_stamp_now(LiveIncidents(session), session, "i1", "A", "cleared_at")
        with refused("incident_closed.stamped"):
            log_stamp_now(live, other, "i1", "A", "cleared_at")
        assert len(other.store.entries(kinds=("stamp",))) == 2
    finally:
        other.close()


def test_a_clock_set_back_stamps_nothing_before_the_call(session: Session) -> None:
    session.clock = lambda: NOW - timedelta(hours=3)
    with refused("times_out_of_order", earlier="received"):
        log_stamp_now(LiveIncidents(session), session, "i1", "A", "dispatched_at")
    session.clock = lambda: NOW + timedelta(days=1)
    stamp(session, "dispatched", "2026-11-01T00:55")
    session.clock = lambda: NOW
    stamp(session, "cleared", "2026-11-01T00:59")
    recorded = [entry.recorded_at for entry in session.store.entries()]
    assert recorded != sorted(recorded)
    assert session.store.verify().ok


def test_an_unknown_site_deep_in_a_file_is_reported_with_its_row(session: Session) -> None:
    row, places = 12_312, ["r1c1", "r1c2"]
    lines = ["site,arrived_at,uid"]
    lines += [f"{places[n % 2]},2026-10-30T08:{n % 60:02}:00,v{n}" for n in range(2, 12_400)]
    lines[row - 1] = "r9c9,2026-10-30T08:00,lost"
    file = session.store.path.with_name("visits.csv")
    file.write_text("\n".join(lines), encoding="utf-8")
    done = import_file(session, file, "visits", dry_run=True)
    (refused,) = done.refused
    assert refused.row == row and says(str(refused.remark), "unknown_site", site="r9c9")
    assert (done.read, done.taken) == (12_398, 12_397)


def test_a_row_changed_directly_in_the_journal_is_reported(session: Session, path: Path) -> None:
    stamp(session, "dispatched", "2026-11-01T00:55")
    session.close()
    with closing(sqlite3.connect(path)) as connection:
        guard = "SELECT sql FROM sqlite_schema WHERE name = 'journal_entry_insert'"
        (text,) = connection.execute(guard).fetchone()
        connection.execute("DROP TRIGGER journal_entry_insert")
        connection.execute(
            "INSERT INTO journal_entry (seq, uid, kind, site, unit, occurred_at, recorded_at,"
            " actor, desk, payload, supersedes, prev_hash, hash)"
            " SELECT 3, 'forged', kind, site, unit, occurred_at, recorded_at,"
            " actor, desk, payload, supersedes, hash, hash FROM journal_entry WHERE seq = 2"
        )
        connection.execute(text)
        connection.commit()
    with storage.open(path) as store:
        found = store.verify()
    assert not found.ok
    assert Message("chain.entry_changed", seq=3) in found.findings
