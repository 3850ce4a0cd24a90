"""Follow a corrective action: mark it done, verify it, or move its day."""

from datetime import date

from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QWidget

from zoneplanner.app.logbook import log_columns
from zoneplanner.domain.follow_up import CorrectiveAction
from zoneplanner.ui.kit.desk import Desk
from zoneplanner.ui.kit.forms import DayField, Form
from zoneplanner.ui.kit.privacy_hint import Watched


class DayTaken(QWidget):
    """A day that was reached or was not: a box to tick and the day."""

    def __init__(self, name: str, day: date | None, today: date) -> None:
        super().__init__()
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        self.taken = QCheckBox()
        self.taken.setAccessibleName(name)
        self.day = DayField(day or today)
        self.taken.setChecked(day is not None)
        self.day.setEnabled(day is not None)
        self.taken.toggled.connect(self.day.setEnabled)
        line.addWidget(self.taken)
        line.addWidget(self.day, 1)
        self.setFocusProxy(self.taken)

    def text(self) -> str:
        """Return the day as text, nothing where it was not reached."""
        return self.day.day().isoformat() if self.taken.isChecked() else ""


class CorrectiveActionDialog(Form):
    """One action through done to verified; each step is an entry of the log."""

    def __init__(
        self, desk: Desk, action: CorrectiveAction, *, parent: QWidget | None = None
    ) -> None:
        super().__init__("Corrective Action", "Log it", self._log, parent)
        self._desk, self._action = desk, action
        project, today = desk.session.project, desk.session.today
        site = project.sites.get(action.site or "")
        self.say(f"{site.name if site else 'The district'}. Each change is kept in the log.")
        self.text = Watched(QLineEdit(action.action), project)
        self.role = Watched(QLineEdit(action.owner_role), project)
        self.due = DayField(action.due_on)
        self.done_on = DayTaken("Done", action.done_on, today)
        self.verified_on = DayTaken("Verified", action.verified_on, today)
        for label, field in (
            ("&Action", self.text),
            ("Owner’s &role", self.role),
            ("D&ue", self.due),
            ("&Done", self.done_on),
            ("&Verified", self.verified_on),
        ):
            self.form.addRow(label, field)
        (self.verified_on if action.done_on else self.done_on).setFocus()

    def _log(self) -> None:
        columns = {
            "supersedes": self._action.uid,
            "action": self.text.text(),
            "owner_role": self.role.text(),
            "due_on": self.due.day().isoformat(),
            "done_on": self.done_on.text(),
            "verified_on": self.verified_on.text(),
        }
        log_columns(self._desk.session, "corrective_action", columns)
