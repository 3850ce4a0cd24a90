"""The log of unexpected errors, which are bugs, and the cleanup after killed processes."""

import os
import tempfile
import traceback
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import gettempdir

from zoneplanner.app.desk.settings import find_data_folder, find_error_log, find_settings_file
from zoneplanner.staging import make_private_folder, sweep_leftovers_in


def log_unexpected_error(error: BaseException, file: Path | None = None) -> Path:
    """Append an error with its traceback to the log file and return that file.

    If the log cannot be written, the error goes to a new temporary file.
    """
    target = file or find_error_log()
    trace = "".join(traceback.format_exception(error))
    text = f"{datetime.now(UTC).isoformat()}\n{trace}\n"
    try:
        _append(target, text)
    except OSError:
        # on a full disk nothing is written, but the error is still shown
        with suppress(OSError):
            # an unpredictable name: a link that somebody put there would redirect the text
            descriptor, name = tempfile.mkstemp(prefix="zoneplanner-", suffix=".log")
            target = Path(name)
            with os.fdopen(descriptor, "a", encoding="utf-8") as log:
                log.write(text)
    return target


def _append(file: Path, text: str) -> None:
    make_private_folder(file.parent)
    flags = os.O_APPEND | os.O_CREAT | os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0)
    with os.fdopen(os.open(file, flags, 0o600), "a", encoding="utf-8") as log:
        if os.name != "nt":
            os.fchmod(log.fileno(), 0o600)  # also one that an earlier version made
        log.write(text)


def sweep_leftovers(places: Iterable[object] = ()) -> None:
    """Delete leftovers of killed processes: temporary, in our own folders, and next to projects.

    A project on a server has no folder. Leftovers of an export in another folder are deleted by the
    next export to it.
    """
    data = find_data_folder()
    own = data.glob("**/") if data.is_dir() else ()
    of_projects = {Path(str(place)).absolute().parent for place in places if ".gpkg" in str(place)}
    for folder in (Path(gettempdir()), find_settings_file().parent, *own, *sorted(of_projects)):
        sweep_leftovers_in(folder)
