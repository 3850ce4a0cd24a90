"""A key each for the first calls of a lockdown: pressed once, the time stands in its place."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QPushButton, QWidget

from zoneplanner.app.log.critical_incident import COMMAND_STEPS, log_command_time
from zoneplanner.domain.log.record_words import format_choice
from zoneplanner.domain.log.response_actions import ResponseAction
from zoneplanner.ui.widgets.layout.basic_widgets import compact_button
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import GRID_PX


class CommandTimes(QWidget):
    """A button a call; in the console by digits too, elsewhere these stamp units and are not shown.

    A time that is there stays: its entry is corrected or voided in the log.
    """

    def __init__(self, desk: UiContext, *, columns: int, by_digits: bool) -> None:
        super().__init__()
        self._desk, self._by_digits = desk, by_digits
        self._action: ResponseAction | None = None
        self.buttons: dict[str, QPushButton] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(GRID_PX)
        for at, told in enumerate(COMMAND_STEPS):
            button = self.buttons[told] = compact_button("", "", partial(self.log, told))
            grid.addWidget(button, at // columns, at % columns)

    def put(self, action: ResponseAction, times: Mapping[str, datetime]) -> None:
        """Show the times of an action's call."""
        self._action = action
        session = self._desk.session
        zone = ZoneInfo(session.project.time_zone)
        for number, (told, button) in enumerate(self.buttons.items(), start=1):
            name, at = format_choice(told), times.get(told)
            button.setEnabled(at is None)
            if at is None:
                button.setText(f"{number}  {name}" if self._by_digits else name)
                button.setToolTip(f"Log that this was done now: {name}")
            else:
                clock = session.formats.clock(at.astimezone(zone), seconds=True)
                button.setText(f"✓ {name} {clock.partition(' ')[0]}")
                button.setToolTip("Logged. Entries corrects or voids it.")
        self.setVisible(bool(action.incident))

    def log(self, told: str) -> None:
        """Log that somebody was told now; a second time says nothing more."""
        action = self._action
        if action is not None and action.incident and self.buttons[told].isEnabled():
            self._desk.attempt(partial(log_command_time, self._desk.session, action, told))

    def press(self, key: int) -> bool:
        """Log by a digit; False for another key."""
        at = key - Qt.Key.Key_1
        if not 0 <= at < len(COMMAND_STEPS):
            return False
        self.log(COMMAND_STEPS[at])
        return True

    def claim(self, event: QEvent) -> bool:
        """Take a digit before it is one of the queue's shortcuts; False for anything else."""
        owns = (
            self._by_digits
            and event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
            and 0 <= event.key() - Qt.Key.Key_1 < len(COMMAND_STEPS)
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
