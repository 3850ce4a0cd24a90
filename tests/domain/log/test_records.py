"""Visits and incidents read from the journal, and the entries people log."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from builders import refused
from hypothesis import given, settings
from hypothesis import strategies as st

from zoneplanner.domain.calendar.local_time import parse_moment
from zoneplanner.domain.log.entries import (
    build_incident_entry,
    build_stamp_entry,
    build_visit_entry,
    build_void_entry,
    parse_entry,
    read_incidents,
    read_visits,
)
from zoneplanner.domain.log.journal import NewEntry
from zoneplanner.errors import UserError

ZONE = "America/Los_Angeles"
NOW = datetime(2026, 11, 16, 20, 0, tzinfo=UTC)
ARRIVED = datetime(2026, 11, 16, 16, 15, tzinfo=UTC)


def at(minute: int) -> datetime:
    return ARRIVED + timedelta(minutes=minute)


def visit(uid: str = "v1", **changes: Any) -> NewEntry:
    columns = {"site": "A", "unit": "S1", "arrived_at": ARRIVED, "purpose": "teaching"}
    return build_visit_entry(uid=uid, time_zone=ZONE, now=NOW, **{**columns, **changes})


def incident(uid: str = "i1", **changes: Any) -> NewEntry:
    columns = {"site": "A", "type": "trespass", "received_at": ARRIVED, "units": ("S1",)}
    return build_incident_entry(uid=uid, time_zone=ZONE, now=NOW, **{**columns, **changes})


def stamp(uid: str, unit: str, name: str, minute: int, of: str = "i1") -> NewEntry:
    return build_stamp_entry(
        uid=uid, incident=of, unit=unit, name=name, at=at(minute), time_zone=ZONE, now=NOW
    )


def void(uid: str, voids: str) -> NewEntry:
    return build_void_entry(uid=uid, voids=voids, reason="typed twice", now=NOW)


def parse(columns: Mapping[str, str], kind: str = "visit") -> NewEntry:
    return parse_entry(kind, columns, time_zone=ZONE, now=NOW, uid="new")


def test_a_visit_is_read_back_as_it_was_logged() -> None:
    entry = visit(departed_at=at(20), officer="Officer A", note="bike safety", sample=True)
    (found,) = read_visits([entry])
    assert (found.uid, found.site, found.unit, found.purpose) == ("v1", "A", "S1", "teaching")
    assert (found.arrived_at, found.departed_at) == (ARRIVED, at(20))
    assert (found.status, found.officer, found.note) == ("completed", "Officer A", "bike safety")
    assert found.sample
    assert entry.payload["time_zone"] == ZONE


def test_a_visit_without_departure_is_on_site() -> None:
    assert read_visits([visit()])[0].status == "on_site"


def test_the_latest_correction_counts_and_keeps_the_first_uid() -> None:
    entries = [
        visit(),
        visit("v2", site="B", supersedes="v1"),
        visit("v3", site="C", supersedes="v2"),
    ]
    (found,) = read_visits(entries)
    assert (found.uid, found.site) == ("v1", "C")


def test_of_two_corrections_the_later_counts() -> None:
    entries = [
        visit(),
        visit("v2", site="B", supersedes="v1"),
        visit("v3", site="C", supersedes="v1"),
    ]
    assert [found.site for found in read_visits(entries)] == ["C"]


def test_a_void_that_names_a_correction_removes_the_record() -> None:
    entries = [visit(), visit("v2", supersedes="v1"), void("x", "v2"), visit("v9", site="Z")]
    assert [found.uid for found in read_visits(entries)] == ["v9"]


def test_correcting_a_void_restores_the_record() -> None:
    entries = [visit(), void("x", "v1"), visit("v2", site="B", supersedes="x")]
    assert [(found.uid, found.site) for found in read_visits(entries)] == [("v1", "B")]


def test_visits_are_sorted_by_arrival_without_incidents() -> None:
    entries = [visit("late", arrived_at=at(9)), incident(), visit("early", arrived_at=at(3))]
    assert [found.uid for found in read_visits(entries)] == ["early", "late"]
    assert [found.uid for found in read_incidents(entries)] == ["i1"]


def test_an_incident_has_the_first_on_scene_and_the_last_cleared_stamp() -> None:
    entries = [
        incident(units=()),
        stamp("s1", "S2", "onscene_at", 9),
        stamp("s2", "S1", "onscene_at", 7),
        stamp("s3", "S1", "cleared_at", 20),
        stamp("s4", "S2", "cleared_at", 30),
    ]
    (found,) = read_incidents(entries)
    assert (found.onscene_at, found.cleared_at) == (at(7), at(30))
    assert found.dispatched_at is None
    assert set(found.units) == {"S1", "S2"}
    assert {(unit.unit, unit.cleared_at) for unit in found.by_unit} == {
        ("S1", at(20)),
        ("S2", at(30)),
    }


def test_an_incidents_own_time_outranks_a_live_stamp() -> None:
    entries = [incident(onscene_at=at(5)), stamp("s1", "S1", "onscene_at", 2)]
    assert read_incidents(entries)[0].onscene_at == at(5)


def test_live_stamps_survive_corrections_of_their_incident_and_can_be_voided() -> None:
    entries = [
        incident(),
        incident("i2", type="fight", supersedes="i1"),
        stamp("s1", "S1", "onscene_at", 6, of="i2"),
        stamp("s2", "S1", "enroute_at", 2),
        void("x", "s2"),
    ]
    (found,) = read_incidents(entries)
    assert (found.uid, found.type) == ("i1", "fight")
    assert (found.onscene_at, found.enroute_at) == (at(6), None)


def test_an_imported_incident_keeps_all_its_units() -> None:
    columns = {"type": "fire alarm", "received_at": "2026-11-16T08:15", "units": "S1; SRO2"}
    (found,) = read_incidents([parse(columns, "incident")])
    assert (found.units, found.site, found.priority) == (("S1", "SRO2"), None, 3)


@pytest.mark.parametrize(
    ("changes", "template", "facts"),
    [
        ({"arrived_at": NOW + timedelta(minutes=1)}, "in_the_future", {"name": "arrived"}),
        ({"departed_at": at(-1)}, "times_out_of_order", {"earlier": "arrived"}),
        ({"purpose": "sightseeing"}, "unknown_choice", {"what": "purpose"}),
        ({"status": "done"}, "unknown_choice", {"what": "status"}),
        ({"site": ""}, "column_missing.visit_site", {}),
    ],
)
def test_an_invalid_visit_is_rejected(
    changes: dict[str, Any], template: str, facts: dict[str, object]
) -> None:
    with refused(template, **facts):
        visit(**changes)


def test_a_scheduled_visit_may_be_in_the_future() -> None:
    tomorrow = NOW + timedelta(days=1)
    assert read_visits([visit(arrived_at=tomorrow, status="scheduled")])[0].arrived_at == tomorrow


@pytest.mark.parametrize(
    ("changes", "template", "facts"),
    [
        ({"type": ""}, "column_missing.incident_type", {}),
        ({"priority": 12}, "not_a_number.priority", {"text": "12"}),
        ({"onscene_at": at(5), "cleared_at": at(4)}, "times_out_of_order", {"later": "cleared"}),
    ],
)
def test_an_invalid_incident_is_rejected(
    changes: dict[str, Any], template: str, facts: dict[str, object]
) -> None:
    with refused(template, **facts):
        incident(**changes)


def test_a_void_needs_a_reason() -> None:
    with refused("reason_missing"):
        build_void_entry(uid="x", voids="v1", reason=" ", now=NOW)


def test_a_local_time_is_in_the_projects_time_zone() -> None:
    entry = parse({"site": "A", "arrived_at": "2026-11-16T08:15"})
    assert entry.occurred_at == ARRIVED
    assert entry.payload["arrived_at"] == "2026-11-16T16:15:00+00:00"


def test_a_time_with_an_offset_is_read_as_written() -> None:
    assert parse({"site": "A", "arrived_at": "2026-11-16T17:15+01:00"}).occurred_at == ARRIVED


def test_now_is_accepted_as_a_time() -> None:
    assert parse({"site": "A", "arrived_at": "now"}).occurred_at == NOW


def test_a_repeated_hour_needs_an_offset() -> None:
    with refused("clock_change.twice", offsets="-0700 or -0800"):
        parse({"site": "A", "arrived_at": "2026-11-01T01:30"})


def test_a_skipped_hour_needs_an_offset() -> None:
    with refused("clock_change.skipped"):
        parse({"site": "A", "arrived_at": "2026-03-08T02:30"})


def test_a_repeated_hour_with_an_offset_is_accepted() -> None:
    first = parse({"site": "A", "arrived_at": "2026-11-01T01:30-07:00"})
    second = parse({"site": "A", "arrived_at": "2026-11-01T01:30-08:00"})
    assert second.occurred_at - first.occurred_at == timedelta(hours=1)


@pytest.mark.parametrize(
    ("text", "template"),
    [
        ("yesterday", "not_a_time"),
        ("2026-11-16", "not_a_time.no_hour"),
        ("20261116", "not_a_time.no_hour"),
    ],
)
def test_an_invalid_time_is_rejected(text: str, template: str) -> None:
    with refused(template, text=text):
        parse({"site": "A", "arrived_at": text})


def test_a_time_out_of_range_is_rejected() -> None:
    with refused("not_a_time.out_of_range"):
        parse({"site": "A", "arrived_at": "9999-12-31T23:00-08:00"})


def test_a_visit_without_an_arrival_time_is_rejected() -> None:
    with refused("column_missing.visit_arrived_at", column="arrived_at"):
        parse({"site": "A"})


@pytest.mark.parametrize(
    ("word", "purpose"),
    [
        ("Counselling/Mentoring", "counselling"),
        ("mentoring", "counselling"),
        ("counseling", "counselling"),
        ("Teaching", "teaching"),
        ("", ""),
    ],
)
def test_purposes_are_recognized_by_other_names(word: str, purpose: str) -> None:
    entry = parse({"site": "A", "arrived_at": "2026-11-16T08:15", "purpose": word})
    assert read_visits([entry])[0].purpose == purpose


def test_an_unknown_column_is_reported_by_name() -> None:
    with refused("unknown_column", column="purpos"):
        parse({"site": "A", "arrived_at": "2026-11-16T08:15", "purpos": "teaching"})


def test_a_correction_keeps_the_columns_it_does_not_name() -> None:
    first = visit(note="gate was open")
    (old,) = read_visits([first])
    departed = {"departed_at": "2026-11-16T08:40"}
    fix = parse_entry("visit", departed, time_zone=ZONE, now=NOW, uid="v2", corrects=old)
    (found,) = read_visits([first, fix])
    assert (found.uid, found.note, found.status) == ("v1", "gate was open", "completed")
    assert found.departed_at == at(25)


def test_a_void_removes_the_record() -> None:
    entries = [visit(), parse({"void": "v1", "reason": "wrong school"})]
    assert read_visits(entries) == ()


def test_an_unreadable_time_in_the_journal_is_reported_with_its_entry() -> None:
    broken = NewEntry("v7", "visit", "A", None, ARRIVED, {"departed_at": "soon"})
    with refused("journal_unreadable", entry="v7"):
        read_visits([broken])


@settings(deadline=None)
@given(st.datetimes(datetime.fromisoformat("2000-01-01"), datetime.fromisoformat("2090-01-01")))
def test_every_local_time_reads_back_the_same_or_is_rejected(local: datetime) -> None:
    local = local.replace(microsecond=0)
    try:
        moment = parse_moment(local.isoformat(), time_zone=ZONE, now=NOW)
    except UserError as refusal:
        assert refusal.code == "clock_change"
        return
    assert moment.astimezone(ZoneInfo(ZONE)).replace(tzinfo=None) == local


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["fix", "void", "new"]), st.integers(0, 30))))
def test_each_record_is_read_at_most_once(steps: list[tuple[str, int]]) -> None:
    entries: list[NewEntry] = [visit("e0")]
    fresh = 1
    for number, (step, target) in enumerate(steps, start=1):
        named = entries[target % len(entries)].uid
        uid = f"e{number}"
        fresh += step == "new"
        match step:
            case "fix":
                entries.append(visit(uid, supersedes=named))
            case "void":
                entries.append(void(uid, named))
            case _:
                entries.append(visit(uid))
    found = [record.uid for record in read_visits(entries)]
    firsts = {entry.uid for entry in entries if entry.supersedes is None}
    assert len(found) == len(set(found)) <= fresh
    assert set(found) <= firsts
