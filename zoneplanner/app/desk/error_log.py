"""The log of unexpected errors, which are bugs and not a person's doing."""

import tempfile
import traceback
from datetime import UTC, datetime
from pathlib import Path

from zoneplanner.app.desk.settings import find_error_log


def log_unexpected_error(error: BaseException, file: Path | None = None) -> Path:
    """Append an error with its trace to the log file and return where that is.

    Where the desk's own log may not be written, it goes to the folder for temporary files.
    """
    target = file or find_error_log()
    trace = "".join(traceback.format_exception(error))
    text = f"{datetime.now(UTC).isoformat()}\n{trace}\n"
    try:
        _append(target, text)
    except OSError:
        target = Path(tempfile.gettempdir()) / target.name
        _append(target, text)
    return target


def _append(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8") as log:
        log.write(text)
