"""Log what happened, with what the project knows filled in, and read the records back."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import partial

from zoneplanner.app.project import new_uid
from zoneplanner.app.readiness_log import bundled_checklist, check_gate, filled
from zoneplanner.app.session import Session
from zoneplanner.domain.clock import parse_time
from zoneplanner.domain.columns import RECORDS, entry_from_columns
from zoneplanner.domain.journal import MADE, Entry, Incident, NewEntry, Visit
from zoneplanner.domain.kinds import Record, records_of
from zoneplanner.domain.project import Project
from zoneplanner.domain.readiness import Drill, PlanReview
from zoneplanner.domain.records import drills, incidents, reviews, visits
from zoneplanner.domain.response_actions import ResponseAction, actions
from zoneplanner.errors import UserError

READERS: Mapping[str, Callable[[Iterable[NewEntry]], tuple[Record, ...]]] = {
    **{name: partial(records_of, kind) for name, kind in RECORDS.items()},
    "incident": incidents,
}
"""How the records of each kind are read; live stamps stay entries of their own."""


def usual_unit(project: Project, site_id: str, day: date) -> str | None:
    """Return the unit of the site's zone in the plan in force that day, else in the latest."""
    plan = project.current_plan(day)
    zone = plan.assignment.get(site_id) if plan else None
    return plan.zone(zone).unit if plan and zone else None


def log_visit(session: Session, site_id: str, **columns: str) -> Entry:
    """Log a visit; unit and time are filled in where they are left out."""
    return log_columns(session, "visit", {"site": site_id, **columns})


def log_columns(session: Session, kind: str, columns: Mapping[str, str]) -> Entry:
    """Log an entry given as columns of text, as the command line and tables give them.

    A ``uid`` that the journal knows gives the entry kept under it, so that a retry does no harm.
    A visit that was made takes up the one planned there for that time, grace included: it is
    logged as a correction of that one.

    Raises
    ------
    UserError
        A column makes no sense, what is corrected or voided is not of this kind, or the uid is
        that of an entry with other content.
    """
    zone = session.project.time_zone
    given = filled(session.store, kind, columns, zone)
    corrects = _corrected(session, kind, given.get("supersedes"))
    if given.get("site"):
        given["site"] = session.project.site(given["site"]).id
    if corrects is None and "void" not in given:
        _fill_time(session, kind, given)
        if kind == "visit":
            corrects = _begun(session, given)
    for name in [given.get("unit", ""), *given.get("units", "").split(";")]:
        if name.strip():
            unit_of_project(session.project, name.strip())
    entry = entry_from_columns(
        kind, given, time_zone=zone, now=session.clock(), uid=new_uid(), corrects=corrects
    )
    if entry.kind == "drill":
        check_gate(entry, bundled_checklist(), zone)
    _corrected(session, kind, given.get("void"))
    kept = session.log(entry)
    _check_same(kept, entry, columns)
    return kept


def _fill_time(session: Session, kind: str, given: dict[str, str]) -> None:
    """A record that does not say when it happened is of now, or of today."""
    record = RECORDS.get(kind)
    if record is not None and record.step is None:
        now = session.clock() if record.timed else session.today
        given.setdefault(record.by, now.isoformat())


def _begun(session: Session, given: dict[str, str]) -> Visit | None:
    """Fill in what a new visit leaves out, and return the planned one that it takes up."""
    planned = planned_there(session, given)
    if planned is not None:
        given["supersedes"] = planned.uid
        given.setdefault("status", "completed" if given.get("departed_at") else "on_site")
    elif not given.get("unit"):
        given["unit"] = usual_unit(session.project, given.get("site", ""), session.today) or ""
    return planned


def _check_same(kept: Entry, entry: NewEntry, columns: Mapping[str, str]) -> None:
    """Refuse another content under a known uid; columns that were filled in may differ."""
    said = {name: value for name, value in entry.payload.items() if name in columns}
    same = kept.kind == entry.kind and kept.site == entry.site
    if not same or any(kept.payload.get(name) != value for name, value in said.items()):
        raise UserError(
            f"There is an entry “{kept.uid}” with other content already, and nothing was logged; "
            f"leave uid out, or correct that entry with supersedes={kept.uid}.",
            {"uid": kept.uid},
            code="uid_in_use",
        )


def all_visits(session: Session) -> tuple[Visit, ...]:
    """Return the visits as they stand after corrections."""
    return visits(session.store.entries(kinds=("visit", "void")))


def last_visits_at(session: Session, site: str, most: int) -> tuple[Visit, ...]:
    """Return the last visits that took place at a site, the latest first."""
    log = session.store.log()
    if site not in log.names:
        return ()
    here = log.visits["seq"][log.visits["site"] == log.names.index(site)]
    return tuple(reversed(visits(session.store.entries_by_seq(here[-most:].tolist()))))


def all_incidents(session: Session) -> tuple[Incident, ...]:
    """Return the incidents as they stand after corrections and with their live stamps."""
    return incidents(session.store.entries(kinds=("incident", "stamp", "void")))


def all_drills(session: Session) -> tuple[Drill, ...]:
    """Return the drills as they stand after corrections."""
    return drills(session.store.entries(kinds=("drill", "void")))


def all_reviews(session: Session) -> tuple[PlanReview, ...]:
    """Return the steps of plan reviews as they stand after corrections."""
    return reviews(session.store.entries(kinds=("review", "void")))


def all_actions(session: Session) -> tuple[ResponseAction, ...]:
    """Return the response actions as they stand after corrections."""
    return actions(session.store.entries(kinds=("action", "void")))


def planned_there(session: Session, given: Mapping[str, str]) -> Visit | None:
    """Return the planned visit that one given as columns takes up, or None."""
    if given.get("status", MADE[0]) not in MADE or not given.get("site"):
        return None
    rule, zone = session.project.visit_rule, session.project.time_zone
    at = parse_time(given["arrived_at"], time_zone=zone, now=session.clock())
    near = session.planned.near(at, at, rule)
    there = [one for one in near if one.site == given["site"]]
    return min(there, key=lambda one: abs(one.arrived_at - at), default=None)


def unit_of_project(project: Project, unit_id: str) -> str:
    """Return the id of a unit of the project; an unknown one is a UserError."""
    if unit_id not in project.units:
        known = ", ".join(project.units)
        raise UserError(
            f"There is no unit “{unit_id}” in this project. It has: {known}.",
            {"unit": unit_id, "known": list(project.units)},
            code="unknown_unit",
        )
    return unit_id


def _corrected(session: Session, kind: str, uid: str | None) -> Record | None:
    """Return the record that an entry's uid belongs to, be it the first entry or a correction."""
    if not uid:
        return None
    read = READERS.get(kind)
    for record in read(session.store.record(uid)) if read is not None else ():
        return record
    raise UserError(
        f"There is no {kind} “{uid}” in the journal that could be corrected.",
        {"uid": uid, "kind": kind},
        code="unknown_entry",
    )
