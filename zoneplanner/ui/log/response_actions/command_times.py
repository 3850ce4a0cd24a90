"""A key each for the first calls of a lockdown: pressed once, the time stands in its place."""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from zoneinfo import ZoneInfo

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractButton, QGridLayout, QPushButton, QToolButton, QWidget

from zoneplanner.app.log.critical_incident import (
    COMMAND_STEPS,
    log_command_time,
    void_command_time,
)
from zoneplanner.app.projects.sharing_status import explain_denied_log
from zoneplanner.domain.log.office_entries import CommandEntry
from zoneplanner.domain.log.record_schema import format_choice
from zoneplanner.domain.log.response_actions import ResponseAction
from zoneplanner.ui.widgets.layout.basic_widgets import compact_button, make_row_layout
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import GRID_PX

_DIGITS, _SECOND_MS = len(COMMAND_STEPS), 1000


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
                button.setToolTip("Logged. Void takes it back; Entries corrects it.")
        self.setVisible(bool(action.incident))

    @property
    def _denied(self) -> bool:
        return bool(explain_denied_log(self._desk.session.store))

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
