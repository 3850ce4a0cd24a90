"""The response console: everything about an action in a window that can be on another screen.

Each of the first calls of a lockdown has a key that records its time.
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
from zoneplanner.domain.log.response_action_terms import ResponseAction
from zoneplanner.messages import Message
from zoneplanner.ui.log.response_actions.response_action_rows import (
    ResponseActionReader,
    ResponseActionRow,
    describe_bell,
    describe_nearby,
    may_change_actions,
)
from zoneplanner.ui.widgets.inputs.accidental_input import EventDelays
from zoneplanner.ui.widgets.layout.basic_widgets import (
    HidingLabel,
    PlainTextLabel,
    WrappedLabel,
    compact_button,
    make_column_layout,
    make_grid_layout,
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
    """A button for each of the first calls; ``by_digits`` adds number keys, as in the console.

    A recorded time stays. The Void button next to it voids it and, with ``by_digits``, Z voids the
    last one recorded here.
    """

    def __init__(self, desk: UiContext, *, columns: int, by_digits: bool) -> None:
        super().__init__()
        self._desk, self._by_digits = desk, by_digits
        self._action: ResponseAction | None = None
        self._times: Mapping[str, CommandEntry] = {}
        self._logged: list[str] = []
        self.buttons: dict[str, QPushButton] = {}
        self.voids: dict[str, QAbstractButton] = {}
        grid = make_grid_layout(self, spacings_px=(GRID_PX, GRID_PX))
        for index, step in enumerate(COMMAND_STEPS):
            button = self.buttons[step] = compact_button("", "", partial(self.log, step))
            void_button = self.voids[step] = self._make_void_button(step)
            row = make_row_layout((button, 1), void_button, spacing_px=GRID_PX)
            grid.addLayout(row, index // columns, index % columns)
        for column in range(columns):
            grid.setColumnStretch(column, 1)

    def _make_void_button(self, step: str) -> QAbstractButton:
        """Return a button that voids a time; in a card it is only an icon."""
        void = partial(self.void, step)
        button: QAbstractButton = compact_button("Void", "", void)
        if not self._by_digits:
            button = QToolButton()
            button.setIcon(self._desk.icons("undo"))
            button.setAutoRaise(True)
            button.clicked.connect(lambda _=False: void())
        button.hide()
        return button

    def show_times(self, action: ResponseAction, times: Mapping[str, CommandEntry]) -> None:
        """Show the recorded times of an action's call."""
        self._action, self._times = action, times
        session = self._desk.session
        zone, is_denied = ZoneInfo(session.project.time_zone), session.explain_denied_log()
        for number, (step, button) in enumerate(self.buttons.items(), start=1):
            name, entry = format_choice(step), times.get(step)
            button.setEnabled(entry is None)
            void_button = self.voids[step]
            void_button.setVisible(entry is not None and not is_denied)
            void_button.setAccessibleName(f"Void {name}")
            key = " (Z)" if self._by_digits and self._logged[-1:] == [step] else ""
            void_button.setToolTip(f"{name} was logged by mistake; the time no longer counts{key}")
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

    def log(self, step: str, waited_ms: int = 0) -> None:
        """Log when a call was made, unless it is recorded already.

        ``waited_ms`` is how long the key press waited while the program was busy.
        """
        action = self._action
        if action is None or not action.incident or not self.buttons[step].isEnabled():
            return
        self._logged.append(step)
        session = self._desk.session
        pressed = session.clock() - timedelta(milliseconds=waited_ms)
        at = max(pressed, action.began_at) if waited_ms >= _SECOND_MS else None
        if not self._desk.attempt(partial(log_command_time, session, action, step, at)):
            self._logged.remove(step)

    def void(self, step: str) -> None:
        """Void a time, so that its key can log another one."""
        entry = self._times.get(step)
        self._logged = [other for other in self._logged if other != step]
        if entry is not None:
            self._desk.attempt(partial(void_command_time, self._desk.session, entry))

    def press(self, key: int, waited_ms: int = 0) -> bool:
        """Log a time by its number key, or void the last one by Z; return False for other keys."""
        if key == Qt.Key.Key_Z:
            if self._logged:
                self.void(self._logged[-1])
            return True
        index = key - Qt.Key.Key_1
        if not 0 <= index < _DIGITS:
            return False
        self.log(COMMAND_STEPS[index], waited_ms)
        return True

    def claim(self, event: QEvent) -> bool:
        """Keep number keys and Z from triggering the queue's shortcuts; return whether it did."""
        is_own_key = (
            self._by_digits
            and event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and _has_no_modifiers(event)
            and (event.key() == Qt.Key.Key_Z or 0 <= event.key() - Qt.Key.Key_1 < _DIGITS)
        )
        if is_own_key:
            event.accept()
        return is_own_key

    def event(self, event: QEvent) -> bool:
        """Claim the number keys while a button has the focus."""
        return self.claim(event) or super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Log a time by its number key."""
        if event.isAutoRepeat() or not (self._by_digits and self.press(event.key())):
            super().keyPressEvent(event)


_WIDE_PX, _SECOND_MS = 720, 1000
_ASIDE_PX, _ABOVE_FOOT_PX = 12, 64
"""Distance of the console from the window's right edge, and from its bottom with the status bar."""
_UNIT_LINES_PX = 72
"""Height of the lines that appear once a unit is sent."""
_BAND_MARGINS_PX = (WIDE_MARGIN_PX, SPACING_PX, WIDE_MARGIN_PX, SPACING_PX)
_KEYS_HELP = (
    "Press 1–7 to log a time now, Z to take back the last one, J to begin a new "
    "call. This only keeps a record; it alerts no one."
)
_NO_BELL, _NO_SCHOOL = Message("no_bell.after_last"), Message("no_bell.no_school")


class ResponseConsole(QDialog):
    """Shows an action's meaning, clock, times, units, remaining coverage and nearby schools."""

    def __init__(
        self, desk: UiContext, records: RecordActions, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._desk, self._records = desk, records
        self._reader = ResponseActionReader(desk.session, desk.calls)
        self._delays = EventDelays()
        self.row: ResponseActionRow | None = None
        self.setModal(False)
        # otherwise the first focused button may be a Void, which Space would press
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
        self.units, self.coverage_left, self.bell = WrappedLabel(), HidingLabel(), WrappedLabel()
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
            band,
            self.text,
            self.times,
            self.units,
            self.coverage_left,
            self.bell,
            make_section_label("Schools within a mile"),
            self.near,
            None,
            make_row_layout((make_muted_label(_KEYS_HELP), 1), self.page, self.ended),
            margin_px=WIDE_MARGIN_PX,
            spacing_px=SPACING_PX,
        )
        self._column.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        desk.bridge.logged.connect(self._follow_entries)
        desk.clock.ticked.connect(self.tick)

    def refresh(self) -> None:
        """Show the same action as before or else the most urgent one; close if there is none."""
        rows = self._reader.read()
        uid = self.row.action.uid if self.row else ""
        row = next((row for row in rows if row.action.uid == uid), rows[0] if rows else None)
        self.row = row
        if row is None:
            self.close()
            return
        title = f"{row.title} at {row.place}, {row.since}"
        self.setWindowTitle(title)
        self.title.setText(title)
        self.text.setText(row.meaning)
        self.times.show_times(row.action, row.times)
        self.units.setText(str(row.units))
        self.coverage_left.setText(row.coverage_left)
        session, action = self._desk.session, row.action
        bell = describe_bell(session, action.site)
        self.bell.setText(f"At this school: {bell}." if bell else self._explain_no_bell())
        self.near.setText("\n".join(describe_nearby(session, action)) or "None.")
        # Qt's own minimum assumes that all texts wrap as narrowly as possible
        height = self._column.totalHeightForWidth(_WIDE_PX)
        self.setMinimumHeight(min(height, self._find_max_height_px()))
        self._desk.clock.renew()

    def place_aside(self, left_px: int) -> None:
        """Move to the lower right of the window, so that the quick entry and units are visible.

        ``left_px`` is the width to leave free at the window's left, as far as the screen allows.
        """
        parent = self.parentWidget()
        assert parent is not None
        height = min(self.minimumHeight() + _UNIT_LINES_PX, self._find_max_height_px())
        self.resize(_WIDE_PX, height)
        window, screen = parent.window().geometry(), parent.screen().availableGeometry()
        corner = window.bottomRight() - self.rect().bottomRight()
        corner -= QPoint(_ASIDE_PX, _ABOVE_FOOT_PX)
        x = max(corner.x(), window.left() + left_px + _ASIDE_PX)
        x = max(screen.left(), min(x, screen.right() - self.width()))
        self.move(x, max(screen.top(), corner.y()))

    def _find_max_height_px(self) -> int:
        return find_frame_interior(self.screen().availableGeometry()).height()

    def _explain_no_bell(self) -> str:
        session = self._desk.session
        no_bell = _NO_BELL if session.project.calendar.day_kind(session.today) else _NO_SCHOOL
        return str(no_bell)

    def tick(self, now: datetime) -> None:
        """Update the clock."""
        if self.row is not None:
            self.clock.setText(self.row.clock(now))

    def event(self, event: QEvent) -> bool:
        """Keep number keys, Z and P from triggering shortcuts of the window behind the console."""
        is_override = event.type() == QEvent.Type.ShortcutOverride
        if is_override and isinstance(event, QKeyEvent) and _is_page_key(event):
            event.accept()
            return True
        return self.times.claim(event) or super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Log a time by its number key, void the last one by Z, open the campus page by P."""
        if _is_page_key(event):
            self.page.click()
            return
        waited_ms = self._delays.waited_ms(event.timestamp(), time.monotonic_ns() // 1_000_000)
        is_plain = _has_no_modifiers(event) and not event.isAutoRepeat()
        if not (is_plain and self.times.press(event.key(), waited_ms)):
            super().keyPressEvent(event)

    def _follow_entries(self, entries: tuple[JournalEntry, ...]) -> None:
        if self.isVisible() and may_change_actions(entries, running=True):
            self.refresh()

    def _show_page(self) -> None:
        """Show the campus page of the action's school."""
        if self.row is not None:
            self._desk.bridge.select(site=self.row.action.site)
            self._desk.actions["show_campus_page"].trigger()

    def _begin_call(self) -> None:
        """Start the next call in the main window; the console stays open."""
        if (parent := self.parentWidget()) is not None:
            parent.window().activateWindow()
        self._desk.actions["new_incident"].trigger()

    def _end(self) -> None:
        if self.row is not None:
            self._records.end(self.row.action.uid, self)


def _has_no_modifiers(event: QKeyEvent) -> bool:
    return not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier


def _is_page_key(event: QKeyEvent) -> bool:
    return event.key() == Qt.Key.Key_P and _has_no_modifiers(event) and not event.isAutoRepeat()
