"""A table for the log in the import dialog: which column is which, and what would be taken."""

import re
from dataclasses import dataclass, replace

from zoneplanner.app.import_entries import TABLES
from zoneplanner.app.import_log import LogTable, log_table
from zoneplanner.app.import_map import MapAsked
from zoneplanner.app.imported import Prepared
from zoneplanner.app.importing import prepare
from zoneplanner.app.session import Session
from zoneplanner.errors import ProgressReport, UserError
from zoneplanner.exchange.likeness import TARGETS
from zoneplanner.exchange.vector import ForeignRow, ForeignRows
from zoneplanner.ui.dialogs.importing.columns_form import MOST_VALUES

LOGGED = tuple(kind for kind in TABLES if kind in TARGETS)


@dataclass(frozen=True, eq=False, slots=True)
class LogLook:
    """How a table of the log is read, and what would become of it; ``problem`` where nothing."""

    read: LogTable
    prepared: Prepared | None
    problem: str = ""


def look_at_log(session: Session, asked: MapAsked, report: ProgressReport) -> LogLook:
    """Read a table of the log, in any thread; its heading must make sense.

    Raises
    ------
    UserError
        The file is no table, or a column that is needed is not found.
    """
    read = log_table(asked)
    try:
        done = prepare(session, asked.path, asked.kind, dry_run=True, asked=asked, report=report)
    except UserError as error:
        return LogLook(read, None, error.message)
    return LogLook(read, done)


def with_log_headings(found: ForeignRows) -> ForeignRows:
    """Return the first rows with headings as the log has them: small, blanks as underscores."""
    every = dict.fromkeys(_heading(column) for column in (*found.columns, *found.places))
    rows = (
        ForeignRow(row.row, None, {_heading(key): value for key, value in row.fields.items()})
        for row in found.rows[:MOST_VALUES]
    )
    return replace(found, columns=tuple(every), rows=tuple(rows), places=(), how="")


def _heading(text: str) -> str:
    return re.sub(r"\s+", "_", text.strip().casefold())
