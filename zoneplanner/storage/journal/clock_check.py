"""Entries that a wrong clock recorded: before entries that were there already, or far ahead.

The order of the journal is that of its numbers, and its chain holds all the same; but what such an
entry says of when it was recorded is not to be relied on.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from zoneplanner.storage.records import VerificationFinding

CLOCKS_APART = timedelta(minutes=2)
"""So much may the clocks of two desks differ."""
_MOST_TOLD = 20


def find_clock_problems(
    connection: sa.Connection, table: sa.Table, now: datetime
) -> list[VerificationFinding]:
    """Name the first entries recorded before the one before them, or after now."""
    found = []
    for finding in _list_clock_problems(connection, table, now):
        found.append(finding)
        if len(found) == _MOST_TOLD:
            break
    return found


def _list_clock_problems(
    connection: sa.Connection, table: sa.Table, now: datetime
) -> Iterator[VerificationFinding]:
    query = sa.select(table.c.seq, table.c.recorded_at, table.c.desk).order_by(table.c.seq)
    with connection.execute(query, execution_options={"yield_per": 10_000}) as rows:
        yield from _compare_times(rows, now)


def _compare_times(rows: Iterable[Any], now: datetime) -> Iterator[VerificationFinding]:
    last: tuple[int, datetime] | None = None
    for seq, text, desk in rows:
        try:
            at = datetime.fromisoformat(str(text))
        except ValueError:
            continue  # an entry that cannot be read is told elsewhere
        where = f"Entry {seq} (of {desk}) was recorded at {at:%Y-%m-%d %H:%M} UTC"
        if at > now + CLOCKS_APART:
            yield VerificationFinding("clock", f"{where}, which is still to come.")
        elif last is not None and at < last[1] - CLOCKS_APART:
            before = f"before entry {last[0]} at {last[1]:%Y-%m-%d %H:%M}"
            yield VerificationFinding("clock", f"{where}, {before}: a clock was wrong.")
        last = seq, at
