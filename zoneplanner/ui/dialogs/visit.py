"""Log a visit, plan one ahead, or correct one: site, unit and time are filled in."""

from datetime import timedelta

from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QWidget

from zoneplanner.app.logbook import log_columns, usual_unit
from zoneplanner.domain.clock import utc_text
from zoneplanner.domain.journal import PURPOSES, Visit
from zoneplanner.errors import UserError
from zoneplanner.ui.kit.desk import Desk
from zoneplanner.ui.kit.forms import Form, TimeField, site_box, unit_box
from zoneplanner.ui.kit.inputs import ChoiceBox, NumberBox
from zoneplanner.ui.kit.privacy_hint import Watched
from zoneplanner.ui.kit.widgets import with_arrows

CANCELS = ("scheduled", "en_route", "cancelled")
"""The statuses of a visit that can be called off, or was."""


class VisitDialog(Form):
    """One visit. With ``corrects`` a new entry takes the place of an old one."""

    def __init__(
        self,
        desk: Desk,
        site_id: str | None,
        *,
        corrects: Visit | None = None,
        parent: QWidget | None = None,
    ) -> None:
        title = "Correct a Visit" if corrects else "Log a Visit"
        super().__init__(title, "Log it", self._log, parent)
        self._desk = desk
        self._corrects = corrects
        project, now = desk.session.project, desk.session.clock()
        site_id = corrects.site if corrects else site_id
        self.site = site_box(project, site_id)
        self.site.currentIndexChanged.connect(self._unit_of_site)
        unit = corrects.unit if corrects else usual_unit(project, site_id or "", desk.session.today)
        self.unit = unit_box(project, unit)
        self.arrived = TimeField(project, corrects.arrived_at if corrects else now)
        self.ahead = QCheckBox("P&lanned ahead")
        self.ahead.setToolTip("It is still to come; Visits due lists it in its week.")
        self.cancelled = QCheckBox("&Cancelled")
        self.cancelled.setToolTip("It will not be made, and is not missed.")
        self.cancelled.setVisible(corrects is not None and corrects.status in CANCELS)
        self.stay = NumberBox()
        with_arrows(self.stay)
        self.stay.setRange(0, 600)
        self.stay.setSuffix(" min")
        self.stay.setSpecialValueText("Still on site")
        self.stay.setToolTip("Minutes on site; leave it while the unit is still there.")
        if corrects and corrects.departed_at:
            stay = corrects.departed_at - corrects.arrived_at
            self.stay.setValue(round(stay.total_seconds() / 60))
        self.purpose = ChoiceBox()
        self.purpose.addItem("Not said", "")
        for purpose in PURPOSES:
            self.purpose.addItem(purpose.capitalize(), purpose)
        self.note = QLineEdit(corrects.note if corrects else "")
        self.note.setPlaceholderText("No names of students")
        if corrects:
            self.purpose.setCurrentIndex(max(0, self.purpose.findData(corrects.purpose)))
            self.say("The old entry is kept in the log; this one counts.")
        for label, field in (
            ("&Site", self.site),
            ("&Unit", self.unit),
            ("&Arrived", self.arrived),
            ("", self._ahead_or_cancelled()),
            ("&Minutes", self.stay),
            ("&Purpose", self.purpose),
            ("&Note", Watched(self.note, project)),
        ):
            self.form.addRow(label, field)
        self.ahead.toggled.connect(lambda _: self._plan())
        self.cancelled.toggled.connect(lambda _: self._plan())
        self.ahead.setChecked(corrects is not None and corrects.status == "scheduled")
        self.cancelled.setChecked(corrects is not None and corrects.status == "cancelled")
        (self.purpose if site_id else self.site).setFocus()

    def _unit_of_site(self) -> None:
        session = self._desk.session
        unit = usual_unit(session.project, self.site.currentData() or "", session.today)
        self.unit.setCurrentIndex(max(0, self.unit.findData(unit)))

    def _plan(self) -> None:
        ahead, cancelled = self.ahead.isChecked(), self.cancelled.isChecked()
        self.stay.setDisabled(ahead or cancelled)
        self.ahead.setDisabled(cancelled)
        self.ok.setText("Cancel the visit" if cancelled else "Plan it" if ahead else "Log it")

    def _ahead_or_cancelled(self) -> QWidget:
        both = QWidget()
        line = QHBoxLayout(both)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(self.ahead)
        line.addWidget(self.cancelled)
        line.addStretch(1)
        return both

    def _log(self) -> None:
        site = self.site.currentData()
        if site is None or self.site.currentText() != self.site.itemText(self.site.currentIndex()):
            raise UserError("Choose the school; type a few letters of its name.")
        arrived = self.arrived.moment()
        columns = {
            "site": site,
            "unit": self.unit.currentData() or "",
            "arrived_at": utc_text(arrived),
            "purpose": self.purpose.currentData(),
            "note": self.note.text(),
        }
        if self.cancelled.isChecked():
            columns["status"] = "cancelled"
        elif self.ahead.isChecked():
            if arrived <= self._desk.session.clock():
                raise UserError("A visit planned ahead is still to come; choose a later time.")
            columns["status"] = "scheduled"
        elif self.stay.value():
            columns["departed_at"] = utc_text(arrived + timedelta(minutes=self.stay.value()))
        elif self._corrects is not None and (
            self._corrects.departed_at or self._corrects.status in CANCELS
        ):
            columns["status"] = "on_site"
        if self._corrects is not None:
            columns["supersedes"] = self._corrects.uid
        log_columns(self._desk.session, "visit", columns)
