"""Private copies of foreign files: what is refused before any parser opens a file.

A layer may come out of a zip file or a folder; nothing in there is trusted.
"""

import lzma
import os
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from zoneplanner.errors import UserError
from zoneplanner.exchange.row_results import SeveralLayers
from zoneplanner.messages import Message

SUFFIX_KINDS = {
    ".geojson": ".geojson",
    ".json": ".geojson",
    ".shp": ".shp",
    ".gpkg": ".gpkg",
    ".kml": ".kml",
    ".fgb": ".fgb",
    ".csv": ".csv",
    ".tsv": ".csv",
    ".txt": ".csv",
    ".xlsx": ".xlsx",
}
ARCHIVE_KINDS = {".zip": SUFFIX_KINDS, ".kmz": {".kml": ".kml"}}
MAP_SUFFIXES = (".pbf", ".pmtiles", ".mbtiles")
"""Endings of map files that are not read as layers."""
_ANY_FILE, _LAYER_FILE = Message("wanted_file.any"), Message("wanted_file.layer")
_SIDECAR_SUFFIXES = {".shp": (".shx", ".dbf", ".prj", ".cpg"), ".gpkg": (".gpkg-wal",)}
_NEEDED_SIDECARS = {".shp": (".shx", ".dbf")}
_SIGNATURES = {
    ".geojson": b"{",
    ".shp": b"\0\0\x27\x0a",
    ".gpkg": b"SQLite format 3\0",
    ".kml": b"<",
    ".fgb": b"fgb\x03fgb",
    ".xlsx": b"PK\x03\x04",
}
_BINARY = (".shp", ".gpkg", ".fgb", ".xlsx")
_XML_TRAPS = (b"<!doctype", b"<!entity")
_SHP_HEADER_BYTES, _DBF_ROW_COUNT, _SHX_ROW_BYTES = 100, slice(4, 8), 8
_MOST_SHEETS_BYTES = 1_000_000_000
_CHUNK = 1 << 20
_MOST_MEMBERS = 1000
_UNIX_MODE_SHIFT = 16
_ENCRYPTED = 0x1
_ESCAPING_PATH = re.compile(r"(^|[\\/])\.\.([\\/]|$)|^[\\/]|^[A-Za-z]:")
_ZIP_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    lzma.LZMAError,
    RuntimeError,
    EOFError,
    ValueError,
    OverflowError,
    OSError,
)
"""What ``zipfile`` may raise for a broken zip file."""

_OnProgress = Callable[[], None]


def check_foreign_file(
    path: Path, protected: Collection[Path], *, wanted: Message = _ANY_FILE
) -> None:
    """Refuse links, addresses and the open project, without opening anything.

    ``protected`` are files that must not be opened: closing a second handle on the open project
    would drop its locks. ``wanted`` is what the message tells a person to choose instead.

    Raises
    ------
    UserError
        There is no such file, or it must not be read.
    """
    text = str(path)
    if text.startswith(("/vsi", "\\\\")) or ":/" in text[2:]:
        raise UserError("unreadable_file.address")
    try:
        status = path.lstat()
    except (OSError, ValueError) as error:
        raise UserError("no_file", file=path.name) from error
    if stat.S_ISLNK(status.st_mode):
        raise UserError("unreadable_file.link", file=path.name)
    if not stat.S_ISREG(status.st_mode):
        raise UserError("unreadable_file.no_file", file=path.name, wanted=wanted)
    for other in protected:
        if other.exists() and os.path.samestat(status, other.stat()):
            raise UserError("project_itself.file", file=path.name, wanted=wanted)


def is_workbook(path: Path) -> bool:
    """Whether the file's name is the name of a workbook."""
    return path.suffix.lower() == ".xlsx"


def refuse_changed_file(name: str, before: os.stat_result, after: os.stat_result) -> None:
    """Refuse a file that another program wrote to between two calls of ``stat``."""
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise UserError("unreadable_file.changed", file=name)


def copy_foreign_file(
    path: Path,
    folder: Path,
    *,
    most_bytes: int,
    protected: Collection[Path],
    inside: str | None,
    on_progress: _OnProgress = lambda: None,
) -> tuple[Path, bool]:
    """Copy a layer file and its sidecar files into an empty folder.

    ``protected`` are files that must not be opened; ``inside`` names one of several files in a zip
    file or folder; ``on_progress`` is called repeatedly and may raise to stop the copy. Returns the
    copy, and whether ``inside`` named the file (if not, it may name a layer in it).

    Raises
    ------
    SeveralLayers
        A zip file or folder has several layers, and ``inside`` names none of them.
    UserError
        There is no such file, or it is a link, no file, too large, or not what its name says.
    """
    named = False
    suffix = path.suffix.lower()
    if suffix not in (*SUFFIX_KINDS, *ARCHIVE_KINDS) and path.is_dir() and not path.is_symlink():
        path, named = _find_layer_in_folder(path, inside)
        suffix = path.suffix.lower()
    if suffix not in (*SUFFIX_KINDS, *ARCHIVE_KINDS):
        raise UserError("unreadable_file.no_layer_file", file=path.name, formats=_LAYER_FILE)
    check_foreign_file(path, protected, wanted=_LAYER_FILE)
    with _refuse_os_errors(path.name):
        if suffix in ARCHIVE_KINDS:
            copy, named = _extract_layer(path, folder, most_bytes, inside, on_progress)
        else:
            copy = _copy_with_sidecars(path, folder, most_bytes, protected, on_progress)
    _check_shapefile_parts(copy, path.name)
    _check_content(copy, path.name, on_progress)
    return copy, named


def copy_foreign_table(
    path: Path, folder: Path, *, most_bytes: int, protected: Collection[Path]
) -> Path:
    """Copy a table into an empty folder: a workbook, or a text file with any ending."""
    if is_workbook(path):
        return copy_foreign_file(
            path, folder, most_bytes=most_bytes, protected=protected, inside=None
        )[0]
    return copy_plain_file(
        path,
        folder / "table.csv",
        most_bytes=most_bytes,
        protected=protected,
        wanted=Message("wanted_file.table"),
    )


def copy_plain_file(
    path: Path,
    copy: Path,
    *,
    most_bytes: int,
    protected: Collection[Path],
    wanted: Message,
    signature: bytes = b"",
) -> Path:
    """Copy one file, whose first bytes must contain ``signature``.

    ``wanted`` is what the message tells a person to choose instead of an unsuitable file.
    """
    check_foreign_file(path, protected, wanted=wanted)
    with _refuse_os_errors(path.name):
        if path.stat().st_size > most_bytes:
            raise UserError("too_large.bytes", file=path.name, megabytes=most_bytes // 10**6)
        _copy_file(path, copy, most_bytes, path.name, lambda: None)
        with copy.open("rb") as source:
            if signature not in source.read(64):
                raise UserError("unreadable_file.not_as_named", file=path.name, wanted=wanted)
    return copy


def copy_signed_file(
    path: Path,
    folder: Path,
    signatures: Mapping[str, bytes],
    *,
    most_bytes: int,
    protected: Collection[Path],
    wanted: Message,
    inside: str | None = None,
) -> tuple[Path, bool]:
    """Copy a file whose ending has a signature by ``copy_plain_file``, others as a layer file."""
    ending = path.suffix.lower()
    if ending not in signatures:
        return copy_foreign_file(
            path, folder, most_bytes=most_bytes, protected=protected, inside=inside
        )
    copy = copy_plain_file(
        path,
        folder / f"copy{ending}",
        most_bytes=most_bytes,
        protected=protected,
        wanted=wanted,
        signature=signatures[ending],
    )
    return copy, False


@contextmanager
def _refuse_os_errors(name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise UserError("unreadable_file.os_error", file=name, reason=reason) from error


def _extract_layer(
    path: Path, folder: Path, most_bytes: int, inside: str | None, on_progress: _OnProgress
) -> tuple[Path, bool]:
    """Extract one layer file; return the copy, and whether ``inside`` named it.

    Nothing is written under a name from the zip file.
    """
    kinds = ARCHIVE_KINDS[path.suffix.lower()]
    try:
        with zipfile.ZipFile(path) as archive:
            members = _check_members(archive.infolist(), path.name)
            main, named = _choose_member(list(members), kinds, path.name, inside)
            ending = next(ending for ending in kinds if main.casefold().endswith(ending))
            kind, stem = kinds[ending], main[: -len(ending)].casefold()
            suffixes = {stem + suffix: suffix for suffix in _SIDECAR_SUFFIXES.get(kind, ())}
            suffixes[main.casefold()] = kind
            room = most_bytes
            for member_name, member in members.items():
                suffix = suffixes.get(member_name.casefold())
                if suffix is not None:
                    if member.file_size > room:
                        raise UserError("too_large.unpacked", file=path.name)
                    copy = folder / f"layer{suffix}"
                    with archive.open(member) as source:
                        room -= _copy_stream(source, copy, room, path.name, on_progress)
    except _ZIP_ERRORS as error:
        raise UserError("unreadable_file.no_zip", file=path.name) from error
    return folder / f"layer{kind}", named


def _find_layer_in_folder(path: Path, inside: str | None) -> tuple[Path, bool]:
    """Return the one layer file of a folder, and whether ``inside`` named it."""
    with _refuse_os_errors(path.name):
        names = sorted(entry.name for entry in path.iterdir() if entry.is_file())
    if len(names) > _MOST_MEMBERS:
        raise UserError("too_large.folder", file=path.name)
    main, named = _choose_member(names, SUFFIX_KINDS, path.name, inside)
    return path / main, named


def _check_members(members: Sequence[zipfile.ZipInfo], name: str) -> dict[str, zipfile.ZipInfo]:
    if len(members) > _MOST_MEMBERS:
        raise UserError("too_large.members", file=name)
    for member in members:
        mode = member.external_attr >> _UNIX_MODE_SHIFT
        if _ESCAPING_PATH.search(member.filename) or stat.S_ISLNK(mode):
            raise UserError("unreadable_file.escaping_member", file=name)
        if member.flag_bits & _ENCRYPTED:
            raise UserError("unreadable_file.encrypted", file=name)
    return {member.filename: member for member in members if not member.is_dir()}


def _choose_member(
    members: Sequence[str], endings: Collection[str], name: str, inside: str | None
) -> tuple[str, bool]:
    visible = [
        member
        for member in members
        if not PurePosixPath(member).name.startswith((".", "~$"))
        and "__macosx" not in member.casefold()
    ]
    layers = [member for member in visible if member.casefold().endswith(tuple(endings))]
    layers = [member for member in layers if member.casefold().endswith(".shp")] or layers
    if not layers:
        if any(member.casefold().endswith((".zip", ".kmz")) for member in visible):
            raise UserError("unreadable_file.zip_in_zip", file=name)
        raise UserError("unreadable_file.nothing_in_zip", file=name)
    main = next((member for member in layers if member.casefold().endswith("doc.kml")), None)
    if main is not None:
        return main, False
    titles = _name_members(layers)
    if inside in titles:
        return titles[inside], True
    if len(layers) > 1:
        raise SeveralLayers.of(name, list(titles))
    return layers[0], False


def _name_members(members: Sequence[str]) -> dict[str, str]:
    """Return members by their stem, or by their full name if two have the same stem."""
    stems = [PurePosixPath(member).stem for member in members]
    return {
        stem if stems.count(stem) == 1 else member: member
        for stem, member in zip(stems, members, strict=True)
    }


def _copy_stream(
    source: IO[bytes], copy: Path, room: int, name: str, on_progress: _OnProgress
) -> int:
    """Copy an open file and return how many bytes were written.

    The bytes written count, not a size in a header: more than ``room`` is a UserError.
    """
    written = 0
    with copy.open("wb") as target:
        while chunk := source.read(_CHUNK):
            on_progress()
            written += len(chunk)
            if written > room:
                raise UserError("too_large.copy", file=name)
            target.write(chunk)
    return written


def _copy_file(path: Path, copy: Path, room: int, name: str, on_progress: _OnProgress) -> int:
    """Copy a file by its path; one that changes in the meantime is a UserError."""
    before = path.stat()
    with path.open("rb") as source:
        written = _copy_stream(source, copy, room, name, on_progress)
    refuse_changed_file(path.name, before, path.stat())
    return written


def _copy_with_sidecars(
    path: Path,
    folder: Path,
    most_bytes: int,
    protected: Collection[Path],
    on_progress: _OnProgress,
) -> Path:
    kind = SUFFIX_KINDS[path.suffix.lower()]
    copy = folder / f"layer{kind}"
    room = most_bytes - _copy_file(path, copy, most_bytes, path.name, on_progress)
    for suffix in _SIDECAR_SUFFIXES.get(kind, ()):
        candidates = (path.with_name(path.stem + end) for end in (suffix, suffix.upper()))
        sidecar = next((candidate for candidate in candidates if candidate.is_file()), None)
        if sidecar is None:
            if suffix in _NEEDED_SIDECARS.get(kind, ()):
                raise UserError(
                    "unreadable_file.sidecar_missing", file=path.name, stem=path.stem, suffix=suffix
                )
            continue
        if sidecar.is_symlink() or any(
            other.exists() and sidecar.samefile(other) for other in protected
        ):
            raise UserError("unreadable_file.link", file=sidecar.name)
        room -= _copy_file(sidecar, folder / f"layer{suffix}", room, path.name, on_progress)
    return copy


def _check_shapefile_parts(copy: Path, name: str) -> None:
    """Refuse a shapefile that lacks a part, or has more shapes than attribute rows or fewer."""
    if copy.suffix != ".shp":
        return
    for needed in _NEEDED_SIDECARS[".shp"]:
        if not copy.with_suffix(needed).exists():
            raise UserError("unreadable_file.part_missing", file=name, needed=needed)
    with copy.with_suffix(".dbf").open("rb") as table:
        rows = int.from_bytes(table.read(32)[_DBF_ROW_COUNT], "little")
    shapes = max(0, copy.with_suffix(".shx").stat().st_size - _SHP_HEADER_BYTES) // _SHX_ROW_BYTES
    if rows != shapes:
        raise UserError("unreadable_file.parts_differ", file=name, shapes=shapes, rows=rows)


def _check_content(copy: Path, name: str, on_progress: _OnProgress) -> None:
    """Refuse a file that is not what its name says, instead of letting GDAL guess."""
    with copy.open("rb") as source:
        head = source.read(4096)
    start = head if copy.suffix in _BINARY else head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not head.strip():
        raise UserError("unreadable_file.empty", file=name)
    if not start.startswith(_SIGNATURES.get(copy.suffix, b"")):
        raise UserError("unreadable_file.other_kind", file=name, formats=_LAYER_FILE)
    if copy.suffix == ".kml":
        if b"<kml" not in head.lower():
            raise UserError("unreadable_file.no_kml", file=name, formats=_LAYER_FILE)
        with copy.open("rb") as source:
            _check_xml(source, name, on_progress)
    if copy.suffix == ".shp" and int.from_bytes(head[24:28], "big") * 2 > copy.stat().st_size:
        raise UserError("unreadable_file.cut_short", file=name)
    if copy.suffix == ".xlsx":
        _check_workbook(copy, name, on_progress)


def _check_workbook(copy: Path, name: str, on_progress: _OnProgress) -> None:
    """Refuse a workbook that unpacks to too many bytes, or whose XML defines entities."""
    room = _MOST_SHEETS_BYTES
    try:
        with zipfile.ZipFile(copy) as archive:
            for member in archive.infolist():
                with archive.open(member) as source:
                    room -= _check_xml(source, name, on_progress, room)
    except _ZIP_ERRORS as error:
        raise UserError("unreadable_file.no_workbook_zip", file=name) from error


def _check_xml(
    source: IO[bytes], name: str, on_progress: _OnProgress, room: int = _MOST_SHEETS_BYTES
) -> int:
    """Refuse entity definitions, which can expand to huge texts or read other files."""
    read, tail = 0, b""
    while chunk := source.read(_CHUNK):
        on_progress()
        read += len(chunk)
        if read > room:
            raise UserError("too_large.unpacked_xml", file=name)
        text = (tail + chunk).lower()
        if any(trap in text for trap in _XML_TRAPS):
            raise UserError("unreadable_file.entities", file=name)
        tail = chunk[-16:]
    return read
