"""The one layer that is wanted out of a zip file or a folder, without trusting what is in it."""

import lzma
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import IO

from zoneplanner.errors import UserError

_MOST_MEMBERS = 1000
_UNIX_MODE_SHIFT = 16
_ENCRYPTED = 0x1
_ESCAPING_PATH = re.compile(r"(^|[\\/])\.\.([\\/]|$)|^[\\/]|^[A-Za-z]:")

ZIP_ERRORS = (
    *(zipfile.BadZipFile, zlib.error, struct.error, lzma.LZMAError),
    *(RuntimeError, EOFError, ValueError, IndexError, OverflowError, OSError),
)
"""What reading a broken zip file may raise."""

_CopyStream = Callable[[IO[bytes], Path, int, str], int]


class SeveralLayers(UserError):
    """The file holds several layers; ask which one is meant. ``names`` lists them."""

    code = "several_layers"

    def __init__(self, file: str, names: Collection[str]) -> None:
        super().__init__(
            f"“{file}” holds several layers; choose one of {', '.join(names)}.",
            {"layers": ", ".join(names)},
        )
        self.names = tuple(names)


def extract_layer(
    path: Path,
    folder: Path,
    *,
    kinds: Mapping[str, str],
    beside: Mapping[str, Sequence[str]],
    most_bytes: int,
    inside: str | None,
    copy: _CopyStream,
) -> tuple[Path, bool]:
    """Take one layer file out of a zip file; return the copy, and whether ``inside`` named it.

    ``kinds`` are the endings that are layers, ``beside`` what belongs to each of them. Nothing is
    written under a name that the zip file gives.

    Raises
    ------
    SeveralFound
        It holds several layers and ``inside`` names none of them.
    UserError
        It is no zip file, is locked, holds too much, nothing, or names that lead out of it.
    """
    try:
        with zipfile.ZipFile(path) as packed:
            members = _check_members(packed.infolist(), path.name)
            main, named = _choose_member(list(members), kinds, path.name, inside)
            ending = next(end for end in kinds if main.casefold().endswith(end))
            kind, stem, room = kinds[ending], main[: -len(ending)], most_bytes
            wanted = {stem.casefold() + end: end for end in beside.get(kind, ())}
            wanted[main.casefold()] = kind
            for name, member in members.items():
                end = wanted.get(name.casefold())
                if end is not None:
                    if member.file_size > room:
                        raise UserError(
                            f"“{path.name}” is too large for a layer when unpacked.",
                            code="too_large",
                        )
                    with packed.open(member) as source:
                        room -= copy(source, folder / f"layer{end}", room, path.name)
    except ZIP_ERRORS as error:
        raise UserError(
            f"“{path.name}” is no zip file that can be opened.", code="unreadable_file"
        ) from error
    return folder / f"layer{kind}", named


def find_layer_in_folder(
    path: Path, *, kinds: Mapping[str, str], inside: str | None
) -> tuple[Path, bool]:
    """Return the one layer file of a folder, and whether ``inside`` named it; like a zip file."""
    try:
        names = sorted(own.name for own in path.iterdir() if own.is_file())[: _MOST_MEMBERS + 1]
    except OSError as error:
        raise UserError(
            f"“{path.name}” cannot be read: {error.strerror or error}.", code="unreadable_file"
        ) from error
    if len(names) > _MOST_MEMBERS:
        raise UserError(
            f"“{path.name}” holds too many files; choose one of them.", code="too_large"
        )
    main, named = _choose_member(names, kinds, path.name, inside)
    return path / main, named


def _check_members(found: Sequence[zipfile.ZipInfo], name: str) -> dict[str, zipfile.ZipInfo]:
    if len(found) > _MOST_MEMBERS:
        raise UserError(
            f"“{name}” holds too many files to be a layer; unpack it first.", code="too_large"
        )
    for member in found:
        mode = member.external_attr >> _UNIX_MODE_SHIFT
        if _ESCAPING_PATH.search(member.filename) or stat.S_ISLNK(mode):
            raise UserError(
                f"“{name}” holds a file that leads out of it; nothing of it is read.",
                code="unreadable_file",
            )
        if member.flag_bits & _ENCRYPTED:
            raise UserError(
                f"“{name}” is locked with a password; unpack it first.", code="unreadable_file"
            )
    return {member.filename: member for member in found if not member.is_dir()}


def _choose_member(
    members: Sequence[str], kinds: Mapping[str, str], name: str, inside: str | None
) -> tuple[str, bool]:
    own = [m for m in members if not PurePosixPath(m).name.startswith((".", "~$"))]
    own = [m for m in own if "__macosx" not in m.casefold()]
    found = [m for m in own if m.casefold().endswith(tuple(kinds))]
    shapefiles = [m for m in found if m.casefold().endswith(".shp")]
    found = shapefiles or found
    if not found:
        if any(m.casefold().endswith((".zip", ".kmz")) for m in own):
            raise UserError(
                f"“{name}” holds a zip file in a zip file; unpack it first.", code="unreadable_file"
            )
        raise UserError(f"“{name}” holds no layer; choose another file.", code="unreadable_file")
    main = [m for m in found if m.casefold().endswith("doc.kml")]
    if main:
        return main[0], False
    titles = _name_members(found)
    if inside in titles:
        return titles[inside], True
    if len(found) > 1:
        raise SeveralLayers(name, list(titles))
    return found[0], False


def _name_members(found: Sequence[str]) -> dict[str, str]:
    """Name members by their stem, or in full where two have the same."""
    stems = [PurePosixPath(member).stem for member in found]
    return {
        stem if stems.count(stem) == 1 else member: member
        for stem, member in zip(stems, found, strict=True)
    }
