"""Figures of a chart or table as a file that a spreadsheet opens and runs nothing of."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from zoneplanner.domain.cells import escape_formula
from zoneplanner.publish.files import write_file_atomically


def write_figures_csv(path: Path, rows: Sequence[Sequence[object]]) -> Path:
    """Write rows as CSV in UTF-8; a path that cannot be written is a UserError."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    for row in rows:
        writer.writerow([escape_formula(cell) if isinstance(cell, str) else cell for cell in row])
    return write_file_atomically(path, text.getvalue().encode("utf-8-sig"))
