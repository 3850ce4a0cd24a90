"""Rows of the log's table for all kinds of records."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from zoneplanner.app.log.logbook import RECORD_READERS
from zoneplanner.app.log.record_history import (
    RecordRevision,
    describe_revision,
    find_last_corrections,
)
from zoneplanner.app.log.stamps import STAMP_NAMES
from zoneplanner.app.session.session import Session
from zoneplanner.domain.log.due_visits import derive_visit_status
from zoneplanner.domain.log.entries import DECLARED_RECORDS, RECORD_KINDS
from zoneplanner.domain.log.journal import Incident, JournalEntry, Visit, map_record_uids
from zoneplanner.domain.log.record_schema import LogRecord, format_choice, read_record_words
from zoneplanner.domain.readiness.drill_requirements import format_drill_name
from zoneplanner.domain.readiness.follow_up import ConcernReport
from zoneplanner.domain.readiness.plan_review import PlanReview
from zoneplanner.ui.widgets.style import value_text
from zoneplanner.ui.widgets.tables.table_model import Column

_UNSENT_TEXT = "waiting to be sent"


@dataclass(frozen=True, slots=True)
class EntryRow:
    """A record with all its corrections.

    ``record`` is its kind in the journal, ``kind`` the displayed name of that kind.
    """

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
    """Whether the record still waits to be sent to a shared project's server."""
    corrected: str = ""
    """What the last correction changed, old and new."""
    correction: str = ""
    """Who made the last correction, and when."""
    order: tuple[bool, int] = (False, 0)
    """The position in the journal; records that wait to be sent are last."""
    priority: int | None = None
    stamps: Mapping[str, tuple[datetime, str]] = field(default_factory=dict)
    """A call's stamps as moments and as text, by column."""
    ending: str = ""


def _build_entry_row(
    session: Session,
    kind: str,
    record: LogRecord,
    *,
    waits: bool = False,
    corrected: RecordRevision | None = None,
    first: JournalEntry | None = None,
) -> EntryRow:
    """Return a record's row.

    ``waits`` is whether it still waits to be sent, ``corrected`` its last correction, ``first`` its
    first entry. A corrective action is ordered by when it was recorded, not by its future due date.
    """
    texts = _RECORD_TEXTS[kind]
    ordered_by = getattr(record, RECORD_KINDS[kind].order_field)
    if isinstance(ordered_by, datetime):
        at, when = ordered_by, value_text.format_moment(ordered_by, session)
    else:
        zone = ZoneInfo(session.project.time_zone)
        at = datetime.combine(ordered_by, time(0), zone).astimezone(UTC)
        when = value_text.format_day(ordered_by, session)
    if kind == "corrective_action":
        when = f"Due {when}"
        at = first.recorded_at if first is not None and first.hash and first.recorded_at else at
    site = getattr(record, "site", None)
    status = texts.status(session, record)
    call = record if isinstance(record, Incident) else None
    return EntryRow(
        uid=record.uid,
        record=kind,
        kind=session.project.terms.name_incidents(read_record_words()[kind].title),
        at=at,
        when=when,
        site=site,
        site_name="The district" if kind == "district_report" else _name_site(session, site),
        what=texts.what(session, record),
        status=f"{status}, {_UNSENT_TEXT}" if waits else status,
        unit=texts.unit(record),
        minutes=_measure_minutes(record, texts.interval),
        note=texts.note(record),
        sample=record.sample,
        waits=waits,
        corrected="; ".join(corrected.changes) if corrected is not None else "",
        correction=describe_revision(session, corrected) if corrected is not None else "",
        order=(not first.hash, first.seq) if first is not None else (False, 0),
        priority=call.priority if call is not None else None,
        stamps=_format_stamps(session, call) if call is not None else {},
        ending=call.disposition if call is not None else "",
    )


def _format_stamps(session: Session, call: Incident) -> dict[str, tuple[datetime, str]]:
    """Return a call's stamps as datetimes and strings, with seconds if any stamp has them."""
    stamps = {name: getattr(call, name) for name in STAMP_NAMES if getattr(call, name, None)}
    zone, seconds = ZoneInfo(session.project.time_zone), any(at.second for at in stamps.values())
    clock = session.formats.clock
    return {name: (at, clock(at.astimezone(zone), seconds=seconds)) for name, at in stamps.items()}


def _name_site(session: Session, site_id: str | None) -> str:
    site = session.project.sites.get(site_id or "")
    return site.name if site else (site_id or "No site")


def _measure_minutes(record: LogRecord, interval: tuple[str, str] | None) -> float | None:
    if interval is None:
        minutes: float | None = getattr(record, "minutes", None)
        return minutes
    start, end = (getattr(record, name) for name in interval)
    return None if end is None else (end - start).total_seconds() / 60


@dataclass(frozen=True, eq=False, slots=True)
class _RecordText:
    """The texts of a kind of record; ``interval`` is the columns of its start and end."""

    what: Callable[[Session, Any], str]
    status: Callable[[Session, Any], str]
    unit: Callable[[Any], str] = lambda _: value_text.NO_VALUE
    note: Callable[[Any], str] = lambda record: getattr(record, "note", "")
    interval: tuple[str, str] | None = None


_STAMPS_LAST_FIRST = tuple(reversed(STAMP_NAMES.items()))
_OFFICER_PRESENT = {True: "Officer present", False: "No officer", None: value_text.NO_VALUE}


def _describe_visit_status(session: Session, visit: Visit) -> str:
    status = derive_visit_status(visit, session.clock(), session.project.visit_rule)
    return status.replace("_", " ").capitalize()


def _describe_incident_status(_: Session, incident: Incident) -> str:
    if incident.disposition and not incident.is_open:
        return "Closed"
    stamped = (name for column, name in _STAMPS_LAST_FIRST if getattr(incident, column) is not None)
    return next(stamped, "Received")


def _describe_review_status(_: Session, review: PlanReview) -> str:
    who = f" with {review.who_kind.replace('_', ' ')}" if review.who_kind else ""
    return f"{review.stage.capitalize()}{who}"


def _describe_concern_status(_: Session, concern: ConcernReport) -> str:
    if concern.closed_at:
        return "Closed"
    return "Acknowledged" if concern.acknowledged_at else "Received"


def _format_value(value: Any, column: str) -> str:
    if value in ("", None):
        return value_text.NO_VALUE
    return f"{value:g} {column.replace('_', ' ')}" if isinstance(value, float) else str(value)


def _make_declared_text(kind: str) -> _RecordText:
    """Return the texts of a kind of record with declared fields, as its words name the fields."""
    words, choices = read_record_words()[kind], RECORD_KINDS[kind].choices

    def read(record: Any, column: str) -> str:
        value = getattr(record, column) if column else ""
        if value and column in choices:
            return format_choice(value)
        return _format_value(value, column)

    def name(session: Session, record: Any) -> str:
        officer = session.project.officers.get(read(record, words.what))
        return officer.name if words.what == "officer" and officer else read(record, words.what)

    return _RecordText(
        name,
        lambda _, record: read(record, words.status),
        lambda record: read(record, words.role),
        lambda record: getattr(record, words.note, ""),
    )


_RECORD_TEXTS: Mapping[str, _RecordText] = {
    "visit": _RecordText(
        lambda _, visit: value_text.format_purpose(visit.purpose) or value_text.NO_VALUE,
        _describe_visit_status,
        lambda visit: visit.unit or value_text.NO_VALUE,
        interval=("arrived_at", "departed_at"),
    ),
    "incident": _RecordText(
        lambda _, incident: incident.type.capitalize(),
        _describe_incident_status,
        lambda incident: ", ".join(incident.units) or value_text.NO_VALUE,
        interval=("received_at", "cleared_at"),
    ),
    "drill": _RecordText(
        lambda _, drill: format_drill_name(drill.kind),
        lambda _, drill: _OFFICER_PRESENT[drill.officer_present],
    ),
    "review": _RecordText(
        lambda _, review: f"Safety plan {review.school_year}", _describe_review_status
    ),
    "action": _RecordText(
        lambda session, action: session.project.terms.describe(action.action).term,
        lambda _, action: "Ended" if action.ended_at else "Ongoing",
        lambda action: ", ".join(action.units) or value_text.NO_VALUE,
        interval=("began_at", "ended_at"),
    ),
    "after_action": _RecordText(
        lambda session, review: f"{review.event} of {session.formats.day(review.event_on)}",
        lambda _, review: "Reviewed",
        note=lambda review: review.improvements or review.overview,
    ),
    "corrective_action": _RecordText(
        lambda _, action: action.action,
        lambda _, action: (
            "Verified" if action.verified_on else "Done" if action.done_on else "Open"
        ),
        lambda action: action.owner_role,
    ),
    "concern": _RecordText(
        lambda _, concern: concern.reference,
        _describe_concern_status,
        interval=("received_at", "acknowledged_at"),
    ),
    "district_report": _RecordText(
        lambda _, report: f"School year {report.school_year}",
        lambda _, report: "Sent",
    ),
    **{kind.name: _make_declared_text(kind.name) for kind in DECLARED_RECORDS},
}


def build_entry_rows(session: Session, since: datetime | None = None) -> list[EntryRow]:
    """Return a row for each record after ``since``, latest first.

    Hours and their approvals are not included: they are listed with the shifts.
    """
    return _build_rows(session, session.store.entries(since=since))


def build_voided_rows(session: Session, since: datetime) -> list[EntryRow]:
    """Return a row for each record that was voided and not brought back, as it was before."""
    entries = session.store.entries(since=since)
    record_of = map_record_uids(entries)
    last = {record_of[entry.uid]: entry for entry in entries}
    voided = {record for record, entry in last.items() if entry.kind == "void"}
    before = [entry for entry in entries if entry.kind != "void" and record_of[entry.uid] in voided]
    return [replace(row, status="Voided") for row in _build_rows(session, before)]


def build_newest_rows(
    session: Session, limit: int, words: str = "", *, skip: int = 0, reach: int | None = None
) -> list[EntryRow]:
    """Return a row for each of the ``limit`` latest records that contain all words.

    The words are searched in the names of schools and kinds, in units and in the entries' texts, of
    ``reach`` entries after the ``skip`` latest ones.
    """
    sites = {site.id: site.name.casefold() for site in session.project.sites.values()}
    names = read_record_words()
    say = session.project.terms.name_incidents
    kinds = {kind: say(names[kind].title).casefold() for kind in _RECORD_TEXTS}
    search = [
        {
            "word": [word],
            "site": [key for key, name in sites.items() if word in name],
            "kind": [kind for kind, title in kinds.items() if word in title],
        }
        for word in words.casefold().split()
    ]
    entries = session.store.newest_records(
        _RECORD_TEXTS, limit=limit, search=search, skip=skip, reach=reach
    )
    return _build_rows(session, entries)


def _build_rows(session: Session, entries: Sequence[JournalEntry]) -> list[EntryRow]:
    unsent, corrected = _find_unsent_records(entries), find_last_corrections(session, entries)
    first = {entry.uid: entry for entry in entries}
    rows = [
        _build_entry_row(
            session,
            kind,
            record,
            waits=record.uid in unsent,
            corrected=corrected.get(record.uid),
            first=first.get(record.uid),
        )
        for kind in _RECORD_TEXTS
        for record in RECORD_READERS[kind](entries)
    ]
    return sorted(rows, key=lambda row: (row.at, row.order), reverse=True)


def build_rows_of_records(
    session: Session, logged: Iterable[JournalEntry], since: datetime
) -> dict[str, EntryRow | None]:
    """Return the rows of the records that new entries belong to, by uid, or None if voided."""
    entries = session.store.entries(since=since)
    record_of = map_record_uids(entries)
    by_uid = {entry.uid: entry for entry in entries}

    def find_record(entry: JournalEntry) -> str:
        """Return the uid of an entry's record, which for a stamp is its call."""
        uid = record_of.get(entry.uid, entry.uid)
        first = by_uid.get(uid, entry)
        if first.kind == "stamp":
            uid = str(first.payload.get("incident", ""))
        return record_of.get(uid, uid)

    uids = {find_record(entry) for entry in logged}
    entries = [entry for entry in entries if find_record(entry) in uids]
    rows = {row.uid: row for row in _build_rows(session, entries)}
    return {uid: rows.get(uid) for uid in uids}


def _find_unsent_records(entries: Sequence[JournalEntry]) -> frozenset[str]:
    """Return the uids of the records with an entry that waits on this desk to be sent."""
    if all(entry.hash for entry in entries[-1:]):  # waiting entries are last
        return frozenset()
    record_of = map_record_uids(entries)
    waiting = [entry for entry in entries if not entry.hash]
    calls = [str(entry.payload.get("incident", "")) for entry in waiting if entry.kind == "stamp"]
    return frozenset(record_of.get(uid, uid) for uid in (*calls, *(one.uid for one in waiting)))


def build_record_rows(
    session: Session, visits: Iterable[Visit], calls: Iterable[Incident]
) -> list[EntryRow]:
    """Return a row for each visit and call, latest first."""
    rows = [_build_entry_row(session, "visit", visit) for visit in visits]
    rows += [_build_entry_row(session, "incident", call) for call in calls]
    return sorted(rows, key=lambda row: row.at, reverse=True)


def _make_stamp_column(name: str, title: str) -> Column:
    no_stamp: tuple[datetime | None, str] = (None, "")
    return Column(
        title,
        lambda row: row.stamps.get(name, no_stamp)[0],
        lambda row: row.stamps.get(name, no_stamp)[1],
        "For a call, the time of the first unit, or of the last unit under Cleared; in the "
        "project’s time zone, with seconds if they were recorded.",
        whole=True,
    )


_NOT_SENT = "Waiting to be sent: other desks can’t see it yet."
ENTRY_COLUMNS = (
    Column("When", lambda row: (row.at, row.order), lambda row: row.when,
           "When the unit arrived for a visit, the incident was received, or the drill or review "
           "was held, in the project’s time zone. A corrective action shows its due date and is "
           "sorted by when it was recorded.",
           mark=lambda row: "up" if row.waits else "",
           cell_tip=lambda row: _NOT_SENT if row.waits else "", whole=True),
    Column("Kind", lambda row: row.kind,
           mark=lambda row: read_record_words()[row.record].icon or row.record, whole=True),
    Column("Site", lambda row: row.site_name),
    Column("What", lambda row: row.what),
    Column("Unit or role", lambda row: row.unit),
    Column("Status", lambda row: row.status, cell_tip=lambda row: row.status, whole=True),
    Column("How it ended", lambda row: row.ending, cell_tip=lambda row: row.ending),
    Column("Corrected", lambda row: row.corrected, cell_tip=lambda row: row.correction,
           tip="What the last correction changed, old → new; History shows every correction."),
    Column("Minutes", lambda row: row.minutes, lambda row: value_text.format_number(row.minutes),
           "The time from arrival to departure, from receipt until a call is cleared, or from "
           "receipt to acknowledgment of a concern, or the "
           "length of a drill; a dash if a time is missing.",
           figure=True),
    Column("Priority", lambda row: row.priority, tip="1 is the most serious.", figure=True),
    *(_make_stamp_column(name, title) for name, title in STAMP_NAMES.items()),
    Column("Sample", lambda row: row.sample, lambda row: "sample" if row.sample else "",
           "Made-up entries that show how the log works."),
    Column("Note", lambda row: row.note, cell_tip=lambda row: row.note),
)  # fmt: skip
