"""Carry a whole project from one home to another: every row as it is, history and journal too."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from zoneplanner.errors import ProgressReport
from zoneplanner.storage.tables import KEY_COLUMNS

_BuildSelect = Callable[[sa.Table], sa.Select[Any] | None]
_ROWS_PER_STEP = 2000
_COPIED_LAST = ("edit", "journal_entry")
"""These follow from the rest, and triggers of a file look at them."""


def copy_rows(
    source: sa.Connection,
    target: sa.Connection,
    meta: sa.MetaData,
    report: ProgressReport,
    *,
    select: _BuildSelect = sa.select,
) -> dict[str, int]:
    """Copy all rows of all tables into empty ones; return how many there were, by table.

    ``select`` gives the query of a table's rows, or None where there are none.
    """
    names = [name for name in meta.tables if name not in _COPIED_LAST]
    ordered = [*sorted(names, key=lambda name: name not in KEY_COLUMNS), *_COPIED_LAST]
    counts: dict[str, int] = {}
    for place, name in enumerate(ordered):
        report(place / len(ordered), "Copying the project")
        table = meta.tables[name]
        query = select(table)
        counts[name] = 0 if query is None else _copy_table(source, target, table, query)
    report(1.0, "Copied")
    return counts


def _copy_table(
    source: sa.Connection, target: sa.Connection, table: sa.Table, query: sa.Select[Any]
) -> int:
    (key,) = table.primary_key
    ordered = query.order_by(query.selected_columns[key.name])
    rows = source.execute(ordered, execution_options={"yield_per": _ROWS_PER_STEP}).mappings()
    count = 0
    for chunk in rows.partitions(_ROWS_PER_STEP):
        found: list[dict[str, Any]] = [dict(row) for row in chunk]
        target.execute(sa.insert(table), found)
        count += len(found)
    return count
