"""Whether a file lies on another machine, where SQLite's write-ahead log does not work."""

import os
import sys
from pathlib import Path

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
