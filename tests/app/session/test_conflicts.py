"""A conflict is reported with the item, person, time and both versions."""

from dataclasses import replace
from pathlib import Path

import pytest
from builders import MONDAY_AT_8, create_store
from rosters import officer, roster

from zoneplanner import storage
from zoneplanner.app.session.session import ProjectEdit, Session
from zoneplanner.domain.plans import edits
from zoneplanner.domain.plans.edits import add_plan_lock, set_assumptions
from zoneplanner.domain.plans.plan import LockScope
from zoneplanner.domain.project import Project
from zoneplanner.errors import Conflict

PROJECT = roster(officer("A", "A", "B"), officer("B", "A", "B"))
SHIFT = next(iter(PROJECT.shifts))
TIDY = "The other desk's change is in effect; make yours again if it still applies."


def desk(path: Path, who: str) -> Session:
    """Somebody who has the project open."""
    return Session(storage.open(path), actor=who, desk=who, clock=lambda: MONDAY_AT_8)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "p.gpkg"
    create_store(file, PROJECT, actor="planner", at=MONDAY_AT_8).close()
    return file


def shift(**values: object) -> ProjectEdit:
    return lambda one: replace(
        one,
        shifts={**one.shifts, SHIFT: replace(PROJECT.shifts[SHIFT], **values)},  # type: ignore[arg-type]
    )


def site(**values: object) -> ProjectEdit:
    return lambda one: one.with_site(replace(one.site("r1c1"), **values))  # type: ignore[arg-type]


def remove_shift(one: Project) -> Project:
    return replace(one, shifts={uid: kept for uid, kept in one.shifts.items() if uid != SHIFT})


def assumed(dwell: float) -> ProjectEdit:
    return lambda one: set_assumptions(one, replace(one.assumptions, speed_mph=dwell))


CASES: dict[str, tuple[ProjectEdit, ProjectEdit, str]] = {
    "shift": (
        shift(officer="A"),
        shift(officer="B"),
        "The shift A on Mon 14 Sep 07:30–16:00: Bea set officer to Officer A at 08:00; "
        f"you wanted to set officer to Officer B. {TIDY}",
    ),
    "another column": (
        shift(note="bring keys"),
        shift(officer="B"),
        "Bea set note to “bring keys” at 08:00; you wanted to set officer to Officer B.",
    ),
    "deleted": (remove_shift, shift(officer="B"), "was removed by another desk; you wanted"),
    "to delete": (
        shift(officer="B"),
        remove_shift,
        "Bea set officer to Officer B at 08:00; you wanted to remove it.",
    ),
    "site": (
        site(phone="1"),
        site(phone="2"),
        "School r1c1: Bea set phone to “1” at 08:00; you wanted to set phone to “2”.",
    ),
    "plan": (
        lambda one: edits.rename_plan(one, "plan", "North"),
        lambda one: edits.rename_plan(one, "plan", "South"),
        "The plan “North”: Bea set name to “North” at 08:00; you wanted to set name to “South”.",
    ),
    "setting": (
        assumed(20),
        assumed(30),
        "The assumptions: Bea set speed mph to 20 at 08:00; you wanted to set speed mph to 30.",
    ),
    "lock": (
        lambda one: add_plan_lock(one, "plan", LockScope.ZONE, "A", "bus line"),
        lambda one: add_plan_lock(one, "plan", LockScope.ZONE, "A", "court order"),
        "A lock in “",
    ),
}


@pytest.mark.parametrize("kind", CASES)
def test_a_conflict_names_the_item_the_person_and_both_versions(path: Path, kind: str) -> None:
    theirs, mine, told = CASES[kind]
    first, second = desk(path, "Bea"), desk(path, "Ann")
    first.apply("Theirs", theirs)
    with pytest.raises(Conflict) as caught:
        second.apply("Mine", mine)
    error = caught.value
    assert told in error.message
    assert not {"uid", "{", "row_version"} & set(error.message.split())
    assert "row_version" not in str(error.details)
    assert error.retry is not None
    error.retry()
    again = desk(path, "Cy").state.saved_project
    assert again.shifts == second.state.saved_project.shifts
    assert second.history[-1].label == "Mine"
    for one in (first, second):
        one.close()
