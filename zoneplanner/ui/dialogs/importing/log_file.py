"""A table for the log in the import dialog: which column is which, and what would be taken."""

import re
from dataclasses import dataclass, replace

from zoneplanner.app.import_entries import LOG_TABLES
from zoneplanner.app.import_log import LogTable, read_log_table
from zoneplanner.app.import_map import ImportOptions
from zoneplanner.app.imported import PreparedImport
from zoneplanner.app.importing import prepare_import
from zoneplanner.app.session import Session
from zoneplanner.errors import ProgressReport, UserError
from zoneplanner.exchange.likeness import TARGET_COLUMNS
from zoneplanner.exchange.vector import ForeignRow, ForeignRows
from zoneplanner.ui.dialogs.importing.columns_form import MOST_VALUES

LOG_TABLE_KINDS = tuple(kind for kind in LOG_TABLES if kind in TARGET_COLUMNS)


@dataclass(frozen=True, eq=False, slots=True)
class LogTablePreview:
    """How a table of the log is read, and what would become of it; ``problem`` where nothing."""

    read: LogTable
    prepared: PreparedImport | None
    problem: str = ""


def preview_log_table(
    session: Session, asked: ImportOptions, report: ProgressReport
) -> LogTablePreview:
    """Read a table of the log, in any thread; its heading must make sense.

    Raises
    ------
    UserError
        The file is no table, or a column that is needed is not found.
    """
    read = read_log_table(asked)
    try:
        done = prepare_import(
            session, asked.path, asked.kind, dry_run=True, asked=asked, report=report
        )
    except UserError as error:
        return LogTablePreview(read, None, error.message)
    return LogTablePreview(read, done)


def normalize_log_headings(found: ForeignRows) -> ForeignRows:
    """Return the first rows with headings as the log has them: small, blanks as underscores."""
    every = dict.fromkeys(_heading(column) for column in (*found.columns, *found.places))
    rows = (
        ForeignRow(row.row, None, {_heading(key): value for key, value in row.fields.items()})
        for row in found.rows[:MOST_VALUES]
    )
    return replace(found, columns=tuple(every), rows=tuple(rows), places=(), how="")


def _heading(text: str) -> str:
    return re.sub(r"\s+", "_", text.strip().casefold())
