"""Undo by real keys: it reverses this person's last step, names it, and asks if needed."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from itertools import count

from builders import MONDAY_AT_8, OpenSession, project_from
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QComboBox
from pytestqt.qtbot import QtBot
from rosters import NOW, officer, roster
from sentences import says

from zoneplanner.app.log.corrections import TAKEN_BACK, VOID, name_entry
from zoneplanner.app.log.logbook import list_incidents, list_visits
from zoneplanner.app.log.response_actions import begin_response_action, list_active_actions
from zoneplanner.app.session.session import ProjectEdit, Session
from zoneplanner.domain.edits import EditKind
from zoneplanner.domain.locale_formats import US_FORMATS
from zoneplanner.domain.plans.edits import adopt_plan, assign_sites, rename_plan, set_plan_note
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.shift import Shift, ShiftStatus
from zoneplanner.messages import Message
from zoneplanner.ui.plan.tables.history_table import HistoryPanel
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.widgets.inputs.form_dialog import FormDialog

CTRL = Qt.KeyboardModifier.ControlModifier
OpenWindow = Callable[[Session], MainWindow]


def press(
    window: MainWindow,
    qtbot: QtBot,
    key: Qt.Key,
    modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
) -> None:
    """Press a key in the open question, or else in the window."""
    top = QApplication.activeModalWidget() or window
    if QApplication.activeWindow() is not top.window():
        top.activateWindow()
        qtbot.waitUntil(lambda: QApplication.activeWindow() is top.window())
    qtbot.keyClick(top.focusWidget() or top, key, modifier)


def assign_site(session: Session, site: str, zone: str) -> None:
    session.apply(
        f"Move {site} to {zone}", lambda project: assign_sites(project, "plan", {site: zone})
    )


def zone_of(session: Session, site: str) -> str:
    """Return the zone of a site in the file."""
    return session.store.project().plans["plan"].assignment[site]


def find_question(window: MainWindow) -> FormDialog | None:
    return next((one for one in window.findChildren(FormDialog) if one.isVisible()), None)


def test_z_in_the_log_offers_to_void_the_last_visit_and_never_undoes_the_plan(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    window.map.setFocus()
    assign_site(session, "r1c2", "B")
    window.show_workspace("log")
    window.map.setFocus()
    window.desk.bridge.select(site="r1c1")
    press(window, qtbot, Qt.Key.Key_K)
    press(window, qtbot, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: len(list_visits(session)) == 1)
    press(window, qtbot, Qt.Key.Key_Z)
    assert zone_of(session, "r1c2") == "B"
    form = find_question(window)
    assert form is not None
    name = name_entry(session, session.own_entries[-1])
    assert "School r1c1" in name and says(form.title.text(), "take_back.record", entry=name)
    for sign in "wrong school c\r":  # typed text and the Enter that ends it are no answer
        qtbot.keyClick(window.focusWidget(), sign)
    assert form.isVisible() and says(form.refused.text(), "letter_keys_ignored")
    press(window, qtbot, Qt.Key.Key_Escape)
    assert find_question(window) is None
    assert len(list_visits(session)) == 1
    window.map.setFocus()
    press(window, qtbot, Qt.Key.Key_Z, CTRL)
    press(window, qtbot, Qt.Key.Key_R, Qt.KeyboardModifier.AltModifier)
    reason = window.focusWidget()
    assert isinstance(reason, QComboBox) and reason.currentText() == TAKEN_BACK
    qtbot.keyClick(reason, Qt.Key.Key_A, CTRL)
    qtbot.keyClicks(reason, "Practice only")
    press(window, qtbot, Qt.Key.Key_Return)
    assert list_visits(session) == ()
    assert session.store.entries()[-1].payload["reason"] == "Practice only"
    assert zone_of(session, "r1c2") == "B"
    window.map.setFocus()
    press(window, qtbot, Qt.Key.Key_Z)  # nothing of the log is left: the plan's step is asked for
    form = find_question(window)
    assert form is not None
    facts = {"area": "Plan", "step": "Move r1c2 to B"}
    assert says(form.title.text(), "undo_question.elsewhere", **facts)
    moved = Message("effect.sites_moved", changed=1)
    assert form.about.text() == str(Message("effect", parts=[moved]))
    press(window, qtbot, Qt.Key.Key_Escape)
    assert zone_of(session, "r1c2") == "B"


def test_undo_names_its_step_before_and_after_and_its_notice_has_its_own_redo(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    window.map.setFocus()
    undo, notices = window.desk.actions["undo"], window.desk.notices
    assert not undo.isEnabled()
    assert says(undo.toolTip(), "nothing_to_undo")
    press(window, qtbot, Qt.Key.Key_Z)
    assert says(notices.text.text(), "nothing_to_undo")
    assign_site(session, "r1c2", "B")
    assert undo.text() == "Undo: Move r1c2 to B"
    assert undo.toolTip().startswith("Undo: Move r1c2 to B.")
    press(window, qtbot, Qt.Key.Key_Z)
    assert (zone_of(session, "r1c2"), notices.text.text()) == ("A", "Undone: Move r1c2 to B.")
    assert window.desk.actions["redo"].text() == "Redo: Move r1c2 to B"
    qtbot.mouseClick(notices.offer, Qt.MouseButton.LeftButton)
    assert (zone_of(session, "r1c2"), notices.text.text()) == ("B", "Redone: Move r1c2 to B.")
    session.apply("Note", lambda project: set_plan_note(project, "plan", "gate B"))
    qtbot.mouseClick(notices.offer, Qt.MouseButton.LeftButton)  # of the move, not of the note
    assert (zone_of(session, "r1c2"), session.undo_label) == ("B", "Note")
    assert says(notices.text.text(), "undo_too_late")
    kinds = [edit.kind for edit in session.store.edits()]
    assert kinds[1:] == [EditKind.EDIT, EditKind.UNDO, EditKind.REDO, EditKind.EDIT]


def test_what_was_undone_and_redone_is_named_with_days_in_the_offices_format(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    session.formats = US_FORMATS
    window.map.setFocus()
    session.apply("Note from 2026-09-14", lambda one: set_plan_note(one, "plan", "gate B"))
    press(window, qtbot, Qt.Key.Key_Z)
    step = "Note from Sep 14, 2026"
    text = window.desk.notices.text
    assert says(text.text(), "step_undone", step=step)
    press(window, qtbot, Qt.Key.Key_Y, CTRL)
    assert says(text.text(), "step_redone", step=step)


def test_a_name_that_was_changed_in_data_is_undone_there_and_in_plan_without_a_question(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    for workspace, is_asked in (("data", False), ("plan", False), ("readiness", True)):
        for label, rename in (("Plan", rename_plan), ("Zone", rename_first_zone)):
            window.show_workspace(workspace)
            session.apply(label, lambda one, rename=rename: rename(one, "plan", "North"))
            window.setFocus()
            press(window, qtbot, Qt.Key.Key_Z, CTRL)
            form = find_question(window)
            assert (form is not None) is is_asked, (workspace, label)
            if form is not None:
                assert says(form.title.text(), "undo_question.elsewhere", area="Data")
                press(window, qtbot, Qt.Key.Key_Return)
            assert session.undo_label is None


def rename_first_zone(project: Project, plan_uid: str, name: str) -> Project:
    plan = project.plan(plan_uid)
    zones = (replace(plan.zones[0], name=name), *plan.zones[1:])
    return project.with_plan(replace(plan, zones=zones))


def test_undoing_posted_shifts_an_adoption_or_an_import_asks_with_counts(
    open_session: OpenSession, open_window: OpenWindow, qtbot: QtBot
) -> None:
    session = open_session(roster(officer("A", "A", "B")), now=NOW)
    final = {uid: replace(one, status=ShiftStatus.FINAL) for uid, one in shifts(session).items()}
    session.apply("Make the week final", lambda one: replace(one, shifts=final))
    window = open_window(session)
    window.map.setFocus()
    for enters in (False, True):
        press(window, qtbot, Qt.Key.Key_Z)
        form = find_question(window)
        assert form is not None
        title, turned = form.title.text(), f"{len(final)} posted shifts"
        assert says(title, "undo_question.elsewhere", area="Shifts", step="Make the week final")
        assert says(form.about.text(), "effect.shifts_to_draft", changed=turned)
        press(window, qtbot, Qt.Key.Key_Return if enters else Qt.Key.Key_Escape)
        assert (drafts(session) > 0) is enters

    def adopt_as(name: str) -> ProjectEdit:
        return lambda one: adopt_plan(rename_plan(one, "plan", name), "plan", date(2026, 9, 14))

    session.apply("Adopt", adopt_as("2026-27"))
    press(window, qtbot, Qt.Key.Key_Z)
    form = find_question(window)
    assert form is not None
    assert says(form.about.text(), "effect.plans_taken_out_of_force", changed="2026-27")
    press(window, qtbot, Qt.Key.Key_Escape)
    named = replace(session.project.sites["r1c1"], name="Hill High")
    session.apply("Import 1 site", lambda one: one.with_site(named), kind=EditKind.IMPORT)
    press(window, qtbot, Qt.Key.Key_Z)
    form = find_question(window)
    assert form is not None
    assert says(form.about.text(), "effect.sites_changed", changed="1 site")
    press(window, qtbot, Qt.Key.Key_Escape)
    assert session.project.sites["r1c1"].name == "Hill High"


def shifts(session: Session) -> Mapping[str, Shift]:
    return session.store.project().shifts


def drafts(session: Session) -> int:
    return sum(one.status is ShiftStatus.DRAFT for one in shifts(session).values())


def test_undo_in_the_log_never_changes_an_ongoing_response_action(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    window.show_workspace("log")
    window.map.setFocus()
    begin_response_action(session, "r1c1", "lockdown")
    press(window, qtbot, Qt.Key.Key_Z)
    assert find_question(window) is None
    assert says(window.desk.notices.text.text(), "stays.call_of_action")
    assert len(list_active_actions(session)) == len(list_incidents(session)) == 1


def test_clicking_a_history_step_only_previews_it_until_confirmed(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    assign_site(session, "r1c2", "B")
    assign_site(session, "r2c2", "B")
    history, banner = window.history, window.history_banner
    window.tabs.show_table(history)
    edits = len(session.store.edits())
    qtbot.waitUntil(lambda: history.table.rowCount() == 3)
    click(history, 2, qtbot)
    assert session.state.project.plans["plan"].assignment["r1c2"] == "A"
    assert (zone_of(session, "r1c2"), len(session.store.edits())) == ("B", edits)
    assert history.table.row(0).plan == "Plan"
    assert banner.isVisible()
    assert all(fact in banner.text.text() for fact in ("Create “Letters”", "planner"))
    assert window.desk.attempt(lambda: assign_site(session, "r1c1", "B")) is False
    assert "earlier step" in window.desk.notices.text.text()
    press(window, qtbot, Qt.Key.Key_Escape)
    assert not banner.isVisible()
    assert session.state is session.present_state
    history.view.setFocus()
    press(window, qtbot, Qt.Key.Key_Down)
    assert session.viewed_step == 1
    qtbot.mouseClick(banner.go_back, Qt.MouseButton.LeftButton)
    form = find_question(window)
    assert form is not None
    assert "takes back 1 step.\n\n• Move r2c2 to B (planner)" in form.about.text()
    press(window, qtbot, Qt.Key.Key_Return)
    assert (zone_of(session, "r1c2"), zone_of(session, "r2c2")) == ("B", "A")
    assign_site(session, "r1c1", "B")
    labels = [step.label for step in session.history[1:]]
    back = "Go back to Move r1c2 to B, 1 step"
    assert labels == ["Move r1c2 to B", "Move r2c2 to B", back, "Move r1c1 to B"]
    session.view_step(2)  # what was taken back can be gone to again
    assert session.state.project.plans["plan"].assignment["r2c2"] == "B"
    window.show_workspace("log")
    assert (session.viewed_step, session.state) == (None, session.present_state)


def click(history: HistoryPanel, row: int, qtbot: QtBot) -> None:
    where = history.view.visualRect(history.view.model().index(row, 1)).center()
    qtbot.mouseClick(history.view.viewport(), Qt.MouseButton.LeftButton, pos=where)


def test_a_visit_logged_while_viewing_the_past_gets_the_present_time(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    assign_site(session, "r1c2", "B")
    window.map.setFocus()
    window.desk.bridge.select(site="r1c2")
    session.view_step(0)
    press(window, qtbot, Qt.Key.Key_K)
    press(window, qtbot, Qt.Key.Key_Return)
    [visit] = list_visits(session)
    assert visit.unit == "B"
    assert session.viewed_step is None
    notices = window.desk.notices
    to = Message("record.visit_to", site="School r1c2")
    record = str(Message("record.by_unit", record=to, unit="B"))
    assert says(notices.text.text(), "logged.new", record=record)
    assert notices.offer.text() == VOID
    qtbot.mouseClick(notices.offer, Qt.MouseButton.LeftButton)
    assert list_visits(session) == ()


def test_z_in_the_plan_warns_that_the_last_visit_stays_before_undoing_an_older_step(
    open_session: OpenSession, open_window: OpenWindow, qtbot: QtBot
) -> None:
    worse = assign_sites(project_from("AABB / AABB / aaaa"), "plan", {"r1c1": "B", "r1c4": "A"})
    session = open_session(worse)
    window, times = open_window(session), count(1)
    session.clock = lambda: MONDAY_AT_8 + timedelta(minutes=next(times))
    window.map.setFocus()
    with qtbot.waitSignal(window.optimizer.finished, timeout=20_000):
        window.optimizer.start(quiet=True)
    assert zone_of(session, "r1c1") == "A" and window.desk.notices.offer.isHidden()
    edits = len(session.store.edits())
    window.map.setFocus()
    window.desk.bridge.select(site="r1c1")
    press(window, qtbot, Qt.Key.Key_K)
    press(window, qtbot, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: len(list_visits(session)) == 1)
    press(window, qtbot, Qt.Key.Key_Z)
    assert find_question(window) is None and len(session.store.edits()) == edits
    name = name_entry(session, session.own_entries[-1])
    assert says(window.desk.notices.text.text(), "logged_since", entry=name)
    session.apply("Note", lambda project: set_plan_note(project, "plan", "gate B"))
    press(window, qtbot, Qt.Key.Key_K)
    press(window, qtbot, Qt.Key.Key_Return)
    press(window, qtbot, Qt.Key.Key_Z)
    form = find_question(window)
    assert form is not None
    assert says(form.title.text(), "undo_question", step="Note")
    name = name_entry(session, session.own_entries[-1])
    assert says(form.about.text(), "logged_since.step", entry=name)
    press(window, qtbot, Qt.Key.Key_Escape)
    assert session.undo_label == "Note"
