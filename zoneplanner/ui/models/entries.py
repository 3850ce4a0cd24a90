"""The table of log entries as they stand, the latest first."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from zoneplanner.app.logbook import RECORD_READERS
from zoneplanner.app.record_history import find_last_corrections
from zoneplanner.app.session import Session
from zoneplanner.domain.journal import Incident, JournalEntry, Visit, map_record_uids
from zoneplanner.ui.kit import words
from zoneplanner.ui.models.entry_rows import EntryRow, build_entry_row
from zoneplanner.ui.models.table import TableColumn


def build_entry_rows(session: Session, since: datetime | None = None) -> list[EntryRow]:
    """Return a row for each record, the latest first; ``since`` leaves out what was before."""
    entries = session.store.entries(since=since)
    unsent, corrected = _find_unsent_records(entries), find_last_corrections(session, entries)
    rows = [
        build_entry_row(
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
    rows = [build_entry_row(session, "visit", visit) for visit in made]
    rows += [build_entry_row(session, "incident", call) for call in calls]
    return sorted(rows, key=lambda row: row.at, reverse=True)


_RECORD_ICONS = {"action": "lock", "corrective_action": "mend", "district_report": "publish"}
_NOT_SENT = "Waiting to be sent: other desks do not know of it yet."
ENTRY_COLUMNS = (
    TableColumn("When", lambda row: row.at, lambda row: row.when,
           "Arrival of a visit, receipt of an incident, the day of a drill or review, the day "
           "a corrective action is due; in the project's time zone.",
           mark=lambda row: "up" if row.waits else "",
           cell_tip=lambda row: _NOT_SENT if row.waits else "", whole=True),
    TableColumn("Kind", lambda row: row.kind,
           mark=lambda row: _RECORD_ICONS.get(row.record, row.record)),
    TableColumn("Site", lambda row: row.site_name),
    TableColumn("Unit or role", lambda row: row.unit),
    TableColumn("Purpose or what", lambda row: row.what),
    TableColumn("Status", lambda row: row.status),
    TableColumn("Corrected", lambda row: row.corrected, cell_tip=lambda row: row.correction,
           tip="What the last correction changed, old → new; History shows every one."),
    TableColumn("Minutes", lambda row: row.minutes, lambda row: words.format_number(row.minutes),
           "From arrival to departure, receipt to clearing, receipt to acknowledgement of a "
           "concern, or of the drill; a dash where a time is missing.",
           figure=True),
    TableColumn("Sample", lambda row: row.sample, lambda row: "sample" if row.sample else "",
           "Made-up entries that show what the log is for."),
    TableColumn("Note", lambda row: row.note, cell_tip=lambda row: row.note),
)  # fmt: skip
