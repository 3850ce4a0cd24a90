"""Requirements are recorded in the matrix and totaled by week and by owner."""

from collections.abc import Callable

import pytest
from builders import project_from
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from zoneplanner.app.log.logbook import log_record
from zoneplanner.app.readiness.requirements import format_requirement_owner
from zoneplanner.app.session.session import Session
from zoneplanner.domain.project import Project
from zoneplanner.domain.readiness.follow_up import CONCERN
from zoneplanner.domain.readiness.requirement_names import name_requirement
from zoneplanner.domain.readiness.requirements import PLAN_REVIEW, Requirement
from zoneplanner.ui.readiness.readiness_panel import ReadinessMatrix
from zoneplanner.ui.readiness.requirements_table import RequirementsTable
from zoneplanner.ui.widgets.services.ui_context import UiContext


@pytest.fixture
def session(open_session: Callable[[Project], Session]) -> Session:
    made = open_session(project_from("AB"))
    log_record(
        made, "concern", {"site": "r1c1", "reference": "26-1", "received_at": "2026-11-12T08:00"}
    )
    return made


def find_cell(matrix: ReadinessMatrix, site: str, kind: str) -> QModelIndex:
    row = next(
        at
        for at in range(matrix.sorted.rowCount())
        if matrix.sorted.row_of(matrix.sorted.index(at, 0)).key == site
    )
    return matrix.sorted.index(row, matrix._kinds.index(kind))


def test_each_open_cell_has_a_record_button_and_enter_does_the_same(
    desk: UiContext, qtbot: QtBot
) -> None:
    asked: list[Requirement] = []
    matrix = ReadinessMatrix(desk, asked.append)
    qtbot.addWidget(matrix)
    matrix.resize(1000, 300)
    with qtbot.waitSignal(desk.readiness.was_read, timeout=20_000):
        matrix.show()
    at = find_cell(matrix, "r1c2", "plan_review")
    matrix.view.entered.emit(at)
    assert matrix.record.isVisible()
    name = f"{name_requirement(PLAN_REVIEW)}, School r1c2"
    assert name in matrix.record.accessibleName()
    assert matrix.view.visualRect(at).contains(matrix.record.geometry().center())
    words = 28 + matrix.view.fontMetrics().horizontalAdvance(str(at.data()))  # with its mark
    for wide in (words + 200, words + 30):
        matrix.view.setColumnWidth(at.column(), wide)
        matrix.view.entered.emit(at)
        free = matrix.view.visualRect(at).adjusted(words, 0, 0, 0)
        assert free.contains(matrix.record.geometry()), wide
        assert name in matrix.record.accessibleName()
    matrix.record.click()
    assert [(one.site, one.kind) for one in asked] == [("r1c2", "plan_review")]
    matrix.view.entered.emit(matrix.sorted.index(at.row(), 0))
    assert not matrix.record.isVisible(), "the column of names has nothing to record"
    matrix.view.setCurrentIndex(find_cell(matrix, "r1c1", "plan_review"))
    QTest.keyClick(matrix.view, Qt.Key.Key_Return)
    assert (asked[-1].site, asked[-1].kind) == ("r1c1", "plan_review")


def test_open_requirements_are_totaled_by_week_and_owner_and_open_to_their_rows(
    desk: UiContext, qtbot: QtBot
) -> None:
    asked: list[Requirement] = []
    table = RequirementsTable(desk, asked.append)
    qtbot.addWidget(table)
    table.resize(1000, 400)
    with qtbot.waitSignal(desk.readiness.was_read, timeout=20_000):
        table.show()
    every = table.table.rowCount()
    for by in ("week", "owner"):
        table.shown.setCurrentIndex(table.shown.findData(by))
        rows = [table.table.row(at) for at in range(table.table.rowCount())]
        assert sum(len(row.items) for row in rows) == every
    owners = {row.key: row for row in rows}
    items = [item for row in owners.values() for item in row.items]
    assert {item.kind for item in items} >= {PLAN_REVIEW, CONCERN}
    assert all(format_requirement_owner(item) == owner for owner, row in owners.items()
               for item in row.items)  # fmt: skip
    table.shown.setCurrentIndex(table.shown.findData("plan"))
    rows = [table.table.row(at) for at in range(table.table.rowCount())]
    assert sorted(row.key for row in rows) == ["r1c1", "r1c2"]
    assert all(row.standing.points and row.points_text for row in rows)
    table.view.setCurrentIndex(table.sorted.index(0, 0))
    table.open_button.click()
    assert asked[0].kind == "plan_review"
    table.shown.setCurrentIndex(table.shown.findData("owner"))
    table.view.setCurrentIndex(table.sorted.index(0, 0))
    name = table.view.current_row().name
    table.view.opened.emit(name)
    assert table.shown.currentData() == "open" and table.filter.text() == name
    assert table.sorted.rowCount() == len(owners[name].items)
