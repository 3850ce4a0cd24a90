"""What the system knows of this process's locks on a project file, and who opened it."""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

LOCKS = Path("/proc/locks")
needs_lock_list = pytest.mark.skipif(
    sys.platform != "linux" or not LOCKS.exists(), reason="only Linux lists the locks of a process"
)


def locks_on(files: Iterable[Path]) -> list[str]:
    """Return the POSIX locks of this process on some files, as a sorted list of texts."""
    inodes = {str(file.stat().st_ino) for file in files if file.exists()}
    found = []
    for line in LOCKS.read_text(encoding="ascii").splitlines():
        _, kind, _, mode, pid, place, *reach = line.split()[:8]
        if kind == "POSIX" and pid == str(os.getpid()) and place.rpartition(":")[2] in inodes:
            found.append(" ".join((place.rpartition(":")[2], mode, *reach)))
    return sorted(found)


watched: set[str] = set()
opened: list[str] = []
hearing: list[bool] = []


def _hear(event: str, arguments: tuple[object, ...]) -> None:
    if watched and event == "open" and str(arguments[0]) in watched:
        opened.append(str(arguments[0]))


@contextmanager
def only_the_engine_opens(files: Iterable[Path]) -> Iterator[list[str]]:
    """List what Python code opens of some files meanwhile; SQLite itself is not heard."""
    if not hearing:
        sys.addaudithook(_hear)  # for good: there is no way to take it off
        hearing.append(True)
    opened.clear()
    watched.update(str(path) for file in files for path in (file, file.resolve()))
    try:
        yield opened
    finally:
        watched.clear()
