"""Files that are there whole or not at all."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from zoneplanner.errors import UserError


@contextmanager
def stage_atomic_write(path: Path) -> Iterator[Path]:
    """Give a path in a new folder beside a file's place; what is written there is moved at the end.

    Raises
    ------
    UserError
        It cannot be written; what was there before is still there, and nothing half-written.
    """
    folder: Path | None = None
    try:
        folder = Path(tempfile.mkdtemp(prefix=f".{path.name[:40]}.", dir=path.parent))
        yield folder / path.name
        for part in sorted(folder.iterdir()):
            with part.open("rb+") as file:
                os.fsync(file.fileno())
        for part in sorted(folder.iterdir()):
            part.replace(path.parent / part.name)
    except OSError as error:
        reason = error.strerror or str(error)
        raise UserError(
            f"Cannot write {path.name} to {path.parent}: {reason}. Choose another folder or make "
            f"room there.",
            {"file": str(path)},
            code="cannot_write",
        ) from error
    finally:
        if folder is not None:
            with contextlib.suppress(OSError):
                shutil.rmtree(folder)
