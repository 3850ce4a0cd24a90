"""Ask when a unit's stamp on an old call was made; the present is not taken for it."""

from collections.abc import Callable
from datetime import datetime

from PySide6.QtWidgets import QWidget

from zoneplanner.ui.kit.desk import UiContext
from zoneplanner.ui.kit.forms import FormDialog, RequiredTimeField, TimeField
from zoneplanner.ui.kit.words import STAMP_NAMES
from zoneplanner.ui.models.open_incidents import IncidentRow

_STAMP_QUESTIONS = {
    "dispatched_at": "When Was It Dispatched?",
    "enroute_at": "When Was It En Route?",
    "onscene_at": "When Was It on Scene?",
    "cleared_at": "When Was It Cleared?",
}
_NO_TIME = "Say when: set the day and hour. Press Now only if it happens at this moment."


class StampTimeDialog(FormDialog):
    """A day and an hour, which begin at the call's receipt; ``write`` gets them."""

    def __init__(
        self,
        desk: UiContext,
        row: IncidentRow,
        unit: str,
        name: str,
        *,
        write: Callable[[datetime], object],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(
            _STAMP_QUESTIONS[name], f"Stamp {STAMP_NAMES[name].lower()}", self._write_time, parent
        )
        self._write = write
        session = desk.session
        self.say(f"{unit}, {row.title} at {row.place}, received {row.received}. {row.age}.")
        self.at = TimeField(session, row.incident.received_at)
        self.asked = RequiredTimeField(
            self.at, "Now", lambda: self.at.put(session.clock()), given=False
        )
        self.form.addRow("&When", self.asked)
        self.asked.changed.connect(self._look)
        self._look()
        self.asked.setFocus()

    def _look(self) -> None:
        left = "" if self.asked.given else _NO_TIME
        self.refused.hide()
        self.ok.setEnabled(not left)
        self.required.setText(left)
        self.required.setVisible(bool(left))

    def _write_time(self) -> None:
        self._write(self.at.moment())
