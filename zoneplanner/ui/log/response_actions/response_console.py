"""The console of a response action: all of it in one window that may stand on another screen.

A key each for the first calls of a lockdown: pressed once, the time stands in its place.
"""

import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QKeyEvent, QShortcut
from PySide6.QtWidgets import (
    QAbstractButton,
    QDialog,
    QFrame,
    QGridLayout,
    QLabel,
    QLayout,
    QPushButton,
    QToolButton,
    QWidget,
)

from zoneplanner.app.log.response_actions import (
    COMMAND_STEPS,
    log_command_time,
    void_command_time,
)
from zoneplanner.domain.log.journal import JournalEntry
from zoneplanner.domain.log.office_entries import CommandEntry
from zoneplanner.domain.log.record_schema import format_choice
from zoneplanner.domain.log.response_actions import ResponseAction
from zoneplanner.ui.log.response_actions.response_action_rows import (
    ResponseActionReader,
    ResponseActionRow,
    describe_bell,
    describe_nearby,
    may_change_actions,
)
from zoneplanner.ui.widgets.inputs.accidental_input import EventDelays
from zoneplanner.ui.widgets.layout.basic_widgets import (
    PlainTextLabel,
    WrappedLabel,
    compact_button,
    make_column_layout,
    make_muted_label,
    make_row_layout,
    make_section_label,
    push_button,
)
from zoneplanner.ui.widgets.layout.window_geometry import find_frame_interior
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import (
    GRID_PX,
    SPACING_PX,
    WIDE_MARGIN_PX,
    make_heading_font,
    make_live_font,
)
from zoneplanner.ui.widgets.tables.record_actions import RecordActions

_DIGITS = len(COMMAND_STEPS)


class CommandTimes(QWidget):
    """A button a call; in the console by digits too, elsewhere these stamp units and are not shown.

    A time that is there stays; Void beside it takes one back that a slip logged, and so does Z in
    the console for the last one of this sitting.
    """

    def __init__(self, desk: UiContext, *, columns: int, by_digits: bool) -> None:
        super().__init__()
        self._desk, self._by_digits = desk, by_digits
        self._action: ResponseAction | None = None
        self._times: Mapping[str, CommandEntry] = {}
        self._logged: list[str] = []
        self.buttons: dict[str, QPushButton] = {}
        self.voids: dict[str, QAbstractButton] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(GRID_PX)
        for at, told in enumerate(COMMAND_STEPS):
            button = self.buttons[told] = compact_button("", "", partial(self.log, told))
            back = self.voids[told] = self._make_void_button(told)
            row = make_row_layout((button, 1), back, spacing_px=GRID_PX)
            grid.addLayout(row, at // columns, at % columns)
        for column in range(columns):
            grid.setColumnStretch(column, 1)

    def _make_void_button(self, told: str) -> QAbstractButton:
        """Return a button that takes a time back; in a card there is room for its sign alone."""
        void = partial(self.void, told)
        button: QAbstractButton = compact_button("Void", "", void)
        if not self._by_digits:
            button = QToolButton()
            button.setIcon(self._desk.icons("undo"))
            button.setAutoRaise(True)
            button.clicked.connect(lambda _=False: void())
        button.hide()
        return button

    def put(self, action: ResponseAction, times: Mapping[str, CommandEntry]) -> None:
        """Show the times of an action's call."""
        self._action, self._times = action, times
        session = self._desk.session
        zone = ZoneInfo(session.project.time_zone)
        for number, (told, button) in enumerate(self.buttons.items(), start=1):
            name, entry = format_choice(told), times.get(told)
            button.setEnabled(entry is None)
            back = self.voids[told]
            back.setVisible(entry is not None and not self._denied)
            back.setAccessibleName(f"Void {name}")
            by_key = " (Z)" if self._by_digits and self._logged[-1:] == [told] else ""
            back.setToolTip(f"{name} was logged by mistake; the time no longer counts{by_key}")
            if entry is None:
                button.setText(f"{number}  {name}" if self._by_digits else name)
                button.setToolTip(f"Log that this was done now: {name}")
            else:
                clock = session.formats.clock(entry.at.astimezone(zone), seconds=self._by_digits)
                button.setText(f"✓ {name} {clock.partition(' ')[0]}")
                button.setToolTip(
                    "Logged. To take it back, press Void; to correct it, go to Entries."
                )
        self.setVisible(bool(action.incident))

    @property
    def _denied(self) -> bool:
        return bool(self._desk.session.explain_denied_log())

    def log(self, told: str, waited_ms: int = 0) -> None:
        """Log that somebody was told, when its key was pressed; a second time says nothing more."""
        action = self._action
        if action is None or not action.incident or not self.buttons[told].isEnabled():
            return
        self._logged.append(told)
        session = self._desk.session
        pressed = session.clock() - timedelta(milliseconds=waited_ms)
        at = max(pressed, action.began_at) if waited_ms >= _SECOND_MS else None
        if not self._desk.attempt(partial(log_command_time, session, action, told, at)):
            self._logged.remove(told)

    def void(self, told: str) -> None:
        """Take a time back; its key logs another one."""
        entry = self._times.get(told)
        self._logged = [one for one in self._logged if one != told]
        if entry is not None:
            self._desk.attempt(partial(void_command_time, self._desk.session, entry))

    def void_last(self) -> None:
        """Take the last time back that was logged here."""
        if self._logged:
            self.void(self._logged[-1])

    def press(self, key: int, waited_ms: int = 0) -> bool:
        """Log by a digit, take the last one back by Z; False for another key.

        ``waited_ms`` is how long the key waited while something else was written.
        """
        if key == Qt.Key.Key_Z:
            self.void_last()
            return True
        at = key - Qt.Key.Key_1
        if not 0 <= at < _DIGITS:
            return False
        self.log(COMMAND_STEPS[at], waited_ms)
        return True

    def claim(self, event: QEvent) -> bool:
        """Take a digit or Z before it is one of the queue's shortcuts; False for anything else."""
        owns = (
            self._by_digits
            and event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
            and (event.key() == Qt.Key.Key_Z or 0 <= event.key() - Qt.Key.Key_1 < _DIGITS)
        )
        if owns:
            event.accept()
        return owns

    def event(self, event: QEvent) -> bool:
        """Keep the digits while a button has the keys."""
        return self.claim(event) or super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Log by a digit."""
        if event.isAutoRepeat() or not (self._by_digits and self.press(event.key())):
            super().keyPressEvent(event)


_WIDE_PX, _SECOND_MS = 720, 1000
_ASIDE_PX, _ABOVE_FOOT_PX = 12, 64
"""Between the edge of the window and the console; above the status line is its title, too."""
_LATER_PX = 72
"""Room for what a unit that is sent adds: which one it is, and what is left without it."""
_BAND_MARGINS_PX = (WIDE_MARGIN_PX, SPACING_PX, WIDE_MARGIN_PX, SPACING_PX)
_KEYS_HELP = (
    "Press 1–7 to log a time now, Z to take back the last one, J to begin a new "
    "call. This only keeps a record; it alerts no one."
)
_NO_BELL, _NO_SCHOOL = "No more bells at this school today.", "No school today."


class ResponseConsole(QDialog):
    """The district's words, the clock, a key a time, units, what is left, and schools near by."""

    def __init__(
        self, desk: UiContext, records: RecordActions, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._desk, self._records = desk, records
        self._rows = ResponseActionReader(desk.session, desk.calls)
        self._delays = EventDelays()
        self.row: ResponseActionRow | None = None
        self.setModal(False)
        # the first button that can be pressed may be a Void, which Space would press
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFocus()
        self.setMinimumWidth(_WIDE_PX)
        band = QFrame()
        band.setObjectName("lockdown_band")
        self.title, self.clock = PlainTextLabel(), QLabel()
        self.title.setFont(make_heading_font())
        self.clock.setFont(make_live_font())
        make_row_layout((self.title, 1), self.clock, parent=band, margins_px=_BAND_MARGINS_PX)
        self.text = WrappedLabel()
        self.text.setFont(make_heading_font())
        self.times = CommandTimes(desk, columns=2, by_digits=True)
        self.units, self.left, self.bell = (WrappedLabel() for _ in range(3))
        self.near = WrappedLabel()
        self.page = push_button(
            "Campus &page",
            "The response page of this campus with its grid, in a separate window (P)",
            self._show_page,
        )
        end = desk.actions["end_response"].shortcuts()
        self.ended = push_button(
            f"End…  ({end[0].toString()})", "Record the all-clear: who gave it, and when", self._end
        )
        for keys in end:
            QShortcut(keys, self).activated.connect(self._end)
        for keys in desk.actions["new_incident"].shortcuts():
            QShortcut(keys, self).activated.connect(self._begin_call)
        self._column = make_column_layout(
            self,
            *(band, self.text, self.times, self.units, self.left, self.bell),
            *(make_section_label("Schools within a mile"), self.near, None),
            make_row_layout(
                (make_muted_label(_KEYS_HELP), 1),
                self.page,
                self.ended,
            ),
            margin_px=WIDE_MARGIN_PX,
            spacing_px=SPACING_PX,
        )
        self._column.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        desk.bridge.logged.connect(self._follow)
        desk.clock.ticked.connect(self.tick)

    def refresh(self) -> None:
        """Read the action that asks most; the window closes once none goes on."""
        rows = self._rows.read()
        known = self.row.action.uid if self.row else ""
        row = next((one for one in rows if one.action.uid == known), rows[0] if rows else None)
        self.row = row
        if row is None:
            self.close()
            return
        title = f"{row.title} at {row.place}, {row.since}"
        self.setWindowTitle(title)
        self.title.setText(title)
        self.text.setText(row.meaning)
        self.times.put(row.action, row.times)
        self.units.setText(row.units)
        self.left.setText(row.left)
        self.left.setVisible(bool(row.left))
        session, action = self._desk.session, row.action
        bell = describe_bell(session, action.site)
        self.bell.setText(f"At this school: {bell}." if bell else self._explain_no_bell())
        self.near.setText("\n".join(describe_nearby(session, action)) or "None.")
        # Qt would have it as high as if all texts were wrapped as narrowly as they can be
        self.setMinimumHeight(min(self._column.totalHeightForWidth(_WIDE_PX), self._most_px()))
        self._desk.clock.renew()

    def place_aside(self, left_px: int) -> None:
        """Stand at the lower right of the window: the form of a call and the units stay in sight.

        ``left_px`` of the window at its left are kept free, also in a narrow one, as far as the
        screen goes.
        """
        below = self.parentWidget()
        assert below is not None
        self.resize(_WIDE_PX, min(self.minimumHeight() + _LATER_PX, self._most_px()))
        room, screen = below.window().geometry(), below.screen().availableGeometry()
        free = room.bottomRight() - self.rect().bottomRight() - QPoint(_ASIDE_PX, _ABOVE_FOOT_PX)
        x = max(free.x(), room.left() + left_px + _ASIDE_PX)
        x = max(screen.left(), min(x, screen.right() - self.width()))
        self.move(x, max(screen.top(), free.y()))

    def _most_px(self) -> int:
        return find_frame_interior(self.screen().availableGeometry()).height()

    def _explain_no_bell(self) -> str:
        session = self._desk.session
        return _NO_BELL if session.project.calendar.day_kind(session.today) else _NO_SCHOOL

    def tick(self, now: datetime) -> None:
        """Let the clock go on."""
        if self.row is not None:
            self.clock.setText(self.row.clock(now))

    def event(self, event: QEvent) -> bool:
        """Keep digits, Z and P from being shortcuts of the window behind the console."""
        override = event.type() == QEvent.Type.ShortcutOverride
        if override and isinstance(event, QKeyEvent) and self._asks_for_page(event):
            event.accept()
            return True
        return self.times.claim(event) or super().event(event)

    def _asks_for_page(self, event: QKeyEvent) -> bool:
        plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        return plain and event.key() == Qt.Key.Key_P and not event.isAutoRepeat()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Log a time by its digit, Z voids the last, P opens the campus page; Esc ends nothing."""
        if self._asks_for_page(event):
            self.page.click()
            return
        plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        waited_ms = self._delays.waited_ms(event.timestamp(), time.monotonic_ns() // 1_000_000)
        if event.isAutoRepeat() or not (plain and self.times.press(event.key(), waited_ms)):
            super().keyPressEvent(event)

    def _follow(self, entries: tuple[JournalEntry, ...]) -> None:
        if self.isVisible() and may_change_actions(entries, running=True):
            self.refresh()

    def _show_page(self) -> None:
        """Show the page of the campus where the action goes on."""
        if self.row is not None:
            self._desk.bridge.select(site=self.row.action.site)
            self._desk.actions["show_campus_page"].trigger()

    def _begin_call(self) -> None:
        """Give the window behind the keys for the next call; the console stays open."""
        if (below := self.parentWidget()) is not None:
            below.window().activateWindow()
        self._desk.actions["new_incident"].trigger()

    def _end(self) -> None:
        if self.row is not None:
            self._records.end(self.row.action.uid, self)
