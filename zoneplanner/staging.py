"""Files under way: staged under a name of their own, private, on the disk when they are done.

A name says whose it is, so that what a process that was killed has left is swept by the next one.
"""

import gc
import hashlib
import os
import platform
import re
import secrets
import shutil
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from time import time
from typing import TypeVar

_Written = TypeVar("_Written")

_LONGEST_NAME = 60
HOST = hashlib.sha256(platform.node().encode()).hexdigest()[:6]
CAN_ASK_FOR_PROCESSES = os.name != "nt"
_OURS = re.compile(r"(?:^zoneplanner-|^\..*\.)([0-9a-f]{6})-(\d+)-(?:\w+$|[0-9a-f]{8}\.part)")
_LONG_S = 86_400.0
"""After so long what another machine staged is taken for left."""


def name_temporary_file(name: str) -> str:
    """Return a name for what is to become ``name``; nobody else has it, and it says who does."""
    return f".{name[:_LONGEST_NAME]}.{HOST}-{os.getpid()}-{secrets.token_hex(4)}.part"


def make_work_folder() -> TemporaryDirectory[str]:
    """Return a folder among the temporary ones that only this person may look into."""
    return TemporaryDirectory(prefix=f"zoneplanner-{HOST}-{os.getpid()}-")


def sweep_leftovers_in(folder: Path) -> None:
    """Take away what processes that are gone have staged in a folder."""
    with suppress(OSError):
        for there in os.scandir(folder):  # a folder of temporary files may have thousands
            found = _OURS.match(there.name)
            if found and _is_left(left := Path(there), found[1], int(found[2])):
                if left.is_dir() and not left.is_symlink():
                    shutil.rmtree(left, ignore_errors=True)
                else:
                    with suppress(OSError):
                        left.unlink()


def _is_left(path: Path, host: str, process: int) -> bool:
    if host == HOST and CAN_ASK_FOR_PROCESSES:
        return is_process_gone(process)
    with suppress(OSError):
        return time() - path.lstat().st_mtime > _LONG_S
    return False


def is_process_gone(process: int) -> bool:
    """Tell whether a process of this machine has ended; False where that cannot be asked."""
    if not CAN_ASK_FOR_PROCESSES:
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False  # another person's
    return False


def make_private_folder(folder: Path) -> None:
    """Make a folder that only this person may look into; one that is there becomes so."""
    folder.mkdir(parents=True, exist_ok=True)
    if os.name != "nt" and folder.stat().st_mode & 0o077:
        folder.chmod(0o700)


def make_private_file(file: Path) -> None:
    """Make an empty file that only this person may read; no link is followed, none replaced."""
    os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def write_whole(write: Callable[[], _Written]) -> _Written:
    """Let a library write something; where the disk fails it says so once, by an OSError.

    Some (openpyxl) leave generators behind that fail once more when they are thrown away, which
    Python prints with a trace: by the disk, or since their file was thrown away before them.
    """
    hook, failure = sys.unraisablehook, None
    again = (OSError, ValueError)
    sys.unraisablehook = lambda told: None if isinstance(told.exc_value, again) else hook(told)
    try:
        try:
            return write()
        except OSError as error:
            failure = OSError(error.errno, error.strerror)
        gc.collect()  # what was left behind is thrown away here, not later
    finally:
        sys.unraisablehook = hook
    raise failure


def replace_private_file(file: Path, text: str) -> None:
    """Replace a small file of this person's, whole or not at all.

    Raises
    ------
    OSError
        It cannot be written; what was there before is still there.
    """
    part = file.with_name(name_temporary_file(file.name))
    make_private_folder(file.parent)
    sweep_leftovers_in(file.parent)
    make_private_file(part)
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(file)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def sync_file(file: Path) -> None:
    """Wait until what was written to a file is on the disk."""
    with file.open("rb+") as written:
        os.fsync(written.fileno())


def sync_folder(folder: Path) -> None:
    """Wait until the disk knows which names are in a folder; Windows has nothing for that."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError:
        os.fsync(descriptor)  # the names are there by now; a disk that stumbled gets a second look
    finally:
        os.close(descriptor)
