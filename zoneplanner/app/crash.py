"""The log of unexpected errors, which are bugs and not a person's doing."""

import traceback
from datetime import UTC, datetime
from pathlib import Path

from zoneplanner.app.settings import log_file


def keep_log(error: BaseException, file: Path | None = None) -> Path:
    """Append an error with its trace to the log file and return where that is."""
    target = file or log_file()
    trace = "".join(traceback.format_exception(error))
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("a", encoding="utf-8") as log:
        log.write(f"{datetime.now(UTC).isoformat()}\n{trace}\n")
    return target
