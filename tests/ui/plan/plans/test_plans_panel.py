"""The tree of plans with their status, and the locks of the plan on screen."""

from dataclasses import replace
from datetime import date
from functools import partial

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot
from sentences import says

from zoneplanner.domain.plans.edits import (
    add_plan_lock,
    adopt_plan,
    assign_sites,
    branch_plan,
    remove_plan_lock,
    set_plan_note,
)
from zoneplanner.domain.plans.plan import LockScope
from zoneplanner.domain.plans.what_ifs import suppose_students
from zoneplanner.ui.plan.assignment.locks_panel import LocksPanel
from zoneplanner.ui.plan.plans.plans_panel import STATUS, PlansPanel, build_plan_rows
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.widgets.services.ui_context import UiContext


def add_branch(desk: UiContext, uid: str, name: str, parent: str = "plan") -> None:
    session = desk.session
    start = session.project.plans[parent]
    made = branch_plan(start, uid, name, at=session.clock())
    session.apply(f"Branch {name}", lambda project: project.with_plan(made))


def open_panel(qtbot: QtBot, panel: PlansPanel | LocksPanel) -> None:
    qtbot.addWidget(panel)
    panel.show()


def test_branches_are_listed_under_their_plan_with_the_one_in_force_first(desk: UiContext) -> None:
    add_branch(desk, "b", "Winter")
    add_branch(desk, "c", "Winter, shorter", "b")
    add_branch(desk, "d", "Other")
    session = desk.session
    lone = replace(session.project.plans["d"], parent=None)
    session.apply("Part", lambda project: project.with_plan(lone))
    session.apply("Adopt", lambda project: adopt_plan(project, "c", date(2026, 11, 1)))
    rows = {row.uid: row for row in build_plan_rows(session)}
    assert list(rows) == ["plan", "b", "c", "d"]
    assert [row.parent for row in rows.values()] == [None, "plan", "b", None]
    assert "2026-11-01" in rows["c"].status
    assert (rows["c"].sign[0], rows["d"].sign[0]) == ("state_posted", "state_draft")


def test_without_a_plan_a_button_opens_the_search_form(window: MainWindow) -> None:
    panel = window.left.sections["plans"]
    assert isinstance(panel, PlansPanel) and not panel.first.isVisible()
    window.desk.session.apply("None", lambda one: replace(one, plans={}))
    assert panel.first.isVisible() and not panel.tree.isVisible()
    assert not window.left.folds["optimizer"].opened
    panel.first.click()
    assert window.left.folds["optimizer"].opened


def test_plans_in_a_cycle_of_parents_are_listed_without_one(desk: UiContext) -> None:
    add_branch(desk, "b", "Winter")
    looped = replace(desk.session.project.plans["plan"], parent="b")
    desk.session.apply("Loop", lambda project: project.with_plan(looped))
    assert [row.parent for row in build_plan_rows(desk.session)] == [None, None]


def test_a_what_if_is_marked_and_shows_its_note(desk: UiContext, qtbot: QtBot) -> None:
    panel = PlansPanel(desk)
    open_panel(qtbot, panel)
    desk.session.apply("Assume", lambda p: suppose_students(p, "plan", "r1c1", 900))
    desk.session.apply("Note", lambda p: set_plan_note(p, "plan", "boards only"))
    (row,) = build_plan_rows(desk.session)
    assert row.sign[0] == "what_if" and "what-if" in row.tip and "boards only" in row.tip
    assert panel.note.isVisible() and panel.note.text() == "boards only"
    assert panel.tree.topLevelItem(0).data(0, STATUS) == "What-if"


def test_a_plan_is_renamed_in_place(desk: UiContext, qtbot: QtBot) -> None:
    panel = PlansPanel(desk)
    open_panel(qtbot, panel)
    qtbot.keyClick(panel.tree, Qt.Key.Key_F2)
    editor = panel.tree.findChild(QLineEdit)
    assert editor.text() == "Plan"
    editor.setText("Spring")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: desk.session.project.plans["plan"].name == "Spring")
    desk.session.undo()
    assert desk.session.project.plans["plan"].name == "Plan"


def test_a_duplicate_name_is_rejected_and_the_old_one_restored(
    desk: UiContext, qtbot: QtBot
) -> None:
    add_branch(desk, "b", "Winter")
    panel = PlansPanel(desk)
    open_panel(qtbot, panel)
    panel.tree.currentItem().setText(0, "Plan")
    qtbot.waitUntil(lambda: says(desk.notices.text.text(), "name_in_use"))
    assert panel.tree.currentItem().text(0) == "Winter"


def test_selecting_a_plan_shows_it_and_del_deletes_it(desk: UiContext, qtbot: QtBot) -> None:
    deleted: list[str | None] = []
    desk.actions.set_handler("delete_plan", lambda: deleted.append(desk.session.plan_uid))
    add_branch(desk, "b", "Winter")
    panel = PlansPanel(desk)
    open_panel(qtbot, panel)
    root = panel.tree.topLevelItem(0)
    qtbot.mouseClick(
        panel.tree.viewport(),
        Qt.MouseButton.LeftButton,
        pos=panel.tree.visualItemRect(root).center(),
    )
    assert desk.session.plan_uid == "plan"
    panel.activateWindow()
    qtbot.waitUntil(panel.tree.hasFocus)
    qtbot.keyClick(panel.tree, Qt.Key.Key_Delete)
    assert deleted == ["plan"]


def test_an_adopted_plan_offers_to_retire_it(desk: UiContext, qtbot: QtBot) -> None:
    panel = PlansPanel(desk)
    open_panel(qtbot, panel)
    offered = [panel.buttons[name].isVisible() for name in ("adopt", "retire_plan")]
    assert offered == [True, False]
    desk.session.apply("Adopt", lambda project: adopt_plan(project, "plan", date(2026, 11, 1)))
    offered = [panel.buttons[name].isVisible() for name in ("adopt", "retire_plan")]
    assert offered == [False, True]


def test_a_folded_plan_takes_less_room(desk: UiContext, qtbot: QtBot) -> None:
    add_branch(desk, "b", "Winter")
    panel = PlansPanel(desk)
    open_panel(qtbot, panel)
    tall = panel.tree.height()
    panel.tree.topLevelItem(0).setExpanded(False)
    assert panel.tree.height() < tall
    assert panel.tree.indexAt(QPoint(30, panel.tree.height() - 4)).row() == 0


def test_locks_are_listed_with_their_reasons_and_removed(desk: UiContext, qtbot: QtBot) -> None:
    panel = LocksPanel(desk)
    open_panel(qtbot, panel)
    counts: list[int] = []
    panel.counted.connect(counts.append)
    assert panel.empty.isVisible() and not panel.list.isVisible()
    session = desk.session
    session.apply(
        "Lock", lambda p: add_plan_lock(p, "plan", LockScope.SITE, "r1c3", "principal asked")
    )
    session.apply("Lock", lambda p: add_plan_lock(p, "plan", LockScope.ZONE, "A", ""))
    session.apply("Lock", lambda p: add_plan_lock(p, "plan", LockScope.AGENCY, "Police", "trial"))
    site, zone, agency = (panel.list.item(at).text() for at in range(panel.list.count()))
    assert site == "School r1c3 in B: principal asked" and zone == "Zone A"
    assert "Police" in agency and agency.endswith(": trial")
    qtbot.mouseClick(
        panel.list.viewport(),
        Qt.MouseButton.LeftButton,
        pos=panel.list.visualItemRect(panel.list.item(1)).center(),
    )
    assert desk.bridge.selection.zone == "A"
    panel.button.click()
    assert session.plan is not None and "zone A" not in session.plan.locks
    assert counts[-1] == 2 and panel.list.count() == 2


def test_a_past_lock_names_the_zone_of_its_time(desk: UiContext, qtbot: QtBot) -> None:
    """The two steps differ only in the zone of a school that is locked in both."""
    panel, session = LocksPanel(desk), desk.session
    qtbot.addWidget(panel)
    lock = partial(add_plan_lock, plan_uid="plan", kind=LockScope.SITE, target="r1c3", reason="")
    session.apply("Lock", lock)
    session.apply("Unlock", lambda p: remove_plan_lock(p, "plan", LockScope.SITE, "r1c3"))
    session.apply("Move", lambda p: assign_sites(p, "plan", {"r1c3": "A"}))
    session.apply("Lock", lock)
    assert panel.list.item(0).text() == "School r1c3 in A"
    session.view_step(len(session.history) - 4)
    assert panel.list.item(0).text() == "School r1c3 in B"
    session.view_present()
    assert panel.list.item(0).text() == "School r1c3 in A"


def test_the_buttons_of_a_plan_have_text_that_fits(window: MainWindow) -> None:
    window.frame.show_panel()
    panel = window.plans
    shown = [button for button in panel.buttons.values() if button.isVisible()]
    assert len(shown) == 2
    in_menu = {action.text() for action in panel.more.menu().actions()}
    names = ("new_plan", "copy_plan", "rename_plan", "note_plan", "put_forward", "delete_plan")
    assert {window.desk.actions[name].text() for name in names} <= in_menu
    for button in (*shown, panel.more):
        words = button.fontMetrics().horizontalAdvance(button.text())
        assert button.width() > words > 0 and panel.rect().contains(button.geometry())
