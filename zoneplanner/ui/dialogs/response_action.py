"""Correct a response action that was logged: what it was, where, when, and who was sent."""

from PySide6.QtWidgets import QLineEdit, QWidget

from zoneplanner.domain.clock import format_utc_iso
from zoneplanner.domain.response_actions import RESPONSE_ACTIONS, ResponseAction
from zoneplanner.ui.dialogs.record_form import RecordForm
from zoneplanner.ui.dialogs.stamp_fields import OptionalTimeField, UnitsField
from zoneplanner.ui.kit.desk import UiContext
from zoneplanner.ui.kit.forms import TimeField, make_site_box, read_chosen_site
from zoneplanner.ui.kit.inputs import ChoiceBox
from zoneplanner.ui.kit.privacy_hint import PrivacyCheckedField

_NO_SITE = "Choose the school where it was called."


class ResponseActionDialog(RecordForm):
    """One action; it is begun and ended in the console."""

    def __init__(
        self, desk: UiContext, action: ResponseAction, *, parent: QWidget | None = None
    ) -> None:
        title = "Correct a Response Action"
        super().__init__(desk, "action", title, corrects=action, parent=parent)
        project = desk.session.project
        self.site = make_site_box(project, action.site)
        self.action = ChoiceBox()
        for name in RESPONSE_ACTIONS:
            self.action.addItem(name.capitalize(), name)
        self.action.setCurrentIndex(self.action.findData(action.action))
        self.began = TimeField(desk.session, action.began_at)
        self.ended = OptionalTimeField(desk, action.ended_at, needed=False)
        self.units = UnitsField(project.units, action.units)
        self.note = PrivacyCheckedField(QLineEdit(action.note), project)
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
            "site": read_chosen_site(self.site, _NO_SITE),
            "action": self.action.currentData(),
            "began_at": format_utc_iso(self.began.moment()),
            "ended_at": self.ended.text(),
            "units": self.units.text(),
            "note": self.note.text(),
        }
