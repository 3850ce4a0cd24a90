"""Visits by site and week and the last visit of each site, kept in step with the journal.

A visit counts where it took place: completed or on site. A correction or void replaces what
its record said before; the last entry of a record decides.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from zoneplanner.domain.journal import NewEntry
from zoneplanner.storage.values import time_text

TABLES = ("visit_record", "visit_week", "last_visit")
"""The tables that are computed from the journal."""

TOOK_PLACE = ("completed", "on_site")

Counted = tuple[str, str]
"""The site of a visit that counts, and its time as text."""


@dataclass(slots=True)
class Tally:
    """What a walk along the journal adds up to: the record of each entry, and its visit."""

    record_of: dict[str, str] = field(default_factory=dict)
    visits: dict[str, Counted] = field(default_factory=dict)

    def add(self, uid: str, supersedes: str | None, visit: Counted | None) -> None:
        """Take the next entry of the journal."""
        record = self.record_of.get(supersedes, supersedes) if supersedes else uid
        self.record_of[uid] = record
        if visit is not None:
            self.visits[record] = visit
        else:
            self.visits.pop(record, None)

    def weeks(self, time_zone: str) -> Counter[tuple[str, date]]:
        """Count visits by site and Monday of the local week."""
        zone = ZoneInfo(time_zone)
        return Counter((site, monday(at, zone)) for site, at in self.visits.values())

    def last(self) -> dict[str, str]:
        """Return the time of the last visit by site."""
        latest: dict[str, str] = {}
        for site, at in self.visits.values():
            latest[site] = max(at, latest.get(site, at))
        return latest


def counted(kind: str, site: str | None, at: str, status: object) -> Counted | None:
    """Return the visit that an entry stands for, or None where it is none that took place."""
    if kind != "visit" or not site or (status or TOOK_PLACE[0]) not in TOOK_PLACE:
        return None
    return (site, at)


def monday(at: str, zone: ZoneInfo) -> date:
    """Return the first day of the local week of a moment."""
    day = datetime.fromisoformat(at).astimezone(zone).date()
    return day - timedelta(days=day.weekday())


def follow(
    connection: sa.Connection, meta: sa.MetaData, entries: Iterable[NewEntry], time_zone: str
) -> None:
    """Bring the aggregates in step with entries that were just appended, in journal order."""
    zone = ZoneInfo(time_zone)
    tally = Tally()
    corrected: set[str] = set()
    for entry in entries:
        named = entry.supersedes
        if named is not None and named not in tally.record_of:
            tally.record_of[named] = _record(connection, meta.tables["journal_entry"], named)
        at, status = time_text(entry.occurred_at), entry.payload.get("status")
        tally.add(entry.uid, named, counted(entry.kind, entry.site, at, status))
        if named is not None:
            corrected.add(tally.record_of[entry.uid])
    gone = _take_out(connection, meta.tables["visit_record"], sorted(corrected))
    if tally.visits:
        rows = [{"record": key, "site": site, "at": at} for key, (site, at) in tally.visits.items()]
        connection.execute(sa.insert(meta.tables["visit_record"]), rows)
    change = tally.weeks(time_zone)
    change.subtract((site, monday(at, zone)) for site, at in gone)
    _add_weeks(connection, meta.tables["visit_week"], change)
    _set_last(connection, meta, {site for site, _ in change})


def _record(connection: sa.Connection, journal: sa.Table, uid: str) -> str:
    """Follow corrections back to the first entry of a record."""
    find = sa.select(journal.c.supersedes).where(journal.c.uid == sa.bindparam("named"))
    while (earlier := connection.execute(find, {"named": uid}).scalar()) is not None:
        uid = earlier
    return uid


def _take_out(connection: sa.Connection, table: sa.Table, records: list[str]) -> list[Counted]:
    gone: list[Counted] = []
    for record in records:
        where = table.c.record == record
        rows = connection.execute(sa.select(table.c.site, table.c.at).where(where))
        gone.extend((row.site, row.at) for row in rows)
        connection.execute(sa.delete(table).where(where))
    return gone


def _add_weeks(
    connection: sa.Connection, table: sa.Table, change: Mapping[tuple[str, date], int]
) -> None:
    for (site, week), more in change.items():
        where = (table.c.site == site, table.c.monday == week)
        raised = sa.update(table).where(*where).values(visits=table.c.visits + more)
        if connection.execute(raised).rowcount == 0:
            connection.execute(sa.insert(table), {"site": site, "monday": week, "visits": more})
    connection.execute(sa.delete(table).where(table.c.visits == 0))


def _set_last(connection: sa.Connection, meta: sa.MetaData, sites: set[str]) -> None:
    records, table = meta.tables["visit_record"], meta.tables["last_visit"]
    for site in sorted(sites):
        latest = sa.select(sa.func.max(records.c.at)).where(records.c.site == site)
        at = connection.execute(latest).scalar()
        connection.execute(sa.delete(table).where(table.c.site == site))
        if at is not None:
            connection.execute(sa.insert(table), {"site": site, "at": at})


def rebuild(connection: sa.Connection, meta: sa.MetaData, tally: Tally, time_zone: str) -> None:
    """Write the aggregates anew from a tally of the whole journal."""
    rows: dict[str, list[dict[str, Any]]] = {
        "visit_record": [
            {"record": key, "site": site, "at": at} for key, (site, at) in tally.visits.items()
        ],
        "visit_week": [
            {"site": site, "monday": week, "visits": count}
            for (site, week), count in tally.weeks(time_zone).items()
        ],
        "last_visit": [{"site": site, "at": at} for site, at in tally.last().items()],
    }
    for name, values in rows.items():
        connection.execute(sa.delete(meta.tables[name]))
        if values:
            connection.execute(sa.insert(meta.tables[name]), values)


def differences(
    connection: sa.Connection, meta: sa.MetaData, tally: Tally, time_zone: str
) -> list[str]:
    """Name the aggregate tables that do not say what the journal says."""
    record, week, last = (meta.tables[name] for name in TABLES)
    kept_records = connection.execute(sa.select(record.c.record, record.c.site, record.c.at))
    kept_weeks = connection.execute(sa.select(week.c.site, week.c.monday, week.c.visits))
    kept_last = connection.execute(sa.select(last.c.site, last.c.at))
    pairs = {
        "visit_record": ({r[0]: (r[1], r[2]) for r in kept_records}, tally.visits),
        "visit_week": ({(r[0], r[1]): r[2] for r in kept_weeks}, dict(tally.weeks(time_zone))),
        "last_visit": ({r[0]: r[1] for r in kept_last}, tally.last()),
    }
    return [name for name, (kept, true) in pairs.items() if kept != true]
