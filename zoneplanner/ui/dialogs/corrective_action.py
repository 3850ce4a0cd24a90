"""Follow a corrective action: mark it done, verify it, or move its day."""

from datetime import date

from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QWidget

from zoneplanner.domain.follow_up import CorrectiveAction
from zoneplanner.domain.formats import LocaleFormats
from zoneplanner.ui.dialogs.record_form import RecordForm
from zoneplanner.ui.kit.desk import UiContext
from zoneplanner.ui.kit.forms import DayField, make_site_box, read_chosen_site
from zoneplanner.ui.kit.privacy_hint import PrivacyCheckedField
from zoneplanner.ui.kit.widgets import pass_focus


class _OptionalDayField(QWidget):
    """A day that was reached or was not: a box to tick and the day."""

    def __init__(self, name: str, formats: LocaleFormats, day: date | None, today: date) -> None:
        super().__init__()
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        self.taken = QCheckBox()
        self.taken.setAccessibleName(name)
        self.day = DayField(formats, day or today)
        self.taken.setChecked(day is not None)
        self.day.setEnabled(day is not None)
        self.taken.toggled.connect(self.day.setEnabled)
        line.addWidget(self.taken)
        line.addWidget(self.day, 1)
        pass_focus(self, self.taken)

    def text(self) -> str:
        """Return the day as text, nothing where it was not reached."""
        return self.day.day().isoformat() if self.taken.isChecked() else ""


class CorrectiveActionDialog(RecordForm):
    """One action through done to verified; each step is an entry of the log."""

    def __init__(
        self, desk: UiContext, action: CorrectiveAction, *, parent: QWidget | None = None
    ) -> None:
        title = "Corrective Action"
        super().__init__(desk, "corrective_action", title, corrects=action, parent=parent)
        project, today = desk.session.project, desk.session.today
        self.site = make_site_box(project, action.site)
        self.text = PrivacyCheckedField(QLineEdit(action.action), project)
        self.role = PrivacyCheckedField(QLineEdit(action.owner_role), project)
        self.due = DayField(desk.session.formats, action.due_on)
        self.done_on = _OptionalDayField("Done", desk.session.formats, action.done_on, today)
        self.verified_on = _OptionalDayField(
            "Verified", desk.session.formats, action.verified_on, today
        )
        for label, field in (
            ("&Site", self.site),
            ("&Action", self.text),
            ("Owner’s &role", self.role),
            ("D&ue", self.due),
            ("&Done", self.done_on),
            ("&Verified", self.verified_on),
        ):
            self.form.addRow(label, field)
        self.watch_fields()
        (self.verified_on if action.done_on else self.done_on).setFocus()

    def columns(self) -> dict[str, str]:
        """Return the fields as columns."""
        return {
            "site": read_chosen_site(self.site, ""),
            "action": self.text.text(),
            "owner_role": self.role.text(),
            "due_on": self.due.day().isoformat(),
            "done_on": self.done_on.text(),
            "verified_on": self.verified_on.text(),
        }
