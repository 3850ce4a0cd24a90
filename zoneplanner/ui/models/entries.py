"""The table of log entries as they stand, the latest first."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from zoneplanner.app.logbook import READERS
from zoneplanner.app.record_history import last_corrections
from zoneplanner.app.session import Session
from zoneplanner.domain.journal import Entry, Incident, Visit, roots
from zoneplanner.ui.kit import words
from zoneplanner.ui.models.entry_rows import EntryRow, entry_row
from zoneplanner.ui.models.table import Column


def entry_rows(session: Session, since: datetime | None = None) -> list[EntryRow]:
    """Return a row for each record, the latest first; ``since`` leaves out what was before."""
    entries = session.store.entries(since=since)
    unsent, corrected = _unsent_records(entries), last_corrections(session, entries)
    rows = [
        entry_row(
            session,
            kind,
            record,
            waits=record.uid in unsent,
            corrected=corrected.get(record.uid),
        )
        for kind, read in READERS.items()
        for record in read(entries)
    ]
    return sorted(rows, key=lambda row: row.at, reverse=True)


def _unsent_records(entries: Sequence[Entry]) -> frozenset[str]:
    """Return the records of which an entry waits on this desk, by the uid of their first entry."""
    if all(entry.hash for entry in entries[-1:]):  # those that wait come last
        return frozenset()
    root_of = roots(entries)
    waiting = [entry for entry in entries if not entry.hash]
    stamps = [entry for entry in waiting if entry.kind == "stamp"]
    called = [str(stamp.payload.get("incident", "")) for stamp in stamps]
    return frozenset(root_of.get(uid, uid) for uid in (*called, *(one.uid for one in waiting)))


def record_rows(
    session: Session, made: Iterable[Visit], calls: Iterable[Incident]
) -> list[EntryRow]:
    """Return a row for each visit and incident, the latest first."""
    rows = [entry_row(session, "visit", visit) for visit in made]
    rows += [entry_row(session, "incident", call) for call in calls]
    return sorted(rows, key=lambda row: row.at, reverse=True)


_MARKS = {"action": "lock", "corrective_action": "mend", "district_report": "publish"}
_NOT_SENT = "Waiting to be sent: other desks do not know of it yet."
ENTRY_COLUMNS = (
    Column("When", lambda row: row.at, lambda row: row.when,
           "Arrival of a visit, receipt of an incident, the day of a drill or review, the day "
           "a corrective action is due; in the project's time zone.",
           mark=lambda row: "up" if row.waits else "",
           cell_tip=lambda row: _NOT_SENT if row.waits else "", whole=True),
    Column("Kind", lambda row: row.kind,
           mark=lambda row: _MARKS.get(row.record, row.record)),
    Column("Site", lambda row: row.site_name),
    Column("Unit or role", lambda row: row.unit),
    Column("Purpose or what", lambda row: row.what),
    Column("Status", lambda row: row.status),
    Column("Corrected", lambda row: row.corrected, cell_tip=lambda row: row.correction,
           tip="What the last correction changed, old → new; History shows every one."),
    Column("Minutes", lambda row: row.minutes, lambda row: words.number(row.minutes),
           "From arrival to departure, receipt to clearing, receipt to acknowledgement of a "
           "concern, or of the drill; a dash where a time is missing.",
           figure=True),
    Column("Sample", lambda row: row.sample, lambda row: "sample" if row.sample else "",
           "Made-up entries that show what the log is for."),
    Column("Note", lambda row: row.note, cell_tip=lambda row: row.note),
)  # fmt: skip
