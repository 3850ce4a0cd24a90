"""The report of an import as a table: what became of every row, and why."""

import csv
import io
from datetime import datetime
from pathlib import Path

from zoneplanner.app.imported import ImportResult
from zoneplanner.domain.cells import escape_formula
from zoneplanner.errors import UserError
from zoneplanner.publish.files import write_file_atomically

_COLUMNS = ("row", "fate", "name", "id", "why", "repaired")
_MOST_KEPT = 100


def format_import_report(done: ImportResult) -> str:
    """Return the fate of every row as CSV; of an import without fates only what was not taken."""
    text = io.StringIO(newline="")
    rows = csv.writer(text)
    rows.writerow(_COLUMNS)
    for own in done.rows:
        words = (own.name, own.id, own.why, " ".join(own.repaired))
        rows.writerow([own.row, own.fate.value, *map(escape_formula, words)])
    if not done.rows:
        for refused in done.refused:
            rows.writerow([refused.row, "refused", "", "", escape_formula(refused.reason), ""])
        for repaired in done.repaired:
            rows.writerow([repaired.row, "repaired", "", "", "", escape_formula(repaired.how)])
    return text.getvalue()


def write_import_report(path: Path, done: ImportResult) -> Path:
    """Write a report as CSV in UTF-8; a path that cannot be written is a UserError."""
    return write_file_atomically(path, format_import_report(done).encode("utf-8-sig"))


def archive_import_report(
    folder: Path, done: ImportResult, source: str, at: datetime
) -> Path | None:
    """Keep a report in this desk's folder, the oldest of many going; None where it cannot be."""
    name = f"{at:%Y-%m-%d %H%M%S} {Path(source).stem[:60]}.csv"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        kept = write_import_report(folder / name, done)
        for old in sorted(folder.glob("*.csv"))[:-_MOST_KEPT]:
            old.unlink(missing_ok=True)
    except (OSError, UserError):
        return None
    return kept
