"""Correct a response action that was logged: what it was, where, when, and who was sent."""

from PySide6.QtWidgets import QLineEdit, QWidget

from zoneplanner.domain.clock import utc_text
from zoneplanner.domain.response_actions import ACTIONS, ResponseAction
from zoneplanner.ui.dialogs.record_form import RecordForm
from zoneplanner.ui.dialogs.stamp_fields import StampField, UnitsField
from zoneplanner.ui.kit.desk import Desk
from zoneplanner.ui.kit.forms import TimeField, chosen_site, site_box
from zoneplanner.ui.kit.inputs import ChoiceBox
from zoneplanner.ui.kit.privacy_hint import Watched

_NO_SITE = "Choose the school where it was called."


class ResponseActionDialog(RecordForm):
    """One action; it is begun and ended in the console."""

    def __init__(
        self, desk: Desk, action: ResponseAction, *, parent: QWidget | None = None
    ) -> None:
        title = "Correct a Response Action"
        super().__init__(desk, "action", title, corrects=action, parent=parent)
        project = desk.session.project
        self.site = site_box(project, action.site)
        self.action = ChoiceBox()
        for name in ACTIONS:
            self.action.addItem(name.capitalize(), name)
        self.action.setCurrentIndex(self.action.findData(action.action))
        self.began = TimeField(desk.session, action.began_at)
        self.ended = StampField(desk, action.ended_at, needed=False)
        self.units = UnitsField(project.units, action.units)
        self.note = Watched(QLineEdit(action.note), project)
        for label, field in (
            ("&Site", self.site),
            ("&Action", self.action),
            ("&Began", self.began),
            ("&Ended", self.ended),
            ("&Units", self.units),
            ("&Note", self.note),
        ):
            self.form.addRow(label, field)
        self.watch_fields()
        self.action.setFocus()

    def columns(self) -> dict[str, str]:
        """Return the fields as columns."""
        return {
            "site": chosen_site(self.site, _NO_SITE),
            "action": self.action.currentData(),
            "began_at": utc_text(self.began.moment()),
            "ended_at": self.ended.text(),
            "units": self.units.text(),
            "note": self.note.text(),
        }
