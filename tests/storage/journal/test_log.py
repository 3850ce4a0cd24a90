"""The log as arrays follows every entry, from a snapshot or from the start."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from builders import create_store, refused
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from storage_samples import AT, EDIT, LATER, LOG, project, visit, void
from two_homes import Home

from zoneplanner import storage
from zoneplanner.analysis.log.log_arrays import (
    NO_NAME,
    NO_TIMESTAMP,
    LogArrays,
    build_log_arrays,
    compare_logs,
)
from zoneplanner.domain.log.entries import read_incidents, read_visits
from zoneplanner.domain.log.journal import NewEntry
from zoneplanner.storage.journal.log_snapshot import ENTRIES_BETWEEN
from zoneplanner.storage.log_store import ENTRIES_PER_STEP

NAMES = ("dispatched_at", "enroute_at", "onscene_at", "cleared_at")


def incident(uid: str, site: str | None = "a", minutes: int = 0, **changes: Any) -> NewEntry:
    payload = {"type": "fight", "priority": 2, "units": ["S1"]}
    at = AT + timedelta(minutes=minutes)
    return NewEntry(**{"uid": uid, "kind": "incident", "site": site, "unit": "S1",
                       "occurred_at": at, "payload": payload, **changes})  # fmt: skip


def stamp(uid: str, call: str, name: str, minutes: int, unit: str = "S1") -> NewEntry:
    at = AT + timedelta(minutes=minutes)
    payload = {"incident": call, "unit": unit, "name": name, "at": at.isoformat()}
    return NewEntry(uid, "stamp", None, unit, at, payload)


def list_content(log: LogArrays) -> dict[str, list[tuple[Any, ...]]]:
    """Return a log's content without entry numbers, in a fixed order."""
    names = {**dict(enumerate(log.names)), NO_NAME: ""}
    return {
        kind: sorted(
            tuple(
                names[int(row[one])] if one in ("site", "unit") else row[one].item()
                for one in rows.dtype.names
                if one != "seq"
            )
            for row in rows
        )
        for kind, rows in (("visit", log.visits), ("call", log.calls), ("stint", log.commitments))
    }


def build_expected_log(entries: list[NewEntry]) -> LogArrays:
    """Build the log directly from the entries' records."""
    zone = project().time_zone
    return build_log_arrays(read_visits(entries), read_incidents(entries), time_zone=zone)


def test_the_log_follows_a_call_stamp_by_stamp(store: storage.Store) -> None:
    store.append(incident("i1"), **LOG)
    assert (store.log().calls["cleared"] == NO_TIMESTAMP).all()
    for minutes, name in enumerate(NAMES, start=1):
        store.append(stamp(name, "i1", name, minutes), **LOG)
    log = store.log()
    (call,), (stint,) = log.calls, log.commitments
    assert (call["cleared"] - call["received"], call["consumed"]) == (240, 120)
    assert (log.names[stint["unit"]], stint["ended"] - stint["began"]) == ("S1", 120)
    store.append(void("v", "cleared_at"), **LOG)
    assert store.log().calls["cleared"][0] == NO_TIMESTAMP and len(store.log().commitments) == 0
    assert store.verify().ok


def test_the_log_follows_calls_and_visits_in_a_file_and_on_a_server(home: Home) -> None:
    entries = [visit("v1"), visit("v2", "b"), incident("i1"), stamp("s1", "i1", "cleared_at", 9)]
    entries += [visit("v3", "b", supersedes="v1"), void("v4", "s1")]
    with home.open() as store:
        for entry in entries:
            store.append(entry, **LOG)
        assert list_content(store.log()) == list_content(build_expected_log(entries))
        assert store.verify().ok
        store.rebuild_aggregates()
        assert list_content(store.log()) == list_content(build_expected_log(entries))


def test_a_corrected_call_leaves_the_year_it_was_in(store: storage.Store) -> None:
    store.append(incident("i1"), **LOG)
    later = incident("i2", "b", occurred_at=AT - timedelta(days=400), supersedes="i1")
    store.append(later, **LOG)
    (call,) = store.log().calls
    assert store.log().names[call["site"]] == "b"
    assert store.verify().ok


def test_a_stamp_moved_to_another_call_leaves_the_first(store: storage.Store) -> None:
    entries = [incident("i1"), incident("i2", minutes=5), stamp("s1", "i1", "cleared_at", 9)]
    entries.append(
        NewEntry(**{**entry_fields(stamp("s2", "i2", "cleared_at", 9)), "supersedes": "s1"})
    )
    for entry in entries:
        store.append(entry, **LOG)
    assert [int(one) != NO_TIMESTAMP for one in store.log().calls["cleared"]] == [False, True]
    assert list_content(store.log()) == list_content(build_expected_log(entries))
    assert store.verify().ok


def test_a_moved_stamp_stays_with_its_new_call_when_the_old_one_is_voided(
    store: storage.Store,
) -> None:
    entries = [incident("i1"), incident("i2"), incident("i3", supersedes="i2")]
    entries.append(stamp("s1", "i1", "cleared_at", 9))
    entries.append(
        NewEntry(**{**entry_fields(stamp("s2", "i3", "cleared_at", 9)), "supersedes": "s1"})
    )
    for entry in [*entries, void("v", "i1")]:
        store.append(entry, **LOG)
    assert len(store.log().calls) == 1
    assert store.verify().ok


def entry_fields(entry: NewEntry) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in NewEntry.__dataclass_fields__}


@st.composite
def journals(draw: st.DrawFn) -> list[NewEntry]:
    """Draw visits, calls and stamps with corrections, and voids of any earlier entry."""
    entries: list[NewEntry] = []
    for number in range(draw(st.integers(1, 14))):
        uid, minutes = f"e{number}", draw(st.integers(0, 600_000))
        earlier = [one for one in entries if one.kind != "void"]
        calls = [one.uid for one in earlier if one.kind == "incident"]
        kind = draw(st.sampled_from(["visit", "incident", "stamp", "void", "correction"]))
        where = draw(st.sampled_from("ab"))
        if kind == "void" and earlier:
            entries.append(void(uid, draw(st.sampled_from(earlier)).uid))
        elif kind == "stamp" and calls:
            name, unit = draw(st.sampled_from(NAMES)), draw(st.sampled_from(["S1", "S2"]))
            entries.append(stamp(uid, draw(st.sampled_from(calls)), name, minutes, unit))
        elif kind == "correction" and earlier:
            old = draw(st.sampled_from(earlier))
            named = {**old.payload}
            if old.kind == "stamp":
                named["incident"] = draw(st.sampled_from(calls))
            at = AT + timedelta(minutes=minutes)
            changed = {"uid": uid, "occurred_at": at, "supersedes": old.uid, "payload": named}
            entries.append(NewEntry(**{**entry_fields(old), **changed}))
        elif kind == "incident":
            entries.append(incident(uid, where, minutes))
        else:
            entries.append(visit(uid, where, occurred_at=AT + timedelta(minutes=minutes)))
    return entries


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(journals(), st.integers(0, 14))
def test_the_log_matches_the_records_however_it_was_built(
    entries: list[NewEntry], cut: int
) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "any.gpkg"
        with create_store(path, project(), actor="Officer A", at=AT) as store:
            store.append_many(entries[:cut], **LOG)
            for entry in entries[cut:]:
                store.append(entry, **LOG)
            assert list_content(store.log()) == list_content(build_expected_log(entries))
            assert store.verify().ok
            log = store.log()
            store.rebuild_aggregates()
            assert compare_logs(store.log(), log)


def test_a_log_continues_from_its_snapshot(home: Home) -> None:
    entries = [visit("v1"), visit("v2", "b"), incident("i1"), stamp("s1", "i1", "cleared_at", 9)]
    after = [visit("v3", "b", supersedes="v1"), stamp("s2", "i1", "onscene_at", 4), visit("v5")]
    after += [void("v4", "s1"), incident("i2", "b"), visit("v6", "c", supersedes="v3")]
    with home.open() as store:
        store.append_many(entries, **LOG)
        store.rebuild_aggregates()
    for number, entry in enumerate(after, start=1):
        with home.open() as store:
            store.append(entry, **LOG)
        with home.open() as store:
            assert list_content(store.log()) == list_content(
                build_expected_log(entries + after[:number])
            )
            assert store.verify().ok


def test_many_entries_create_a_snapshot(store: storage.Store) -> None:
    assert count_snapshots(store) == []
    store.append_many([visit(f"v{at}", "ab"[at % 2]) for at in range(ENTRIES_BETWEEN)], **LOG)
    assert count_snapshots(store) == [ENTRIES_BETWEEN]
    store.append(void("v", "v7"), **LOG)
    assert count_snapshots(store) == [ENTRIES_BETWEEN]
    assert len(store.log().visits) == ENTRIES_BETWEEN - 1 and store.verify().ok


def count_snapshots(store: storage.Store) -> list[int]:
    with closing(sqlite3.connect(store.path)) as connection:
        return [seq for (seq,) in connection.execute("SELECT seq FROM log_snapshot")]


@pytest.mark.parametrize(
    "damage",
    [
        "visits = x'00'",
        "visits = zeroblob(length(visits))",
        "visits = 1.5",
        "calls = x''",
        "names = '[]'",
        "time_zone = 'Asia/Tokyo'",
        "seq = 2",
        "hash = 'x'",
        "digest = ''",
    ],
)
def test_a_damaged_snapshot_is_rebuilt_and_never_read(path: Path, damage: str) -> None:
    with create_store(path, project(), actor="Officer A", at=AT) as store:
        made = [visit("v1"), incident("i1"), stamp("s1", "i1", "onscene_at", 4)]
        store.append_many(made, **LOG)
        store.rebuild_aggregates()
        true = list_content(store.log())
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"UPDATE log_snapshot SET {damage}")
        connection.commit()
    with storage.open(path) as store:
        assert list_content(store.log()) == true
        assert {finding.code for finding in store.verify().findings} == {"aggregates"}
        store.rebuild_aggregates()
        assert store.verify().ok and list_content(store.log()) == true


@pytest.mark.parametrize("digest", ["substr(digest, 3)", "'2' || substr(digest, 2)"])
def test_an_outdated_snapshot_is_ignored_without_a_damage_report(path: Path, digest: str) -> None:
    with create_store(path, project(), actor="Officer A", at=AT) as store:
        store.append_many([visit("v1"), incident("i1")], **LOG)
        store.rebuild_aggregates()
        true = list_content(store.log())
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"UPDATE log_snapshot SET digest = {digest}, calls = x''")
        connection.commit()
    with storage.open(path) as store:
        assert list_content(store.log()) == true
        assert store.verify().findings == ()


def test_a_snapshot_of_another_journal_is_not_read(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.gpkg"
    for at, uid in ((path, "v1"), (other, "v2")):
        with create_store(at, project(), actor="Officer A", at=AT) as store:
            store.append_many([visit(uid), visit(f"{uid}x", "b")], **LOG)
            store.rebuild_aggregates()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("ATTACH ? AS other", (str(other),))
        connection.execute("DELETE FROM log_snapshot")
        connection.execute("INSERT INTO log_snapshot SELECT * FROM other.log_snapshot")
        connection.commit()
    with storage.open(path) as store:
        assert store.log().visits["seq"].tolist() == [1, 2]
        assert [finding.code for finding in store.verify().findings] == ["aggregates"]


def test_entries_with_impossible_times_do_not_affect_figures(store: storage.Store) -> None:
    late = {"status": "completed", "departed_at": "9000-01-01T00:00:00+00:00"}
    early = {"status": "completed", "departed_at": "1971-01-01T00:00:00+00:00"}
    call = {"type": "fight", "priority": 1, "units": ["S1"]}
    stamps = {"enroute_at": "1990-01-01T00:00:00+00:00", "cleared_at": "9000-01-01T00:00:00+00:00"}
    store.append(visit("v1", payload=late), **LOG)
    store.append(visit("v2", payload=early), **LOG)
    store.append(incident("i1", payload={**call, **stamps}), **LOG)
    log = store.log()
    assert (len(log.visits), len(log.calls), store.unreadable_entries()) == (2, 1, ())
    assert (log.visits["stay"] >= -1).all() and (log.calls["consumed"] > 0).all()
    assert store.verify().ok


def test_any_entry_of_a_record_finds_the_whole_record(store: storage.Store) -> None:
    entries = [visit("v1"), visit("v2", supersedes="v1"), visit("v3"), void("v4", "v2")]
    store.append_many(entries, **LOG)
    for uid in ("v1", "v2", "v4"):
        assert [one.uid for one in store.record(uid)] == ["v1", "v2", "v4"]
    assert store.record("v9") == []
    assert [one.uid for one in store.entries_by_seq([3, 1])] == ["v1", "v3"]


def test_visits_are_sorted_by_site_and_time(store: storage.Store) -> None:
    days = (3, 1, 400, 2)
    many = [
        visit(f"{where}{day}", where, occurred_at=AT + timedelta(days=day))
        for day in days
        for where in "ba"
    ]
    store.append_many(many[:4], **LOG)
    for one in many[4:]:
        store.append(one, actor="Officer A", desk="desk 1", now=LATER)
    log = store.log()
    for where in "ab":
        own = log.visits[log.visits["site"] == log.names.index(where)]
        assert np.all(np.diff(own["at"]) > 0) and len(own) == 4
    assert np.count_nonzero(np.diff(log.visits["site"])) == 1


def test_a_new_time_zone_moves_calls_and_visits_to_other_days(store: storage.Store) -> None:
    store.append_many([visit("v1", occurred_at=AT.replace(hour=7)), incident("i1")], **LOG)
    before = store.project()
    with_zone = {name: getattr(before, name) for name in before.__dataclass_fields__}
    after = type(before)(**{**with_zone, "time_zone": "Asia/Tokyo"})
    was = store.log().visits["day"][0]
    store.save(before, after, label="Time zone", **EDIT)
    assert store.log().visits["day"][0] == was + 1
    assert store.verify().ok


def test_a_bulk_append_leaves_the_journal_guarded(store: storage.Store) -> None:
    many = [visit(f"v{number}") for number in range(ENTRIES_PER_STEP + 1)]
    store.append_many(many, **LOG)
    assert store.verify().ok
    assert len(store.log().visits) == ENTRIES_PER_STEP + 1
    with (
        closing(sqlite3.connect(store.path)) as connection,
        pytest.raises(sqlite3.DatabaseError, match="must follow the last one"),
    ):
        connection.execute(
            "INSERT INTO journal_entry SELECT seq + 90000, uid || 'x', kind, site, unit,"
            " occurred_at, recorded_at, actor, desk, payload, supersedes, prev_hash, hash,"
            " text, salt, text_hash FROM journal_entry WHERE seq = 1"
        )


def test_a_failed_bulk_append_leaves_nothing_behind(store: storage.Store) -> None:
    many = [visit(f"v{number}") for number in range(ENTRIES_PER_STEP + 1)]
    with refused("unknown_entry.superseded", uid="nobody"):
        store.append_many([*many, void("x", "nobody")], **LOG)
    assert store.head().entries == 0 and store.verify().ok
