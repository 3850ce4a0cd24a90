"""A bar that floats over a page and takes no room from it."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, QPoint, QRect
from PySide6.QtGui import QFontMetrics, QIcon
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from zoneplanner.ui.widgets.layout.basic_widgets import PlainTextLabel, make_row_layout
from zoneplanner.ui.widgets.style.theme import GRID_PX, PANEL_MARGIN_PX

_MOVED = (QEvent.Type.Resize, QEvent.Type.Move, QEvent.Type.Show, QEvent.Type.Hide)
_SIGN_PX = 18
_ABOVE_EDGE_PX = 40
"""So far above the lower edge the scale bar and the credits of the map stay in sight."""


class FloatingBar(QFrame):
    """A sign, a text and what follows it, as wide as the text needs where there is room.

    It follows the page that it floats over: ``place`` is called whenever that changes.
    """

    def __init__(self, parent: QWidget, icon: Callable[..., QIcon], name: str) -> None:
        super().__init__(parent)
        self._on = self._over = parent
        self._icon = icon
        self.setObjectName(name)
        self.setAutoFillBackground(True)
        self._sign = PlainTextLabel()
        self.text = PlainTextLabel()
        self.text.setWordWrap(True)
        self._rows = QVBoxLayout(self)
        self._rows.setSpacing(GRID_PX)
        parent.installEventFilter(self)
        self.hide()

    def place(self) -> None:
        """Take a place over the page for the text as it is now."""
        raise NotImplementedError

    def lay_out(self, beside: Sequence[QWidget], below: QWidget) -> None:
        """Put widgets beside the text, and one below all of them."""
        row = make_row_layout(self._sign, self.text, *beside)
        row.setStretchFactor(self.text, 1)
        self._rows.addLayout(row)
        self._rows.addWidget(below)

    def show_sign(self, icon: str, role: str) -> None:
        """Show an icon before the text, in a color of the theme."""
        self._sign.setPixmap(self._icon(icon, role).pixmap(_SIGN_PX, _SIGN_PX))

    def stand_over(self, part: QWidget) -> None:
        """Float over a part of what the bar is put on, where that is shown."""
        self._over = part
        part.installEventFilter(self)

    @property
    def page(self) -> QWidget:
        """What the bar floats over now."""
        return self._over if self._over.isVisible() else self._on

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay in place as the page changes."""
        if event.type() in _MOVED:
            self.place()
        return False

    def fit_over(self, page: QWidget, gap_px: int, *, least_px: int = 0, most_px: int) -> QRect:
        """Return the geometry near the lower edge of a page, in the middle of it."""
        self._rows.activate()
        others = self._rows.minimumSize().width() - self.text.minimumSizeHint().width()
        text_px = QFontMetrics(self.text.font()).horizontalAdvance(self.text.text())
        room = min(page.width() - 2 * PANEL_MARGIN_PX, most_px)
        wide = max(1, min(room, max(text_px + others + gap_px, least_px)))
        corner = page.mapTo(self._on, QPoint(0, 0))
        left = corner.x() + (page.width() - wide) // 2
        high = self._rows.totalHeightForWidth(wide)
        down = max(PANEL_MARGIN_PX, page.height() - high - _ABOVE_EDGE_PX)
        return QRect(left, corner.y() + down, wide, high)
