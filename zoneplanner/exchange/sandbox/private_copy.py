"""The one layer that is wanted out of a zip file or a folder, without trusting what is in it.

What is refused of a foreign file before anybody opens it.
"""

import lzma
import os
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import IO

from zoneplanner.errors import UserError
from zoneplanner.exchange.row_results import SeveralLayers


def check_foreign_file(
    path: Path, keep_off: Collection[Path], *, wanted: str = "a file to import"
) -> None:
    """Refuse what is no file of its own, without opening it: links, addresses, the open project.

    ``keep_off`` are files that may not be opened: closing a second handle on the open project
    would drop its locks. ``wanted`` is what a person is told to choose instead.

    Raises
    ------
    UserError
        There is no such file, or it is not one to be read.
    """
    text = str(path)
    if text.startswith(("/vsi", "\\\\")) or ":/" in text[2:]:
        raise UserError("unreadable_file.address")
    try:
        found = path.lstat()
    except (OSError, ValueError) as error:
        raise UserError("no_file", file=path.name) from error
    if stat.S_ISLNK(found.st_mode):
        raise UserError("unreadable_file.link", file=path.name)
    if not stat.S_ISREG(found.st_mode):
        raise UserError("unreadable_file.no_file", file=path.name, wanted=wanted)
    for other in keep_off:
        if other.exists() and os.path.samestat(found, other.stat()):
            raise UserError("project_itself.file", file=path.name, wanted=wanted)


def is_workbook(path: Path) -> bool:
    """True where the name is that of a workbook."""
    return path.suffix.lower() == ".xlsx"


def refuse_changed_file(name: str, before: os.stat_result, after: os.stat_result) -> None:
    """Refuse a file that another program wrote to between two looks at it."""
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise UserError("unreadable_file.changed", file=name)


_MOST_MEMBERS = 1000
_UNIX_MODE_SHIFT = 16
_ENCRYPTED = 0x1
_ESCAPING_PATH = re.compile(r"(^|[\\/])\.\.([\\/]|$)|^[\\/]|^[A-Za-z]:")

_ZIP_ERRORS = (
    *(zipfile.BadZipFile, zlib.error, struct.error, lzma.LZMAError),
    *(RuntimeError, EOFError, ValueError, IndexError, OverflowError, OSError),
)
"""What reading a broken zip file may raise."""

_CopyStream = Callable[[IO[bytes], Path, int, str], int]


def _extract_layer(
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
                        raise UserError("too_large.unpacked", file=path.name)
                    with packed.open(member) as source:
                        room -= copy(source, folder / f"layer{end}", room, path.name)
    except _ZIP_ERRORS as error:
        raise UserError("unreadable_file.no_zip", file=path.name) from error
    return folder / f"layer{kind}", named


def _find_layer_in_folder(
    path: Path, *, kinds: Mapping[str, str], inside: str | None
) -> tuple[Path, bool]:
    """Return the one layer file of a folder, and whether ``inside`` named it; like a zip file."""
    try:
        names = sorted(own.name for own in path.iterdir() if own.is_file())[: _MOST_MEMBERS + 1]
    except OSError as error:
        raise UserError(
            "unreadable_file.os_error", file=path.name, reason=error.strerror or error
        ) from error
    if len(names) > _MOST_MEMBERS:
        raise UserError("too_large.folder", file=path.name)
    main, named = _choose_member(names, kinds, path.name, inside)
    return path / main, named


def _check_members(found: Sequence[zipfile.ZipInfo], name: str) -> dict[str, zipfile.ZipInfo]:
    if len(found) > _MOST_MEMBERS:
        raise UserError("too_large.members", file=name)
    for member in found:
        mode = member.external_attr >> _UNIX_MODE_SHIFT
        if _ESCAPING_PATH.search(member.filename) or stat.S_ISLNK(mode):
            raise UserError("unreadable_file.escaping_member", file=name)
        if member.flag_bits & _ENCRYPTED:
            raise UserError("unreadable_file.encrypted", file=name)
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
            raise UserError("unreadable_file.zip_in_zip", file=name)
        raise UserError("unreadable_file.nothing_in_zip", file=name)
    main = [m for m in found if m.casefold().endswith("doc.kml")]
    if main:
        return main[0], False
    titles = _name_members(found)
    if inside in titles:
        return titles[inside], True
    if len(found) > 1:
        raise SeveralLayers.of(name, list(titles))
    return found[0], False


def _name_members(found: Sequence[str]) -> dict[str, str]:
    """Name members by their stem, or in full where two have the same."""
    stems = [PurePosixPath(member).stem for member in found]
    return {
        stem if stems.count(stem) == 1 else member: member
        for stem, member in zip(stems, found, strict=True)
    }


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
LAYER_FORMATS_TEXT = "GeoJSON, shapefile, GeoPackage, KML, FlatGeobuf, CSV or XLSX"
_SIDECAR_SUFFIXES = {".shp": (".shx", ".dbf", ".prj", ".cpg"), ".gpkg": (".gpkg-wal",)}
_NEEDED_SIDECARS = {".shp": (".shx", ".dbf")}
_SIGNATURES = {
    ".geojson": (b"{",),
    ".shp": (b"\0\0\x27\x0a",),
    ".gpkg": (b"SQLite format 3\0",),
    ".kml": (b"<",),
    ".fgb": (b"fgb\x03fgb",),
    ".xlsx": (b"PK\x03\x04",),
}
_BINARY = (".shp", ".gpkg", ".fgb", ".xlsx")
_XML_TRAPS = (b"<!doctype", b"<!entity")
_SHP_HEAD, _DBF_COUNT, _SHX_ROW = 100, slice(4, 8), 8
_MOST_SHEETS_BYTES = 1_000_000_000
_CHUNK = 1 << 20

_OnProgress = Callable[[], None]


def copy_foreign_file(
    path: Path,
    folder: Path,
    *,
    most_bytes: int,
    keep_off: Collection[Path],
    inside: str | None,
    heard: _OnProgress = lambda: None,
) -> tuple[Path, bool]:
    """Copy a layer file and what belongs to it into an empty folder.

    ``keep_off`` are files that may not be opened; ``inside`` names one of several files in a zip
    file or folder; ``heard`` is called time and again and may raise to give up. Returned are the
    copy, and whether ``inside`` named the file (else it may name a layer in it).

    Raises
    ------
    SeveralFound
        A zip file or folder holds several layers and none is named.
    UserError
        There is no such file, it is a link or no file, too large, or not what its name says.
    """
    copier = _Copier(heard)
    named = False
    if (
        path.suffix.lower() not in (*SUFFIX_KINDS, *ARCHIVE_KINDS)
        and path.is_dir()
        and not path.is_symlink()
    ):
        path, named = _find_layer_in_folder(path, kinds=SUFFIX_KINDS, inside=inside)
    suffix = path.suffix.lower()
    if suffix not in (*SUFFIX_KINDS, *ARCHIVE_KINDS):
        raise UserError("unreadable_file.no_layer_file", file=path.name, formats=LAYER_FORMATS_TEXT)
    check_foreign_file(path, keep_off, wanted=LAYER_FORMATS_TEXT)
    try:
        if suffix in ARCHIVE_KINDS:
            copy, named = _extract_layer(
                path,
                folder,
                kinds=ARCHIVE_KINDS[suffix],
                beside=_SIDECAR_SUFFIXES,
                most_bytes=most_bytes,
                inside=inside,
                copy=copier.copy,
            )
        else:
            copy = _copy_with_sidecars(
                path, folder, most_bytes=most_bytes, keep_off=keep_off, copier=copier
            )
    except OSError as error:
        raise UserError(
            "unreadable_file.os_error", file=path.name, reason=error.strerror or error
        ) from error
    _check_shapefile_parts(copy, path.name)
    _check_content(copy, path.name, heard)
    return copy, named


def copy_foreign_table(
    path: Path, folder: Path, *, most_bytes: int, keep_off: Collection[Path]
) -> Path:
    """Copy a table into an empty folder: a workbook, or text of any ending."""
    if is_workbook(path):
        return copy_foreign_file(
            path, folder, most_bytes=most_bytes, keep_off=keep_off, inside=None
        )[0]
    return copy_plain_file(
        path, folder / "table.csv", most_bytes=most_bytes, keep_off=keep_off, wanted="a table"
    )


def copy_plain_file(
    path: Path, copy: Path, *, most_bytes: int, keep_off: Collection[Path], wanted: str
) -> Path:
    """Copy one file; ``wanted`` is what a person is told to choose instead of what is none."""
    check_foreign_file(path, keep_off, wanted=wanted)
    try:
        if path.stat().st_size > most_bytes:
            raise UserError("too_large.bytes", file=path.name, megabytes=most_bytes // 10**6)
        _Copier(lambda: None).copy_file(path, copy, most_bytes, path.name)
    except OSError as error:
        raise UserError(
            "unreadable_file.os_error", file=path.name, reason=error.strerror or str(error)
        ) from error
    return copy


class _Copier:
    """Copies what fits; what is written counts and not what a header says."""

    def __init__(self, heard: _OnProgress) -> None:
        self._heard = heard

    def copy(self, source: IO[bytes], to: Path, room: int, name: str) -> int:
        """Copy a file that is open and return its bytes; more than ``room`` is a UserError."""
        written = 0
        with to.open("wb") as copy:
            while chunk := source.read(_CHUNK):
                self._heard()
                written += len(chunk)
                if written > room:
                    raise UserError("too_large.copy", file=name)
                copy.write(chunk)
        return written

    def copy_file(self, path: Path, to: Path, room: int, name: str) -> int:
        """Copy a file by its path; one that changes meanwhile is a UserError."""
        before = path.stat()
        with path.open("rb") as source:
            written = self.copy(source, to, room, name)
        refuse_changed_file(path.name, before, path.stat())
        return written


def _copy_with_sidecars(
    path: Path, folder: Path, *, most_bytes: int, keep_off: Collection[Path], copier: _Copier
) -> Path:
    kind = SUFFIX_KINDS[path.suffix.lower()]
    copy = folder / f"layer{kind}"
    room = most_bytes - copier.copy_file(path, copy, most_bytes, path.name)
    for suffix in _SIDECAR_SUFFIXES.get(kind, ()):
        sibling = _find_sidecar(path, suffix)
        if sibling is None:
            if suffix in _NEEDED_SIDECARS.get(kind, ()):
                raise UserError(
                    "unreadable_file.sidecar_missing", file=path.name, stem=path.stem, suffix=suffix
                )
            continue
        if sibling.is_symlink() or any(
            other.exists() and sibling.samefile(other) for other in keep_off
        ):
            raise UserError("unreadable_file.link", file=sibling.name)
        room -= copier.copy_file(sibling, folder / f"layer{suffix}", room, path.name)
    return copy


def _find_sidecar(path: Path, suffix: str) -> Path | None:
    for name in (path.stem + suffix, path.stem + suffix.upper()):
        if path.with_name(name).is_file():
            return path.with_name(name)
    return None


def _check_shapefile_parts(copy: Path, name: str) -> None:
    """Refuse a shapefile that lacks a part, or whose shapes and attributes are not as many."""
    if copy.suffix != ".shp":
        return
    for needed in _NEEDED_SIDECARS[".shp"]:
        if not copy.with_suffix(needed).exists():
            raise UserError("unreadable_file.part_missing", file=name, needed=needed)
    with copy.with_suffix(".dbf").open("rb") as table:
        rows = int.from_bytes(table.read(32)[_DBF_COUNT], "little")
    shapes = max(0, copy.with_suffix(".shx").stat().st_size - _SHP_HEAD) // _SHX_ROW
    if rows != shapes:
        raise UserError("unreadable_file.parts_differ", file=name, shapes=shapes, rows=rows)


def _check_content(copy: Path, name: str, heard: _OnProgress) -> None:
    """Refuse a file that is not what its name says, before GDAL guesses."""
    with copy.open("rb") as source:
        head = source.read(4096)
    start = head if copy.suffix in _BINARY else head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not head.strip():
        raise UserError("unreadable_file.empty_kind", file=name)
    if not start.startswith(_SIGNATURES.get(copy.suffix, (b"",))):
        raise UserError("unreadable_file.other_kind", file=name, formats=LAYER_FORMATS_TEXT)
    if copy.suffix == ".kml":
        if b"<kml" not in head.lower():
            raise UserError("unreadable_file.no_kml", file=name, formats=LAYER_FORMATS_TEXT)
        with copy.open("rb") as source:
            _check_xml(source, name, heard)
    if copy.suffix == ".shp" and int.from_bytes(head[24:28], "big") * 2 > copy.stat().st_size:
        raise UserError("unreadable_file.cut_short", file=name)
    if copy.suffix == ".xlsx":
        _check_workbook(copy, name, heard)


def _check_workbook(copy: Path, name: str, heard: _OnProgress) -> None:
    """Refuse a workbook that unpacks to more than it may, or whose texts define entities."""
    room = _MOST_SHEETS_BYTES
    try:
        with zipfile.ZipFile(copy) as packed:
            for member in packed.infolist():
                with packed.open(member) as source:
                    room -= _check_xml(source, name, heard, room)
    except _ZIP_ERRORS as error:
        raise UserError("unreadable_file.no_workbook_zip", file=name) from error


def _check_xml(
    source: IO[bytes], name: str, heard: _OnProgress, room: int = _MOST_SHEETS_BYTES
) -> int:
    """Refuse definitions of entities, which can swell a text or name other files."""
    read, tail = 0, b""
    while chunk := source.read(_CHUNK):
        heard()
        read += len(chunk)
        if read > room:
            raise UserError("too_large.unpacked_xml", file=name)
        text = (tail + chunk).lower()
        if any(trap in text for trap in _XML_TRAPS):
            raise UserError("unreadable_file.entities", file=name)
        tail = chunk[-16:]
    return read
