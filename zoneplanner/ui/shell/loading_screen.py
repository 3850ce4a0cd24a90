"""What the window shows before its project is there: the map's ground and one line."""

from collections.abc import Callable, Mapping

from PySide6.QtCore import QRect, Qt, QTimer, Signal
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

_BAR_PX, _SIDE_PX, _TABLE_SHARE = 39, 380, 0.35
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
        rows.setContentsMargins(_SIDE_PX // 2, _BAR_PX, _SIDE_PX // 2, _SIDE_PX // 2)

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
        """Draw where bar, map, card and tables will be."""
        painter = QPainter(self)
        try:
            theme, area = self._theme, self.rect()
            painter.fillRect(area, theme.color("window"))
            table = round(area.height() * _TABLE_SHARE)
            land = QRect(0, _BAR_PX, area.width() - _SIDE_PX, area.height() - _BAR_PX - table)
            painter.fillRect(land, theme.color("land"))
            painter.fillRect(QRect(0, land.bottom(), land.width(), table), theme.color("base"))
            painter.setPen(theme.color("border"))
            painter.drawLine(0, _BAR_PX, area.width(), _BAR_PX)
            painter.drawLine(land.right(), _BAR_PX, land.right(), area.height())
            painter.drawLine(0, land.bottom(), land.right(), land.bottom())
        finally:
            painter.end()
        if not self._painted:
            self._painted = True
            QTimer.singleShot(0, self, self.first_painted.emit)
