"""A damaged project file, open for reading only: what can still be read of it."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from zoneplanner.analysis.log_table import Log
from zoneplanner.domain.journal import Entry
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError
from zoneplanner.storage import aggregates, journal, reading
from zoneplanner.storage.store import Store
from zoneplanner.storage.tables import KEYS
from zoneplanner.storage.values import EditRecord, Head, Row

NOTICE = (
    "“{name}” is damaged; what can be read of it is shown, and nothing is changed. "
    "Restore a backup, or export what is here."
)


class DamagedStore(Store):
    """A store that leaves out what cannot be read, instead of refusing it all."""

    def project(self) -> Project:
        """Read what there is of the project."""
        with self._home.reading() as connection:
            found = {name: self._rows(connection, name) for name in KEYS}
            uid = reading.meta_value(connection, self._meta, "project_uid", self.name)
        return reading.project_of(_consistent(found), uid=uid, crs=self._crs, file_name=self.name)

    def edits(self, after_seq: int = 0) -> list[EditRecord]:
        """Return the saved edits if all can be read: half a history leads nowhere."""
        with suppress(UserError):
            return super().edits(after_seq)
        return []

    def entries(
        self,
        *,
        kinds: Iterable[str] | None = None,
        after_seq: int = 0,
        since: datetime | None = None,
    ) -> list[Entry]:
        """Return the entries that can be read, in order."""
        table = self._meta.tables["journal_entry"]
        with self._home.reading() as connection:
            rows = _partly(connection, journal.select(table).order_by(None), table.c.seq)
        found = []
        for row in rows:
            with suppress(UserError):
                found.append(journal.entry_from(tuple(row.values())))
        wanted = None if kinds is None else frozenset(kinds)
        return [
            entry
            for entry in found
            if entry.seq > after_seq
            and (wanted is None or entry.kind in wanted)
            and (since is None or entry.occurred_at >= since)
        ]

    def record(self, uid: str) -> list[Entry]:
        """Return all entries of a record that can be read."""
        return [entry for entry in self.entries() if uid in (entry.uid, entry.supersedes)]

    def head(self) -> Head:
        """Return the number and the hash of the last entry that can be read."""
        last = self.entries()[-1:]
        return Head(last[0].seq, last[0].hash) if last else Head(0, "")

    def last_visits(self) -> dict[str, datetime]:
        """Return the time of the last visit by site, if that can be read."""
        with suppress(UserError):
            return super().last_visits()
        return {}

    def log(self) -> Log:
        """Return the log of the entries that can be read."""
        return aggregates.log_of(aggregates.tallied(self.entries(), self._time_zone))

    def call_entries(self, seqs: Iterable[int]) -> list[Entry]:
        """Return all readable entries about the incidents that some entries are about."""
        return aggregates.of_calls(self.entries(), seqs, self._time_zone)

    def entries_by_seq(self, seqs: Iterable[int]) -> list[Entry]:
        """Return readable entries by their numbers, in order."""
        wanted = frozenset(seqs)
        return [entry for entry in self.entries() if entry.seq in wanted]

    def _rows(self, connection: sa.Connection, name: str) -> list[Row]:
        table = self._meta.tables[name]
        rows = _partly(connection, sa.select(table), table.c.fid)
        return sorted(rows, key=lambda row: row.get("position") or 0)


def _partly(
    connection: sa.Connection, query: sa.Select[Any], key: sa.ColumnElement[int]
) -> list[Row]:
    """Return the rows up to the first damaged page, and those after the last one, by key."""
    first = list(_until_damage(connection, query.order_by(key)))
    seen = {next(iter(row.values())) for row in first}
    rest = []
    for row in _until_damage(connection, query.order_by(key.desc())):
        if next(iter(row.values())) in seen:
            break
        rest.append(row)
    return [*first, *reversed(rest)]


def _until_damage(connection: sa.Connection, query: sa.Select[Any]) -> Iterator[Row]:
    try:
        for row in connection.execute(query).mappings():
            yield dict(row)
    except (sa.exc.DatabaseError, ValueError) as error:
        damaged = getattr(getattr(error, "orig", None), "sqlite_errorname", "SQLITE_CORRUPT")
        if not str(damaged).startswith("SQLITE_CORRUPT"):
            raise


def _consistent(found: dict[str, list[Row]]) -> dict[str, list[Row]]:
    """Leave out rows about sites, plans and zones that are lost."""
    sites = {row["id"] for row in found["site"]}
    plans = {row["uid"] for row in found["plan"]}
    zones = {(row["plan"], row["id"]) for row in found["zone"]}

    def holds(row: Row, table: str) -> bool:
        if "plan" in row and row["plan"] not in plans:
            return False
        if "zone" in row and (row["plan"], row["zone"]) not in zones:
            return False
        return table not in ("assignment", "plan_site") or row["site"] in sites

    of_plans = ("zone", "assignment", "plan_lock", "block_override", "plan_pin", "plan_site")
    kept = {table: [row for row in found[table] if holds(row, table)] for table in of_plans}
    return {**found, **kept}
