"""The banner above the map while a response action is in progress, in every workspace."""

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QLabel

from zoneplanner.domain.log.journal import JournalEntry
from zoneplanner.domain.log.response_action_terms import URGENT_ACTIONS
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

_ICON_PX, _HEIGHT_PX = 18, 44
_TEXT_PX, _WIDE_PX = 48, 1600
"""A narrower window reserves three lines, so that the map does not move with the first unit."""
_MOST_NAMED = 3


class ResponseActionBanner(Banner):
    """Shows the most urgent action with the units sent and the coverage left, and names others."""

    actions_changed = Signal(object)
    """The names of the actions in progress, by site."""
    show_requested = Signal(str)
    """The uid of the action to show in the console."""
    end_requested = Signal(str)
    """The uid of the action whose all-clear is to be recorded."""

    def __init__(self, desk: UiContext) -> None:
        super().__init__()
        self._desk = desk
        self._reader = ResponseActionReader(desk.session, desk.calls)
        self.rows: list[ResponseActionRow] = []
        self.setObjectName("response")
        self.setAccessibleName("Response action in progress")
        self._icon = QLabel()
        self.title = PlainTextLabel()
        self.title.setFont(make_strong_font())
        self.clock = QLabel()
        self.clock.setFont(make_live_font())
        self.text = _ClickableLabel(selectable=False)
        self.text.clicked.connect(self._show)
        self.show_button = compact_button(
            "Show", "Select the school, and show its card with the times to record", self._show
        )
        # a click must not take the focus, which decides what the number keys do
        self.show_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.end_button = compact_button(
            "End…", "Record the all-clear: who gave it, and when", self._end
        )
        if desk.session.explain_denied_log():
            self.end_button.hide()
        texts = (self._icon, self.title, (self.text, 1), self.clock)
        margins_px = (PANEL_MARGIN_PX, GRID_PX, SPACING_PX, GRID_PX)
        buttons = (self.show_button, self.end_button)
        make_row_layout(*texts, *buttons, parent=self, margins_px=margins_px)
        self.setMinimumHeight(_HEIGHT_PX)
        desk.clock.ticked.connect(self.tick)
        desk.bridge.logged.connect(self._follow_entries)
        desk.bridge.project_changed.connect(self._follow_project)
        self.refresh()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Reserve the room for all lines before they are needed."""
        self.text.setMinimumHeight(_TEXT_PX if event.size().width() < _WIDE_PX else 0)
        super().resizeEvent(event)

    def refresh(self) -> None:
        """Show the actions in progress, or hide the banner if there are none."""
        self.rows = self._reader.read()
        actions: dict[str, tuple[str, ...]] = {}
        for row in self.rows:
            site = row.action.site
            actions[site] = (*actions.get(site, ()), row.action.action)
        self.actions_changed.emit(actions)
        self.setVisible(bool(self.rows))
        if not self.rows:
            self._desk.clock.watch(self, seen=False)
            return
        first = self.rows[0]
        urgent = any(row.action.action in URGENT_ACTIONS for row in self.rows)
        set_style_state(self, "urgent", urgent, self.findChildren(QLabel))
        icon = self._desk.icons("incident", "on_live" if urgent else "live")
        self._icon.setPixmap(icon.pixmap(_ICON_PX, _ICON_PX))
        self.title.setText(f"{first.title} at {first.place}, {first.since}")
        parts = filter(None, (str(first.units), first.coverage_left, first.missing_times))
        self.text.setText(f"{' '.join(parts)}{_describe_others(self.rows[1:])}")
        names = (f"{row.title} at {row.place}" for row in self.rows)
        self.text.setToolTip(escape_tooltip("\n".join((self.text.text(), *names))))
        self.setAccessibleDescription(f"{self.title.text()}. {self.text.text()}")
        self._desk.clock.watch(self, seen=True)
        self._desk.clock.renew()

    def tick(self, now: datetime) -> None:
        """Update the clock."""
        if self.rows:
            self.clock.setText(self.rows[0].clock(now))

    def _follow_entries(self, entries: tuple[JournalEntry, ...]) -> None:
        if may_change_actions(entries, running=bool(self.rows)):
            self.refresh()

    def _follow_project(self, _event: object) -> None:
        if self.rows:
            self.refresh()

    def _show(self) -> None:
        self._desk.actions["go_log"].trigger()
        action = self.rows[0].action
        self._desk.bridge.select(site=action.site)
        # after the queue is shown
        QTimer.singleShot(0, self, lambda: self.show_requested.emit(action.uid))

    def _end(self) -> None:
        self.end_requested.emit(self.rows[0].action.uid)


class _ClickableLabel(WrappedLabel):
    """A label that can be clicked like a link."""

    clicked = Signal()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Emit ``clicked`` if the left button is released over the label."""
        inside = self.rect().contains(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and inside:
            self.clicked.emit()


def _describe_others(rows: Sequence[ResponseActionRow]) -> str:
    """Name the other actions in progress, and count those beyond the first few."""
    named = [f"{row.title} at {row.place}" for row in rows[:_MOST_NAMED]]
    more = [f"{len(rows) - _MOST_NAMED} more"] if len(rows) > _MOST_NAMED else []
    return f" Also in progress: {', '.join([*named, *more])}." if named else ""
