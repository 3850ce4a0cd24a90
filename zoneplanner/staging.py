"""Staged files: they have their own names, are private, and are on the disk when they are complete.

A name contains the process that owns it, so the next process can remove what a killed one has left.
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

_MAX_NAME_LENGTH = 60
HOST = hashlib.sha256(platform.node().encode()).hexdigest()[:6]
CAN_ASK_FOR_PROCESSES = os.name != "nt"
_STAGED_NAME = re.compile(
    r"(?:^zoneplanner-|^\..*\.)([0-9a-f]{6})-(\d+)-(?:\w+$|[0-9a-f]{8}\.part)"
)
_MAX_AGE_S = 86_400.0
"""After this time, a file that another machine staged is taken for abandoned."""


def name_temporary_file(name: str) -> str:
    """Return a unique name for a file that will become ``name``, with its owning process."""
    return f".{name[:_MAX_NAME_LENGTH]}.{HOST}-{os.getpid()}-{secrets.token_hex(4)}.part"


def make_work_folder() -> TemporaryDirectory[str]:
    """Return a temporary folder that only this person can look into."""
    return TemporaryDirectory(prefix=f"zoneplanner-{HOST}-{os.getpid()}-")


def sweep_leftovers_in(folder: Path) -> None:
    """Remove what processes that have ended staged in a folder."""
    with suppress(OSError):
        for entry in os.scandir(folder):  # a temporary folder may have thousands of files
            match = _STAGED_NAME.match(entry.name)
            if match and _is_abandoned(path := Path(entry), match[1], int(match[2])):
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    with suppress(OSError):
                        path.unlink()


def _is_abandoned(path: Path, host: str, process: int) -> bool:
    if host == HOST and CAN_ASK_FOR_PROCESSES:
        return is_process_gone(process)
    with suppress(OSError):
        return time() - path.lstat().st_mtime > _MAX_AGE_S
    return False


def is_process_gone(process: int) -> bool:
    """Return whether a process of this machine has ended; False if the system cannot tell."""
    if not CAN_ASK_FOR_PROCESSES:
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False  # it runs, and belongs to another person
    return False


def make_private_folder(folder: Path) -> None:
    """Make a folder that only this person can look into, or restrict an existing one."""
    folder.mkdir(parents=True, exist_ok=True)
    if os.name != "nt" and folder.stat().st_mode & 0o077:
        folder.chmod(0o700)


def make_private_file(file: Path) -> None:
    """Make an empty file that only this person can read; follow no link and replace no file."""
    os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def write_whole(write: Callable[[], _Written]) -> _Written:
    """Call a library that writes a file; if the disk fails, raise a single OSError.

    Some libraries (openpyxl) leave generators behind that fail again when they are discarded,
    either because of the disk or because their file was discarded first, and Python prints a
    traceback for each.
    """
    hook, failure = sys.unraisablehook, None
    repeated_errors = (OSError, ValueError)
    sys.unraisablehook = lambda raised: (
        None if isinstance(raised.exc_value, repeated_errors) else hook(raised)
    )
    try:
        try:
            return write()
        except OSError as error:
            failure = OSError(error.errno, error.strerror)
        gc.collect()  # discard the generators here and not later
    finally:
        sys.unraisablehook = hook
    raise failure


def replace_private_file(file: Path, text: str) -> None:
    """Replace a small file of this person's, completely or not at all, and sync it.

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
        sync_file(part)
        part.replace(file)
        sync_folder(file.parent)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def sync_file(file: Path) -> None:
    """Wait until the content of a file is on the disk."""
    with file.open("rb+") as written:
        os.fsync(written.fileno())


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk; not possible on Windows."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError:
        os.fsync(
            descriptor
        )  # the names are already there; a disk with a brief failure gets a retry
    finally:
        os.close(descriptor)
