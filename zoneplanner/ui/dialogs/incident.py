"""Log an incident with its times, or correct one."""

from datetime import datetime

from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLineEdit,
    QWidget,
)

from zoneplanner.app.dispatch import TYPES
from zoneplanner.app.logbook import log_columns, usual_unit
from zoneplanner.domain.clock import utc_text
from zoneplanner.domain.journal import DISPOSITIONS, STAMPS, Incident
from zoneplanner.errors import UserError
from zoneplanner.ui.kit.desk import Desk
from zoneplanner.ui.kit.forms import Form, TimeField, site_box, unit_box, words_box
from zoneplanner.ui.kit.inputs import NumberBox
from zoneplanner.ui.kit.privacy_hint import Watched
from zoneplanner.ui.kit.widgets import with_arrows

LABELS = ("&Received", "&Dispatched", "&En route", "&On scene", "&Cleared")


class StampField(QWidget):
    """A time that was taken or was not: a box to tick and the time."""

    def __init__(self, desk: Desk, moment: datetime | None, *, needed: bool) -> None:
        super().__init__()
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        self.taken = QCheckBox()
        self.taken.setAccessibleName("Time was taken")
        self.time = TimeField(desk.session.project, moment or desk.session.clock())
        self.taken.setChecked(needed or moment is not None)
        self.taken.setVisible(not needed)
        self.time.setEnabled(self.taken.isChecked())
        self._shown = self.time.moment() if moment else None
        self.taken.toggled.connect(self.time.setEnabled)
        line.addWidget(self.taken)
        line.addWidget(self.time, 1)
        self.setFocusProxy(self.time if needed else self.taken)

    def text(self) -> str:
        """Return the time as text; nothing where it was not taken or is as it was shown."""
        moment = self.time.moment()
        return utc_text(moment) if self.taken.isChecked() and moment != self._shown else ""


class IncidentDialog(Form):
    """One incident. Times that were not taken stay empty; nothing is made up."""

    def __init__(
        self,
        desk: Desk,
        site_id: str | None,
        *,
        corrects: Incident | None = None,
        parent: QWidget | None = None,
    ) -> None:
        title = "Correct an Incident" if corrects else "Log an Incident"
        super().__init__(title, "Log it", self._log, parent)
        self._desk = desk
        self._corrects = corrects
        project = desk.session.project
        site_id = corrects.site if corrects else site_id
        self.say("Planning log only; call 9-1-1 or dispatch first.")
        self.type = words_box(TYPES, corrects.type.capitalize() if corrects else "")
        self.disposition = words_box(DISPOSITIONS, corrects.disposition if corrects else "")
        for box, example in (
            (self.type, "In plain words, such as trespass"),
            (self.disposition, "Not said; choose, or type other words"),
        ):
            words = box.lineEdit()
            assert words is not None
            words.setPlaceholderText(example)
        self.site = site_box(project, site_id)
        lead = corrects.units[0] if corrects and corrects.units else None
        usual = usual_unit(project, site_id or "", desk.session.today)
        self.unit = unit_box(project, lead if corrects else usual)
        self.priority = NumberBox()
        with_arrows(self.priority)
        self.priority.setRange(0, 9)
        self.priority.setValue(corrects.priority if corrects else 3)
        self.stamps = {
            name: StampField(
                desk, getattr(corrects, name) if corrects else None, needed=name == STAMPS[0]
            )
            for name in STAMPS
        }
        self.note = QLineEdit(corrects.note if corrects else "")
        self.note.setPlaceholderText("No names of students")
        self.form.addRow("&What", self.type)
        self.form.addRow("&Site", self.site)
        self.form.addRow("&Unit", self.unit)
        self.form.addRow("&Priority", self.priority)
        for label, field in zip(LABELS, self.stamps.values(), strict=True):
            self.form.addRow(label, field)
        self.form.addRow("&How it ended", self.disposition)
        self.form.addRow("&Note", Watched(self.note, project))
        self.type.setFocus()

    def _log(self) -> None:
        chosen = self.site.currentIndex()
        known = chosen >= 0 and self.site.currentText() == self.site.itemText(chosen)
        if self.site.currentText() and not known:
            raise UserError(
                f"There is no site “{self.site.currentText()}”; choose one of the list."
            )
        columns = {
            "type": self.type.currentText().strip(),
            "site": self.site.currentData() if known else "",
            "units": self.unit.currentData() or "",
            "priority": str(self.priority.value()),
            "disposition": self.disposition.currentText().strip(),
            "note": self.note.text(),
            **{name: field.text() for name, field in self.stamps.items()},
        }
        if self._corrects is not None:
            columns["supersedes"] = self._corrects.uid
        log_columns(self._desk.session, "incident", columns)
