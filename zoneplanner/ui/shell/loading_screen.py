"""What the window shows before its project is open."""

from collections.abc import Callable, Mapping

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from zoneplanner.ui.widgets.layout.basic_widgets import (
    add_layout_parts,
    clear_layout,
    make_column_layout,
    make_heading_label,
    make_hiding_note,
    make_row_layout,
    push_button,
)
from zoneplanner.ui.widgets.style.theme import Theme

_HEADER_PX, _PANEL_PX, _FOOTER_PX, _STATUS_PX = 39, 303, 56, 24
"""The header, the work panel, the closed drawer with the status bar, and the status bar."""
_TEXT_PX = 480
"""Fits in the area of the map."""


class LoadingScreen(QWidget):
    """The empty areas of the window, with a message in place of the map.

    ``first_painted`` is emitted once the screen is visible, so that long work can start.
    """

    first_painted = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme, self._is_painted = theme, False
        self.title = make_heading_label()
        self.text = make_hiding_note()
        for label in (self.title, self.text):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.text.setFixedWidth(_TEXT_PX)
        self.buttons, line = make_row_layout(), make_row_layout(None, self.text, None)
        rows = make_column_layout(self, None, self.title, line, self.buttons, None)
        rows.setContentsMargins(_PANEL_PX, _HEADER_PX, 0, _FOOTER_PX)

    def set_theme(self, theme: Theme) -> None:
        """Draw in a theme's colors."""
        self._theme = theme
        self.update()

    def show_message(
        self, title: str, text: str = "", choices: Mapping[str, Callable[[], object]] | None = None
    ) -> None:
        """Show a title, a sentence, and a button for each choice."""
        self.title.setText(title)
        self.text.setText(text)
        clear_layout(self.buttons)
        if choices:
            buttons = [push_button(name, do=do) for name, do in choices.items()]
            add_layout_parts(self.buttons, (None, *buttons, None))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the areas of the header, work panel, map, drawer and status bar."""
        with QPainter(self) as painter:
            theme, area = self._theme, self.rect()
            painter.fillRect(area, theme.color("window"))
            land = area.adjusted(_PANEL_PX + 1, _HEADER_PX + 1, 0, -_FOOTER_PX)
            painter.fillRect(land, theme.color("land"))
            painter.setPen(theme.color("border"))
            status = area.height() - _STATUS_PX
            painter.drawLine(0, _HEADER_PX, area.width(), _HEADER_PX)
            painter.drawLine(_PANEL_PX, _HEADER_PX, _PANEL_PX, status)
            painter.drawLine(_PANEL_PX, land.bottom() + 1, area.width(), land.bottom() + 1)
            painter.drawLine(0, status, area.width(), status)
        if not self._is_painted:
            self._is_painted = True
            QTimer.singleShot(0, self, self.first_painted.emit)
