"""A visit that one key begins or ends: prepared with the time of the key, logged by the bar."""

from collections.abc import Collection
from datetime import timedelta
from zoneinfo import ZoneInfo

from PySide6.QtWidgets import QCheckBox, QWidget

from zoneplanner.app.log.due_visits import (
    VisitStep,
    find_unit_elsewhere,
    log_visit_step,
    prepare_planned_visit,
    prepare_visit,
)
from zoneplanner.app.log.logbook import LONGEST_VISIT, find_usual_unit
from zoneplanner.app.session.session import Session
from zoneplanner.domain.calendar.local_time import format_utc_iso
from zoneplanner.domain.log.entries import PLANNABLE_VISIT_STATUSES
from zoneplanner.domain.log.journal import (
    UNFINISHED_VISIT_STATUSES,
    VISIT_PURPOSES,
    VISIT_STATUSES,
    Visit,
)
from zoneplanner.errors import UserError
from zoneplanner.ui.widgets.inputs.forms import TimeField, make_officer_box, make_unit_box
from zoneplanner.ui.widgets.inputs.record_form import LOG_IT, OptionalTimeField, RecordForm
from zoneplanner.ui.widgets.inputs.site_combo_box import make_site_combo_box
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import make_choice_box, make_number_box
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style import value_text


def ask_to_log_visit(desk: UiContext, site: str, parent: QWidget | None = None) -> None:
    """Prepare the visit that begins at a site, or the end of the one there."""
    desk.attempt(lambda: _prepare_step(desk, prepare_visit(desk.session, site), parent))


def ask_to_log_planned_visit(desk: UiContext, uid: str, parent: QWidget | None = None) -> None:
    """Prepare that a planned visit begins."""
    desk.attempt(lambda: _prepare_step(desk, prepare_planned_visit(desk.session, uid), parent))


def _describe_visit_step(session: Session, step: VisitStep) -> str:
    """Say where a visit begins or ends, by whom and when, without a stop."""
    project = session.project
    at = step.at.astimezone(ZoneInfo(project.time_zone))
    unit = f", {step.unit}" if step.unit else ""
    verb = "ended" if step.ends else "began"
    return f"Visit to {project.sites[step.site].name}{unit}, {verb} {session.formats.clock(at)}"


def _prepare_step(desk: UiContext, step: VisitStep, parent: QWidget | None) -> None:
    """Count down for a step; where its unit is elsewhere, the form asks who came."""
    session = desk.session
    if step.doubt is not None:
        if desk.may_log():
            VisitDialog(desk, step.site, unsure=step.doubt.message, parent=parent).ask()
        return
    text = _describe_visit_step(session, step)
    desk.count_down_entry(("visit", step.site), text, lambda: log_visit_step(session, step))


_NO_SITE = "Choose the school that was visited."
_NO_UNIT = "Choose the unit that made the visit."
_STILL_THERE, _OVER = "Still on site", "Over; minutes not known"
_STATUS_WORDS = {
    "scheduled": "Planned ahead",
    "en_route": "En route",
    "on_site": "On site",
    "completed": "Completed",
    "missed": "Missed",
    "cancelled": "Canceled",
}


class VisitDialog(RecordForm):
    """One visit. With ``corrects`` all of it can be corrected, its status and officer included.

    Who usually comes is filled in, but for one that a call or visit keeps elsewhere: then the form
    asks who came. ``unsure`` says why nobody is filled in at any site.
    """

    def __init__(
        self,
        desk: UiContext,
        site_id: str | None,
        *,
        corrects: Visit | None = None,
        unsure: str = "",
        parent: QWidget | None = None,
    ) -> None:
        title = "Correct a Visit" if corrects else "Log a Visit"
        super().__init__(desk, "visit", title, corrects=corrects, parent=parent)
        project, now = desk.session.project, desk.session.clock()
        site_id = self.recorded("site", site_id)
        self.site = self.add(
            "site", "&Site", make_site_combo_box(project, site_id), needed=_NO_SITE
        )
        self._unsure = unsure
        usual, doubt = (self.recorded("unit", None), "") if corrects else self._find_unit()
        self.unit = self.add("unit", "&Unit", make_unit_box(project, usual))
        if not corrects:
            self._ask_unit(doubt)
        else:
            officer = make_officer_box(project, corrects.officer)
            self.officer = self.add("officer", "&Officer", officer)
        arrived = TimeField(desk.session, self.recorded("arrived_at", now))
        self.arrived = self.add("arrived_at", "&Arrived", arrived)
        self.ahead = QCheckBox("P&lanned ahead")
        self.ahead.setToolTip("This is in the future; Visits due lists it in its week.")
        self.stay = make_number_box(0, 600, suffix=" min", least_text=_STILL_THERE)
        self.stay.setToolTip("Minutes on site; leave it empty while the unit is still there.")
        arrived.dateTimeChanged.connect(self._follow_arrival)
        if corrects:
            departed = OptionalTimeField(desk, corrects.departed_at, needed=False)
            self.departed = self.add("departed_at", "&Departed", departed)
            statuses = {status: _STATUS_WORDS[status] for status in VISIT_STATUSES}
            status_box = make_choice_box(statuses, corrects.status)
            self.status = self.add("status", "S&tatus", status_box)
        else:
            self.add_rows(("", self.ahead), ("M&inutes", self.stay))
        purposes = {"": "Not recorded"} | {
            name: value_text.format_purpose(name) for name in VISIT_PURPOSES
        }
        purpose = make_choice_box(purposes, self.recorded("purpose", ""))
        self.purpose = self.add("purpose", "&Purpose", purpose)
        self.note = self.add("note", "&Note", self.make_text_field("note", "No names of students"))
        self.watch_fields(self.purpose)
        if corrects:
            self.status.currentIndexChanged.connect(self._follow_status)
            self.departed.taken.toggled.connect(self._follow_departure)
        else:
            self.unit.activated.connect(self._keep_unit)
            self.unit.activated.connect(self._tell_elsewhere)
            self.site.currentIndexChanged.connect(self._unit_of_site)
            self.ahead.toggled.connect(self._plan)

    def columns(self) -> dict[str, str]:
        """Return the fields as columns; a new visit has a stay, an old one its times and status."""
        columns = super().columns()
        if self._record is None and self.ahead.isChecked():
            if self.arrived.moment() <= self._desk.session.clock():
                raise UserError("visit_not_ahead")
            columns["status"] = "scheduled"
        elif self._record is None and self.stay.value():
            departed = self.arrived.moment() + timedelta(minutes=self.stay.value())
            columns["departed_at"] = format_utc_iso(departed)
        return columns

    def future_columns(self) -> Collection[str]:
        """A visit that is planned arrives in the future."""
        ahead = self.ahead.isChecked() if self._record is None else self._is_plannable()
        return self._fields if ahead else ()

    def _follow_arrival(self) -> None:
        """A visit of long ago is over, however long it was."""
        try:
            over = self._desk.session.clock() - self.arrived.moment() >= LONGEST_VISIT
        except UserError:  # an hour that the clocks skip; the form says so
            return
        self.stay.setSpecialValueText(_OVER if over else _STILL_THERE)

    def _is_plannable(self) -> bool:
        return self.status.currentData() in PLANNABLE_VISIT_STATUSES

    def _find_unit(self) -> tuple[str | None, str]:
        """Return who usually comes to the site that is chosen; where in doubt, nobody and why."""
        session, site = self._desk.session, self.site.currentData() or ""
        usual = find_usual_unit(session.project, site, session.today)
        elsewhere = find_unit_elsewhere(session, usual, site) if usual else None
        doubt = self._unsure or (elsewhere.message if elsewhere is not None else "")
        return (None if doubt else usual), doubt

    def _ask_unit(self, doubt: str) -> None:
        """Ask who came where the one who usually does can hardly have come."""
        self.set_about(doubt)
        self._needed = {**self._needed, "unit": _NO_UNIT if doubt else ""}

    def _keep_unit(self, _: int) -> None:
        """A unit that was chosen by hand stays and answers who came; none is no answer to that."""
        if self.unit.currentData() is None and self._needed["unit"]:
            return
        self.site.currentIndexChanged.disconnect(self._unit_of_site)
        self.unit.activated.disconnect(self._keep_unit)

    def _tell_elsewhere(self, _: int) -> None:
        """Say of a unit that was chosen by hand where it is; nothing more is asked."""
        session, unit = self._desk.session, self.unit.currentData()
        if unit is None and self._needed["unit"]:
            return
        site = self.site.currentData() or ""
        found = find_unit_elsewhere(session, unit, site, chosen=True) if unit else None
        self.set_about(found.message if found is not None else "")

    def _unit_of_site(self) -> None:
        usual, doubt = self._find_unit()
        self.unit.setCurrentIndex(max(0, self.unit.findData(usual)))
        self._ask_unit(doubt)
        self.update_required()

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
