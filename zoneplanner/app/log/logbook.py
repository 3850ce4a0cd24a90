"""Log records, with missing columns filled in from the project, and read them back.

It also explains and quarantines entries of the journal that cannot be read.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial

from zoneplanner.app.log.dispatch import INCIDENT_ENTRY_KINDS
from zoneplanner.app.readiness.records import (
    check_drill_checklist,
    check_elements,
    check_named_things,
    fill_record_columns,
    load_drill_checklist,
)
from zoneplanner.app.readiness.requirements import load_project_rules
from zoneplanner.app.session.identity import new_uid
from zoneplanner.app.session.session import Session
from zoneplanner.domain.calendar.local_time import parse_moment
from zoneplanner.domain.log.entries import (
    DRILL_RECORD,
    ENTRY_SHAPES,
    QUARANTINE_KIND,
    RECORD_KINDS,
    REVIEW_RECORD,
    build_quarantine_entry,
    parse_entry,
    read_drills,
    read_incidents,
    read_plan_reviews,
    read_visits,
    validate_entry,
)
from zoneplanner.domain.log.hours_entries import APPROVAL_RECORD, HOURS_RECORD
from zoneplanner.domain.log.journal import (
    MADE_VISIT_STATUSES,
    Incident,
    JournalEntry,
    NewEntry,
    Visit,
    map_record_uids,
)
from zoneplanner.domain.log.record_schema import LogRecord, read_record, read_records
from zoneplanner.domain.log.response_action_terms import ResponseAction, read_response_actions
from zoneplanner.domain.project import Project
from zoneplanner.domain.readiness.drill_requirements import Drill
from zoneplanner.domain.readiness.plan_review import PlanReview
from zoneplanner.domain.roster.hours import check_hours_overlap, fill_hours_columns
from zoneplanner.domain.roster.officer_edits import OfficerNames, get_officer
from zoneplanner.errors import UserError
from zoneplanner.messages import Message
from zoneplanner.storage import UnreadableEntry

LONGEST_VISIT = timedelta(hours=12)
"""A visit that started longer ago is over, even without a departure."""
RECORD_READERS: Mapping[str, Callable[[Iterable[NewEntry]], tuple[LogRecord, ...]]] = {
    **{name: partial(read_records, kind) for name, kind in RECORD_KINDS.items()},
    "incident": read_incidents,
}
"""The function that reads the records of each kind; live stamps are not records of their own."""


def find_usual_unit(project: Project, site_id: str, day: date) -> str | None:
    """Return the unit of the site's zone in the plan in force on a day, else in the latest plan."""
    plan = project.current_plan(day)
    zone = plan.assignment.get(site_id) if plan else None
    return plan.zone(zone).unit if plan and zone else None


def log_visit(session: Session, site_id: str, **columns: str) -> JournalEntry:
    """Log a visit; unit and time are filled in if they are missing, but not if they are ""."""
    return log_record(session, "visit", {"site": site_id, **columns})


def log_record(
    session: Session, kind: str, columns: Mapping[str, str], *, also: Sequence[NewEntry] = ()
) -> JournalEntry:
    """Log an entry given as columns of strings, as on the command line and in tables.

    If the journal has the ``uid`` already, its entry is returned, so a retry does no harm. A visit
    that was made starts the visit planned at that site and time, grace period included: it is
    logged as its correction. In a correction an empty string clears its column; a correction of a
    voided record brings it back. The entries ``also`` are logged with it, all or none.

    Raises
    ------
    UserError
        A column is invalid, the corrected or voided record is of another kind, or the uid belongs
        to an entry with different content.
    """
    project, filled = session.saved_project, fill_record_columns(session, kind, columns)
    cleared = {name for name, text in columns.items() if not text.strip()}
    if kind == APPROVAL_RECORD.name:
        check_may_approve(session)
        if filled.get("worked") and not session.store.record(filled["worked"]):
            raise UserError("unknown_entry.worked", uid=filled["worked"])
    if kind == HOURS_RECORD.name:
        filled = fill_hours_columns(project, filled)
    corrects = _find_record(session, kind, filled.get("supersedes"), with_voided=True)
    if filled.get("site"):
        filled["site"] = project.site(filled["site"]).id
    if corrects is None and "void" not in filled:
        _fill_time(session, kind, filled)
        if kind == "visit":
            corrects = _start_planned_visit(session, filled)
            _fill_made_visit(session, filled, corrects)
    for name in [filled.get("unit", ""), *filled.get("units", "").split(";")]:
        if name.strip():
            check_unit_id(project, name.strip())
    if filled.get("officer") and project.officers:
        filled["officer"] = find_officer_id(project, filled["officer"])
    check_named_things(project, session.store, kind, filled)
    entry = validate_entry(
        parse_entry(
            kind,
            filled,
            time_zone=project.time_zone,
            now=session.clock(),
            uid=new_uid(),
            corrects=corrects,
            cleared=cleared if columns.get("supersedes") else (),
        )
    )
    check_against_project(session, entry)
    voids = filled.get("void", "")
    if voids and all(logged.uid != entry.uid for logged in session.store.record(voids)):
        _find_record(session, kind, voids)
    logged = session.log_many([entry, *also])[0] if also else session.log(entry)
    _check_same_content(logged, entry, columns)
    return logged


def copy_entry(entry: JournalEntry, *, supersedes: str) -> NewEntry:
    """Return a new entry with the content of an earlier one, to restore it."""
    return NewEntry(
        new_uid(),
        entry.kind,
        entry.site,
        entry.unit,
        entry.occurred_at,
        entry.payload,
        supersedes=supersedes,
    )


def check_against_project(session: Session, entry: NewEntry) -> None:
    """Reject an entry that contradicts the project's rules or other records."""
    project = session.saved_project
    if entry.kind == DRILL_RECORD.name:
        check_drill_checklist(entry, load_drill_checklist(project), project.time_zone)
    elif entry.kind == REVIEW_RECORD.name:
        check_elements(entry, load_project_rules(project))
    elif entry.kind == HOURS_RECORD.name:
        check_worked_hours(session, entry)


def check_may_approve(session: Session) -> None:
    """Reject a role that may not approve hours, which is up to coordinators."""
    role = session.store.role
    if not role.covers(APPROVAL_RECORD.least_role):
        raise UserError("may_not_approve", role=role.value)


def check_worked_hours(session: Session, entry: NewEntry) -> None:
    """Reject worked hours that overlap others of the same officer."""
    journal = session.hours_journal.entries()
    root = map_record_uids(journal).get(entry.supersedes or "", entry.uid)
    worked = read_record(HOURS_RECORD, root, entry)
    check_hours_overlap(session.saved_project, worked, read_records(HOURS_RECORD, journal))


def _fill_time(session: Session, kind: str, columns: dict[str, str]) -> None:
    """Fill in now or today as the time of a record without one."""
    record = RECORD_KINDS.get(kind)
    if record is not None and record.fills_day:
        now = session.clock() if record.timed else session.today
        columns.setdefault(record.order_field, now.isoformat())


def _start_planned_visit(session: Session, columns: dict[str, str]) -> Visit | None:
    """Fill in the missing columns of a new visit, and return the planned visit that it starts."""
    planned = find_planned_visit(session, columns)
    if planned is not None:
        columns["supersedes"] = planned.uid
        columns.setdefault("status", "completed" if columns.get("departed_at") else "on_site")
    elif "unit" not in columns:
        unit = find_usual_unit(session.saved_project, columns.get("site", ""), session.today)
        columns["unit"] = unit or ""
    return planned


def _fill_made_visit(session: Session, columns: dict[str, str], planned: Visit | None) -> None:
    """Fill in the rostered officer, and that a visit of long ago is completed."""
    if columns.get("status", MADE_VISIT_STATUSES[0]) not in MADE_VISIT_STATUSES:
        return
    project, now = session.saved_project, session.clock()
    at = parse_moment(columns["arrived_at"], time_zone=project.time_zone, now=now)
    unit = columns.get("unit", planned.unit if planned else "")
    if unit and "officer" not in columns and not (planned and planned.officer):
        columns["officer"] = find_rostered_officer(project, unit, at)
    if now - at >= LONGEST_VISIT and not columns.get("departed_at"):
        columns.setdefault("status", "completed")


def find_rostered_officer(project: Project, unit: str, at: datetime) -> str:
    """Return the officer rostered on a unit at a time, or "" if there is none or several."""
    officers = {
        shift.officer
        for shift in project.shifts.values()
        if shift.unit == unit and shift.is_active and shift.starts_at <= at < shift.ends_at
    }
    officer = (officers.pop() if len(officers) == 1 else None) or ""
    return officer if officer in project.officers else ""


def _check_same_content(logged: JournalEntry, entry: NewEntry, columns: Mapping[str, str]) -> None:
    """Reject different content under a known uid; columns that were filled in may differ."""
    differs = logged.kind != entry.kind or logged.site != entry.site
    if differs or any(
        logged.payload.get(name) != value
        for name, value in entry.payload.items()
        if name in columns
    ):
        raise UserError("uid_in_use", uid=logged.uid)


def list_visits(session: Session) -> tuple[Visit, ...]:
    """Return all visits with their corrections."""
    return read_visits(session.store.entries(kinds=("visit", "void")))


def list_last_visits(session: Session, site: str, most: int) -> tuple[Visit, ...]:
    """Return the last ``most`` visits made at a site, the latest first."""
    log = session.store.visit_log()
    if site not in log.names:
        return ()
    seqs = log.visits["seq"][log.visits["site"] == log.names.index(site)]
    return tuple(reversed(read_visits(session.store.entries_by_seq(seqs[-most:].tolist()))))


def list_incidents(session: Session) -> tuple[Incident, ...]:
    """Return all incidents with their corrections and live stamps."""
    return read_incidents(session.store.entries(kinds=INCIDENT_ENTRY_KINDS))


def find_incident(session: Session, uid: str) -> Incident | None:
    """Return an incident by the uid of its first entry, or None if it is unknown or voided."""
    return next((call for call in list_incidents(session) if call.uid == uid), None)


def find_incidents(session: Session, seqs: Iterable[int]) -> tuple[Incident, ...]:
    """Return the incidents by the numbers of their first entries."""
    uids = {entry.uid for entry in session.store.entries_by_seq(seqs)}
    return tuple(call for call in list_incidents(session) if call.uid in uids)


def list_drills(session: Session) -> tuple[Drill, ...]:
    """Return all drills with their corrections."""
    return read_drills(session.store.entries(kinds=("drill", "void")))


def list_plan_reviews(session: Session) -> tuple[PlanReview, ...]:
    """Return all steps of plan reviews with their corrections."""
    return read_plan_reviews(session.store.entries(kinds=("review", "void")))


def list_response_actions(session: Session) -> tuple[ResponseAction, ...]:
    """Return all response actions with their corrections."""
    return read_response_actions(session.store.entries(kinds=("action", "void")))


def find_planned_visit(session: Session, columns: Mapping[str, str]) -> Visit | None:
    """Return the planned visit that a visit given as columns would start, or None."""
    is_made = columns.get("status", MADE_VISIT_STATUSES[0]) in MADE_VISIT_STATUSES
    if not is_made or not columns.get("site"):
        return None
    rule, zone = session.saved_project.visit_rule, session.saved_project.time_zone
    at = parse_moment(columns["arrived_at"], time_zone=zone, now=session.clock())
    candidates = session.planned_visits.list_matchable(at, at, rule)
    at_site = [visit for visit in candidates if visit.site == columns["site"]]
    return min(at_site, key=lambda visit: abs(visit.arrived_at - at), default=None)


def check_unit_id(project: Project, unit_id: str) -> str:
    """Return the id if the project has such a unit; otherwise raise a UserError."""
    if unit_id not in project.units:
        raise UserError("unknown_unit", unit=unit_id, known=list(project.units))
    return unit_id


def find_officer_id(project: Project, text: str) -> str:
    """Return the id of an officer given by id or name; an unknown one is a UserError."""
    return OfficerNames(project).find(text) or get_officer(project, text).id


def _find_record(
    session: Session, kind: str, uid: str | None, *, with_voided: bool = False
) -> LogRecord | None:
    """Return the record that an entry belongs to, or None without a uid.

    With ``with_voided``, a voided record is returned as it was before.
    """
    if not uid:
        return None
    read, record = RECORD_READERS.get(kind), session.store.record(uid)
    entries = [entry for entry in record if not with_voided or entry.kind != "void"]
    records = read(entries) if read is not None else ()
    if not records:
        raise UserError("unknown_entry.correction", uid=uid, kind=kind)
    return records[0]


def explain_unreadable_entries(unreadable: Sequence[UnreadableEntry]) -> tuple[Message, ...]:
    """Return how many entries are left out of lists and figures, or nothing if none are."""
    if not unreadable:
        return ()
    quarantined = sum(entry.quarantined for entry in unreadable)
    code = "unreadable_entries.quarantined" if quarantined else "unreadable_entries"
    return (Message(code, n=len(unreadable), quarantined=quarantined),)


def quarantine_entry(session: Session, seq: int, *, reason: str) -> JournalEntry:
    """Record that an entry cannot be read, so that the rest of the journal verifies again.

    Raises
    ------
    UserError
        The entry can be read (void it instead) or is quarantined already, there is no reason, or
        the person is not the owner.
    """
    entries = session.store.unreadable_entries()
    unreadable = {entry.seq: entry for entry in entries if not entry.quarantined}
    if seq not in unreadable:
        raise UserError("not_unreadable", seq=seq)
    if not session.store.role.covers(ENTRY_SHAPES[QUARANTINE_KIND].least_role):
        raise UserError("role_may_not.quarantine", name=session.store.name)
    field, now = unreadable[seq].field, session.clock()
    return session.log(
        build_quarantine_entry(uid=new_uid(), seq=seq, field=field, reason=reason, now=now)
    )
