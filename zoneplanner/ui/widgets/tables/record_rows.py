"""A row of the log's table, whatever kind of record it is."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from zoneplanner.app.log.logbook import RECORD_READERS
from zoneplanner.app.log.record_history import (
    RecordRevision,
    describe_revision,
    find_last_corrections,
)
from zoneplanner.app.readiness.requirements import format_drill_name
from zoneplanner.app.session.session import Session
from zoneplanner.domain.log.due_visits import derive_visit_status
from zoneplanner.domain.log.entries import RECORD_KINDS
from zoneplanner.domain.log.journal import Incident, JournalEntry, Visit, map_record_uids
from zoneplanner.domain.log.record_schema import LogRecord
from zoneplanner.domain.log.response_actions import ResponseAction
from zoneplanner.domain.readiness.follow_up import (
    AfterActionReview,
    ConcernReport,
    CorrectiveAction,
)
from zoneplanner.domain.readiness.requirements import DistrictReport, Drill, PlanReview
from zoneplanner.ui.widgets.style import value_text
from zoneplanner.ui.widgets.tables.table_model import Column

_UNSENT_TEXT = "waiting to be sent"


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One record as it stands. ``record`` is its kind in the journal, ``kind`` how it is called."""

    uid: str
    record: str
    kind: str
    at: datetime
    when: str
    site: str | None
    site_name: str
    what: str
    status: str
    unit: str = value_text.NO_VALUE
    minutes: float | None = None
    note: str = ""
    sample: bool = False
    waits: bool = False
    """True while the server of a shared project does not have it."""
    corrected: str = ""
    correction: str = ""
    """What its last correction changed, old and new; and by whom and when."""


def _build_entry_row(
    session: Session,
    kind: str,
    record: LogRecord,
    *,
    waits: bool = False,
    corrected: RecordRevision | None = None,
) -> EntryRow:
    """Return the row of a record of a kind of the journal.

    ``waits``: other desks lack it yet; ``corrected`` is its last correction, if any.
    """
    title, own = _RECORD_KINDS[kind]
    by = getattr(record, RECORD_KINDS[kind].order_field)
    timed = isinstance(by, datetime)
    zone = ZoneInfo(session.project.time_zone)
    at = by if timed else datetime.combine(by, time(0), zone).astimezone(UTC)
    when = value_text.format_moment(at, session)
    site = getattr(record, "site", None)
    said: dict[str, Any] = {
        "when": when if timed else when.removesuffix(" 00:00"),
        "site_name": _site_name(session, site),
        "note": getattr(record, "note", ""),
    }
    said |= own(session, record)
    if waits:
        said["status"] = f"{said['status']}, {_UNSENT_TEXT}"
    if corrected is not None:
        said["corrected"] = "; ".join(corrected.changes)
        said["correction"] = describe_revision(session, corrected)
    if kind == "corrective_action":
        said["when"] = f"Due {said['when']}"
    return EntryRow(
        uid=record.uid,
        record=kind,
        kind=title,
        at=at,
        site=site,
        sample=record.sample,
        waits=waits,
        **said,
    )


def _site_name(session: Session, site_id: str | None) -> str:
    site = session.project.sites.get(site_id or "")
    return site.name if site else (site_id or "No site")


def _minutes(start: datetime, end: datetime | None) -> float | None:
    return None if end is None else (end - start).total_seconds() / 60


def _visit(session: Session, visit: Visit) -> dict[str, Any]:
    standing = derive_visit_status(visit, session.clock(), session.project.visit_rule)
    return {
        "unit": visit.unit or value_text.NO_VALUE,
        "what": visit.purpose.capitalize() or value_text.NO_VALUE,
        "status": standing.replace("_", " ").capitalize(),
        "minutes": _minutes(visit.arrived_at, visit.departed_at),
    }


def _incident(_: Session, incident: Incident) -> dict[str, Any]:
    stamps = (
        ("Cleared", incident.cleared_at),
        ("On scene", incident.onscene_at),
        ("En route", incident.enroute_at),
        ("Dispatched", incident.dispatched_at),
    )
    return {
        "unit": ", ".join(incident.units) or value_text.NO_VALUE,
        "what": incident.type.capitalize(),
        "status": next((name for name, at in stamps if at is not None), "Received"),
        "minutes": _minutes(incident.received_at, incident.cleared_at),
    }


def _drill(_: Session, drill: Drill) -> dict[str, Any]:
    present = {True: "Officer present", False: "No officer", None: value_text.NO_VALUE}
    return {
        "what": format_drill_name(drill.kind),
        "status": present[drill.officer_present],
        "minutes": drill.minutes,
    }


def _review(_: Session, review: PlanReview) -> dict[str, Any]:
    who = f" with {review.who_kind.replace('_', ' ')}" if review.who_kind else ""
    return {
        "what": f"Safety plan {review.school_year}",
        "status": f"{review.stage.capitalize()}{who}",
    }


def _action(_: Session, action: ResponseAction) -> dict[str, Any]:
    return {
        "unit": ", ".join(action.units) or value_text.NO_VALUE,
        "what": action.action.capitalize(),
        "status": "Ended" if action.ended_at else "Goes on",
        "minutes": _minutes(action.began_at, action.ended_at),
    }


def _after_action(session: Session, review: AfterActionReview) -> dict[str, Any]:
    return {
        "what": f"{review.event} of {session.formats.day(review.event_on)}",
        "status": "Reviewed",
        "note": review.improvements or review.overview,
    }


def _corrective_action(_: Session, action: CorrectiveAction) -> dict[str, Any]:
    status = "Verified" if action.verified_on else "Done" if action.done_on else "Open"
    return {"unit": action.owner_role, "what": action.action, "status": status}


def _concern(_: Session, concern: ConcernReport) -> dict[str, Any]:
    open_status = "Acknowledged" if concern.acknowledged_at else "Received"
    return {
        "what": concern.reference,
        "status": "Closed" if concern.closed_at else open_status,
        "minutes": _minutes(concern.received_at, concern.acknowledged_at),
    }


def _report(_: Session, report: DistrictReport) -> dict[str, Any]:
    what = f"School year {report.school_year}"
    return {"site_name": "The district", "what": what, "status": "Sent"}


_RECORD_KINDS: Mapping[str, tuple[str, Callable[[Session, Any], dict[str, Any]]]] = {
    "visit": ("Visit", _visit),
    "incident": ("Incident", _incident),
    "drill": ("Drill", _drill),
    "review": ("Plan review", _review),
    "action": ("Response action", _action),
    "after_action": ("After-action review", _after_action),
    "corrective_action": ("Corrective action", _corrective_action),
    "concern": ("Concern report", _concern),
    "district_report": ("Report to the state", _report),
}
"""How a record is called, and what its row says besides what all rows do."""


def build_entry_rows(session: Session, since: datetime | None = None) -> list[EntryRow]:
    """Return a row for each record, the latest first; ``since`` leaves out what was before."""
    entries = session.store.entries(since=since)
    unsent, corrected = _find_unsent_records(entries), find_last_corrections(session, entries)
    rows = [
        _build_entry_row(
            session,
            kind,
            record,
            waits=record.uid in unsent,
            corrected=corrected.get(record.uid),
        )
        for kind, read in RECORD_READERS.items()
        for record in read(entries)
    ]
    return sorted(rows, key=lambda row: row.at, reverse=True)


def _find_unsent_records(entries: Sequence[JournalEntry]) -> frozenset[str]:
    """Return the records of which an entry waits on this desk, by the uid of their first entry."""
    if all(entry.hash for entry in entries[-1:]):  # those that wait come last
        return frozenset()
    root_of = map_record_uids(entries)
    waiting = [entry for entry in entries if not entry.hash]
    stamps = [entry for entry in waiting if entry.kind == "stamp"]
    called = [str(stamp.payload.get("incident", "")) for stamp in stamps]
    return frozenset(root_of.get(uid, uid) for uid in (*called, *(one.uid for one in waiting)))


def build_record_rows(
    session: Session, made: Iterable[Visit], calls: Iterable[Incident]
) -> list[EntryRow]:
    """Return a row for each visit and incident, the latest first."""
    rows = [_build_entry_row(session, "visit", visit) for visit in made]
    rows += [_build_entry_row(session, "incident", call) for call in calls]
    return sorted(rows, key=lambda row: row.at, reverse=True)


_RECORD_ICONS = {"action": "lock", "corrective_action": "mend", "district_report": "publish"}
_NOT_SENT = "Waiting to be sent: other desks do not know of it yet."
ENTRY_COLUMNS = (
    Column("When", lambda row: row.at, lambda row: row.when,
           "Arrival of a visit, receipt of an incident, the day of a drill or review, the day "
           "a corrective action is due; in the project's time zone.",
           mark=lambda row: "up" if row.waits else "",
           cell_tip=lambda row: _NOT_SENT if row.waits else "", whole=True),
    Column("Kind", lambda row: row.kind,
           mark=lambda row: _RECORD_ICONS.get(row.record, row.record)),
    Column("Site", lambda row: row.site_name),
    Column("Unit or role", lambda row: row.unit),
    Column("Purpose or what", lambda row: row.what),
    Column("Status", lambda row: row.status),
    Column("Corrected", lambda row: row.corrected, cell_tip=lambda row: row.correction,
           tip="What the last correction changed, old → new; History shows every one."),
    Column("Minutes", lambda row: row.minutes, lambda row: value_text.format_number(row.minutes),
           "From arrival to departure, receipt to clearing, receipt to acknowledgement of a "
           "concern, or of the drill; a dash where a time is missing.",
           figure=True),
    Column("Sample", lambda row: row.sample, lambda row: "sample" if row.sample else "",
           "Made-up entries that show what the log is for."),
    Column("Note", lambda row: row.note, cell_tip=lambda row: row.note),
)  # fmt: skip
