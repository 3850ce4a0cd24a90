"""What the window shows before its project is there: the map's ground and one line."""

from collections.abc import Callable, Mapping

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from zoneplanner.ui.widgets.layout.basic_widgets import (
    add_layout_parts,
    clear_layout,
    make_column_layout,
    make_heading_label,
    make_muted_label,
    make_row_layout,
    push_button,
)
from zoneplanner.ui.widgets.style.theme import Theme

_BAR_PX, _PANEL_PX, _BELOW_PX, _STATUS_PX = 39, 303, 56, 24
"""Header, work panel at the left, below the map its closed drawer with the status line."""
_TEXT_PX = 480
"""Wide enough for a sentence, and within the area of the map."""


class LoadingScreen(QWidget):
    """The window's areas without content. ``tell`` says why there is none, and what to do.

    ``seen`` tells that it was painted for the first time: what takes long may begin then.
    """

    first_painted = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme, self._painted = theme, False
        self.title = make_heading_label()
        self.text = make_muted_label()
        for label in (self.title, self.text):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.text.setWordWrap(True)
        self.text.setFixedWidth(_TEXT_PX)
        self.buttons, line = make_row_layout(), make_row_layout(None, self.text, None)
        rows = make_column_layout(self, None, self.title, line, self.buttons, None)
        rows.setContentsMargins(_PANEL_PX, _BAR_PX, 0, _BELOW_PX)

    def set_theme(self, theme: Theme) -> None:
        """Take other colors."""
        self._theme = theme
        self.update()

    def show_message(
        self, title: str, text: str = "", choices: Mapping[str, Callable[[], object]] | None = None
    ) -> None:
        """Show a title, a sentence and the ways on, by their names."""
        self.title.setText(title)
        self.text.setText(text)
        self.text.setVisible(bool(text))
        clear_layout(self.buttons)
        if choices:
            ways = [push_button(name, do=do) for name, do in choices.items()]
            add_layout_parts(self.buttons, (None, *ways, None))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw where header, panel, map, drawer and status line will be."""
        painter = QPainter(self)
        try:
            theme, area = self._theme, self.rect()
            painter.fillRect(area, theme.color("window"))
            land = area.adjusted(_PANEL_PX + 1, _BAR_PX + 1, 0, -_BELOW_PX)
            painter.fillRect(land, theme.color("land"))
            painter.setPen(theme.color("border"))
            status = area.height() - _STATUS_PX
            painter.drawLine(0, _BAR_PX, area.width(), _BAR_PX)
            painter.drawLine(_PANEL_PX, _BAR_PX, _PANEL_PX, status)
            painter.drawLine(_PANEL_PX, land.bottom() + 1, area.width(), land.bottom() + 1)
            painter.drawLine(0, status, area.width(), status)
        finally:
            painter.end()
        if not self._painted:
            self._painted = True
            QTimer.singleShot(0, self, self.first_painted.emit)
