"""A viewer finds no button that would be refused, and reads why."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from builders import create_store, project_from
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDialogButtonBox, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from zoneplanner import storage
from zoneplanner.app.session.session import Session
from zoneplanner.ui.plan.assumptions.assumptions_dialog import AssumptionsDialog
from zoneplanner.ui.plan.tables.checks_table import FIX
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.shell.permissions import bar_forbidden_actions, find_required_right

NOW = datetime(2026, 11, 16, 16, 0, tzinfo=UTC)
WORKSPACES = ("today", "plan", "coverage", "shifts", "log", "readiness", "publish", "data")
WHY = "This project is open read-only: you can look at it, but not change it."


@pytest.mark.parametrize("read_only", [True, False])
def test_a_viewer_cannot_change_anything_in_assumptions_checks_or_search_and_sees_why(
    tmp_path: Path, open_window: Callable[[Session], MainWindow], qtbot: QtBot, read_only: bool
) -> None:
    path = tmp_path / "one.gpkg"
    create_store(path, project_from("AAA? / aaaa"), actor="planner", at=NOW).close()
    store = storage.open(path, read_only=read_only)
    session = Session(store, actor="planner", desk="desk 1", clock=lambda: NOW)
    window = open_window(session)
    desk, before = window.desk, session.state.saved_project

    window.search.start()
    qtbot.keyClicks(window.search, "assumptions")
    qtbot.keyClick(window.search, Qt.Key.Key_Return)
    (dialog,) = window.findChildren(AssumptionsDialog)
    assert dialog.ok.isVisible() != read_only
    assert dialog.about.text().endswith(WHY) == read_only
    field = dialog.singles["speed_mph"]
    said = field.fontMetrics().horizontalAdvance(field.text())
    assert field.lineEdit().width() > said
    field.selectAll()
    qtbot.keyClicks(field, "31")
    cancel = dialog.buttons.button(QDialogButtonBox.StandardButton.Cancel)
    qtbot.mouseClick(cancel if read_only else dialog.ok, Qt.MouseButton.LeftButton)
    assert not dialog.isVisible()
    assert session.state.saved_project.assumptions.speed_mph == (28 if read_only else 31)

    window.tabs.show_table(window.checks)
    panel = window.checks
    fixes = [panel.table.index(at, FIX).data() for at in range(panel.table.rowCount())]
    assert any("School r1c4" in fix for fix in fixes) != read_only
    assert any(fixes) != read_only

    desk.notices.hide()
    window.search.start()
    qtbot.keyClicks(window.search, "sick")
    (hit,) = (one for one in window.search.every() if one.key == "call_out")
    assert hit.unavailable_reason == (WHY if read_only else "")
    qtbot.keyClick(window.search, Qt.Key.Key_Return)
    assert (desk.notices.text.text() == WHY) == read_only
    assert (window.workspace == "shifts") != read_only
    if read_only:
        assert session.state.saved_project is before
        bar_forbidden_actions(desk.actions, session)
        lines = [one for one in window.bar.actions() if one.isSeparator() and one.isVisible()]
        assert len(lines) == 1, "nothing stands between the two"
        names = desk.actions.specs
        barred = {name for name in names if find_required_right(desk.actions, name) == "edit"}
        assert {"adopt", "tool_brush", "lock"} <= barred
        for workspace in WORKSPACES:
            window.show_workspace(workspace)
            QApplication.processEvents()
            for button in window.findChildren(QToolButton):
                named = [one for one in barred if desk.actions[one] is button.defaultAction()]
                assert not (button.isVisible() and named), (workspace, named)
            dead = [
                button.text()
                for button in window.findChildren(QPushButton)
                if button.isVisible() and button.text() in ("Add", "Import…", "Propose", "Log it")
            ]
            assert dead == [], workspace
    session.close()
