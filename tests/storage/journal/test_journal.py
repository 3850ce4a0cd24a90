"""The journal is append-only and chained, and its aggregates stay in step."""

import hashlib
import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import pytest
from builders import create_store
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from storage_samples import AT, LATER, LOG, count_by_week, project, to_plain, visit, void

from zoneplanner import storage
from zoneplanner.domain.log.entries import read_visits
from zoneplanner.domain.log.journal import NewEntry
from zoneplanner.messages import Message


def test_an_appended_entry_has_a_number_and_an_author(store: storage.Store) -> None:
    kept = store.append(visit("v1"), actor="Officer A", desk="desk 1", now=LATER)
    assert (kept.seq, kept.actor, kept.desk, kept.recorded_at) == (1, "Officer A", "desk 1", LATER)
    assert kept.payload == {"status": "completed", "note": "façade"}
    assert to_plain(store.entries()[0]) == to_plain(kept)


def test_the_hash_covers_the_previous_hash_and_the_columns_as_compact_json(
    store: storage.Store,
) -> None:
    first = store.append(visit("v1"), **LOG)
    second = store.append(visit("v2", payload={"status": "completed"}), **LOG)
    array = (
        '[{seq},"{uid}","visit","a","S1","2026-11-16T16:30:00+00:00","2026-11-16T16:35:00+00:00",'
        '"Officer A","desk 1","{{\\"status\\":\\"completed\\"}}",null{more}]'
    )
    with closing(sqlite3.connect(store.path)) as connection:
        query = "SELECT text, salt, text_hash FROM journal_entry"
        [(text, salt, hashes), none] = connection.execute(query).fetchall()
    assert json.loads(text) == {"note": "façade"}
    salted = json.loads(salt)["note"] + "façade"
    assert json.loads(hashes) == {"note": hashlib.sha256(salted.encode()).hexdigest()}
    assert none == (None, None, None)
    assert first.prev_hash == "0" * 64
    own = array.format(seq=1, uid="v1", more=f",{json.dumps(hashes)}")
    assert first.hash == hashlib.sha256(("0" * 64 + own).encode()).hexdigest()
    columns = array.format(seq=2, uid="v2", more="")
    assert second.hash == hashlib.sha256((first.hash + columns).encode()).hexdigest()
    assert store.head() == (2, second.hash)


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("UPDATE journal_entry SET actor = 'Officer B'", "never changed"),
        ("UPDATE OR REPLACE journal_entry SET seq = 1 WHERE seq = 2", "never changed"),
        ("DELETE FROM journal_entry WHERE seq = 2", "never deleted"),
        ("INSERT OR REPLACE INTO journal_entry SELECT * FROM journal_entry", "never replaced"),
        (
            "INSERT INTO journal_entry SELECT 3, 'v3', kind, site, unit, occurred_at, recorded_at,"
            " 'Officer B', desk, payload, supersedes, prev_hash, hash, text, salt, text_hash"
            " FROM journal_entry WHERE seq = 2",
            "must follow the last one",
        ),
        ("UPDATE journal_entry SET text = 'other' WHERE seq = 1", "never changed"),
        ("UPDATE journal_entry SET text = NULL, text_hash = 'x' WHERE seq = 1", "never changed"),
    ],
)
def test_another_program_cannot_change_the_journal(
    store: storage.Store, statement: str, reason: str
) -> None:
    store.append_many([visit("v1"), visit("v2")], **LOG)
    head = store.head()
    with (
        closing(sqlite3.connect(store.path)) as connection,
        pytest.raises(sqlite3.DatabaseError, match=reason),
    ):
        connection.execute(statement)
    assert store.head() == head


def test_a_wrong_hash_is_found_at_opening(store: storage.Store) -> None:
    store.append_many([visit("v1"), visit("v2")], **LOG)
    path = store.path
    store.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(
            "INSERT INTO journal_entry SELECT 3, 'v3', kind, site, unit, occurred_at, recorded_at,"
            " actor, desk, payload, supersedes, hash, hash, text, salt, text_hash"
            " FROM journal_entry WHERE seq = 2"
        )
        connection.commit()
    with storage.open(path) as again:
        assert again.notices[0] == Message("chain.entry_changed", seq=3)


@pytest.fixture
def second_desk(store: storage.Store, path: Path) -> Iterator[storage.Store]:
    with storage.open(path) as opened:
        yield opened


statuses = st.sampled_from(["completed", "on_site", "missed", "scheduled"])
moments = st.integers(0, 40).map(lambda days: AT + timedelta(days=days, hours=days % 24))


@st.composite
def journals(draw: st.DrawFn) -> list[NewEntry]:
    """Draw visits, corrections of any earlier entry, and voids."""
    entries: list[NewEntry] = []
    for number in range(draw(st.integers(1, 12))):
        uid = f"e{number}"
        named = (
            draw(st.none() | st.sampled_from([entry.uid for entry in entries])) if entries else None
        )
        if named is not None and draw(st.booleans()):
            entries.append(void(uid, named))
            continue
        where = draw(st.sampled_from("abc"))
        at, status = draw(moments), draw(statuses)
        entries.append(visit(uid, where, occurred_at=at, status=status, supersedes=named))
    return entries


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_aggregates_match_the_records(data: st.DataObject) -> None:
    entries = data.draw(journals())
    cut = data.draw(st.integers(0, len(entries)))
    zone = ZoneInfo("America/Los_Angeles")
    with TemporaryDirectory() as folder:
        path = Path(folder) / "any.gpkg"
        with create_store(path, project(), actor="Officer A", at=AT) as store:
            store.append_many(entries[:cut], **LOG)
            for entry in entries[cut:]:
                store.append(entry, **LOG)
            took_place = [v for v in read_visits(entries) if v.status in ("completed", "on_site")]
            weeks: Counter[tuple[str, date]] = Counter()
            for one in took_place:
                day = one.arrived_at.astimezone(zone).date()
                weeks[one.site, day - timedelta(days=day.weekday())] += 1
            assert count_by_week(store) == dict(weeks)
            last = {
                v.site: max(o.arrived_at for o in took_place if o.site == v.site)
                for v in took_place
            }
            assert store.last_visits() == last
            assert store.verify().ok


ENTRY_2_CHANGED = Message("chain.entry_changed", seq=2)


def tamper(path: Path, statement: str) -> None:
    """Change the journal without its triggers, then restore the triggers."""
    with closing(sqlite3.connect(path)) as connection:
        triggers = connection.execute(
            "SELECT name, sql FROM sqlite_schema"
            " WHERE type = 'trigger' AND tbl_name = 'journal_entry'"
        ).fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(statement)
        for _, text in triggers:
            connection.execute(text)
        connection.commit()


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        *(
            (f"UPDATE journal_entry SET {change} WHERE seq = 2", ENTRY_2_CHANGED)
            for change in (
                "actor = 'Officer B'",
                "hash = 'x'",
                "desk = x'00'",
                "payload = '[]'",
                "occurred_at = 'noon'",
            )
        ),
        (
            "UPDATE journal_entry SET prev_hash = 'x' WHERE seq = 3",
            Message("chain.does_not_follow", seq=3),
        ),
        (
            "DELETE FROM journal_entry WHERE seq = 2",
            Message("chain.entries_missing", after=1, before=3),
        ),
        (
            "DELETE FROM journal_entry WHERE seq = 1",
            Message("chain.entries_missing", after=0, before=2),
        ),
    ],
)
def test_verify_finds_a_tampered_journal(
    store: storage.Store, statement: str, problem: Message
) -> None:
    store.append_many([visit("v1"), visit("v2"), visit("v3")], **LOG)
    store.close()
    tamper(store.path, statement)
    with storage.open(store.path) as again:
        found = again.verify()
    assert not found.ok
    assert problem in found.findings


def test_an_unreadable_entry_is_named(store: storage.Store) -> None:
    store.append_many([visit("v1"), visit("v2")], **LOG)
    store.close()
    tamper(store.path, "UPDATE journal_entry SET recorded_at = 'noon' WHERE seq = 2")
    with storage.open(store.path) as again:
        assert [entry.uid for entry in again.entries()] == ["v1"]
        assert again.unreadable_entries() == ((2, "v2", "visit", "recorded_at", False),)


def test_only_an_anchor_reveals_removed_last_entries(store: storage.Store) -> None:
    store.append_many([visit("v1"), visit("v2"), visit("v3")], **LOG)
    anchor = store.head()
    assert store.verify(anchor=anchor).ok
    store.append(visit("v4"), **LOG)
    assert store.verify(anchor=anchor).ok
    store.close()
    tamper(store.path, "DELETE FROM journal_entry WHERE seq > 2")
    with storage.open(store.path) as again:
        again.rebuild_aggregates()
        assert again.verify().ok
        [finding] = again.verify(anchor=anchor).findings
    assert finding == Message("anchor.cut_off", seq=3)


def test_verify_reports_progress(store: storage.Store) -> None:
    told: list[float] = []
    store.verify(lambda fraction, text: told.append(fraction))
    assert told == sorted(told)
    assert told[-1] == 1.0
