"""Whether an open project file is still the one on disk, with its log and our locks on both.

SQLite looks at neither. Where its file or log was replaced or taken away it goes on writing to
what nobody will read again. Where the locks are gone (any other descriptor of the file that was
closed in this process drops them, on POSIX) the next desk that closes the project believes to be
the last one and takes the log away; so their loss is a reason to stop as well.

A look costs a stat of the file and of its log, and on Linux a read of the system's list of locks.
"""

import os
import struct
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

_LOCK_LIST = Path("/proc/locks")
_RESERVED, _SHARED, _SHARED_BYTES, _IN_USE = 0x4000_0001, 0x4000_0002, 510, 128
"""Bytes that SQLite locks: in the file while it writes and while it reads, in the log's index for
as long as a connection is open; in write-ahead mode the second one is held for that long too."""
FILE_GONE, _FILE_REPLACED = "gone", "replaced"
_LOOK_COUNT = 3
"""The list is no snapshot: what is missing in it once may be there."""

_Identity = tuple[int, int]
_LockedByte = tuple[int, int]
"""The inode of a file, and a place in it."""


class FileGuard:
    """Knows which file was opened; after ``note_log`` also which log, and the locks on both."""

    def __init__(self, path: Path) -> None:
        self._file = path
        self._log, self._index = (path.with_name(path.name + end) for end in ("-wal", "-shm"))
        self._opened = _identify_file(path)
        self._opened_log: _Identity | None = None
        self._lasting: tuple[_LockedByte, ...] = ()

    def record_log_identity(self) -> None:
        """Take the log and the locks for ours; to be called while the connection is open."""
        self._opened_log, index = _identify_file(self._log), _identify_file(self._index)
        if self._opened is not None and self._opened_log is not None and index is not None:
            lasting = (self._opened[1], _SHARED), (index[1], _IN_USE)
            self._lasting = lasting if _are_locked(lasting) else ()

    def find_file_problem(self) -> str:
        """Return whether the file that was opened is GONE or REPLACED, or nothing."""
        now = _identify_file(self._file)
        if now == self._opened:
            return ""
        return _FILE_REPLACED if now is not None else FILE_GONE

    def find_log_problem(self) -> str:
        """Return why what is written to the file would be lost, or nothing."""
        if self._opened_log is None:
            return ""
        if _identify_file(self._log) != self._opened_log:
            return "another program took its log away"
        return "" if _are_locked(self._lasting) else "its locks were dropped"

    def holds_write_lock(self) -> bool:
        """True where the system lists this process as the one that writes to a file without a log.

        Such a file is locked anew for each transaction.
        """
        if self._opened is None or self._opened_log is not None:
            return False
        return _are_locked([(self._opened[1], _RESERVED)])


@contextmanager
def block_checkpoint(path: Path) -> Iterator[None]:
    """Keep a connection that is closed within from writing its log into the file.

    A stale log would overwrite what others wrote since. SQLite folds only where it can lock the
    file for itself, so another lock is put in the way: one of the descriptor, which other programs
    see like any and which this process's own locks do not pass. Only Linux has that.
    """
    if sys.platform != "linux":
        yield
        return
    import fcntl  # there is none on Windows

    descriptor = None
    try:
        with suppress(OSError):
            descriptor = os.open(path, os.O_RDONLY)
            lock = struct.pack("hhqqi", fcntl.F_RDLCK, os.SEEK_SET, _SHARED, _SHARED_BYTES, 0)
            fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, lock)
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)  # drops locks that were lost already


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


def _are_locked(wanted: Sequence[_LockedByte]) -> bool:
    """True where this process is listed with a lock on each of some bytes."""
    return not wanted or any(_are_listed(wanted) for _ in range(_LOOK_COUNT))


def _are_listed(wanted: Sequence[_LockedByte]) -> bool:
    missing = set(wanted)
    for inode, first, last in _list_own_locks():
        missing -= {at for at in missing if at[0] == inode and first <= at[1] <= last}
    return not missing


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
    "This project lies on a network share, so only one desk may have it open; "
    "several desks need a shared PostgreSQL database."
)

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
