"""This process's locks on a project file, and what opened it."""

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


def list_locks(files: Iterable[Path]) -> list[str]:
    """List this process's POSIX locks on some files, sorted."""
    inodes = {str(file.stat().st_ino) for file in files if file.exists()}
    found = []
    for line in LOCKS.read_text(encoding="ascii").splitlines():
        _, kind, _, mode, pid, place, *reach = line.split()[:8]
        if kind == "POSIX" and pid == str(os.getpid()) and place.rpartition(":")[2] in inodes:
            found.append(" ".join((place.rpartition(":")[2], mode, *reach)))
    return sorted(found)


watched: set[str] = set()
opened: list[str] = []
hooked: list[bool] = []


def _record_open(event: str, arguments: tuple[object, ...]) -> None:
    if watched and event == "open" and str(arguments[0]) in watched:
        opened.append(str(arguments[0]))


@contextmanager
def record_python_opens(files: Iterable[Path]) -> Iterator[list[str]]:
    """List the files that Python code opens in the block; SQLite's own opens do not count."""
    if not hooked:
        sys.addaudithook(_record_open)  # an audit hook cannot be removed
        hooked.append(True)
    opened.clear()
    watched.update(str(path) for file in files for path in (file, file.resolve()))
    try:
        yield opened
    finally:
        watched.clear()
