"""The rows of a table appended at once: visits in columns are kept as the entries they are."""

import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from storage_samples import AT, LATER, LOG, plain, project, visit
from two_homes import Home

from zoneplanner import storage
from zoneplanner.analysis.log.visit_batch import VisitBatch
from zoneplanner.domain.log.journal import NewEntry
from zoneplanner.errors import Cancelled
from zoneplanner.storage import JournalHead
from zoneplanner.storage.geopackage import layer_registry
from zoneplanner.storage.geopackage.connection import GeoPackageConnection
from zoneplanner.storage.journal import bulk_append, log_packs
from zoneplanner.storage.journal.bulk_append import VISITS_PER_BATCH
from zoneplanner.storage.records import encode_json
from zoneplanner.storage.schema.tables import build_tables

EMPTY = JournalHead(0, "")
SIGNED = ("seq", "recorded_at", "prev_hash", "hash", "actor", "desk")


def unheard(fraction: float, text: str) -> None:
    pass


def in_columns(entries: Iterable[NewEntry]) -> VisitBatch:
    every = tuple(entries)
    left = [one.payload.get("departed_at") for one in every]
    stays = [
        int((datetime.fromisoformat(at) - one.occurred_at).total_seconds()) if at else -1
        for one, at in zip(every, left, strict=True)
    ]
    return VisitBatch(
        uid=[one.uid for one in every],
        site=[one.site or "" for one in every],
        unit=[one.unit or "" for one in every],
        purpose=[one.payload.get("purpose", "") for one in every],
        payload=[encode_json(dict(one.payload)) for one in every],
        arrived=np.array([int(one.occurred_at.timestamp()) for one in every], np.int64),
        stay=np.array(stays, np.int64),
    )


def append(store: storage.Store, visits: Iterable[NewEntry], **options: Any) -> range:
    given: dict[str, Any] = {"unknown_at": EMPTY, "report": unheard, **LOG, **options}
    return store.append_batch(in_columns(visits), given.pop("entries", ()), **given)


def contents(store: storage.Store) -> list[Any]:
    kept = [plain(entry)[1] for entry in store.entries()]
    return [{name: one[name] for name in one if name not in SIGNED} for one in kept]


words = st.text(min_size=1, max_size=6).filter(str.isprintable)
times = st.integers(86_400, 1_790_000_000).map(lambda at_s: datetime.fromtimestamp(at_s, UTC))


@st.composite
def made(draw: st.DrawFn) -> NewEntry:
    at = draw(times)
    payload: dict[str, Any] = {"arrived_at": at.isoformat(), "status": "on_site"}
    if draw(st.booleans()):
        stay = timedelta(seconds=draw(st.integers(0, 90_000)))
        payload |= {"departed_at": (at + stay).isoformat(), "status": "completed"}
    payload |= draw(st.fixed_dictionaries({}, optional={"note": words, "officer": words}))
    payload |= draw(st.sampled_from([{}, {"purpose": "teaching"}]))
    unit = draw(st.sampled_from([None, "S1", "ünit"]))
    return NewEntry(draw(words), "visit", draw(words), unit, at, payload)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(made(), max_size=8, unique_by=lambda one: one.uid))
def test_visits_in_columns_get_the_rows_and_hashes_of_entries(entries: list[NewEntry]) -> None:
    with TemporaryDirectory() as folder:
        found = []
        for name in ("one by one.gpkg", "at once.gpkg"):
            path = Path(folder) / name
            with storage.create(path, project(), actor="Officer A", at=AT) as store:
                store.append(visit("before"), **LOG)
                if name.startswith("one"):
                    store.append_many(entries, **LOG)
                else:
                    new = append(store, entries, unknown_at=store.head())
                    assert new == range(2, 2 + len(entries))
                kept = [plain(entry) for entry in store.entries()]
                found.append((kept, log_packs.normalize_log(store.log()), store.last_visits()))
                assert store.verify().ok
        assert found[0] == found[1]


def test_a_table_of_several_blocks_and_others_is_one_chain(store: storage.Store) -> None:
    visits = [visit(f"v{at}", "ab"[at % 2]) for at in range(VISITS_PER_BATCH + 50)]
    shares: list[float] = []
    new = append(
        store,
        visits,
        entries=[visit("late", status="scheduled")],
        report=lambda fraction, text: shares.append(fraction),
    )
    assert new == range(1, VISITS_PER_BATCH + 52)
    assert store.verify().ok and len(store.log().visits) == VISITS_PER_BATCH + 50
    assert shares == sorted(shares) and len(set(shares)) >= 4


def test_a_table_is_kept_alike_in_either_home(home: Home) -> None:
    visits = [visit("v1"), visit("v2", "b", unit=None), visit("v3", occurred_at=LATER)]
    with home.open() as store:
        append(store, visits, entries=[visit("v4", status="cancelled")])
        expected = contents(store)
        assert [one["uid"] for one in expected] == ["v1", "v2", "v3", "v4"]
        assert store.verify().ok and len(store.log().visits) == 3
        assert store.by_uid(["v2", "v9"])["v2"].site == "b"
        assert store.contents(["v4", "v9"]) == {
            "v4": ("visit", "a", "S1", encode_json(dict(visit("", status="cancelled").payload)))
        }
        append(store, visits)
        assert contents(store) == expected


def test_what_another_desk_was_faster_with_is_left_out(home: Home) -> None:
    with home.open() as store, home.open() as other:
        seen = store.head()
        other.append(visit("v2"), **LOG)
        new = append(store, [visit("v1"), visit("v2"), visit("v3")], unknown_at=seen)
        assert list(new) == [2, 3]
        assert [one.uid for one in store.entries()] == ["v2", "v1", "v3"]
        assert store.verify().ok


def test_visits_are_one_chain_where_a_statement_holds_few_values(tmp_path: Path) -> None:
    path = tmp_path / "old library.gpkg"
    storage.create(path, project(), actor="Officer A", at=AT).close()
    database = GeoPackageConnection(path)
    visits = in_columns([visit(f"v{at}", "ab"[at % 2]) for at in range(300)])
    with database.writing() as connection:
        file = connection.connection.driver_connection
        assert isinstance(file, sqlite3.Connection)
        file.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 999)
        table = build_tables(layer_registry.parse_srid(project().crs)).tables["journal_entry"]
        bulk_append.append_visits(
            connection, table, visits, unknown_at=EMPTY, report=unheard, **LOG
        )
    database.close()
    with storage.open(path) as store:
        store.rebuild_aggregates()
        assert store.verify().ok and len(store.log().visits) == 300


@pytest.mark.parametrize("at", [0.0, 0.9, 1.0])
def test_a_table_that_is_stopped_leaves_nothing(home: Home, at: float) -> None:
    def stop(fraction: float, text: str) -> None:
        if fraction >= at:
            raise Cancelled

    with home.open() as store:
        before = store.append(visit("before"), **LOG)
        with pytest.raises(Cancelled):
            append(store, [visit("v1"), visit("v2")], report=stop)
        assert store.head() == (1, before.hash)
        assert len(store.log().visits) == 1 and store.verify().ok
        append(store, [visit("v1")])
        assert store.head().entries == 2


def test_a_file_is_read_while_a_table_is_written_into_it(store: storage.Store) -> None:
    store.append(visit("before"), **LOG)
    seen = set()

    def look(fraction: float, text: str) -> None:
        seen.add((store.head().entries, len(store.log().visits)))

    append(store, [visit("v1"), visit("v2")], report=look)
    assert seen == {(1, 1)}
    assert (store.head().entries, len(store.log().visits)) == (3, 3)
