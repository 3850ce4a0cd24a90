"""Files that are there whole or not at all.

The list by which the folder of an edition is known: nothing else is written into one.
"""

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from zoneplanner.domain.clean_text import parse_json_object
from zoneplanner.errors import UserError
from zoneplanner.staging import name_temporary_file, sweep_leftovers_in, sync_file, sync_folder

EDITION_LIST = "edition.json"
"""Names the audience, the day and every file, so that a folder is known as one of ours."""


def read_edition_list(folder: Path) -> set[str]:
    """Return the files that a list of ours in a folder names; none where there is no such list."""
    try:
        files = parse_json_object((folder / EDITION_LIST).read_bytes()).get("files")
    except (OSError, ValueError):
        return set()
    return set(map(str, files)) if isinstance(files, list) else set()


def refuse_place_in_edition(path: Path) -> None:
    """Refuse a file or folder within an edition, with which it would be sent.

    Raises
    ------
    UserError
        A folder above it is an edition.
    """
    for outer in path.absolute().resolve().parents:
        if read_edition_list(outer):
            raise UserError("edition_folder_inside", folder=outer.name, path=str(outer))


_OPEN_ELSEWHERE = (5, 32, 33)
"""Windows' numbers for: access is denied, in use by another program, a part of it is."""


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
        It cannot be written; what was there before is still there, and nothing half-written. Or
        it would lie in an edition.
    """
    refuse_place_in_edition(path)
    folder = path.parent / name_temporary_file(path.name)
    try:
        sweep_leftovers_in(path.parent)
        folder.mkdir(mode=0o700)
        yield folder / path.name
        made = sorted(folder.iterdir())
        for part in made:
            sync_file(part)
        for part in made:
            _require_closed(path.parent / part.name)
        for part in made:
            part.replace(path.parent / part.name)
        sync_folder(path.parent)
    except OSError as error:
        raise explain_write_failure(error, "cannot_write.exported", path) from error
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
                raise IsADirectoryError(0, "there is already a folder with that name")
            if place.parent not in {one.parent for one in parts}:
                sweep_leftovers_in(place.parent)
            part = place.with_name(name_temporary_file(place.name))
            parts[place] = part
            _write(part, content)
        before_moving()
        for name in contents:
            _require_closed(folder / name)
        for place, part in parts.items():
            name = place.name
            part.replace(place)
        for changed in {place.parent for place in parts} | {one.parent for one in made}:
            sync_folder(changed)
    except BaseException as error:
        _undo(parts, made)
        if not isinstance(error, OSError):
            raise
        raise explain_write_failure(
            error, "cannot_write.into_folder", folder / name, folder=folder
        ) from error
    return list(parts)


def explain_write_failure(
    error: OSError, code: str, place: Path, *, folder: Path | None = None
) -> UserError:
    """Return what to tell of a file or folder that could not take its place.

    Windows lets nobody move or replace what Excel or a viewer of PDFs has open; it is said then
    what to close. ``folder`` is the one that was asked for, where that is not the place's own.
    """
    if getattr(error, "winerror", None) in _OPEN_ELSEWHERE and place.exists():
        code = "cannot_write.in_use"
    facts = {"file": str(place), "name": place.name, "folder": str(folder or place.parent)}
    return UserError(code, facts, reason=error.strerror or str(error))


def _require_closed(place: Path) -> None:
    """Find out before anything is replaced whether the system lets a file be replaced."""
    if place.exists():
        place.rename(place)


def _make(folder: Path, made: list[Path]) -> None:
    """Make a folder and those above it, and note which are new."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    for one in reversed(missing):
        one.mkdir()
        made.append(one)
    if not folder.is_dir():
        raise NotADirectoryError(0, "there is already a file with that name")


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
