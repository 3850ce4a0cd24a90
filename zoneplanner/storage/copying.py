"""Carry a whole project from one home to another: every row as it is, history and journal too."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from zoneplanner.storage.tables import KEYS

Report = Callable[[float, str], None]
STEP = 2000
LAST = ("edit", "journal_entry")
"""These follow from the rest, and triggers of a file look at them."""


def carry(
    source: sa.Connection, target: sa.Connection, meta: sa.MetaData, report: Report
) -> dict[str, int]:
    """Copy all rows of all tables into empty ones; return how many there were, by table."""
    names = [name for name in meta.tables if name not in LAST]
    ordered = [*sorted(names, key=lambda name: name not in KEYS), *LAST]
    counts: dict[str, int] = {}
    for place, name in enumerate(ordered):
        report(place / len(ordered), "Copying the project")
        counts[name] = _carry(source, target, meta.tables[name])
    report(1.0, "Copied")
    return counts


def _carry(source: sa.Connection, target: sa.Connection, table: sa.Table) -> int:
    (key,) = table.primary_key
    rows = source.execute(
        sa.select(table).order_by(key), execution_options={"yield_per": STEP}
    ).mappings()
    count = 0
    for chunk in rows.partitions(STEP):
        found: list[dict[str, Any]] = [dict(row) for row in chunk]
        target.execute(sa.insert(table), found)
        count += len(found)
    return count
