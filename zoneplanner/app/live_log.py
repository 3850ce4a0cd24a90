"""The part of the journal that is still going on, kept up to date entry by entry."""

from datetime import timedelta

from zoneplanner.app.session import Session
from zoneplanner.domain.journal import (
    INCIDENT_STAMPS,
    Incident,
    JournalEntry,
    derive_current_entries,
    map_record_uids,
    was_entered_late,
)
from zoneplanner.domain.records import read_incidents

INCIDENT_ENTRY_KINDS = ("incident", "stamp", "void")
FOLLOWED_AFTER_CLEARED = timedelta(hours=12)
"""So long after it was cleared an incident is still followed."""


class LiveIncidents:
    """The incidents that are open or were closed lately, and their entries.

    Entries that wait on this desk while the server of a shared project is away come last.

    The whole journal is read once; then only what is new in it, also by other desks. A new entry
    about an older record, which may open it again, has all read anew.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._entries: list[JournalEntry] = []
        self._seq = 0

    def entries(self) -> list[JournalEntry]:
        """Return the entries of what is followed, in journal order and with the latest ones."""
        every = self._session.store.entries(kinds=INCIDENT_ENTRY_KINDS, after_seq=self._seq)
        new = [entry for entry in every if entry.hash]
        waiting = [entry for entry in every if not entry.hash]
        known = {entry.uid for entry in (*self._entries, *new)}
        if self._seq and any(
            _find_subject(entry) not in known for entry in new if _find_subject(entry)
        ):
            every = self._session.store.entries(kinds=INCIDENT_ENTRY_KINDS)
            new, self._entries = [entry for entry in every if entry.hash], []
        if new:
            self._entries = self._followed([*self._entries, *new])
            self._seq = new[-1].seq
        return [*self._entries, *waiting]

    def incidents(self) -> tuple[Incident, ...]:
        """Return the incidents that are followed, as they stand."""
        return read_incidents(self.entries())

    def entered_later(self) -> frozenset[tuple[str, str, str]]:
        """Return the stamps that were recorded well after they were made.

        Each is the uid of its incident, its unit and its name; ``received_at`` has no unit and
        stands for the incident's own entry.
        """
        entries = self.entries()
        root_of, stand = map_record_uids(entries), derive_current_entries(entries)
        found = set()
        for entry in entries:
            now = stand.get(entry.uid)
            if now is None or not was_entered_late(entry):
                continue
            if now.kind == "stamp":
                named = str(now.payload.get("incident", ""))
                unit = str(now.payload.get("unit") or now.unit or "")
                found.add((root_of.get(named, named), unit, str(now.payload.get("name", ""))))
            else:
                found.add((entry.uid, "", INCIDENT_STAMPS[0]))
        return frozenset(found)

    def _followed(self, entries: list[JournalEntry]) -> list[JournalEntry]:
        """Leave out the entries of incidents that were closed long ago or voided."""
        now = self._session.clock()
        going_on = {
            one.uid
            for one in read_incidents(entries)
            if one.cleared_at is None or now - one.cleared_at < FOLLOWED_AFTER_CLEARED
        }
        root_of = map_record_uids(entries)
        kept: set[str] = set()
        for entry in entries:
            root = root_of[entry.uid]
            about = root_of.get(str(entry.payload.get("incident", "")), root)
            if root in going_on or about in going_on:
                kept.add(root)
        return [entry for entry in entries if root_of[entry.uid] in kept]


def _find_subject(entry: JournalEntry) -> str:
    """Return the uid of the entry that this one corrects, voids or stamps, or nothing."""
    return entry.supersedes or str(entry.payload.get("incident", ""))
