"""The log of unexpected errors, which are bugs and not a person's doing.

What processes that were killed have left on this desk, taken away at the next start.
"""

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
    """Append an error with its trace to the log file and return where that is.

    Where the desk's own log may not be written, it goes to a new file among the temporary ones.
    """
    target = file or find_error_log()
    trace = "".join(traceback.format_exception(error))
    text = f"{datetime.now(UTC).isoformat()}\n{trace}\n"
    try:
        _append(target, text)
    except OSError:
        # on a full disk nothing is kept, and the error is told all the same
        with suppress(OSError):
            # a name that nobody can foresee: a link laid there would lead the text elsewhere
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
    """Sweep the temporary files, this desk's own folders, and those that some projects lie in.

    A project on a server has no folder. An export that was killed elsewhere is swept by the next
    one to the same folder.
    """
    data = find_data_folder()
    own = [folder for folder in data.glob("**/") if folder.is_dir()] if data.is_dir() else []
    beside = {Path(str(place)).absolute().parent for place in places if ".gpkg" in str(place)}
    for folder in (Path(gettempdir()), find_settings_file().parent, *own, *sorted(beside)):
        sweep_leftovers_in(folder)
