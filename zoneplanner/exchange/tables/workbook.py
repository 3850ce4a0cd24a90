"""A workbook's sheet as the text table that the other readers know, read by another process."""

import csv
import io
import tempfile
from pathlib import Path

from zoneplanner.errors import ProgressReport, UserError
from zoneplanner.exchange.sandbox.layer_reader import serve_layer_reader
from zoneplanner.exchange.sandbox.private_copy import SeveralLayers, copy_foreign_file
from zoneplanner.exchange.sandbox.process import run_in_process

_MOST_BYTES = 100_000_000
_MOST_ROWS = 1_000_001
_MEMORY_BYTES = 3_000_000_000
_SECONDS = 300.0


def read_sheet_as_csv(
    path: Path, *, sheet: str | None = None, report: ProgressReport = lambda fraction, text: None
) -> tuple[bytes, str]:
    """Return a sheet's cells as CSV in UTF-8 with commas, and how it was read in words.

    Raises
    ------
    SeveralFound
        Several sheets hold cells and ``sheet`` names none.
    UserError
        It is no workbook, is damaged, or takes more than it may.
    """
    with tempfile.TemporaryDirectory(prefix="sheet-") as folder:
        copy, _ = copy_foreign_file(
            path, Path(folder), most_bytes=_MOST_BYTES, keep_off=(), inside=None
        )
        asked = {
            "layer": sheet,
            "cells": True,
            "features": _MOST_ROWS,
            "memory_bytes": _MEMORY_BYTES,
            "seconds": _SECONDS,
        }
        answer = run_in_process(serve_layer_reader, copy, path.name, asked, report)
    if "error" in answer:
        raise UserError(
            answer["error"],
            answer.get("details"),
            code=answer.get("code", "unreadable_file"),
        )
    if "layers" in answer:
        raise SeveralLayers(path.name, answer["layers"])
    text = io.StringIO(newline="")
    csv.writer(text).writerows(answer["cells"])
    return text.getvalue().encode(), answer["how"]
