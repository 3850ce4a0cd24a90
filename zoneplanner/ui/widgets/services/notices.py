"""The bar at the top of the map: it tells what happened and offers what to do next."""

from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from zoneplanner.errors import UserError
from zoneplanner.ui.widgets.layout.basic_widgets import PlainTextLabel
from zoneplanner.ui.widgets.style.theme import CORNER_RADIUS_PX, PANEL_MARGIN_PX

_SIGNS = {
    "info": ("info", "accent"),
    "done": ("check", "good"),
    "problem": ("error", "bad"),
}
_SHOWN_S = 10
UNDER_NOTICES = "under_notices"
"""The object name of the part of a page that a notice may cover."""
_LEAST_PX, _MOST_PX = 320, 760
_MOVED = (QEvent.Type.Resize, QEvent.Type.Move, QEvent.Type.Show, QEvent.Type.Hide)


class NoticeBar(QFrame):
    """One sentence with an offer, a fold-out part and a way to close it.

    It floats over the upper edge of what it is put on and takes no room from it. A problem stays
    until it is closed; what is done goes by itself. A refusal goes with its workspace, as anything
    that is of no other one. ``rewrite`` writes the days of a sentence as the desk does.
    """

    def __init__(
        self,
        parent: QWidget,
        icon: Callable[..., QIcon],
        rewrite: Callable[[str], str] = str,
    ) -> None:
        super().__init__(parent)
        self._rewrite = rewrite
        self._on = self._over = parent
        self._icon = icon
        self._offered: Callable[[], object] | None = None
        self._loud = self._fresh = False
        self.setObjectName("notice")
        self.setAutoFillBackground(True)
        self.setStyleSheet(
            "#notice { background: palette(button); border: 1px solid palette(mid); "
            f"border-radius: {CORNER_RADIUS_PX}px; }}"
        )
        self.setAccessibleName("Notice")
        self._sign = PlainTextLabel()
        self.text = PlainTextLabel()
        self.text.setWordWrap(True)
        self.text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.offer = QPushButton()
        self.more = QToolButton()
        self.more.setText("Details")
        self.more.setCheckable(True)
        self.more.toggled.connect(self._fold)
        self.close_button = QToolButton()
        self.close_button.setAutoRaise(True)
        self.close_button.setAccessibleName("Close notice")
        self.close_button.setToolTip("Close")
        self.close_button.clicked.connect(self.hide)
        self.details = PlainTextLabel()
        self.details.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.details.setWordWrap(True)
        self._lay_out()
        self._clock = QTimer(self)
        self._clock.setSingleShot(True)
        self._clock.timeout.connect(self.hide)
        self.offer.clicked.connect(self._take_offer)
        parent.installEventFilter(self)
        self.hide()

    def stand_over(self, part: QWidget) -> None:
        """Float over a part of what the bar is put on, where that is shown.

        A page that has choices at its top names what lies below them ``UNDER_NOTICES``, so that
        none is covered.
        """
        self._over = part
        part.installEventFilter(self)

    def show_notice(
        self,
        text: str,
        *,
        sign: str = "info",
        offer: str = "",
        on_offer: Callable[[], object] | None = None,
        details: Mapping[str, Any] | None = None,
        stays: bool = False,
    ) -> None:
        """Show a sentence. ``sign`` is info, done or problem; ``offer`` names a button."""
        name, role = _SIGNS[sign]
        self._sign.setPixmap(self._icon(name, role).pixmap(18, 18))
        self.close_button.setIcon(self._icon("close"))
        text = self._rewrite(text)
        self.text.setText(text)
        self.setAccessibleDescription(text)
        self._offered, self._loud = on_offer, stays and sign == "problem"
        self._fresh = True
        QTimer.singleShot(0, self, self._settle)
        self.offer.setText(offer)
        self.offer.setVisible(bool(offer))
        lines = [
            f"{_words(name)}: {self._rewrite(_said(value))}"
            for name, value in (details or {}).items()
        ]
        self.details.setText("\n".join(lines))
        self.more.setVisible(bool(lines))
        self.more.setChecked(False)
        self._fold(False)
        self.show()
        self.raise_()
        self._clock.stop()
        if not stays:
            self._clock.start(_SHOWN_S * 1000)

    def hide_with_workspace(self) -> None:
        """Go with the workspace that it was told in.

        What is wrong with the project is told in all, and what an act tells comes along where the
        act itself leads to another workspace.
        """
        if not self._loud and not self._fresh:
            self.hide()

    def _settle(self) -> None:
        self._fresh = False

    def show_problem(self, error: UserError) -> None:
        """Show what a person can mend, with its details folded; it was tried in this workspace."""
        self.show_notice(error.message, sign="problem", details=error.details, stays=True)
        self._loud = False

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay in the middle of the upper edge as the room below changes."""
        if event.type() in _MOVED:
            self._place()
        return False

    def _place(self) -> None:
        """Take the width of the text up to what reads well, and the height that it needs."""
        layout = self._rows
        layout.activate()
        others = layout.minimumSize().width() - self.text.minimumSizeHint().width()
        wanted = self.fontMetrics().horizontalAdvance(self.text.text()) + others + PANEL_MARGIN_PX
        page = self._over if self._over.isVisible() else self._on
        below = (part for part in page.findChildren(QWidget, UNDER_NOTICES) if part.isVisible())
        over = next(below, page)
        corner = over.mapTo(self._on, QPoint(0, 0))
        room = over.width() - 2 * PANEL_MARGIN_PX
        wide = max(1, min(room, max(wanted, _LEAST_PX), _MOST_PX))
        left, top = corner.x() + (over.width() - wide) // 2, corner.y() + PANEL_MARGIN_PX
        self.setGeometry(left, top, wide, layout.totalHeightForWidth(wide))

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(8)
        for widget in (self._sign, self.text, self.offer, self.more, self.close_button):
            row.addWidget(widget, 1 if widget is self.text else 0)
        column = self._rows = QVBoxLayout(self)
        column.setContentsMargins(12, 6, 8, 6)
        column.setSpacing(4)
        column.addLayout(row)
        column.addWidget(self.details)

    def _take_offer(self) -> None:
        offered, self._offered = self._offered, None
        self.hide()
        if offered is not None:
            offered()

    def _fold(self, shown: bool) -> None:
        self.details.setVisible(shown)
        self._place()


def _words(name: str) -> str:
    return name.replace("_", " ")


def _said(value: object) -> str:
    """Write a detail for a person: rows and lists without their brackets."""
    if isinstance(value, Mapping):
        return ", ".join(f"{_words(str(name))} {_said(part)}" for name, part in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(_said, value))
    return "nothing" if value is None else str(value)
