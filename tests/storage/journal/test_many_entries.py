"""Bulk appends: the same result as single ones, all or nothing, while others keep reading."""

from typing import Any

import pytest
from storage_samples import LATER, LOG, to_plain, visit
from two_homes import Home

from zoneplanner import storage
from zoneplanner.errors import Cancelled
from zoneplanner.storage.log_store import ENTRIES_PER_STEP

SIGNED = ("seq", "recorded_at", "prev_hash", "hash", "actor", "desk")


def read_contents(store: storage.Store) -> list[Any]:
    kept = [to_plain(entry)[1] for entry in store.entries()]
    return [{name: one[name] for name in one if name not in SIGNED} for one in kept]


def test_a_bulk_append_in_several_steps_is_one_chain(store: storage.Store) -> None:
    entries = [visit(f"v{at}", "ab"[at % 2]) for at in range(ENTRIES_PER_STEP + 50)]
    entries.append(visit("late", status="scheduled"))
    shares: list[float] = []
    kept = store.append_many(entries, **LOG, report=lambda share, text: shares.append(share))
    assert [one.seq for one in kept] == list(range(1, ENTRIES_PER_STEP + 52))
    assert store.verify().ok and len(store.log().visits) == ENTRIES_PER_STEP + 50
    assert shares == sorted(shares) and len(set(shares)) >= 4


def test_bulk_appends_are_the_same_in_a_file_and_on_a_server(home: Home) -> None:
    entries = [visit("v1"), visit("v2", "b", unit=None), visit("v3", occurred_at=LATER)]
    entries.append(visit("v4", status="cancelled"))
    with home.open() as store:
        store.append_many(entries, **LOG)
        expected = read_contents(store)
        assert [one["uid"] for one in expected] == ["v1", "v2", "v3", "v4"]
        assert store.verify().ok and len(store.log().visits) == 3
        assert store.by_uid(["v2", "v9"])["v2"].site == "b"
        store.append_many(entries[:3], **LOG)
        assert read_contents(store) == expected


def test_an_entry_already_logged_at_another_desk_is_not_repeated(home: Home) -> None:
    with home.open() as store, home.open() as other:
        other.append(visit("v2"), **LOG)
        kept = store.append_many([visit("v1"), visit("v2"), visit("v3")], **LOG)
        assert [one.seq for one in kept] == [2, 1, 3]
        assert [one.uid for one in store.entries()] == ["v2", "v1", "v3"]
        assert store.verify().ok


@pytest.mark.parametrize("at", [0.0, 0.9, 1.0])
def test_a_stopped_bulk_append_leaves_nothing(home: Home, at: float) -> None:
    def stop(share: float, text: object) -> None:
        if share >= at:
            raise Cancelled

    with home.open() as store:
        before = store.append(visit("before"), **LOG)
        with pytest.raises(Cancelled):
            store.append_many([visit("v1"), visit("v2")], **LOG, report=stop)
        assert store.head() == (1, before.hash)
        assert len(store.log().visits) == 1 and store.verify().ok
        store.append(visit("v1"), **LOG)
        assert store.head().entries == 2


def test_a_file_can_be_read_during_a_bulk_append(store: storage.Store) -> None:
    store.append(visit("before"), **LOG)
    seen = set()

    def look(share: float, text: object) -> None:
        seen.add((store.head().entries, len(store.log().visits)))

    store.append_many([visit(f"v{at}") for at in range(ENTRIES_PER_STEP + 1)], **LOG, report=look)
    assert seen == {(1, 1)}
    assert store.head().entries == len(store.log().visits) == ENTRIES_PER_STEP + 2
