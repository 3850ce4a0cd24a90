"""Whether an open project file is still the one on disk, and whether our lock on it holds.

SQLite looks at neither. Where its file was replaced or taken away it goes on writing to what
nobody will read again. Where the lock is gone while it writes (any other descriptor of the file
that was closed in this process drops it, on POSIX) another desk writes at the same time.

A look costs a stat of the file, and on Linux a read of the system's list of locks.

Who has a project file open: a small file beside it for each window, renewed while it is there.

It is gone when the window is closed. One that was killed is not counted: its name says which
process of which machine it is of; where that cannot be asked it is too old after half a minute. A
folder that takes no files has none, and nobody is hindered by them.
"""

import glob
import json
import os
import re
import secrets
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from time import monotonic

from zoneplanner.staging import HOST, is_process_gone
from zoneplanner.storage.records import PresentDesk

_LOCK_LIST = Path("/proc/locks")
_RESERVED_BYTE = 0x4000_0001
"""The byte of the file that SQLite locks while it writes."""
FILE_GONE, _FILE_REPLACED = "gone", "replaced"
_LOOK_COUNT = 3
"""The list is no snapshot: what is missing in it once may be there."""

_Identity = tuple[int, int]


class FileGuard:
    """Knows which file was opened."""

    def __init__(self, path: Path) -> None:
        self._file = path
        self._opened = _identify_file(path)

    def find_file_problem(self) -> str:
        """Return whether the file that was opened is GONE or REPLACED, or nothing."""
        now = _identify_file(self._file)
        if now == self._opened:
            return ""
        return _FILE_REPLACED if now is not None else FILE_GONE

    def holds_write_lock(self) -> bool:
        """True where the system lists this process as the one that writes to the file."""
        if self._opened is None:
            return False
        inode = self._opened[1]
        return any(
            at == inode and first <= _RESERVED_BYTE <= last
            for _ in range(_LOOK_COUNT)
            for at, first, last in _list_own_locks()
        )


def _identify_file(path: Path) -> _Identity | None:
    """Return what tells a file from another one at the same place; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def is_locked_by_this_process(path: Path) -> bool:
    """True where the system lists a lock of this process on a file, so that it has it open."""
    found = _identify_file(path)
    return found is not None and any(inode == found[1] for inode, _, _ in _list_own_locks())


def _list_own_locks() -> Iterator[tuple[int, int, float]]:
    """Yield inode, first and last byte of each lock that the system lists for this process."""
    own = str(os.getpid())
    with suppress(OSError):
        for line in _LOCK_LIST.read_text(encoding="ascii").splitlines():
            # 3: POSIX  ADVISORY  READ 15624 fe:00:11201365 128 128
            _, kind, _, _, pid, place, first, last = line.split()[:8]
            if kind == "POSIX" and pid == own:
                end = float("inf") if last == "EOF" else int(last)
                yield int(place.rpartition(":")[2]), int(first), end


NETWORK_SHARE_NOTICE = (
    "This project is on a network share, so only one desk can have it open; several desks need a "
    "shared PostgreSQL database."
)

SYNCHRONIZED_NOTICE = (
    "This project is in a folder that {} synchronizes. Open it on one computer at a time; several "
    "desks need a shared PostgreSQL database."
)
_SYNCHRONIZERS = ("OneDrive", "Dropbox", "Google Drive", "GoogleDrive", "iCloud")

_REMOTE_FILE_SYSTEMS = (
    "nfs",
    "cifs",
    "smb",
    "afpfs",
    "9p",
    "ncpfs",
    "fuse.sshfs",
    "davfs",
    "fuse.davfs",
)
_DRIVE_REMOTE = 4


def is_on_network_share(path: Path) -> bool:
    """True where the file's folder is known to be on another machine."""
    folder = os.path.realpath(path.absolute().parent)
    if sys.platform == "win32":
        return folder.startswith("\\\\") or _windows_drive_type(folder) == _DRIVE_REMOTE
    mounts = Path("/proc/self/mounts")
    return mounts.exists() and is_remote_mount(
        folder, mounts.read_text(encoding="utf-8", errors="replace")
    )


def find_synchronizer(path: Path) -> str:
    """Return which service keeps copies of the file's folder elsewhere, by the folders' names."""
    parents = path.absolute().parent.parts
    return next((one for part in parents for one in _SYNCHRONIZERS if part.startswith(one)), "")


def is_remote_mount(folder: str, mounts: str) -> bool:
    """True where the deepest mount that holds ``folder`` is a network file system.

    ``mounts`` is text as in /proc/self/mounts: device, mount point, type, options.
    """
    best, kind = "", ""
    for line in mounts.splitlines():
        parts = line.split(" ")
        if len(parts) < 3:
            continue
        point = parts[1].replace("\\040", " ")
        inside = folder == point or folder.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):
            best, kind = point, parts[2]
    return kind.startswith(_REMOTE_FILE_SYSTEMS)


def _windows_drive_type(folder: str) -> int:
    import ctypes

    windll = getattr(ctypes, "windll")  # noqa: B009  (there is none on other systems)
    return int(windll.kernel32.GetDriveTypeW(os.path.splitdrive(folder)[0] + "\\"))


_OF_HERE = re.compile(rf"\.{HOST}-(\d+)-[0-9a-f]+\.desk$")
_RENEWED_S, _TOO_OLD_S = 10.0, 35.0


class PresenceFile:
    """This window beside a project file; time is that of the folder, which all desks share."""

    def __init__(self, path: Path, who: PresentDesk) -> None:
        self._folder = path.absolute().parent
        self._of_all = f".{glob.escape(path.name)}.*.desk"
        whose = f"{HOST}-{os.getpid()}-{secrets.token_hex(4)}"
        self._own = self._folder / f".{path.name}.{whose}.desk"
        self._text = json.dumps([who.actor, who.desk, who.since.isoformat()])
        self._renewed = float("-inf")

    def look(self) -> list[PresentDesk]:
        """Renew the own file if it is time, and return whose are there, the first comer first."""
        try:
            if monotonic() - self._renewed > _RENEWED_S:
                self._own.write_text(self._text, encoding="utf-8")
                self._renewed = monotonic()
            present = list(self._read(self._own.stat().st_mtime))
        except OSError:
            return []
        return sorted(present, key=lambda one: one.since)

    def _read(self, now: float) -> Iterator[PresentDesk]:
        for file in self._folder.glob(self._of_all):
            with suppress(OSError, ValueError):
                here = _OF_HERE.search(file.name)
                killed = here is not None and is_process_gone(int(here[1]))
                if killed or now - file.stat().st_mtime > _TOO_OLD_S:
                    file.unlink()
                    continue
                actor, desk, since = json.loads(file.read_text(encoding="utf-8"))
                yield PresentDesk(str(actor), str(desk), datetime.fromisoformat(since))

    def close(self) -> None:
        """Take the own file away."""
        with suppress(OSError):
            self._own.unlink(missing_ok=True)
