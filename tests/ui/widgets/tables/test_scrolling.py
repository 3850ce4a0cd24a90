"""Tables scroll by moving painted pixels."""

from PySide6.QtCore import QEvent, QObject, QPoint
from PySide6.QtGui import QIcon, QPaintEvent, QRegion, QStandardItemModel
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from zoneplanner.ui.widgets.style.theme import THEMES, apply_theme
from zoneplanner.ui.widgets.tables.table_model import Column, TableModel
from zoneplanner.ui.widgets.tables.table_view import TableView


class PaintRecorder(QObject):
    """Records the painted area of a widget, and the height of each painted part."""

    def __init__(self) -> None:
        super().__init__()
        self.area = QRegion()
        self.heights: list[int] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QPaintEvent):
            self.area += event.region()
            self.heights += [part.height() for part in event.region()]
        return False


def test_scrolling_a_step_paints_only_new_rows_in_each_theme(
    looks: QApplication, qtbot: QtBot
) -> None:
    view = TableView("Rows", lambda _: QIcon())
    view.setModel(QStandardItemModel(200, 3))
    view.resize(600, 600)
    qtbot.addWidget(view)
    view.show()
    qtbot.waitExposed(view)
    painted = PaintRecorder()
    view.viewport().installEventFilter(painted)
    for theme in ("light", "dark", "light"):
        apply_theme(looks, THEMES[theme])
        for _ in range(4):
            QApplication.processEvents()
        painted.heights.clear()
        bar = view.verticalScrollBar()
        bar.setValue(bar.value() + 28)
        QApplication.processEvents()
        assert painted.heights and max(painted.heights) <= 56, theme


def test_a_row_that_is_no_longer_selected_is_painted_beyond_its_last_column(
    looks: QApplication, qtbot: QtBot
) -> None:
    view = TableView("Rows", lambda _: QIcon())
    table = TableModel((Column("Name", str), Column("Size", len, figure=True)), str, view)
    table.show(("a", "b"))
    view.setModel(table)
    view.resize(600, 300)
    qtbot.addWidget(view)
    view.show()
    qtbot.waitExposed(view)
    view.fit_columns()
    end = QPoint(590, view.rowViewportPosition(0) + 5)
    assert view.columnAt(end.x()) < 0, "no column is there"
    for key in ("a", "b", None):
        view.select_key("a")
        QApplication.processEvents()
        painted = PaintRecorder()
        view.viewport().installEventFilter(painted)
        view.select_key(key)
        QApplication.processEvents()
        assert painted.area.contains(end) is (key != "a"), key
