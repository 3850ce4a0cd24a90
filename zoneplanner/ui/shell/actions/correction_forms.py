"""Forms that correct records, by kind.

A separate module, so that the forms are imported only when a record is corrected.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

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


def _make_people_form(
    kind: str, desk: UiContext, record: Any, parent: QWidget | None
) -> PeopleRecordDialog:
    return PeopleRecordDialog(desk, None, kind=kind, corrects=record, parent=parent)


_FORM_FACTORIES: Mapping[str, Callable[[UiContext, Any, QWidget | None], RecordForm]] = {
    "visit": lambda desk, one, parent: VisitDialog(desk, None, corrects=one, parent=parent),
    "incident": lambda desk, one, parent: IncidentDialog(desk, None, corrects=one, parent=parent),
    "drill": lambda desk, one, parent: DrillDialog(desk, None, corrects=one, parent=parent),
    "review": lambda desk, one, parent: ReviewStepDialog(desk, None, corrects=one, parent=parent),
    "action": lambda desk, one, parent: ResponseActionDialog(desk, one, parent=parent),
    "after_action": lambda desk, one, parent: AfterActionDialog(desk, corrects=one, parent=parent),
    "corrective_action": lambda desk, one, parent: CorrectiveActionDialog(desk, one, parent=parent),
    "concern": lambda desk, one, parent: ConcernDialog(desk, None, corrects=one, parent=parent),
    "district_report": lambda desk, one, parent: DistrictReportDialog(
        desk, corrects=one, parent=parent
    ),
    **{kind.name: partial(_make_people_form, kind.name) for kind in DECLARED_RECORDS},
    "campus_page": lambda desk, one, parent: CampusPageDialog(
        desk, None, corrects=one, parent=parent
    ),
    "hours": lambda desk, one, parent: HoursDialog(desk, corrects=one, parent=parent),
}


def make_correction_form(
    desk: UiContext, kind: str, uid: str, parent: QWidget | None = None
) -> RecordForm | None:
    """Return the form that corrects a record, or None if it is no longer in the log."""
    record = _find_record(desk, kind, uid)
    return None if record is None else _FORM_FACTORIES[kind](desk, record, parent)


def _find_record(desk: UiContext, kind: str, uid: str) -> LogRecord | None:
    """Return a record with its corrections, an incident also with its stamps."""
    session = desk.session
    if kind == "incident":
        return next((call for call in list_incidents(session) if call.uid == uid), None)
    return next(iter(RECORD_READERS[kind](session.store.record(uid))), None)
