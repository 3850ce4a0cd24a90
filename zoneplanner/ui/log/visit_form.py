"""Log a visit by one key, which starts or ends it, or by the form."""

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
from zoneplanner.messages import Message
from zoneplanner.ui.widgets.inputs.forms import TimeField, make_officer_box, make_unit_box
from zoneplanner.ui.widgets.inputs.record_form import LOG_IT, OptionalTimeField, RecordForm
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import make_number_box
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style import value_text


def ask_to_log_visit(desk: UiContext, site: str, parent: QWidget | None = None) -> None:
    """Start a visit to a site or, if a unit is there, end its visit."""
    desk.attempt(lambda: _log_step(desk, prepare_visit(desk.session, site), parent))


def ask_to_log_planned_visit(desk: UiContext, uid: str, parent: QWidget | None = None) -> None:
    """Start a planned visit."""
    desk.attempt(lambda: _log_step(desk, prepare_planned_visit(desk.session, uid), parent))


def _describe_visit_step(session: Session, step: VisitStep) -> Message:
    """Return where a visit started or ended, by which unit and when, without a period."""
    project = session.project
    at = step.at.astimezone(ZoneInfo(project.time_zone))
    code = f"pending_visit.{'ended' if step.ends else 'began'}{'' if step.unit else '_no_unit'}"
    site, clock = project.sites[step.site].name, session.formats.clock(at)
    return Message(code, site=site, unit=step.unit, at=clock)


def _log_step(desk: UiContext, step: VisitStep, parent: QWidget | None) -> None:
    """Log a step after a countdown; if its usual unit is elsewhere, ask which unit came."""
    session = desk.session
    if step.doubt is not None:
        if desk.may_log():
            VisitDialog(desk, step.site, doubt=step.doubt.message, parent=parent).ask()
        return
    text = _describe_visit_step(session, step)
    desk.count_down_entry(("visit", step.site), text, lambda: log_visit_step(session, step))


_NO_SITE = str(Message("field_empty.visited_site"))
_NO_UNIT = "Choose the unit that made the visit."
_STILL_ON_SITE, _OVER = "Still on site", "Ended; minutes not known"
_STATUS_WORDS = {
    "scheduled": "Planned ahead",
    "en_route": "En route",
    "on_site": "On site",
    "completed": "Completed",
    "missed": "Missed",
    "cancelled": "Canceled",
}


class VisitDialog(RecordForm):
    """Logs a visit or, with ``corrects``, corrects one including its status and officer.

    The site's usual unit is filled in unless a call or visit occupies it elsewhere; then the form
    requires a unit. ``doubt`` is the reason to fill in no unit at any site.
    """

    def __init__(
        self,
        desk: UiContext,
        site_id: str | None = None,
        *,
        corrects: Visit | None = None,
        doubt: str = "",
        parent: QWidget | None = None,
    ) -> None:
        title = "Correct a Visit" if corrects else "Log a Visit"
        super().__init__(desk, "visit", title, corrects=corrects, parent=parent)
        project, now = desk.session.project, desk.session.clock()
        self.site = self.add_site(site_id, needed=_NO_SITE)
        self._doubt = doubt
        unit, doubt = (self.recorded("unit", None), "") if corrects else self._find_unit()
        self.unit = self.add("unit", "&Unit", make_unit_box(project, unit))
        if not corrects:
            self._require_unit(doubt)
        else:
            officer = make_officer_box(project, corrects.officer)
            self.officer = self.add("officer", "&Officer", officer)
        arrived = TimeField(desk.session, self.recorded("arrived_at", now))
        self.arrived = self.add("arrived_at", "&Arrived", arrived)
        self.ahead = QCheckBox("P&lanned ahead")
        self.ahead.setToolTip(
            "The visit is in the future; “Visits due” lists it in the week of its planned time."
        )
        self.stay = make_number_box(0, 600, suffix=" min", least_text=_STILL_ON_SITE)
        self.stay.setToolTip("Minutes on site; leave it empty while the unit is still there.")
        arrived.dateTimeChanged.connect(self._follow_arrival)
        if corrects:
            departed = OptionalTimeField(desk, corrects.departed_at, needed=False)
            self.departed = self.add("departed_at", "&Departed", departed)
            statuses = {status: _STATUS_WORDS[status] for status in VISIT_STATUSES}
            self.status = self.add_choice("status", "S&tatus", statuses)
        else:
            self.add_rows(("", self.ahead), ("M&inutes", self.stay))
        purposes = {"": "Not recorded"} | {
            name: value_text.format_purpose(name) for name in VISIT_PURPOSES
        }
        self.purpose = self.add_choice("purpose", "&Purpose", purposes, "")
        self.note = self.add("note", "&Note", self.make_text_field("note", "No names of students"))
        self.watch_fields(self.purpose)
        if corrects:
            self.status.currentIndexChanged.connect(self._follow_status)
            self.departed.taken.toggled.connect(self._follow_departure)
        else:
            self.unit.activated.connect(self._set_unit_chosen)
            self.unit.activated.connect(self._show_where_unit_is)
            self.site.currentIndexChanged.connect(self._offer_unit)
            self.ahead.toggled.connect(self._follow_ahead)

    def columns(self) -> dict[str, str]:
        """Return the fields as columns; the minutes of a new visit become its departure."""
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
        """Allow future times for a visit that is planned ahead."""
        if self._record is None:
            ahead = self.ahead.isChecked()
        else:
            ahead = self.status.currentData() in PLANNABLE_VISIT_STATUSES
        return self._fields if ahead else ()

    def _follow_arrival(self) -> None:
        """Show that a visit of long ago is over, rather than that the unit is still there."""
        try:
            over = self._desk.session.clock() - self.arrived.moment() >= LONGEST_VISIT
        except UserError:  # an hour skipped by daylight saving time; the form flags it
            return
        self.stay.setSpecialValueText(_OVER if over else _STILL_ON_SITE)

    def _find_unit(self) -> tuple[str | None, str]:
        """Return the site's usual unit or, if it is elsewhere, None and the reason."""
        session, site = self._desk.session, self.site.currentData() or ""
        usual = find_usual_unit(session.project, site, session.today)
        elsewhere = find_unit_elsewhere(session, usual, site) if usual else None
        doubt = self._doubt or (elsewhere.message if elsewhere is not None else "")
        return (None if doubt else usual), doubt

    def _require_unit(self, doubt: str) -> None:
        """Require a unit if there is a doubt about the usual one."""
        self.set_about(doubt)
        self._needed = {**self._needed, "unit": _NO_UNIT if doubt else ""}

    def _set_unit_chosen(self, _: int) -> None:
        """Stop offering the usual unit once a person chooses one; “none” counts if it may."""
        if self.unit.currentData() is None and self._needed["unit"]:
            return
        self.site.currentIndexChanged.disconnect(self._offer_unit)
        self.unit.activated.disconnect(self._set_unit_chosen)

    def _show_where_unit_is(self, _: int) -> None:
        """Mention where the chosen unit is according to the log; it may be logged all the same."""
        session, unit = self._desk.session, self.unit.currentData()
        if unit is None and self._needed["unit"]:
            return
        site = self.site.currentData() or ""
        elsewhere = find_unit_elsewhere(session, unit, site, chosen=True) if unit else None
        self.set_about(elsewhere.message if elsewhere is not None else "")

    def _offer_unit(self) -> None:
        usual, doubt = self._find_unit()
        self.unit.setCurrentIndex(max(0, self.unit.findData(usual)))
        self._require_unit(doubt)
        self.update_required()

    def _follow_ahead(self, ahead: bool) -> None:
        self.stay.setDisabled(ahead)
        self.ok.setText("Plan it" if ahead else LOG_IT)

    def _follow_status(self) -> None:
        """Remove the departure if the visit has not ended."""
        if self.status.currentData() in UNFINISHED_VISIT_STATUSES:
            self.departed.taken.setChecked(False)

    def _follow_departure(self, has_departed: bool) -> None:
        """Set the status to completed with a departure, to on site without one."""
        status = self.status.currentData()
        if has_departed and status in UNFINISHED_VISIT_STATUSES:
            self.status.setCurrentIndex(self.status.findData("completed"))
        elif not has_departed and status == "completed":
            self.status.setCurrentIndex(self.status.findData("on_site"))
