"""The folder of one edition: one audience, one day, made whole and put in place by a rename."""

import json
import os
import shutil
from collections.abc import Callable, Collection, Mapping
from datetime import date
from pathlib import Path

from zoneplanner.app.exports.atomic_files import explain_write_failure, write_files_atomically
from zoneplanner.app.exports.edition_list import (
    EDITION_LIST,
    read_edition_list,
    refuse_place_in_edition,
)
from zoneplanner.errors import UserError


def name_edition(audience: str, day: date) -> str:
    """Return the name of an edition's folder."""
    return f"{audience}-{day.isoformat()}"


def check_edition_folder(folder: Path) -> None:
    """Refuse a folder in which is anything else than an edition of its name, or that is in one.

    Raises
    ------
    UserError
        Something is there that no earlier run of this edition made, or the folder would lie within
        another edition, with which it would be sent.
    """
    refuse_place_in_edition(folder)
    if not folder.exists() and not folder.is_symlink():
        return
    present = _list_files(folder) if folder.is_dir() and not folder.is_symlink() else None
    if present is None:
        raise UserError("edition_folder_taken.file", folder=folder.name, path=str(folder))
    listed = read_edition_list(folder)
    foreign = sorted(present - listed - {EDITION_LIST})
    if foreign or (present and not listed):
        raise UserError(
            "edition_folder_taken",
            folder=folder.name,
            path=str(folder),
            files=foreign or sorted(present),
        )


def list_replaced_files(folder: Path, names: Collection[str]) -> tuple[str, ...]:
    """Return the files of the edition that is in a folder which one of ``names`` would not have."""
    return tuple(sorted(read_edition_list(folder) - set(names)))


def replace_edition_folder(
    folder: Path,
    audience: str,
    day: date,
    contents: Mapping[str, bytes],
    *,
    before_moving: Callable[[], None] = lambda: None,
) -> list[Path]:
    """Write an edition beside its place and rename it there; the one of before goes whole.

    Raises
    ------
    UserError
        The place is taken by something else, or it cannot be written; what was there stays.
    """
    check_edition_folder(folder)
    listed = {"audience": audience, "day": day.isoformat(), "files": sorted(contents)}
    text = json.dumps(listed, indent=1) + "\n"
    part = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    made = [one for one in (folder.parent, *folder.parent.parents) if not one.exists()]
    try:
        write_files_atomically(
            part, {**contents, EDITION_LIST: text.encode()}, before_moving=before_moving
        )
        _swap(part, folder)
    except BaseException as error:
        shutil.rmtree(part, ignore_errors=True)
        for one in made:
            if one.is_dir() and not any(one.iterdir()):
                one.rmdir()
        if isinstance(error, OSError):
            raise explain_write_failure(error, "cannot_write.into_folder", folder) from error
        raise
    return [folder / name for name in contents]


def _swap(part: Path, folder: Path) -> None:
    """Put a folder in the place of another; where that fails the other is back in its place."""
    if not folder.exists():
        part.rename(folder)
        return
    old = folder.with_name(f".{folder.name}.{os.getpid()}.old")
    folder.rename(old)
    try:
        part.rename(folder)
    except BaseException:
        old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _list_files(folder: Path) -> set[str]:
    return {
        one.relative_to(folder).as_posix()
        for one in folder.rglob("*")
        if not one.is_dir() or one.is_symlink()
    }
