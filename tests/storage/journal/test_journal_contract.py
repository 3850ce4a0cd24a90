"""The journal works the same in a file and on a PostgreSQL server."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from builders import refused
from storage_samples import AT, EDIT, LATER, LOG, count_by_week, to_plain, visit, void
from two_homes import Home

from zoneplanner import storage
from zoneplanner.domain.log.journal import NewEntry


@pytest.fixture
def store(home: Home) -> Iterator[storage.Store]:
    with home.open() as opened:
        yield opened


@pytest.fixture
def second(store: storage.Store, home: Home) -> Iterator[storage.Store]:
    """The same project at another desk."""
    with home.open() as opened:
        yield opened


def test_an_empty_journal_has_no_head(store: storage.Store) -> None:
    assert store.head() == (0, "")


def test_a_retried_entry_is_stored_once(store: storage.Store) -> None:
    kept = store.append(visit("v1"), **LOG)
    again = store.append(visit("v1"), actor="Officer A", desk="desk 1", now=LATER + timedelta(1))
    assert to_plain(again) == to_plain(kept)
    assert len(store.entries()) == 1
    assert count_by_week(store) == {("a", date(2026, 11, 16)): 1}


def test_many_entries_are_stored_once_and_in_order(store: storage.Store) -> None:
    store.append(visit("v2"), **LOG)
    kept = store.append_many([visit("v1"), visit("v2"), visit("v3"), visit("v1")], **LOG)
    assert [entry.uid for entry in kept] == ["v1", "v2", "v3", "v1"]
    assert [entry.uid for entry in store.entries()] == ["v2", "v1", "v3"]


def test_a_correction_of_an_unknown_entry_is_rejected(
    store: storage.Store,
) -> None:
    with refused("unknown_entry.superseded", uid="v9"):
        store.append_many([visit("v1"), void("v2", "v9")], **LOG)
    assert store.head() == (0, "")


def test_entries_are_filtered_by_kind_and_number(store: storage.Store) -> None:
    store.append_many([visit("v1"), visit("v2"), void("x", "v1")], **LOG)
    assert [entry.uid for entry in store.entries(kinds=["void"])] == ["x"]
    assert [entry.uid for entry in store.entries(after_seq=1)] == ["v2", "x"]


def test_entries_are_filtered_by_status_whatever_their_notes_contain(store: storage.Store) -> None:
    said = {"status": "completed", "note": '"status":"scheduled"'}
    store.append(visit("v1", payload=said), **LOG)
    store.append(visit("v2", status="scheduled"), **LOG)
    store.append(visit("v3", status="en_route"), **LOG)
    found = store.entries(kinds=("visit",), status=("scheduled", "en_route"))
    assert [entry.uid for entry in found] == ["v2", "v3"]
    assert store.entries(status=("missed",)) == []


@pytest.mark.parametrize("figure", [float("nan"), float("inf")])
def test_an_invalid_number_is_rejected(store: storage.Store, figure: float) -> None:
    at = {"occurred_at": AT, "payload": {"kind": "fire", "minutes": figure}}
    with refused("bad_entry.value", kind="drill", field="minutes"):
        store.append(NewEntry("d1", "drill", "a", None, **at), **LOG)


def test_a_text_that_cannot_be_stored_is_rejected(store: storage.Store) -> None:
    for broken in (visit("v\ud800"), visit("v1", payload={"note": "\ud800"})):
        with refused("unstorable_text"):
            store.append(broken, **LOG)
    assert store.head() == (0, "")


def test_two_desks_write_the_same_chain(store: storage.Store, second: storage.Store) -> None:
    for number in range(6):
        desk = (store, second)[number % 2]
        desk.append(visit(f"v{number}"), actor="Officer A", desk=f"desk {number % 2}", now=LATER)
    assert [entry.desk[-1] for entry in second.entries()] == list("010101")
    assert store.verify().ok


def test_weeks_begin_on_monday_in_the_projects_time_zone(store: storage.Store) -> None:
    sunday_evening = datetime(2026, 11, 16, 7, 59, tzinfo=UTC)  # 23:59 in California
    store.append(visit("v1", occurred_at=sunday_evening), **LOG)
    store.append(visit("v2", occurred_at=sunday_evening + timedelta(minutes=1)), **LOG)
    assert count_by_week(store) == {
        ("a", date(2026, 11, 9)): 1,
        ("a", date(2026, 11, 16)): 1,
    }


def test_a_new_time_zone_moves_visits_between_weeks(store: storage.Store) -> None:
    before = store.project()
    sunday_evening = datetime(2026, 11, 16, 7, 59, tzinfo=UTC)
    store.append(visit("v1", occurred_at=sunday_evening), **LOG)
    store.save(before, replace(before, time_zone="Asia/Tokyo"), label="Time zone", **EDIT)
    assert count_by_week(store) == {("a", date(2026, 11, 16)): 1}
    assert store.verify().ok


def test_a_corrected_visit_counts_at_its_corrected_site(store: storage.Store) -> None:
    store.append(visit("v1", "a"), **LOG)
    store.append(visit("v2", "b", supersedes="v1"), **LOG)
    assert count_by_week(store) == {("b", date(2026, 11, 16)): 1}
    assert store.last_visits() == {"b": AT}


def test_voiding_a_visit_restores_the_previous_one(store: storage.Store) -> None:
    earlier = AT - timedelta(days=7)
    store.append(visit("v1", occurred_at=earlier), **LOG)
    store.append(visit("v2"), **LOG)
    store.append(void("v3", "v2"), **LOG)
    assert store.last_visits() == {"a": earlier}
    assert count_by_week(store) == {("a", date(2026, 11, 9)): 1}


def test_a_visit_that_did_not_take_place_does_not_count(store: storage.Store) -> None:
    for status in ("scheduled", "en_route", "missed", "cancelled"):
        store.append(visit(status, status=status), **LOG)
    assert (store.last_visits(), count_by_week(store)) == ({}, {})


def test_entries_since_a_moment_are_the_same_on_a_second_read(store: storage.Store) -> None:
    def since(minutes: int) -> list[str]:
        return [one.uid for one in store.entries(since=AT + timedelta(minutes=minutes))]

    for minutes in (3, 1, 2):
        store.append(visit(f"v{minutes}", occurred_at=AT + timedelta(minutes=minutes)), **LOG)
    assert since(1) == ["v3", "v1", "v2"]
    store.append(visit("early", occurred_at=AT), **LOG)
    store.append(visit("late", occurred_at=AT + timedelta(minutes=4)), **LOG)
    assert since(2) == ["v3", "v2", "late"]
    assert since(0) == ["v3", "v1", "v2", "early", "late"]
