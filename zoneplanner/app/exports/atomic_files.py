"""Write files that are complete or not there at all.

Also the list that identifies the folder of an edition: no other file is written into one.
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
"""The file that lists the audience, the day and every file, which identifies an edition."""


def read_edition_list(folder: Path) -> set[str]:
    """Return the files that the list in a folder names; none if there is no such list."""
    try:
        files = parse_json_object((folder / EDITION_LIST).read_bytes()).get("files")
    except (OSError, ValueError):
        return set()
    return set(map(str, files)) if isinstance(files, list) else set()


def refuse_place_in_edition(path: Path) -> None:
    """Refuse a file or folder within an edition, because it would be sent with it.

    Raises
    ------
    UserError
        A folder above it is an edition.
    """
    for outer in path.absolute().resolve().parents:
        if read_edition_list(outer):
            raise UserError("edition_folder_inside", folder=outer.name, path=str(outer))


_OPEN_ELSEWHERE = (5, 32, 33)
"""Windows error numbers: access denied, in use by another program, partly locked."""


def write_file_atomically(path: Path, content: bytes) -> Path:
    """Write a file next to its place, then move it there; return its path.

    Raises
    ------
    UserError
        It cannot be written; what was there before is still there.
    """
    return write_files_atomically(path.parent, {path.name: content}, make_folder=False)[0]


@contextlib.contextmanager
def stage_atomic_write(path: Path) -> Iterator[Path]:
    """Yield a path in a new folder next to a file's place; what is written there is moved at the
    end.

    Raises
    ------
    UserError
        It cannot be written, or its place is in an edition. What was there before is still there.
    """
    refuse_place_in_edition(path)
    folder = path.parent / name_temporary_file(path.name)
    try:
        sweep_leftovers_in(path.parent)
        folder.mkdir(mode=0o700)
        yield folder / path.name
        parts = sorted(folder.iterdir())
        for part in parts:
            sync_file(part)
        for part in parts:
            _require_closed(path.parent / part.name)
        for part in parts:
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
    """Write files by name (``data/README.txt`` is in a subfolder), all of them or none.

    All are written next to their places before the first is moved; files with other names stay.
    ``before_moving`` is called in between and may raise to stop.

    Raises
    ------
    UserError
        One cannot be written; what was there before is still there.
    """
    new_folders: list[Path] = []
    parts: dict[Path, Path] = {}
    name = next(iter(contents), "")
    try:
        for name, content in contents.items():
            place = folder / name
            if make_folder:
                _make_folder(place.parent, new_folders)
            if place.is_dir():
                raise IsADirectoryError(0, "there is already a folder with that name")
            if place.parent not in {path.parent for path in parts}:
                sweep_leftovers_in(place.parent)
            part = place.with_name(name_temporary_file(place.name))
            parts[place] = part
            _write_part(part, content)
        before_moving()
        for name in contents:
            _require_closed(folder / name)
        for place, part in parts.items():
            name = place.name
            part.replace(place)
        for changed in {place.parent for place in parts} | {path.parent for path in new_folders}:
            sync_folder(changed)
    except BaseException as error:
        _undo(parts, new_folders)
        if not isinstance(error, OSError):
            raise
        raise explain_write_failure(
            error, "cannot_write.into_folder", folder / name, folder=folder
        ) from error
    return list(parts)


def explain_write_failure(
    error: OSError, code: str, place: Path, *, folder: Path | None = None
) -> UserError:
    """Return the error for a file or folder that could not be put in its place.

    Windows does not move or replace a file that is open in Excel or a PDF viewer; the message then
    says what to close. ``folder`` is the requested folder, if it is not the place's own.
    """
    if getattr(error, "winerror", None) in _OPEN_ELSEWHERE and place.exists():
        code = "cannot_write.in_use"
    facts = {"file": str(place), "name": place.name, "folder": str(folder or place.parent)}
    return UserError(code, facts, reason=error.strerror or str(error))


def _require_closed(place: Path) -> None:
    """Check before anything is replaced that the system allows a file to be replaced."""
    if place.exists():
        place.rename(place)


def _make_folder(folder: Path, new_folders: list[Path]) -> None:
    """Make a folder and its parents, and record which are new."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir()
        new_folders.append(path)
    if not folder.is_dir():
        raise NotADirectoryError(0, "there is already a file with that name")


def _write_part(part: Path, content: bytes) -> None:
    with part.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _undo(parts: Mapping[Path, Path], new_folders: list[Path]) -> None:
    for part in parts.values():
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
    for folder in reversed(new_folders):
        with contextlib.suppress(OSError):
            folder.rmdir()
