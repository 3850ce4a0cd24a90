"""Which unit is suggested for a call: the nearest free unit with access, and why."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from builders import CITY, COUNTY, project_from

from zoneplanner.app.log.dispatch import (
    DispatchRole,
    find_busy_units,
    find_next_stamp,
    list_open_incidents,
    rank_units_for_call,
    sort_by_urgency,
    suggest_unit,
)
from zoneplanner.app.session.state import ProjectState, derive_state
from zoneplanner.domain.log.journal import Incident, UnitStamps
from zoneplanner.domain.units import Unit, UnitAccess

NOW = datetime(2026, 11, 16, 16, 0, tzinfo=UTC)


@pytest.fixture
def reading() -> Iterator[ProjectState]:
    """County zones A and B adjoin, C is far off; city unit a may assist in the county."""
    project = project_from("AABBCC / aaaaaa")
    helper = replace(
        project.units["a"], access={CITY: UnitAccess.PRIMARY, COUNTY: UnitAccess.ASSIST}
    )
    spare = Unit(
        "D", "Spare", "Sheriff", "deputy", True, {COUNTY: UnitAccess.PRIMARY}, False, ("r1c6",)
    )
    project = replace(project, units={"a": helper, **project.units, "D": spare} | {"a": helper})
    yield derive_state(project, project.plans["plan"])


def create_incident(*units: str, uid: str = "i1", hours: float = 0.5) -> Incident:
    """An open incident with these units on scene."""
    received = NOW - timedelta(hours=hours)
    stamps = tuple(UnitStamps(unit, onscene_at=received) for unit in units)
    return Incident(uid, "r1c1", "fight", 3, received, units=units, by_unit=stamps)


def test_the_zone_unit_is_suggested_first_if_it_is_nearest(reading: ProjectState) -> None:
    first = suggest_unit(rank_units_for_call(reading, "r1c1", (), NOW))
    assert first is not None
    assert (first.unit, first.role) == ("A", DispatchRole.ZONE)
    post = reading.figures.zones["A"].post if reading.figures else None
    index = reading.basis.index
    assert first.minutes == reading.basis.travel_min[index[post or ""], index["r1c1"]]


def test_a_busy_unit_leaves_the_call_to_the_nearest_free_one(reading: ProjectState) -> None:
    first = suggest_unit(rank_units_for_call(reading, "r1c1", (create_incident("A"),), NOW))
    assert first is not None
    assert (first.unit, first.role) == ("B", DispatchRole.BACKUP_ZONE)


def test_assisting_units_come_after_all_primary_units(reading: ProjectState) -> None:
    found = rank_units_for_call(reading, "r1c1", (), NOW)
    assert [one.unit for one in found] == ["A", "B", "C", "D", "a"]
    assert (found[3].role, found[4].role) == (DispatchRole.NO_ZONE, DispatchRole.ASSISTING)
    assert found[4].minutes is not None and found[0].minutes is not None


def test_a_unit_without_access_is_never_suggested(
    reading: ProjectState,
) -> None:
    found = rank_units_for_call(reading, "r2c1", (create_incident("a"),), NOW)
    assert [one.unit for one in found] == ["a"]
    assert suggest_unit(found) is None


def test_units_already_there_are_not_suggested_again(reading: ProjectState) -> None:
    second = suggest_unit(rank_units_for_call(reading, "r1c1", (), NOW), besides=("A",))
    assert second is not None and second.unit == "B"


def test_without_a_site_any_unit_is_suggested_without_minutes(
    reading: ProjectState,
) -> None:
    found = rank_units_for_call(reading, None, (), NOW)
    assert {one.unit for one in found} == {"A", "B", "C", "D", "a"}
    assert {one.minutes for one in found} == {None}


def test_a_unit_is_free_after_clearing_or_on_a_stale_incident() -> None:
    cleared = UnitStamps("A", onscene_at=NOW, cleared_at=NOW)
    left = replace(create_incident("B"), by_unit=(cleared, UnitStamps("B", onscene_at=NOW)))
    assert set(find_busy_units((left, create_incident("C", uid="i2", hours=13)), NOW)) == {"B"}
    assert [
        one.uid for one in list_open_incidents((left, create_incident("C", uid="i2", hours=13)))
    ] == [
        "i1",
        "i2",
    ]


def test_the_next_stamp_of_a_unit_is_found() -> None:
    assert find_next_stamp(None) == "dispatched_at"
    assert find_next_stamp(UnitStamps("A", dispatched_at=NOW)) == "enroute_at"
    assert find_next_stamp(UnitStamps("A", onscene_at=NOW)) == "cleared_at"
    assert find_next_stamp(UnitStamps("A", cleared_at=NOW)) is None


def test_calls_are_ordered_by_lockdown_then_priority_then_wait() -> None:
    calls = {
        "late lockdown": replace(create_incident(uid="late lockdown", hours=0.1), type="Lockdown"),
        "first": replace(create_incident(uid="first", hours=2), priority=1),
        "long": create_incident(uid="long", hours=3),
        "short": create_incident(uid="short", hours=1),
        "left open": replace(create_incident(uid="left open", hours=30), priority=1),
    }
    found = sort_by_urgency(reversed(calls.values()), NOW)
    assert [one.uid for one in found] == list(calls)
