"""Whether the journal, or an earlier row, says what a row of a table says."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from zoneplanner.app.session import Session
from zoneplanner.domain.columns import parse_entry
from zoneplanner.domain.journal import NewEntry
from zoneplanner.domain.kinds import LogRecord
from zoneplanner.errors import UserError
from zoneplanner.exchange.tables import TextRow


@dataclass(slots=True)
class _ExistingRecords:
    """The records of one kind as they stand, looked up once that matters."""

    session: Session
    read: Callable[[Session], tuple[LogRecord, ...]]
    standing: Mapping[str, LogRecord] | None = None

    def check(self, kept: NewEntry, entry: NewEntry, row: TextRow) -> None:
        """Refuse other content than that of an entry which is kept under the same uid."""
        if not _covers_row(kept, entry, row.cells) and not self._stands(entry, row):
            raise UserError(
                f"The journal has an entry “{entry.uid}” with other content; "
                f"to correct that one, log it with supersedes={entry.uid}."
            )

    def _stands(self, entry: NewEntry, row: TextRow) -> bool:
        """Tell whether a row says what its record came to be by corrections and live stamps."""
        if self.standing is None:
            self.standing = {record.uid: record for record in self.read(self.session)}
        record = self.standing.get(entry.uid)
        if record is None:
            return False
        session = self.session
        zone, now = session.reading.kept.time_zone, session.clock()
        try:
            kept = parse_entry(
                entry.kind, {}, time_zone=zone, now=now, uid=entry.uid, corrects=record
            )
        except UserError:  # stamps of several units may cross, which no row can say
            return False
        return _covers_row(kept, entry, row.cells)


def _check_same_uid_rows(
    earlier_row: int, earlier: NewEntry, entry: NewEntry, row: TextRow
) -> None:
    """Refuse other content than that of an earlier row with the same uid."""
    if not _covers_row(earlier, entry, row.cells):
        raise UserError(
            f"Row {earlier_row} has the same uid “{entry.uid}” and other content; check both."
        )


def _covers_row(kept: NewEntry, entry: NewEntry, cells: Mapping[str, str]) -> bool:
    """Tell whether an entry holds all that a row says; what the row leaves out may differ."""
    if kept.kind != entry.kind:
        return False
    pairs = ((entry.site, kept.site), (entry.unit, kept.unit))
    if any(own not in (None, old) for own, old in pairs):
        return False
    said = {name: value for name, value in entry.payload.items() if name in cells}
    return all(kept.payload.get(name) == value for name, value in said.items())
