"""Log what happened, with what the project knows filled in, and read the records back.

Entries of the journal that cannot be read: told wherever the log is, and taken note of.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial

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
from zoneplanner.domain.log.response_actions import ResponseAction, read_response_actions
from zoneplanner.domain.project import Project
from zoneplanner.domain.readiness.drill_requirements import Drill
from zoneplanner.domain.readiness.plan_review import PlanReview
from zoneplanner.domain.roster.hours import check_hours_overlap, fill_hours_columns
from zoneplanner.domain.roster.officer_edits import OfficerNames, get_officer
from zoneplanner.errors import UserError
from zoneplanner.messages import format_count
from zoneplanner.storage import UnreadableEntry

LONGEST_VISIT = timedelta(hours=12)
"""A visit that began longer ago is over, whether or not somebody said when it ended."""
RECORD_READERS: Mapping[str, Callable[[Iterable[NewEntry]], tuple[LogRecord, ...]]] = {
    **{name: partial(read_records, kind) for name, kind in RECORD_KINDS.items()},
    "incident": read_incidents,
}
"""How the records of each kind are read; live stamps stay entries of their own."""


def find_usual_unit(project: Project, site_id: str, day: date) -> str | None:
    """Return the unit of the site's zone in the plan in force that day, else in the latest."""
    plan = project.current_plan(day)
    zone = plan.assignment.get(site_id) if plan else None
    return plan.zone(zone).unit if plan and zone else None


def log_visit(session: Session, site_id: str, **columns: str) -> JournalEntry:
    """Log a visit; unit and time are filled in where they are left out, not where they are ""."""
    return log_record(session, "visit", {"site": site_id, **columns})


def log_record(
    session: Session, kind: str, columns: Mapping[str, str], *, also: Sequence[NewEntry] = ()
) -> JournalEntry:
    """Log an entry given as columns of text, as the command line and tables give them.

    A ``uid`` that the journal knows gives the entry kept under it, so that a retry does no harm.
    A visit that was made takes up the one planned there for that time, grace included: it is
    logged as a correction of that one. In a correction an empty text clears its column, and one of
    a voided record brings it back. Entries
    given as ``also`` are logged with it, all or none.

    Raises
    ------
    UserError
        A column makes no sense, what is corrected or voided is not of this kind, or the uid is
        that of an entry with other content.
    """
    zone = session.saved_project.time_zone
    given = fill_record_columns(session, kind, columns)
    cleared = {name for name, text in columns.items() if not text.strip()}
    if kind == APPROVAL_RECORD.name:
        check_may_approve(session)
        if given.get("worked") and not session.store.record(given["worked"]):
            raise UserError("unknown_entry.worked", uid=given["worked"])
    if kind == HOURS_RECORD.name:
        given = fill_hours_columns(session.saved_project, given)
    corrects = _find_record(session, kind, given.get("supersedes"), voided_too=True)
    if given.get("site"):
        given["site"] = session.saved_project.site(given["site"]).id
    if corrects is None and "void" not in given:
        _fill_time(session, kind, given)
        if kind == "visit":
            corrects = _start_planned_visit(session, given)
            _fill_made_visit(session, given, corrects)
    for name in [given.get("unit", ""), *given.get("units", "").split(";")]:
        if name.strip():
            check_unit_id(session.saved_project, name.strip())
    if given.get("officer") and session.saved_project.officers:
        given["officer"] = find_officer_id(session.saved_project, given["officer"])
    check_named_things(session.saved_project, session.store, kind, given)
    entry = validate_entry(
        parse_entry(
            kind,
            given,
            time_zone=zone,
            now=session.clock(),
            uid=new_uid(),
            corrects=corrects,
            cleared=cleared if columns.get("supersedes") else (),
        )
    )
    check_against_project(session, entry)
    voids = given.get("void", "")
    if voids and not any(one.uid == entry.uid for one in session.store.record(voids)):
        _find_record(session, kind, voids)
    kept = session.log_many([entry, *also])[0] if also else session.log(entry)
    _check_same_content(kept, entry, columns)
    return kept


def check_against_project(session: Session, entry: NewEntry) -> None:
    """Refuse what the project's rules, texts or other records speak against."""
    project = session.saved_project
    if entry.kind == DRILL_RECORD.name:
        check_drill_checklist(entry, load_drill_checklist(project), project.time_zone)
    elif entry.kind == REVIEW_RECORD.name:
        check_elements(entry, load_project_rules(project))
    elif entry.kind == HOURS_RECORD.name:
        check_worked_hours(session, entry)


def check_may_approve(session: Session) -> None:
    """Refuse who may log and no more: approving hours is the coordinator's."""
    role = session.store.role
    if not role.covers(APPROVAL_RECORD.least_role):
        raise UserError("may_not_approve", role=role.value)


def check_worked_hours(session: Session, entry: NewEntry) -> None:
    """Refuse worked hours of an officer that share time with others of theirs."""
    journal = session.hours_journal.entries()
    root = map_record_uids(journal).get(entry.supersedes or "", entry.uid)
    worked = read_record(HOURS_RECORD, root, entry)
    check_hours_overlap(session.saved_project, worked, read_records(HOURS_RECORD, journal))


def _fill_time(session: Session, kind: str, given: dict[str, str]) -> None:
    """A record that does not say when it happened is of now, or of today."""
    record = RECORD_KINDS.get(kind)
    if record is not None and record.fills_day:
        now = session.clock() if record.timed else session.today
        given.setdefault(record.order_field, now.isoformat())


def _start_planned_visit(session: Session, given: dict[str, str]) -> Visit | None:
    """Fill in what a new visit leaves out, and return the planned one that it takes up."""
    planned = find_planned_visit(session, given)
    if planned is not None:
        given["supersedes"] = planned.uid
        given.setdefault("status", "completed" if given.get("departed_at") else "on_site")
    elif "unit" not in given:
        given["unit"] = (
            find_usual_unit(session.saved_project, given.get("site", ""), session.today) or ""
        )
    return planned


def _fill_made_visit(session: Session, given: dict[str, str], planned: Visit | None) -> None:
    """Fill in who came by the roster, and that a visit of long ago is over."""
    if given.get("status", MADE_VISIT_STATUSES[0]) not in MADE_VISIT_STATUSES:
        return
    project, now = session.saved_project, session.clock()
    at = parse_moment(given["arrived_at"], time_zone=project.time_zone, now=now)
    unit = given.get("unit", planned.unit if planned else "")
    if unit and "officer" not in given and not (planned and planned.officer):
        given["officer"] = find_rostered_officer(project, unit, at)
    if now - at >= LONGEST_VISIT and not given.get("departed_at"):
        given.setdefault("status", "completed")


def find_rostered_officer(project: Project, unit: str, at: datetime) -> str:
    """Return the officer whom the roster has on a unit at a moment; "" for none or several."""
    officers = {
        shift.officer
        for shift in project.shifts.values()
        if shift.unit == unit and shift.is_active and shift.starts_at <= at < shift.ends_at
    }
    only = (next(iter(officers)) if len(officers) == 1 else None) or ""
    return only if only in project.officers else ""


def _check_same_content(kept: JournalEntry, entry: NewEntry, columns: Mapping[str, str]) -> None:
    """Refuse another content under a known uid; columns that were filled in may differ."""
    said = {name: value for name, value in entry.payload.items() if name in columns}
    same = kept.kind == entry.kind and kept.site == entry.site
    if not same or any(kept.payload.get(name) != value for name, value in said.items()):
        raise UserError("uid_in_use", uid=kept.uid)


def list_visits(session: Session) -> tuple[Visit, ...]:
    """Return the visits as they stand after corrections."""
    return read_visits(session.store.entries(kinds=("visit", "void")))


def list_last_visits(session: Session, site: str, most: int) -> tuple[Visit, ...]:
    """Return the last visits that took place at a site, the latest first."""
    log = session.store.visit_log()
    if site not in log.names:
        return ()
    here = log.visits["seq"][log.visits["site"] == log.names.index(site)]
    return tuple(reversed(read_visits(session.store.entries_by_seq(here[-most:].tolist()))))


def list_incidents(session: Session) -> tuple[Incident, ...]:
    """Return the incidents as they stand after corrections and with their live stamps."""
    return read_incidents(session.store.entries(kinds=("incident", "stamp", "void")))


def find_incidents(session: Session, seqs: Iterable[int]) -> tuple[Incident, ...]:
    """Return the incidents whose first entries have some numbers."""
    uids = {entry.uid for entry in session.store.entries_by_seq(seqs)}
    return tuple(one for one in list_incidents(session) if one.uid in uids)


def list_drills(session: Session) -> tuple[Drill, ...]:
    """Return the drills as they stand after corrections."""
    return read_drills(session.store.entries(kinds=("drill", "void")))


def list_plan_reviews(session: Session) -> tuple[PlanReview, ...]:
    """Return the steps of plan reviews as they stand after corrections."""
    return read_plan_reviews(session.store.entries(kinds=("review", "void")))


def list_response_actions(session: Session) -> tuple[ResponseAction, ...]:
    """Return the response actions as they stand after corrections."""
    return read_response_actions(session.store.entries(kinds=("action", "void")))


def find_planned_visit(session: Session, given: Mapping[str, str]) -> Visit | None:
    """Return the planned visit that one given as columns takes up, or None."""
    if given.get("status", MADE_VISIT_STATUSES[0]) not in MADE_VISIT_STATUSES or not given.get(
        "site"
    ):
        return None
    rule, zone = session.saved_project.visit_rule, session.saved_project.time_zone
    at = parse_moment(given["arrived_at"], time_zone=zone, now=session.clock())
    near = session.planned_visits.list_matchable(at, at, rule)
    there = [one for one in near if one.site == given["site"]]
    return min(there, key=lambda one: abs(one.arrived_at - at), default=None)


def check_unit_id(project: Project, unit_id: str) -> str:
    """Return the id of a unit of the project; an unknown one is a UserError."""
    if unit_id not in project.units:
        raise UserError("unknown_unit", unit=unit_id, known=list(project.units))
    return unit_id


def find_officer_id(project: Project, text: str) -> str:
    """Return the id of the officer that a text names by id or name; else a UserError."""
    return OfficerNames(project).find(text) or get_officer(project, text).id


def _find_record(
    session: Session, kind: str, uid: str | None, *, voided_too: bool = False
) -> LogRecord | None:
    """Return the record that an entry's uid belongs to, be it the first entry or a correction.

    One that was voided is as it stood before; a correction brings it back.
    """
    if not uid:
        return None
    read = RECORD_READERS.get(kind)
    entries = [one for one in session.store.record(uid) if not voided_too or one.kind != "void"]
    for record in read(entries) if read is not None else ():
        return record
    raise UserError("unknown_entry.correction", uid=uid, kind=kind)


def explain_unreadable_entries(found: Sequence[UnreadableEntry]) -> str:
    """Say how many entries are in no list and no figure; empty where there are none."""
    if not found:
        return ""
    count = format_count(len(found), "journal entry", "journal entries")
    known = sum(one.quarantined for one in found)
    noted = f" ({known:,} recorded as unreadable)" if known else ""
    are = "are" if len(found) > 1 else "is"
    return (
        f"{count} can't be read{noted} and {are} left out of lists and figures. "
        "`verify` lists each one."
    )


def quarantine_entry(session: Session, seq: int, *, reason: str) -> JournalEntry:
    """Record one that cannot be read as unreadable; from then on the journal is whole again.

    Raises
    ------
    UserError
        The entry can be read (void it instead) or is quarantined already, there is no reason, or
        one is not the owner.
    """
    found = {one.seq: one for one in session.store.unreadable_entries() if not one.quarantined}
    if seq not in found:
        raise UserError("not_unreadable", seq=seq)
    if not session.store.role.covers(ENTRY_SHAPES[QUARANTINE_KIND].least_role):
        raise UserError("role_may_not.quarantine", name=session.store.name)
    return session.log(
        build_quarantine_entry(
            uid=new_uid(), seq=seq, field=found[seq].field, reason=reason, now=session.clock()
        )
    )
