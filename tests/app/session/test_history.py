"""Every step of the history stays listed and can be previewed and returned to."""

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from builders import create_store, project_from, refused, run_behind_guards
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Point

from zoneplanner import storage
from zoneplanner.app.session import undo_stack
from zoneplanner.app.session.session import ProjectEdit, Session
from zoneplanner.domain.edits import EditKind
from zoneplanner.domain.plans.edits import (
    add_plan_lock,
    assign_sites,
    branch_plan,
    delete_plan,
    move_site,
    put_pin,
    remove_plan_lock,
    rename_plan,
    set_assumptions,
)
from zoneplanner.domain.plans.plan import LockScope, Pin
from zoneplanner.domain.plans.what_ifs import suppose_closed, suppose_students
from zoneplanner.domain.project import Feature, Layer, Project
from zoneplanner.errors import UserError
from zoneplanner.messages import Message

NOW = datetime(2026, 11, 16, 16, 0, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A closed project with two county zones and one city zone."""
    file = tmp_path / "p.gpkg"
    project = project_from("AABB / AABB / aaaa")
    create_store(file, project, actor="planner", at=NOW).close()
    return file


class Sittings:
    """Opens one project file repeatedly, one session at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._open: list[Session] = []

    def __call__(self, actor: str = "Officer A") -> Session:
        """Close the open session and open the project again."""
        self.close()
        store = storage.open(self.path)
        self._open.append(Session(store, actor=actor, desk="desk 1", clock=lambda: NOW))
        return self._open[-1]

    def close(self) -> None:
        while self._open:
            self._open.pop().close()


@pytest.fixture
def opened(path: Path) -> Iterator[Sittings]:
    sittings = Sittings(path)
    yield sittings
    sittings.close()


def give(site: str, zone: str) -> ProjectEdit:
    return lambda project: assign_sites(project, "plan", {site: zone})


def find_zone(session: Session, site: str) -> str:
    plan = session.plan
    assert plan is not None
    return plan.assignment[site]


def list_labels(session: Session) -> list[str]:
    return [step.label for step in session.history]


def read_state(project: Project) -> Any:
    """Return everything these tests change as comparable values."""
    plans = {
        uid: {name: getattr(plan, name) for name in plan.__slots__}
        for uid, plan in project.plans.items()
    }
    features = [(f.layer, f.name, dict(f.fields), f.geometry.wkt) for f in project.features]
    units = [asdict(unit) for unit in project.units.values()]
    rest = (asdict(project.assumptions), dict(project.layers), units, features)
    return (list(plans), plans, list(project.sites), dict(project.sites), *rest)


def test_steps_of_an_earlier_session_are_reached_by_going_back_and_not_by_undo(
    opened: Sittings,
) -> None:
    first = opened()
    first.apply("Move 1", give("r1c2", "B"))
    first.apply("Move 2", give("r2c2", "B"))
    again = opened()
    assert list_labels(again) == ["Create “Letters”", "Move 1", "Move 2"]
    assert (again.undo_label, again.redoable_step) == (None, None)
    with refused("nothing_to_undo"):
        again.undo()
    again.restore_step(0)
    assert (find_zone(again, "r1c2"), find_zone(again, "r2c2")) == ("A", "A")
    assert again.undo_label == "Go back to Create “Letters”, 2 steps"
    again.restore_step(1)
    assert (find_zone(again, "r1c2"), find_zone(again, "r2c2")) == ("B", "A")
    assert again.store.edits()[-1].kind is EditKind.RESTORE
    assert list_labels(again)[-1] == "Go back to Move 1, 2 steps"


def test_an_undone_step_can_be_reached_after_reopening(opened: Sittings) -> None:
    first = opened()
    first.apply("Move 1", give("r1c2", "B"))
    first.apply("Move 2", give("r2c2", "B"))
    first.restore_step(0)
    again = opened()
    assert len(again.history) == 4
    again.restore_step(2)
    assert (find_zone(again, "r1c2"), find_zone(again, "r2c2")) == ("B", "B")


def test_a_step_after_undo_keeps_the_undone_step_listed_after_reopening(
    opened: Sittings,
) -> None:
    first = opened()
    first.apply("Move 1", give("r1c2", "B"))
    first.undo()
    opened().apply("Move 2", give("r2c2", "B"))
    again = opened()
    assert list_labels(again) == ["Create “Letters”", "Move 1", "Undo Move 1", "Move 2"]
    again.view_step(1)
    assert (find_zone(again, "r1c2"), find_zone(again, "r2c2")) == ("B", "A")


def test_each_step_has_a_person_and_a_time(opened: Sittings) -> None:
    opened("Officer A").apply("Move 1", give("r1c2", "B"))
    opened("Officer B").apply("Move 2", give("r2c2", "B"))
    steps = opened("Officer C").history
    assert [(step.actor, step.at) for step in steps] == [
        ("planner", NOW),
        ("Officer A", NOW),
        ("Officer B", NOW),
    ]


def test_going_back_leaves_everything_else_identical(opened: Sittings) -> None:
    opened().apply("Move 1", give("r1c2", "B"))
    again = opened()
    before, plan = again.state, again.plan
    again.restore_step(0)
    after = again.state
    assert plan is not None
    assert after.basis is before.basis
    assert after.project.sites is before.project.sites
    assert after.plan is not None
    assert after.plan.zones is plan.zones
    assert after.plan.locks is plan.locks


def test_previewing_a_step_and_returning_saves_nothing(
    opened: Sittings,
) -> None:
    opened().apply("Move 1", give("r1c2", "B"))
    again = opened()
    last = again.state
    again.view_step(0)
    first = again.project
    assert (find_zone(again, "r1c2"), again.viewed_step) == ("A", 0)
    again.view_present()
    assert (again.state, again.viewed_step) == (last, None)
    again.view_step(0)
    assert again.project is first
    with refused("earlier_step"):
        again.apply("Move 2", give("r2c2", "B"))
    with refused("earlier_step"):
        again.undo()
    again.view_step(1)
    assert (again.state, again.viewed_step) == (last, None)
    assert len(again.store.edits()) == 2


def test_going_back_to_an_equal_state_adds_no_step(opened: Sittings) -> None:
    first = opened()
    first.apply("Move", give("r1c2", "B"))
    first.apply("Move back", give("r1c2", "A"))
    first.restore_step(0)
    assert list_labels(first) == ["Create “Letters”", "Move", "Move back"]
    assert first.undo_label == "Move back"


def test_more_steps_than_fit_in_memory_can_be_undone_and_previewed(
    opened: Sittings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(undo_stack, "_MOST_CACHED", 3)
    session = opened()
    states = [read_state(session.project)]
    for number in range(8):
        session.apply(f"Move {number}", give("r1c2", "BA"[number % 2]))
        states.append(read_state(session.project))
    for expected in states[-2::-1]:
        session.undo()
        assert read_state(session.project) == expected
    for place, expected in enumerate(states):
        session.view_step(place)
        assert read_state(session.project) == expected
    session.restore_step(8)
    assert read_state(session.project) == states[8]


def lay(name: str) -> ProjectEdit:
    """Add a user layer with two features at the end, or remove it."""

    def edit(project: Project) -> Project:
        if name in project.layers:
            layers = {key: layer for key, layer in project.layers.items() if key != name}
            features = tuple(f for f in project.features if f.layer != name)
            return replace(project, layers=layers, features=features)
        added = (
            Feature(name, "Stop", Point(0.1, 0.2), {"line": "1"}),
            Feature(name, "Area", project.blocks["B1-1"].area),
        )
        layers = {**project.layers, name: Layer(name, f"Layer {name}", own=True)}
        return replace(project, layers=layers, features=(*project.features, *added))

    return edit


def note(text: str) -> ProjectEdit:
    return lambda project: put_pin(
        project, "plan", Pin("pin", 10.0, 0.1 + 0.2, text, "Officer A", NOW)
    )


def rename_unit(project: Project) -> Project:
    unit = project.units["A"]
    access = dict(reversed(unit.access.items()))
    return replace(
        project, units={**project.units, "A": replace(unit, name=unit.name + "!", access=access)}
    )


def drop_other(project: Project) -> Project:
    return delete_plan(project, "other") if "other" in project.plans else project


EDITS: dict[str, ProjectEdit] = {
    "move": give("r1c2", "B"),
    "move back": give("r1c2", "A"),
    "lock": lambda project: add_plan_lock(project, "plan", LockScope.ZONE, "A", "agreed"),
    "unlock": lambda project: remove_plan_lock(project, "plan", LockScope.ZONE, "A"),
    "branch": lambda project: project.with_plan(
        branch_plan(project.plan("plan"), "other", "Other", at=NOW)
    ),
    "rename": lambda project: rename_plan(project, "plan", "Renamed"),
    "delete": drop_other,
    "put": lambda project: move_site(project, "r1c3", 2_400.25, -433.1),
    "speed": lambda project: set_assumptions(project, replace(project.assumptions, speed_mph=20.5)),
    "close": lambda project: suppose_closed(project, "plan", "r2c4"),
    "enrollment": lambda project: suppose_students(project, "plan", "r1c1", 900),
    "note": note("Gate"),
    "no note": note(" "),
    "layer 1": lay("one"),
    "layer 2": lay("two"),
    "unit": rename_unit,
}


@settings(max_examples=12, deadline=None)
@given(st.data())
def test_every_history_step_keeps_its_state_across_reopening(
    data: st.DataObject,
) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "any.gpkg"
        project = project_from("AABB / AABB / aaaa")
        create_store(path, project, actor="planner", at=NOW).close()
        opened = Sittings(path)
        try:
            go_about(opened, data)
        finally:
            opened.close()


def go_about(opened: Sittings, data: st.DataObject) -> None:
    """Edit, close, open and jump at random, comparing each step with its recorded state."""
    session = opened()
    states = [read_state(session.state.saved_project)]
    for name in data.draw(st.lists(st.sampled_from(sorted(EDITS)), min_size=1, max_size=6)):
        steps = len(session.history)
        with suppress(UserError):
            session.apply(name, EDITS[name])
        if len(session.history) > steps:
            states.append(read_state(session.state.saved_project))
        if data.draw(st.integers(0, 2)) == 0:
            session = opened()
    for place in data.draw(st.lists(st.integers(0, len(states) - 1), max_size=4)):
        session.view_step(place)
        assert read_state(session.state.saved_project) == states[place]
        steps = len(session.history)
        session.restore_step(place)
        if len(session.history) > steps:
            states.append(states[place])
        assert read_state(session.state.saved_project) == states[place]
        if data.draw(st.integers(0, 2)) == 0:
            session = opened()
            assert read_state(session.state.saved_project) == states[place]
    assert session.store.verify().ok


def change_rows_externally(path: Path, statement: str) -> None:
    """Change rows like QGIS while the project is not open in this process."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(statement)
        connection.commit()


FOREIGN = {
    "a row changed": "UPDATE site SET note = 'QGIS' WHERE id = 'r2c3'",
    "a row taken away": "DELETE FROM block_override WHERE block = 'B9-9' OR plan = 'plan'",
    "a row put": "INSERT INTO plan_lock (plan, kind, target, reason, held)"
    " VALUES ('plan', 'site', 'r1c1', 'asked', '{}')",
}


@pytest.mark.parametrize("case", FOREIGN)
def test_the_history_continues_after_a_change_by_another_program(
    case: str, opened: Sittings, path: Path
) -> None:
    session = opened()
    session.apply("Block", add_override)
    session.apply("Move 1", give("r1c2", "B"))
    before = session.state.saved_project
    opened.close()
    change_rows_externally(path, FOREIGN[case])
    session = opened()
    assert [step.label for step in session.history[:-1]][-1] == "Move 1"
    taken = session.state.saved_project
    assert session.store.edits()[-1].kind is EditKind.EXTERNAL
    session.undo()
    assert read_state(session.state.saved_project) == read_state(before)
    session.redo()
    assert read_state(session.state.saved_project) == read_state(taken)
    session.apply("Move 2", give("r2c2", "B"))
    session = opened()
    session.restore_step(0)
    assert find_zone(session, "r2c2") == "A"
    assert session.store.verify().ok


def add_override(project: Project) -> Project:
    plan = project.plans["plan"]
    return project.with_plan(replace(plan, block_overrides={"B1-1": "B"}))


def test_our_own_saves_are_not_external_changes(opened: Sittings) -> None:
    session = opened()
    session.apply("Block", add_override)
    session.apply("Branch", EDITS["branch"])
    session.apply("Delete", EDITS["delete"])
    while session.undo_label:
        session.undo()
    session = opened()
    undone = ["Undo Delete", "Undo Branch", "Undo Block"]
    assert list_labels(session) == ["Create “Letters”", "Block", "Branch", "Delete", *undone]


def test_many_rows_changed_by_another_program_are_one_step(opened: Sittings, path: Path) -> None:
    change_rows_externally(path, "UPDATE site SET note = 'QGIS'")
    assert len(opened().store.edits()) == 2


def test_simultaneous_edits_at_two_desks_form_one_history(path: Path) -> None:
    here, there = (
        Session(storage.open(path), actor=name, desk=name, clock=lambda: NOW)
        for name in ("Officer A", "Officer B")
    )
    here.apply("Move 1", give("r1c2", "B"))
    there.apply("Move 2", give("r2c2", "B"))
    here.close()
    there.close()
    with storage.open(path) as store:
        again = Session(store, actor="Officer A", desk="desk 1", clock=lambda: NOW)
        assert list_labels(again) == ["Create “Letters”", "Move 1", "Move 2"]
        again.restore_step(0)
        assert (find_zone(again, "r1c2"), find_zone(again, "r2c2")) == ("A", "A")


def test_a_step_can_be_undone_beneath_those_of_another_desk(path: Path) -> None:
    here, there = (
        Session(storage.open(path), actor=name, desk=name, clock=lambda: NOW)
        for name in ("Officer A", "Officer B")
    )
    here.apply("Move 1", give("r1c2", "B"))
    there.apply("Move 2", give("r2c2", "B"))
    here.undo()
    assert list_labels(here) == ["Create “Letters”", "Move 1", "Move 2", "Undo Move 1"]
    assert (find_zone(here, "r1c2"), find_zone(here, "r2c2")) == ("A", "B")
    with refused("nothing_to_undo"):
        here.undo()
    there.poll()
    here.redo()
    assert (find_zone(here, "r1c2"), find_zone(here, "r2c2")) == ("B", "B")
    assert (list_labels(here)[-1], here.undo_label) == ("Redo Move 1", "Move 1")
    there.undo()
    assert (find_zone(there, "r1c2"), find_zone(there, "r2c2")) == ("B", "A")
    there.close()
    here.close()


MOVE_UNTIL_KILLED = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from zoneplanner import storage
from zoneplanner.app.session.session import Session
from zoneplanner.domain.plans.edits import assign_sites
now = datetime(2026, 11, 16, tzinfo=UTC)
store = storage.open(Path(sys.argv[1]))
session = Session(store, actor="Officer A", desk="desk 1", clock=lambda: now)
for number in range(100_000):
    zone = "AB"[session.plan.assignment["r1c2"] == "A"]
    label = f"{sys.argv[2]}-{number} {zone}"
    session.apply(label, lambda project: assign_sites(project, "plan", {"r1c2": zone}))
    print(label, flush=True)
    if number % 3 == 2:
        session.undo()
        print(f"undone {label}", flush=True)
        session.redo()
        print(f"redone {label}", flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no kill -9 on Windows")
def test_a_kill_loses_no_acknowledged_step(opened: Sittings, path: Path) -> None:
    acknowledged: list[str] = []
    for turn in range(3):
        command = [sys.executable, "-c", MOVE_UNTIL_KILLED, str(path), str(turn)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            told = [child.stdout.readline() for _ in range(5 + 3 * turn)]
            child.send_signal(signal.SIGKILL)
            told += child.stdout.readlines()
        acknowledged += [line.rstrip("\n") for line in told if line.endswith("\n")]
        session = opened()
        made = [line for line in acknowledged if line[0].isdigit()]
        found = [label for label in list_labels(session)[1:] if label[0].isdigit()]
        assert found[: len(made)] == made
        assert len(found) - len(made) <= turn + 1
        acknowledged += found[len(made) :]
        if list_labels(session)[-1].startswith("Undo"):
            session.restore_step(len(session.history) - 2)
        assert find_zone(session, "r1c2") == found[-1].split()[1]
        opened.close()
    session = opened()
    session.restore_step(0)
    assert find_zone(session, "r1c2") == "A"
    assert session.store.verify().ok


def test_a_read_only_project_shows_its_history_and_refuses_to_go_back(
    opened: Sittings, path: Path
) -> None:
    opened().apply("Move 1", give("r1c2", "B"))
    opened.close()
    with storage.open(path, read_only=True) as store:
        reader = Session(store, actor="Officer A", desk="desk 1", clock=lambda: NOW)
        reader.view_step(0)
        assert find_zone(reader, "r1c2") == "A"
        with refused("read_only"):
            reader.restore_step(0)
        assert (len(reader.history), find_zone(reader, "r1c2")) == (2, "B")


def test_a_removed_history_is_reported_as_damage(opened: Sittings, path: Path) -> None:
    run_behind_guards(path, "DELETE FROM edit")
    with refused("damaged.opens_read_only"):
        opened()


def test_an_unreadable_edit_is_reported(opened: Sittings, path: Path) -> None:
    opened().apply("Move 1", give("r1c2", "B"))
    opened.close()
    run_behind_guards(path, "UPDATE edit SET before = '{' WHERE seq = 2")
    session = opened()
    assert session.store.notices[0] == Message("edits.changed", seq=2)
    with refused("unreadable_history", name="p.gpkg"):
        session.view_step(0)
    assert find_zone(session, "r1c2") == "B"
