"""A visit that one key begins or ends: prepared with the time of the key, logged by the bar."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from PySide6.QtWidgets import QCheckBox, QLineEdit, QWidget

from zoneplanner.app.log.due_visits import (
    VisitStep,
    log_visit_step,
    prepare_planned_visit,
    prepare_visit,
)
from zoneplanner.app.log.logbook import find_usual_unit
from zoneplanner.app.session.session import Session
from zoneplanner.domain.calendar.local_time import format_utc_iso
from zoneplanner.domain.log.journal import (
    UNFINISHED_VISIT_STATUSES,
    VISIT_PURPOSES,
    VISIT_STATUSES,
    Visit,
)
from zoneplanner.errors import UserError
from zoneplanner.ui.widgets.inputs.forms import (
    PrivacyCheckedField,
    TimeField,
    make_officer_box,
    make_site_box,
    make_unit_box,
    read_chosen_officer,
    read_chosen_site,
)
from zoneplanner.ui.widgets.inputs.record_form import LOG_IT, OptionalTimeField, RecordForm
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import ChoiceBox, NumberBox
from zoneplanner.ui.widgets.layout.basic_widgets import add_spin_arrows
from zoneplanner.ui.widgets.services.ui_context import UiContext


def ask_to_log_visit(desk: UiContext, site: str) -> None:
    """Prepare the visit that begins at a site, or the end of the one there."""
    try:
        _prepare_step(desk, prepare_visit(desk.session, site))
    except UserError as error:
        desk.show_problem(error)


def ask_to_log_planned_visit(desk: UiContext, uid: str) -> None:
    """Prepare that a planned visit begins."""
    try:
        _prepare_step(desk, prepare_planned_visit(desk.session, uid))
    except UserError as error:
        desk.show_problem(error)


def _describe_visit_step(session: Session, step: VisitStep) -> str:
    """Say where a visit begins or ends, by whom and when, without a stop."""
    project = session.project
    at = step.at.astimezone(ZoneInfo(project.time_zone))
    unit = f", {step.unit}" if step.unit else ""
    verb = "ended" if step.ends else "began"
    return f"Visit to {project.sites[step.site].name}{unit}, {verb} {session.formats.clock(at)}"


def _prepare_step(desk: UiContext, step: VisitStep) -> None:
    session = desk.session
    text = _describe_visit_step(session, step)
    desk.count_down_entry(("visit", step.site), text, lambda: log_visit_step(session, step))


_NO_SITE = "Choose the school that was visited."
_STATUS_WORDS = {
    "scheduled": "Planned ahead",
    "en_route": "En route",
    "on_site": "On site",
    "completed": "Completed",
    "missed": "Missed",
    "cancelled": "Canceled",
}


class VisitDialog(RecordForm):
    """One visit. With ``corrects`` all of it can be corrected, its status and officer included."""

    def __init__(
        self,
        desk: UiContext,
        site_id: str | None,
        *,
        corrects: Visit | None = None,
        parent: QWidget | None = None,
    ) -> None:
        title = "Correct a Visit" if corrects else "Log a Visit"
        super().__init__(desk, "visit", title, corrects=corrects, parent=parent)
        project, now = desk.session.project, desk.session.clock()
        site_id = corrects.site if corrects else site_id
        self.site = make_site_box(project, site_id)
        unit = (
            corrects.unit
            if corrects
            else find_usual_unit(project, site_id or "", desk.session.today)
        )
        self.unit = make_unit_box(project, unit)
        self.officer = make_officer_box(project, corrects.officer if corrects else "")
        self.arrived = TimeField(desk.session, corrects.arrived_at if corrects else now)
        self.departed = OptionalTimeField(
            desk, corrects.departed_at if corrects else None, needed=False
        )
        self.status = ChoiceBox()
        for status in VISIT_STATUSES:
            self.status.addItem(_STATUS_WORDS[status], status)
        self.ahead = QCheckBox("P&lanned ahead")
        self.ahead.setToolTip("It is still to come; Visits due lists it in its week.")
        self.stay = NumberBox()
        add_spin_arrows(self.stay)
        self.stay.setRange(0, 600)
        self.stay.setSuffix(" min")
        self.stay.setSpecialValueText("Still on site")
        self.stay.setToolTip("Minutes on site; leave it while the unit is still there.")
        self.purpose = ChoiceBox()
        self.purpose.addItem("Not said", "")
        for purpose in VISIT_PURPOSES:
            self.purpose.addItem(purpose.capitalize(), purpose)
        self.note = QLineEdit(corrects.note if corrects else "")
        self.note.setPlaceholderText("No names of students")
        rows: tuple[tuple[str, QWidget], ...] = (
            ("&Site", self.site),
            ("&Unit", self.unit),
            ("&Officer", self.officer),
            ("&Arrived", self.arrived),
            ("", self.ahead),
            ("&Minutes", self.stay),
            ("&Departed", self.departed),
            ("S&tatus", self.status),
            ("&Purpose", self.purpose),
            ("&Note", PrivacyCheckedField(self.note, project)),
        )
        for label, field in rows:
            self.form.addRow(label, field)
        for of_new in (self.ahead, self.stay):
            self.form.setRowVisible(of_new, corrects is None)
        for of_old in (self.departed, self.status, self.officer):
            self.form.setRowVisible(of_old, corrects is not None)
        if corrects:
            self.purpose.setCurrentIndex(max(0, self.purpose.findData(corrects.purpose)))
            self.status.setCurrentIndex(self.status.findData(corrects.status))
        self.watch_fields()
        if corrects:
            self.status.currentIndexChanged.connect(self._follow_status)
            self.departed.taken.toggled.connect(self._follow_departure)
        else:
            self.site.currentIndexChanged.connect(self._unit_of_site)
            self.ahead.toggled.connect(self._plan)
        (self.purpose if site_id else self.site).setFocus()

    def columns(self) -> dict[str, str]:
        """Return the fields as columns; a new visit has a stay, an old one its times and status."""
        arrived = self.arrived.moment()
        columns = {
            "site": read_chosen_site(self.site, _NO_SITE),
            "unit": self.unit.currentData() or "",
            "arrived_at": format_utc_iso(arrived),
            "purpose": self.purpose.currentData(),
            "note": self.note.text(),
        }
        if self._record is not None:
            return {
                **columns,
                "officer": read_chosen_officer(self.officer),
                "departed_at": self.departed.text(),
                "status": self.status.currentData(),
            }
        if self.ahead.isChecked():
            if arrived <= self._desk.session.clock():
                raise UserError("A visit planned ahead is still to come; choose a later time.")
            columns["status"] = "scheduled"
        elif self.stay.value():
            columns["departed_at"] = format_utc_iso(arrived + timedelta(minutes=self.stay.value()))
        return columns

    def missing(self) -> str:
        """A visit needs its school."""
        try:
            read_chosen_site(self.site, _NO_SITE)
        except UserError as error:
            return error.message
        return ""

    def _unit_of_site(self) -> None:
        session = self._desk.session
        unit = find_usual_unit(session.project, self.site.currentData() or "", session.today)
        self.unit.setCurrentIndex(max(0, self.unit.findData(unit)))

    def _plan(self) -> None:
        ahead = self.ahead.isChecked()
        self.stay.setDisabled(ahead)
        self.ok.setText("Plan it" if ahead else LOG_IT)

    def _follow_status(self) -> None:
        """A visit that has not ended has no departure."""
        if self.status.currentData() in UNFINISHED_VISIT_STATUSES:
            self.departed.taken.setChecked(False)

    def _follow_departure(self, taken: bool) -> None:
        """A visit with a departure is completed; one without is still on site."""
        status = self.status.currentData()
        if taken and status in UNFINISHED_VISIT_STATUSES:
            self.status.setCurrentIndex(self.status.findData("completed"))
        elif not taken and status == "completed":
            self.status.setCurrentIndex(self.status.findData("on_site"))
