"""An open project: edits, gestures, undo, the journal, and the state on disk after each."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from builders import OpenSession, create_store, project_from, refused
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zoneplanner import storage
from zoneplanner.app.log.logbook import list_visits, log_record, log_visit
from zoneplanner.app.projects.open_project import open_session
from zoneplanner.app.session.session import ProjectEdit, Session
from zoneplanner.app.session.state import SessionChange, derive_state
from zoneplanner.domain.edits import ProjectChanges, ZoneReassignment, diff_projects
from zoneplanner.domain.log.journal import NewEntry
from zoneplanner.domain.plans.edits import add_plan_lock, adopt_plan, assign_sites
from zoneplanner.domain.plans.plan import LockScope
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.shift import Officer
from zoneplanner.errors import UserError

NOW = datetime(2026, 11, 16, 16, 0, tzinfo=UTC)


@pytest.fixture
def session(open_session: OpenSession) -> Session:
    """Two county zones and one city zone, in a file of their own."""
    return open_session(project_from("AABB / AABB / aaaa"), now=NOW)


def give(site: str, zone: str) -> ProjectEdit:
    """Return an edit that assigns a site to a zone."""
    return lambda project: assign_sites(project, "plan", {site: zone})


def read_file(session: Session) -> Project:
    """Read the file like another desk."""
    with storage.open(Path(session.store.path), read_only=True) as store:
        return store.project()


def test_an_edit_is_on_disk_before_listeners_are_notified(session: Session) -> None:
    heard: list[str] = []

    def listener(_changed: SessionChange) -> None:
        heard.append(read_file(session).plans["plan"].assignment["r1c2"])

    session.listen(listener)
    session.apply("Move", give("r1c2", "B"))
    assert heard == ["B"]


def test_an_edit_event_has_the_changes_and_updated_figures(session: Session) -> None:
    before = session.state.figures
    changes = session.apply("Move", give("r1c2", "B"))
    assert changes == ProjectChanges(moves=(ZoneReassignment("r1c2", "A", "B"),))
    after = session.state.figures
    assert before is not None
    assert after is not None
    assert (before.zones["A"].sites, after.zones["A"].sites) == (4, 3)
    assert after.zones["a"] is before.zones["a"]


def test_a_refused_edit_leaves_no_trace(session: Session) -> None:
    before = session.project
    with pytest.raises(UserError):
        session.apply("Move", give("r1c2", "a"))
    assert session.project is before
    assert session.undo_label is None
    assert diff_projects(read_file(session), before).moves == ()


def test_undo_shows_the_old_value_and_redo_the_new_one(session: Session) -> None:
    start = session.project
    session.apply("Move 1", give("r1c2", "B"))
    moved = session.project
    assert session.undo_label == "Move 1"
    session.undo()
    assert session.project is start
    assert session.undo_label is None
    assert session.redoable_step is not None and session.redoable_step.label == "Move 1"
    assert read_file(session).plans["plan"].assignment["r1c2"] == "A"
    session.redo()
    assert session.project is moved
    assert read_file(session).plans["plan"].assignment["r1c2"] == "B"


def test_a_new_edit_after_undo_keeps_the_undone_step_listed(session: Session) -> None:
    session.apply("Move 1", give("r1c2", "B"))
    session.undo()
    session.apply("Move 2", give("r2c2", "B"))
    labels = [step.label for step in session.history]
    assert labels == ["Create “Letters”", "Move 1", "Undo Move 1", "Move 2"]
    assert session.redoable_step is None


def test_an_edit_that_changes_nothing_adds_no_step(session: Session) -> None:
    session.apply("Move", give("r1c2", "A"))
    assert session.undo_label is None


def test_one_gesture_is_one_step_across_any_number_of_zones(session: Session) -> None:
    session.preview(give("r1c2", "B"))
    session.preview(give("r1c3", "A"))
    session.preview(give("r2c2", "B"))
    assert read_file(session).plans["plan"].assignment["r2c2"] == "A"
    session.commit_gesture("Drag")
    assert [step.label for step in session.history] == ["Create “Letters”", "Drag"]
    plan = read_file(session).plans["plan"]
    assert (plan.assignment["r1c2"], plan.assignment["r2c2"]) == ("A", "B")


def test_a_cancelled_gesture_leaves_no_trace(session: Session) -> None:
    start = session.state
    session.preview(give("r1c2", "B"))
    assert session.state is not start
    session.cancel_gesture()
    assert session.state is start
    assert session.undo_label is None


def test_a_gesture_back_to_its_start_adds_no_step(session: Session) -> None:
    session.preview(give("r1c2", "B"))
    session.preview(give("r1c2", "A"))
    session.commit_gesture("Drag")
    assert session.undo_label is None


def test_a_gesture_back_at_its_start_shows_the_identical_state(session: Session) -> None:
    start = session.state
    session.preview(give("r1c2", "B"))
    assert session.preview(lambda project: project) is start
    session.commit_gesture("Drag")
    assert session.state is start and session.undo_label is None


def test_figures_after_a_gesture_equal_freshly_computed_ones(session: Session) -> None:
    session.preview(give("r1c2", "B"))
    session.preview(give("r2c2", "B"))
    session.preview(give("r1c3", "A"))
    session.commit_gesture("Drag")
    shown = session.state
    again = Session(session.store, actor="planner", desk="desk 1", clock=lambda: NOW)
    assert shown.figures is not None
    assert again.state.figures is not None
    assert dict(shown.figures.zones) == dict(again.state.figures.zones)
    assert shown.problems == again.state.problems


def test_edits_unrelated_to_the_plan_leave_its_figures_and_problems(
    session: Session,
) -> None:
    before = session.state
    officer = Officer("officer-a", "Officer A", "SO", "deputy")
    session.apply("Officer", lambda project: replace(project, officers={officer.id: officer}))
    shown = session.state
    assert shown.project.officers and shown.saved_project is session.saved_project
    assert (shown.figures, shown.problems) == (before.figures, before.problems)
    assert shown.figures is before.figures and shown.block_outlines is before.block_outlines
    assumed = replace(session.project.assumptions, missing_enrollment=3_000)
    session.apply("Assume", lambda project: replace(project, assumptions=assumed))
    assert session.state.figures != before.figures
    again = derive_state(session.saved_project, session.plan)
    assert (session.state.problems, session.state.notes) == (again.problems, again.notes)


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.tuples(st.sampled_from(["r1c1", "r1c2", "r1c3", "r2c4"]), st.sampled_from("AB")),
        min_size=1,
        max_size=5,
    )
)
def test_undoing_every_step_restores_the_first_project(
    session: Session, moves: list[tuple[str, str]]
) -> None:
    session.restore_step(0)
    while session.undo_label:
        session.undo()
    start = session.project
    for site, zone in moves:
        session.apply(f"Move {site}", give(site, zone))
    while session.undo_label:
        session.undo()
    assert session.project is start
    assert diff_projects(read_file(session), start).moves == ()


def test_undoing_edits_leaves_the_journal(session: Session) -> None:
    session.apply("Move", give("r1c2", "B"))
    kept = log_visit(session, "r1c2", purpose="teaching")
    session.undo()
    assert [visit.uid for visit in list_visits(session)] == [kept.uid]
    assert session.last_visits == {"r1c2": NOW}


def test_a_visit_defaults_to_the_unit_of_its_zone_and_now(session: Session) -> None:
    log_visit(session, "r1c3")
    (visit,) = list_visits(session)
    assert (visit.unit, visit.arrived_at) == ("B", NOW)


def test_a_correction_may_name_a_correction(session: Session) -> None:
    first = log_record(session, "visit", {"site": "r1c1", "note": "gate"})
    second = log_record(session, "visit", {"supersedes": first.uid, "note": "office"})
    log_record(session, "visit", {"supersedes": second.uid, "note": "front office"})
    (visit,) = list_visits(session)
    assert (visit.uid, visit.note, visit.site) == (first.uid, "front office", "r1c1")


def test_an_unknown_unit_or_record_is_refused(session: Session) -> None:
    with refused("unknown_unit", unit="Z9"):
        log_visit(session, "r1c1", unit="Z9")
    with refused("unknown_entry.correction", kind="visit", uid="nope"):
        log_record(session, "visit", {"supersedes": "nope", "note": "x"})
    assert session.store.head()[0] == 0


def test_showing_a_plan_does_not_change_the_project(session: Session) -> None:
    other = replace(session.project.plans["plan"], uid="other", name="Other")
    session.apply("Copy", lambda project: project.with_plan(other))
    assert session.plan_uid == "other"
    steps = len(session.history)
    session.show_plan("plan")
    assert session.plan_uid == "plan"
    assert len(session.history) == steps


def test_adopting_and_locking_survive_closing(session: Session) -> None:
    session.apply(
        "Lock",
        lambda project: add_plan_lock(project, "plan", LockScope.SITE, "r1c1", "new principal"),
    )
    session.apply(
        "Adopt",
        lambda project: adopt_plan(project, "plan", session.today),
    )
    plan = read_file(session).plans["plan"]
    assert plan.locks["site r1c1"].reason == "new principal"
    assert plan.effective_on == session.today


def test_renaming_the_project_is_saved_and_can_be_undone(session: Session) -> None:
    session.apply("Rename", lambda project: replace(project, name="Our district"))
    assert read_file(session).name == "Our district"
    session.undo()
    assert read_file(session).name == "Letters"


def test_a_clock_set_back_is_reported_at_opening(tmp_path: Path) -> None:
    path = tmp_path / "p.gpkg"
    with create_store(path, project_from("AB"), actor="planner", at=NOW) as store:
        entry = NewEntry("v1", "visit", "r1c1", None, NOW, {"status": "completed"})
        store.append(entry, actor="planner", desk="desk 1", now=NOW)
    for ahead, told in ((timedelta(minutes=1), False), (timedelta(days=-1), True)):
        session = open_session(path, clock=lambda: NOW + ahead)  # noqa: B023
        assert [one.template for one in session.store.notices] == ["clock_set_back"] * told
        session.close()


def test_listeners_run_in_their_own_thread(session: Session) -> None:
    heard: list[tuple[str, threading.Thread]] = []
    session.listen(
        lambda event: heard.append((event.after.saved_project.name, threading.current_thread()))
    )
    session.listeners.pause()
    label, edit = "Rename", lambda project: replace(project, name="Hill")
    other = threading.Thread(target=session.apply, args=(label, edit))
    other.start()
    other.join()
    assert (session.undo_label, heard, session.poll()) == ("Rename", [], False)
    session.listeners.resume()
    assert heard == [("Hill", threading.main_thread())]
