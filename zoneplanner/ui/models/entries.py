"""The table of log entries as they stand, the latest first."""

from collections.abc import Iterable
from datetime import datetime

from zoneplanner.app.session import Session
from zoneplanner.domain.journal import Incident, Visit
from zoneplanner.domain.records import incidents, visits
from zoneplanner.domain.visit_rule import state_of
from zoneplanner.ui.kit import words
from zoneplanner.ui.models.entry_kinds import other_rows
from zoneplanner.ui.models.entry_rows import EntryRow, minutes_between, site_name
from zoneplanner.ui.models.table import Column


def entry_rows(session: Session, since: datetime | None = None) -> list[EntryRow]:
    """Return a row for each record, the latest first; ``since`` leaves out what was before."""
    entries = session.store.entries(since=since)
    rows = [
        *record_rows(session, visits(entries), incidents(entries)),
        *other_rows(session, entries),
    ]
    return sorted(rows, key=lambda row: row.at, reverse=True)


def record_rows(
    session: Session, made: Iterable[Visit], calls: Iterable[Incident]
) -> list[EntryRow]:
    """Return a row for each visit and incident, the latest first."""
    rows = [_visit(session, visit) for visit in made]
    rows += [_incident(session, incident) for incident in calls]
    return sorted(rows, key=lambda row: row.at, reverse=True)


def _visit(session: Session, visit: Visit) -> EntryRow:
    standing = state_of(visit, session.clock(), session.project.visit_rule)
    return EntryRow(
        uid=visit.uid,
        record="visit",
        kind="Visit",
        at=visit.arrived_at,
        when=words.day_words(visit.arrived_at, session.project, session.today),
        site=visit.site,
        site_name=site_name(session, visit.site),
        unit=visit.unit or words.NONE,
        what=visit.purpose.capitalize() or words.NONE,
        status=standing.replace("_", " ").capitalize(),
        minutes=minutes_between(visit.arrived_at, visit.departed_at),
        note=visit.note,
        sample=visit.sample,
    )


def _incident(session: Session, incident: Incident) -> EntryRow:
    stamps = (
        ("Cleared", incident.cleared_at),
        ("On scene", incident.onscene_at),
        ("En route", incident.enroute_at),
        ("Dispatched", incident.dispatched_at),
    )
    status = next((name for name, at in stamps if at is not None), "Received")
    return EntryRow(
        uid=incident.uid,
        record="incident",
        kind="Incident",
        at=incident.received_at,
        when=words.day_words(incident.received_at, session.project, session.today),
        site=incident.site,
        site_name=site_name(session, incident.site),
        unit=", ".join(incident.units) or words.NONE,
        what=incident.type.capitalize(),
        status=status,
        minutes=minutes_between(incident.received_at, incident.cleared_at),
        note=incident.note,
        sample=incident.sample,
    )


MARKS = {"action": "lock", "corrective_action": "mend", "district_report": "publish"}
ENTRY_COLUMNS = (
    Column("When", lambda row: row.at, lambda row: row.when,
           "Arrival of a visit, receipt of an incident, the day of a drill or review, the day "
           "a corrective action is due; in the project's time zone.", whole=True),
    Column("Kind", lambda row: row.kind,
           mark=lambda row: MARKS.get(row.record, row.record)),
    Column("Site", lambda row: row.site_name),
    Column("Unit or role", lambda row: row.unit),
    Column("Purpose or what", lambda row: row.what),
    Column("Status", lambda row: row.status),
    Column("Minutes", lambda row: row.minutes, lambda row: words.number(row.minutes),
           "From arrival to departure, receipt to clearing, receipt to acknowledgement of a "
           "concern, or of the drill; a dash where a time is missing.",
           figure=True),
    Column("Sample", lambda row: row.sample, lambda row: "sample" if row.sample else "",
           "Made-up entries that show what the log is for."),
    Column("Note", lambda row: row.note, cell_tip=lambda row: row.note),
)  # fmt: skip
