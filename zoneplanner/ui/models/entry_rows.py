"""A row of the log's table, whatever kind of record it is."""

from dataclasses import dataclass
from datetime import datetime

from zoneplanner.app.session import Session
from zoneplanner.ui.kit import words


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
    unit: str = words.NONE
    minutes: float | None = None
    note: str = ""
    sample: bool = False


def site_name(session: Session, site_id: str | None) -> str:
    """Return the name of a record's site."""
    site = session.project.sites.get(site_id or "")
    return site.name if site else (site_id or "No site")


def minutes_between(start: datetime, end: datetime | None) -> float | None:
    """Return the minutes from one moment to another, None where that is missing."""
    return None if end is None else (end - start).total_seconds() / 60
