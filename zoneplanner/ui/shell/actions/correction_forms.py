"""Forms that correct records, by kind.

A separate module, so that the forms are imported only when a record is corrected.
"""

from collections.abc import Callable, Mapping
from functools import partial

from PySide6.QtWidgets import QWidget

from zoneplanner.app.log.logbook import RECORD_READERS, list_incidents
from zoneplanner.domain.log.entries import DECLARED_RECORDS
from zoneplanner.domain.log.record_schema import LogRecord
from zoneplanner.ui.log.incident_form import IncidentDialog
from zoneplanner.ui.log.response_actions.response_action_forms import ResponseActionDialog
from zoneplanner.ui.log.visit_form import VisitDialog
from zoneplanner.ui.readiness.after_action_forms import AfterActionDialog, CorrectiveActionDialog
from zoneplanner.ui.readiness.campus_page_form import CampusPageDialog
from zoneplanner.ui.readiness.drill_form import DrillDialog
from zoneplanner.ui.readiness.people_forms import ConcernDialog, PeopleRecordDialog
from zoneplanner.ui.readiness.plan_review_forms import DistrictReportDialog, ReviewStepDialog
from zoneplanner.ui.shifts.hours_forms import HoursDialog
from zoneplanner.ui.widgets.inputs.record_form import RecordForm
from zoneplanner.ui.widgets.services.ui_context import UiContext

_FORMS: Mapping[str, Callable[..., RecordForm]] = {
    "visit": VisitDialog,
    "incident": IncidentDialog,
    "drill": DrillDialog,
    "review": ReviewStepDialog,
    "action": ResponseActionDialog,
    "after_action": AfterActionDialog,
    "corrective_action": CorrectiveActionDialog,
    "concern": ConcernDialog,
    "district_report": DistrictReportDialog,
    **{kind.name: partial(PeopleRecordDialog, kind=kind.name) for kind in DECLARED_RECORDS},
    "campus_page": CampusPageDialog,
    "hours": HoursDialog,
}


def make_correction_form(
    desk: UiContext, kind: str, uid: str, parent: QWidget | None = None
) -> RecordForm | None:
    """Return the form that corrects a record, or None if it is no longer in the log."""
    record = _find_record(desk, kind, uid)
    return None if record is None else _FORMS[kind](desk, corrects=record, parent=parent)


def _find_record(desk: UiContext, kind: str, uid: str) -> LogRecord | None:
    """Return a record with its corrections, an incident also with its stamps."""
    session = desk.session
    if kind == "incident":
        return next((call for call in list_incidents(session) if call.uid == uid), None)
    return next(iter(RECORD_READERS[kind](session.store.record(uid))), None)
