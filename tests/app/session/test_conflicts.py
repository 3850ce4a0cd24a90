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
from zoneplanner.domain.roster.checker import describe_shift
from zoneplanner.errors import Conflict
from zoneplanner.messages import Message

PROJECT = roster(officer("A", "A", "B"), officer("B", "A", "B"))
SHIFT = next(iter(PROJECT.shifts))


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


def set_fields(**values: Message) -> Message:
    """What a desk set: each field with its value."""
    fields = [Message("field_set", field=name, value=value) for name, value in values.items()]
    return Message("fields_set", fields=fields)


def text(value: str) -> Message:
    return Message("field_value.text", text=value)


def value(value: str) -> Message:
    return Message("field_value", value=value)


A_LOCK = Message("plan_part.plan_lock", part="zone", site="zone", plan="Plan")
NAMED = describe_shift(PROJECT.shifts[SHIFT], PROJECT.time_zone)

CASES: dict[str, tuple[ProjectEdit, ProjectEdit, dict[str, object]]] = {
    "shift": (
        shift(officer="A"),
        shift(officer="B"),
        {
            "thing": Message("record.shift", shift=NAMED),
            "theirs": set_fields(officer=value("Officer A")),
            "yours": set_fields(officer=value("Officer B")),
        },
    ),
    "another column": (
        shift(note="bring keys"),
        shift(officer="B"),
        {
            "theirs": set_fields(note=text("bring keys")),
            "yours": set_fields(officer=value("Officer B")),
        },
    ),
    "deleted": (
        remove_shift,
        shift(officer="B"),
        {"theirs": "removed", "yours": set_fields(officer=value("Officer B"))},
    ),
    "to delete": (
        shift(officer="B"),
        remove_shift,
        {"theirs": set_fields(officer=value("Officer B")), "yours": "removed"},
    ),
    "site": (
        site(phone="1"),
        site(phone="2"),
        {
            "thing": "School r1c1",
            "theirs": set_fields(phone=text("1")),
            "yours": set_fields(phone=text("2")),
        },
    ),
    "plan": (
        lambda one: edits.rename_plan(one, "plan", "North"),
        lambda one: edits.rename_plan(one, "plan", "South"),
        {
            "thing": Message("record.plan", plan="North"),
            "theirs": set_fields(name=text("North")),
            "yours": set_fields(name=text("South")),
        },
    ),
    "setting": (
        assumed(20),
        assumed(30),
        {
            "thing": Message("setting.assumptions"),
            "theirs": set_fields(**{"speed mph": value("20")}),
            "yours": set_fields(**{"speed mph": value("30")}),
        },
    ),
    "lock": (
        lambda one: add_plan_lock(one, "plan", LockScope.ZONE, "A", "bus line"),
        lambda one: add_plan_lock(one, "plan", LockScope.ZONE, "A", "court order"),
        {"thing": A_LOCK},
    ),
}


@pytest.mark.parametrize("kind", CASES)
def test_a_conflict_names_the_item_the_person_and_both_versions(path: Path, kind: str) -> None:
    theirs, mine, facts = CASES[kind]
    first, second = desk(path, "Bea"), desk(path, "Ann")
    first.apply("Theirs", theirs)
    with pytest.raises(Conflict) as caught:
        second.apply("Mine", mine)
    error = caught.value
    assert {name: error.details[name] for name in facts} == facts
    if "who" in error.details:
        who = error.details["who"].facts
        assert (who["person"], f"{who['at']:%H:%M}") == ("Bea", "08:00")
    assert not {"uid", "{", "row_version"} & set(error.message.split())
    assert "row_version" not in str(error.details)
    assert error.retry is not None
    error.retry()
    again = desk(path, "Cy").state.saved_project
    assert again.shifts == second.state.saved_project.shifts
    assert second.history[-1].label == "Mine"
    for one in (first, second):
        one.close()
