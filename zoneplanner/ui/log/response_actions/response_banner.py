"""The band above the map while a response action goes on anywhere, in every workspace."""

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QLabel, QWidget

from zoneplanner.domain.log.journal import JournalEntry
from zoneplanner.domain.log.response_actions import URGENT_ACTIONS
from zoneplanner.ui.log.response_actions.response_action_rows import (
    ResponseActionReader,
    ResponseActionRow,
    may_change_actions,
)
from zoneplanner.ui.widgets.layout.basic_widgets import (
    Banner,
    PlainTextLabel,
    WrappedLabel,
    compact_button,
    escape_tooltip,
    make_row_layout,
)
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import (
    GRID_PX,
    PANEL_MARGIN_PX,
    SPACING_PX,
    make_live_font,
    make_strong_font,
    set_style_state,
)

_SIGN_PX, _BAND_PX = 18, 44
_LINES_PX, _LINES_BELOW_PX = 48, 1600
"""Three lines are kept free in a narrower window: the map would move down with the first unit."""
_NAMED = 3


class ResponseActionBanner(Banner):
    """Says which school has called what, who was sent, and what is left with them away.

    ``marked`` carries the names of the actions that go on, by site; ``asked`` the uid of the one
    to be shown in the console, ``ending`` of the one whose all-clear is to be recorded.
    """

    marked = Signal(object)
    asked = Signal(str)
    ending = Signal(str)

    def __init__(self, desk: UiContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._read = ResponseActionReader(desk.session, desk.calls)
        self.rows: list[ResponseActionRow] = []
        self.setObjectName("response")
        self.setAccessibleName("Response action in progress")
        self._sign = QLabel()
        self.title = PlainTextLabel()
        self.title.setFont(make_strong_font())
        self.clock = QLabel()
        self.clock.setFont(make_live_font())
        self.text = _ClickedLabel(selectable=False)
        self.text.clicked.connect(self._show)
        self.show_button = compact_button(
            "Show", "Select the school, and show its card with the times to record", self._show
        )
        self.show_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # the digits stay as they are
        self.end_button = compact_button(
            "End…", "Record the all-clear: who gave it, and when", self._end
        )
        if desk.session.explain_denied_log():
            self.end_button.hide()  # shown without a parent it would be a window of its own
        said = (self._sign, self.title, (self.text, 1), self.clock)
        margins_px = (PANEL_MARGIN_PX, GRID_PX, SPACING_PX, GRID_PX)
        buttons = (self.show_button, self.end_button)
        make_row_layout(*said, *buttons, parent=self, margins_px=margins_px)
        self.setMinimumHeight(_BAND_PX)
        desk.clock.ticked.connect(self.tick)
        desk.bridge.logged.connect(self._follow)
        desk.bridge.project_changed.connect(self._renew)
        self.refresh()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep room for all lines before they are needed."""
        self.text.setMinimumHeight(_LINES_PX if event.size().width() < _LINES_BELOW_PX else 0)
        super().resizeEvent(event)

    def refresh(self) -> None:
        """Read anew what goes on; without an action the band is gone."""
        self.rows = self._read.read()
        marks: dict[str, tuple[str, ...]] = {}
        for row in self.rows:
            site = row.action.site
            marks[site] = (*marks.get(site, ()), row.action.action)
        self.marked.emit(marks)
        self.setVisible(bool(self.rows))
        if not self.rows:
            self._desk.clock.watch(self, seen=False)
            return
        first = self.rows[0]
        urgent = any(row.action.action in URGENT_ACTIONS for row in self.rows)
        set_style_state(self, "urgent", urgent, self.findChildren(QLabel))
        icon = self._desk.icons("incident", "on_live" if urgent else "live")
        self._sign.setPixmap(icon.pixmap(_SIGN_PX, _SIGN_PX))
        self.title.setText(f"{first.title} at {first.place}, {first.since}")
        said = filter(None, (first.units, first.left, first.untold))
        self.text.setText(f"{' '.join(said)}{_others(self.rows[1:])}")
        every = (f"{row.title} at {row.place}" for row in self.rows)
        self.text.setToolTip(escape_tooltip("\n".join((self.text.text(), *every))))
        self.setAccessibleDescription(f"{self.title.text()}. {self.text.text()}")
        self._desk.clock.watch(self, seen=True)
        self._desk.clock.renew()

    def tick(self, now: datetime) -> None:
        """Let the clock go on."""
        if self.rows:
            self.clock.setText(self.rows[0].clock(now))

    def _follow(self, entries: tuple[JournalEntry, ...]) -> None:
        if may_change_actions(entries, running=bool(self.rows)):
            self.refresh()

    def _renew(self, _event: object) -> None:
        if self.rows:
            self.refresh()

    def _show(self) -> None:
        self._desk.actions["go_log"].trigger()
        action = self.rows[0].action
        self._desk.bridge.select(site=action.site)
        QTimer.singleShot(0, self, lambda: self.asked.emit(action.uid))  # once the queue is shown

    def _end(self) -> None:
        self.ending.emit(self.rows[0].action.uid)


class _ClickedLabel(WrappedLabel):
    """A text that a click follows."""

    clicked = Signal()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Follow it by the left button."""
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(
            event.position().toPoint()
        ):
            self.clicked.emit()


def _others(rows: Sequence[ResponseActionRow]) -> str:
    """Name the other actions that go on, the first ones by their schools."""
    named = [f"{row.title} at {row.place}" for row in rows[:_NAMED]]
    more = [f"{len(rows) - _NAMED} more"] if len(rows) > _NAMED else []
    return f" Also in progress: {', '.join([*named, *more])}." if named else ""
