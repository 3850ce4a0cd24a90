"""Files that are there whole or not at all."""

import contextlib
import os
from pathlib import Path

from zoneplanner.errors import UserError


def write_whole(path: Path, content: bytes) -> Path:
    """Write a file beside its place, then move it there; return its path.

    Raises
    ------
    UserError
        It cannot be written; what was there before is still there.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
        reason = error.strerror or str(error)
        raise UserError(
            f"Cannot write {path.name} to {path.parent}: {reason}. Choose another folder or make "
            f"room there.",
            {"file": str(path)},
        ) from error
    return path
