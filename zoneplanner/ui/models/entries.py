"""The table of log entries as they stand, the latest first."""

from dataclasses import dataclass
from datetime import datetime

from zoneplanner.app.session import Session
from zoneplanner.domain.journal import Incident, Visit
from zoneplanner.ui.kit import words
from zoneplanner.ui.models.table import Column


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One visit or incident."""

    uid: str
    kind: str
    at: datetime
    when: str
    site: str | None
    site_name: str
    unit: str
    what: str
    status: str
    minutes: float | None
    note: str
    sample: bool


def entry_rows(
    session: Session, visits: tuple[Visit, ...], incidents: tuple[Incident, ...]
) -> list[EntryRow]:
    """Return a row for each visit and incident, the latest first."""
    rows = [_visit(session, visit) for visit in visits]
    rows += [_incident(session, incident) for incident in incidents]
    return sorted(rows, key=lambda row: row.at, reverse=True)


def _visit(session: Session, visit: Visit) -> EntryRow:
    return EntryRow(
        uid=visit.uid,
        kind="Visit",
        at=visit.arrived_at,
        when=words.day_words(visit.arrived_at, session.project, session.today),
        site=visit.site,
        site_name=_name(session, visit.site),
        unit=visit.unit or words.NONE,
        what=visit.purpose.capitalize() or words.NONE,
        status=visit.status.replace("_", " ").capitalize(),
        minutes=_minutes(visit.arrived_at, visit.departed_at),
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
        kind="Incident",
        at=incident.received_at,
        when=words.day_words(incident.received_at, session.project, session.today),
        site=incident.site,
        site_name=_name(session, incident.site),
        unit=", ".join(incident.units) or words.NONE,
        what=incident.type.capitalize(),
        status=status,
        minutes=_minutes(incident.received_at, incident.cleared_at),
        note=incident.note,
        sample=incident.sample,
    )


def _name(session: Session, site_id: str | None) -> str:
    site = session.project.sites.get(site_id or "")
    return site.name if site else (site_id or "No site")


def _minutes(start: datetime, end: datetime | None) -> float | None:
    return None if end is None else (end - start).total_seconds() / 60


ENTRY_COLUMNS = (
    Column("When", lambda row: row.at, lambda row: row.when,
           "Arrival of a visit, receipt of an incident, in the project's time zone."),
    Column("Kind", lambda row: row.kind,
           mark=lambda row: "visit" if row.kind == "Visit" else "incident"),
    Column("Site", lambda row: row.site_name),
    Column("Unit", lambda row: row.unit),
    Column("Purpose or type", lambda row: row.what),
    Column("Status", lambda row: row.status),
    Column("Minutes", lambda row: row.minutes, lambda row: words.number(row.minutes),
           "From arrival to departure, or receipt to clearing; a dash where a time is missing.",
           figure=True),
    Column("Sample", lambda row: row.sample, lambda row: "sample" if row.sample else "",
           "Made-up entries that show what the log is for."),
    Column("Note", lambda row: row.note, cell_tip=lambda row: row.note),
)  # fmt: skip
