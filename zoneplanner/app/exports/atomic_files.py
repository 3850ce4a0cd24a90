"""Files that are there whole or not at all."""

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from zoneplanner.errors import UserError
from zoneplanner.staging import name_temporary_file, sweep_leftovers_in, sync_file, sync_folder


def write_file_atomically(path: Path, content: bytes) -> Path:
    """Write a file beside its place, then move it there; return its path.

    Raises
    ------
    UserError
        It cannot be written; what was there before is still there.
    """
    return write_files_atomically(path.parent, {path.name: content}, make_folder=False)[0]


@contextlib.contextmanager
def stage_atomic_write(path: Path) -> Iterator[Path]:
    """Give a path in a new folder beside a file's place; what is written there is moved at the end.

    Raises
    ------
    UserError
        It cannot be written; what was there before is still there, and nothing half-written.
    """
    folder = path.parent / name_temporary_file(path.name)
    try:
        sweep_leftovers_in(path.parent)
        folder.mkdir(mode=0o700)
        yield folder / path.name
        made = sorted(folder.iterdir())
        for part in made:
            sync_file(part)
        for part in made:
            part.replace(path.parent / part.name)
        sync_folder(path.parent)
    except OSError as error:
        reason = error.strerror or str(error)
        raise UserError(
            "cannot_write.exported",
            file=str(path),
            name=path.name,
            folder=str(path.parent),
            reason=reason,
        ) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def write_files_atomically(
    folder: Path,
    contents: Mapping[str, bytes],
    *,
    make_folder: bool = True,
    before_moving: Callable[[], None] = lambda: None,
) -> list[Path]:
    """Write files by name (``data/README.txt`` is in a folder below), all of them or none.

    All are written beside their places before the first is moved; files of other names stay.
    ``before_moving`` is called in between and may raise to stop.

    Raises
    ------
    UserError
        One cannot be written; what was there before is still there.
    """
    made: list[Path] = []
    parts: dict[Path, Path] = {}
    name = next(iter(contents), "")
    try:
        for name, content in contents.items():
            place = folder / name
            if make_folder:
                _make(place.parent, made)
            if place.is_dir():
                raise IsADirectoryError(0, "a folder of that name is in the way")
            if place.parent not in {one.parent for one in parts}:
                sweep_leftovers_in(place.parent)
            part = place.with_name(name_temporary_file(place.name))
            parts[place] = part
            _write(part, content)
        before_moving()
        for place, part in parts.items():
            name = place.name
            part.replace(place)
        for changed in {place.parent for place in parts} | {one.parent for one in made}:
            sync_folder(changed)
    except BaseException as error:
        _undo(parts, made)
        if not isinstance(error, OSError):
            raise
        reason = error.strerror or str(error)
        raise UserError(
            "cannot_write.into_folder",
            file=str(folder / name),
            name=Path(name).name,
            folder=folder,
            reason=reason,
        ) from error
    return list(parts)


def _make(folder: Path, made: list[Path]) -> None:
    """Make a folder and those above it, and note which are new."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    for one in reversed(missing):
        one.mkdir()
        made.append(one)
    if not folder.is_dir():
        raise NotADirectoryError(0, "a file of that name is in the way")


def _write(part: Path, content: bytes) -> None:
    with part.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _undo(parts: Mapping[Path, Path], made: list[Path]) -> None:
    for part in parts.values():
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
    for folder in reversed(made):
        with contextlib.suppress(OSError):
            folder.rmdir()
