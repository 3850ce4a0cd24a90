"""The mark in a project file that was carried to a server: from then on it is a copy to read.

It is two rows of ``app_meta``, so that the schema stays as it is.
"""

from datetime import date, datetime

import sqlalchemy as sa

from zoneplanner.storage.values import format_stored_time

_SHARED_TO, _SHARED_ON = "shared_to", "shared_on"
SHARED_COPY_KEYS = (_SHARED_TO, _SHARED_ON)


def explain_shared_copy(name: str, address: str, on: str) -> str:
    """Say of a marked file why nothing is written to it."""
    return (
        f"“{name}” was shared on {_format_day(on)} and is a copy for reading only; "
        f"the project lives at {address}."
    )


def _format_day(on: str) -> str:
    """Write the day of a mark as people say it."""
    day = date.fromisoformat(on)
    return f"{day:%b} {day.day}, {day.year}"


def mark_shared_copy(
    connection: sa.Connection, meta: sa.MetaData, address: str, *, actor: str, at: datetime, on: str
) -> None:
    """Note where a project lives now, and since which day."""
    rows = [
        {"key": key, "value": value, "changed_by": actor, "changed_at": format_stored_time(at)}
        for key, value in zip(SHARED_COPY_KEYS, (address, on), strict=True)
    ]
    connection.execute(sa.insert(meta.tables["app_meta"]), rows)


def unmark_shared_copy(connection: sa.Connection, meta: sa.MetaData) -> None:
    """Take the mark out of a file, as if it had never been there."""
    table = meta.tables["app_meta"]
    marked = table.c.key.in_(SHARED_COPY_KEYS)
    # as of a row of ours, so that the triggers record no other program
    ours = sa.update(table).where(marked).values(row_version=-table.c.row_version)
    connection.execute(ours)
    connection.execute(sa.delete(table).where(marked))
