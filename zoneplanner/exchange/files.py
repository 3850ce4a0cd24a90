"""What is refused of a foreign file before anybody opens it."""

import os
import stat
from collections.abc import Collection
from pathlib import Path

from zoneplanner.errors import UserError


def check_foreign_file(
    path: Path, keep_off: Collection[Path], *, wanted: str = "a file to import"
) -> None:
    """Refuse what is no file of its own, without opening it: links, addresses, the open project.

    ``keep_off`` are files that may not be opened: closing a second handle on the open project
    would drop its locks. ``wanted`` is what a person is told to choose instead.

    Raises
    ------
    UserError
        There is no such file, or it is not one to be read.
    """
    text = str(path)
    if text.startswith(("/vsi", "\\\\")) or ":/" in text[2:]:
        raise UserError("unreadable_file.address")
    try:
        found = path.lstat()
    except (OSError, ValueError) as error:
        raise UserError("no_file", file=path.name) from error
    if stat.S_ISLNK(found.st_mode):
        raise UserError("unreadable_file.link", file=path.name)
    if not stat.S_ISREG(found.st_mode):
        raise UserError("unreadable_file.no_file", file=path.name, wanted=wanted)
    for other in keep_off:
        if other.exists() and os.path.samestat(found, other.stat()):
            raise UserError("project_itself.file", file=path.name, wanted=wanted)


def is_workbook(path: Path) -> bool:
    """True where the name is that of a workbook."""
    return path.suffix.lower() == ".xlsx"


def refuse_changed_file(name: str, before: os.stat_result, after: os.stat_result) -> None:
    """Refuse a file that another program wrote to between two looks at it."""
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise UserError("unreadable_file.changed", file=name)
