"""Slips while planning: nothing typed is lost, nothing needed is covered or out of view."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from builders import project_from
from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from zoneplanner.app.session.session import Session
from zoneplanner.domain.project import Project
from zoneplanner.ui.plan.plans.plan_dialogs import AdoptPlanDialog
from zoneplanner.ui.publish.publish_panel import PublishPanel
from zoneplanner.ui.readiness.after_action_forms import AfterActionDialog
from zoneplanner.ui.readiness.drill_form import DrillDialog
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.widgets.inputs.leave_question import DiscardQuestion
from zoneplanner.ui.widgets.layout.basic_widgets import find_scroll_area

ESC, ENTER, SPACE = Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Space
NARRATIVE = "The gate was open at dismissal; two visitors came in unseen."


def find_rect(widget: QWidget) -> QRect:
    """Return the rectangle of a widget on the screen."""
    return QRect(widget.mapToGlobal(QPoint(0, 0)), widget.size())


def find_question(form: QWidget) -> DiscardQuestion | None:
    """Return the discard question that a form shows, if any."""
    return next((one for one in form.findChildren(DiscardQuestion) if one.isVisible()), None)


def test_esc_in_a_long_review_asks_before_discarding_it(window: MainWindow, qtbot: QtBot) -> None:
    form = AfterActionDialog(window.desk, parent=window)
    form.ask()
    QTest.keyClicks(form.what.field, "Intruder")
    QTest.keyClicks(form.parts["overview"].field, NARRATIVE)
    for end in (lambda: QTest.keyClick(form, ESC), form.close):
        end()
        asked = find_question(form)
        assert form.isVisible() and asked is not None
        QTest.keyClick(asked, ESC)  # a second Esc, by reflex, returns to the form
        assert form.isVisible() and find_question(form) is None
    assert form.parts["overview"].text() == NARRATIVE
    QTest.keyClick(form, ESC)
    asked = find_question(form)
    assert asked is not None
    QTest.mouseClick(asked.discard, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not window.findChildren(AfterActionDialog))


def test_esc_in_a_form_with_nothing_to_lose_closes_it(window: MainWindow) -> None:
    form = DrillDialog(window.desk, "r1c1", parent=window)
    form.ask()
    QTest.keyClicks(form.note.field, "late")
    QTest.keyClick(form, ESC)
    assert not form.isVisible()


def test_scrolling_over_a_field_does_not_move_the_focus(window: MainWindow) -> None:
    window.desk.actions["propose"].trigger()
    window.map.setFocus()
    QApplication.processEvents()
    panel = window.optimizer.body.form
    for field in (panel.limit, panel.similarity.plans):
        area = find_scroll_area(field)
        assert area is not None
        area.ensureWidgetVisible(field)
        for notches in (-120, 120):
            at = QPointF(field.mapTo(window, field.rect().center()))
            QTest.wheelEvent(window.windowHandle(), at, QPoint(0, notches))
        assert QApplication.focusWidget() is window.map


def test_starting_a_search_moves_the_focus_to_cancel_and_back(
    window: MainWindow, qtbot: QtBot
) -> None:
    body = window.optimizer.body
    window.desk.actions["propose"].trigger()
    with qtbot.waitSignal(body.finished, timeout=30_000):
        QTest.keyClick(body.start_button, ENTER)
        assert body.cancel_button.hasFocus()
    assert body.start_button.hasFocus()
    assert body.candidate_list.candidates
    window.desk.jobs.cancel_all()


def test_copying_and_adopting_name_the_plan_being_edited(window: MainWindow) -> None:
    notices, session = window.desk.notices, window.desk.session
    window.desk.actions["copy_plan"].trigger()
    said = notices.text.text()
    assert said.index("“Plan, copy”") < said.index("“Plan”")
    assert "“Plan, copy”" in window.left.sections["figures"].title.text()
    form = AdoptPlanDialog(window.desk, window)
    form.anyway.setChecked(True)
    form.accept()
    assert session.plan is not None and session.plan.effective_on is not None
    day = session.formats.day(session.plan.effective_on)
    assert "“Plan, copy”" in notices.text.text() and day in notices.text.text()
    assert notices.offer.text() == "Undo"


def test_a_refusal_is_hidden_in_another_workspace(window: MainWindow) -> None:
    window.desk.bridge.select(site="r1c1")
    AdoptPlanDialog(window.desk, window).accept()
    window.desk.notices.hide()
    QTest.keyClick(window.map, Qt.Key.Key_2)
    QApplication.processEvents()
    assert window.desk.notices.isVisible()
    window.show_workspace("readiness")
    assert not window.desk.notices.isVisible()


def test_a_notice_does_not_cover_the_controls_of_comparison_and_publish(window: MainWindow) -> None:
    window.desk.actions["copy_plan"].trigger()
    window.comparison.start()
    panel = window.comparison.shown
    assert panel is not None
    window.desk.notices.show_notice("Told.", stays=True)
    QApplication.processEvents()
    bar = window.desk.notices
    assert not find_rect(bar).intersects(find_rect(panel.bar)) and find_rect(panel.pages).contains(
        find_rect(bar)
    )
    window.comparison.close()
    QApplication.processEvents()
    assert find_rect(window.map).contains(find_rect(bar))
    window.show_workspace("publish")
    bar.show_notice("Told.", stays=True)
    QApplication.processEvents()
    assert find_rect(window.findChild(PublishPanel).preview.view).contains(find_rect(bar))
    window.desk.jobs.cancel_all()


def test_the_cancel_button_of_a_job_is_not_cut_off_beside_a_long_place(window: MainWindow) -> None:
    window.status.place.set_full_text("38.6549 N  121.3510 W  ·  0.7 mi N of Auburn Blvd, " * 6)
    window.desk.jobs.status.emit("Proposing zones", 0.4, "At most 8.9% shorter is possible.")
    QApplication.processEvents()
    cancel = window.status.cancel
    assert (
        find_rect(window).contains(find_rect(cancel))
        and cancel.width() >= cancel.sizeHint().width()
    )
    window.desk.jobs.idle.emit()


def test_the_unit_off_form_is_scrolled_into_view(window: MainWindow) -> None:
    window.resize(1280, 600)
    for fold in window.left.folds.values():
        fold.open()
    window.desk.actions["unit_off"].trigger()
    QApplication.processEvents()
    body = window.left.sections["what_if"].body
    area = body.parentWidget()
    while not isinstance(area, QScrollArea):
        area = area.parentWidget()
    seen = find_rect(area.viewport())
    assert seen.contains(find_rect(body.unit)) and seen.contains(find_rect(body.off_button))


def test_public_and_staff_files_are_written_to_separate_folders(
    open_session: Callable[[Project], Session],
    open_window: Callable[[Session], MainWindow],
    qtbot: QtBot,
    tmp_path: Path,
) -> None:
    window = open_window(open_session(replace(project_from("AB / aa"), name="Apart")))
    window.show_workspace("publish")
    form = window.findChild(PublishPanel).form
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "coverage.pdf").write_bytes(b"of an earlier version")
    form.folder.clear()
    QTest.keyClicks(form.folder, str(shared))
    made: list[Path] = []

    def list_folders() -> set[Path]:
        return {one for one in shared.iterdir() if one.is_dir() and not one.name.startswith(".")}

    def find_widget_at_make() -> QWidget | None:
        return window.childAt(form.make.mapTo(window, form.make.rect().center()))

    QTest.mouseClick(form.make, Qt.MouseButton.LeftButton)
    assert "not adopted" in window.desk.notices.text.text() and list_folders() == set()
    QTest.mouseClick(
        form.draft, Qt.MouseButton.LeftButton, pos=QPoint(10, form.draft.height() // 2)
    )
    assert form.draft.isChecked()
    for audience in ("staff", "public"):
        QTest.mouseClick(form.audiences[audience], Qt.MouseButton.LeftButton)
        assert form.folder.text() == str(shared)
        for key, box in form.parts.items():
            box.setChecked(key == "data")
        qtbot.waitUntil(lambda: find_widget_at_make() is form.make and form.make.isEnabled())
        QTest.mouseClick(form.make, Qt.MouseButton.LeftButton)
        assert find_widget_at_make() is form.make, "a double-click does not hit Cancel"
        qtbot.waitUntil(lambda: len(list_folders()) > len(made), timeout=20_000)
        (new,) = list_folders() - set(made)
        assert audience in new.name and (new / "data").is_dir()
        made.append(new)
    assert (shared / "coverage.pdf").read_bytes() == b"of an earlier version"
    window.desk.jobs.cancel_all()


def test_ctrl_enter_focuses_the_search_button_and_then_starts_the_search(
    window: MainWindow, qtbot: QtBot
) -> None:
    body = window.optimizer.body
    window.map.setFocus()
    keys = (ENTER, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(window.windowHandle(), *keys)
    assert body.start_button.hasFocus() and not body.busy
    with qtbot.waitSignal(body.finished, timeout=30_000):
        qtbot.keyClick(window.windowHandle(), *keys)
        assert body.busy
    window.desk.jobs.cancel_all()


def test_ctrl_enter_scrolls_the_search_button_into_view(window: MainWindow, qtbot: QtBot) -> None:
    window.resize(1280, 720)
    window.show_workspace("log")
    QTest.keyClick(window, ENTER, Qt.KeyboardModifier.ControlModifier)
    start = window.optimizer.body.start_button
    qtbot.waitUntil(start.hasFocus)
    area = find_scroll_area(start)
    assert area is not None and area.verticalScrollBar().maximum() > 0
    qtbot.waitUntil(lambda: find_rect(area.viewport()).contains(find_rect(start)))
    assert "Ctrl+Enter" in window.desk.actions["propose"].toolTip()
