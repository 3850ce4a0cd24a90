"""Tables scroll by moving painted pixels."""

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QIcon, QPaintEvent, QStandardItemModel
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from zoneplanner.ui.widgets.style.theme import THEMES, apply_theme
from zoneplanner.ui.widgets.tables.table_view import TableView


class PaintRecorder(QObject):
    """Records the height of each painted part of a widget."""

    def __init__(self) -> None:
        super().__init__()
        self.heights: list[int] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QPaintEvent):
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
