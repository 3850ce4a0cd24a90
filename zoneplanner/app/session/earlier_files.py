"""Which days the files reach over that an earlier version brought in, which kept none of that.

Without it all days from the first row on would count as days on record, those too that no file
reaches. What came in is told by its entries: many that were recorded at one moment, after the fact.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from zoneplanner.app.session.session import Session
from zoneplanner.domain.changes import EditKind
from zoneplanner.domain.log.days_on_record import (
    NOTHING_DECLARED,
    RECORD_KEEPING_KINDS,
    DaySpan,
)
from zoneplanner.domain.log.entries import RECORD_KINDS
from zoneplanner.domain.project import Project
from zoneplanner.storage import Store

_TABLES = {
    kind.name: kind.table for kind in RECORD_KINDS.values() if kind.table in RECORD_KEEPING_KINDS
}
_LABEL = "Find the days of files that an earlier version imported"


def add_days_of_earlier_files(store: Store, project: Project, now: datetime) -> Project:
    """Return a project with those days, of kinds of which nothing is declared and no file known."""
    kept, zone = project.records, ZoneInfo(project.time_zone)
    wanted = [kind for kind, table in _TABLES.items() if kept.kind(table) == NOTHING_DECLARED]
    found = store.list_spans_of_earlier_files(wanted, now) if wanted else []
    for kind, *ends in found:
        first, last = (one.astimezone(zone).date() for one in ends)
        kept = kept.with_file(_TABLES[kind], DaySpan(first, last))
    return project if kept is project.records else project.with_records(kept)


def keep_days_of_earlier_files(session: Session) -> None:
    """Keep those days as a step of nobody, so that they are looked for once."""
    before = session.saved_project
    records = add_days_of_earlier_files(session.store, before, session.clock()).records
    if records is not before.records:
        session.apply(_LABEL, lambda own: own.with_records(records), kind=EditKind.AUTOMATIC)
