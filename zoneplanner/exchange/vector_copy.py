"""A private copy of a foreign file, for a reader that nobody should trust with the original.

Links, addresses and devices are refused before anything is opened, and so is the open project:
closing a second handle on it would drop its locks.
"""

import zipfile
from collections.abc import Collection
from pathlib import Path
from typing import IO

from zoneplanner.errors import UserError
from zoneplanner.exchange.guard import check_file

KINDS = {
    ".geojson": ".geojson",
    ".json": ".geojson",
    ".shp": ".shp",
    ".zip": ".shp",
    ".gpkg": ".gpkg",
    ".kml": ".kml",
    ".kmz": ".kml",
    ".csv": ".csv",
}
WORDS = "GeoJSON, shapefile, GeoPackage, KML or CSV"
BESIDE = {".shp": (".shx", ".dbf", ".prj", ".cpg"), ".gpkg": (".gpkg-wal",)}
NEEDED = {".shp": (".shx", ".dbf")}
SIGNS = {
    ".geojson": (b"{",),
    ".shp": (b"\0\0\x27\x0a",),
    ".gpkg": (b"SQLite format 3\0",),
    ".kml": (b"<",),
}
MOST_MEMBERS = 1000
CHUNK = 1 << 20


def copied(
    path: Path, folder: Path, *, most_bytes: int, keep_off: Collection[Path], inside: str | None
) -> Path:
    """Copy a layer file and what belongs to it into an empty folder; return the copy.

    ``keep_off`` are files that may not be opened; ``inside`` names one of several shapefiles in a
    zip file.

    Raises
    ------
    SeveralFound
        A zip file holds several shapefiles and none is named.
    UserError
        There is no such file, it is a link or no file, too large, or not what its name says.
    """
    kind = _checked(path, keep_off)
    try:
        if path.suffix.lower() in (".zip", ".kmz"):
            copy = _unpacked(path, kind, folder, most_bytes, inside)
        else:
            copy = _with_siblings(path, kind, folder, most_bytes, keep_off)
    except OSError as error:
        raise UserError(f"“{path.name}” cannot be read: {error.strerror or error}.") from error
    _check_content(copy, path.name)
    return copy


class SeveralFound(UserError):
    """The file holds several layers; ask which one is meant. ``names`` lists them."""

    def __init__(self, file: str, names: Collection[str]) -> None:
        super().__init__(
            f"“{file}” holds several layers; choose one of {', '.join(names)}.",
            {"layers": ", ".join(names)},
        )
        self.names = tuple(names)


def _checked(path: Path, keep_off: Collection[Path]) -> str:
    """Look at a path without opening it and return the kind of file that its name tells."""
    kind = KINDS.get(path.suffix.lower())
    if kind is None:
        raise UserError(f"“{path.name}” is not a layer file; choose {WORDS}.")
    check_file(path, keep_off, wanted=WORDS)
    return kind


def _with_siblings(
    path: Path, kind: str, folder: Path, most_bytes: int, keep_off: Collection[Path]
) -> Path:
    room = most_bytes
    copy = folder / f"layer{kind}"
    with path.open("rb") as source:
        room -= _copy(source, copy, room, path.name)
    for suffix in BESIDE.get(kind, ()):
        sibling = _sibling(path, suffix)
        if sibling is None:
            if suffix in NEEDED.get(kind, ()):
                raise UserError(
                    f"“{path.name}” lacks its file {path.stem}{suffix}; put it beside, or choose "
                    f"the zip file with all of them."
                )
            continue
        if sibling.is_symlink() or any(
            other.exists() and sibling.samefile(other) for other in keep_off
        ):
            raise UserError(f"“{sibling.name}” is a link; choose the file itself.")
        with sibling.open("rb") as source:
            room -= _copy(source, folder / f"layer{suffix}", room, path.name)
    return copy


def _sibling(path: Path, suffix: str) -> Path | None:
    for name in (path.stem + suffix, path.stem + suffix.upper()):
        if path.with_name(name).is_file():
            return path.with_name(name)
    return None


def _copy(source: IO[bytes], to: Path, room: int, name: str) -> int:
    """Copy what fits; what is written counts and not what a header says."""
    written = 0
    with to.open("wb") as copy:
        while chunk := source.read(CHUNK):
            written += len(chunk)
            if written > room:
                raise UserError(f"“{name}” is too large for a layer; cut it to what the map needs.")
            copy.write(chunk)
    return written


def _unpacked(path: Path, kind: str, folder: Path, most_bytes: int, inside: str | None) -> Path:
    try:
        with zipfile.ZipFile(path) as packed:
            members = packed.namelist()
            if len(members) > MOST_MEMBERS:
                raise UserError(f"“{path.name}” holds too many files to be a layer.")
            main = _main_member(members, kind, path.name, inside)
            stem, room = main[: -len(kind)], most_bytes
            wanted = {stem.casefold() + end: end for end in (kind, *BESIDE.get(kind, ()))}
            for member in members:
                end = wanted.get(member.casefold())
                if end is not None:
                    with packed.open(member) as source:
                        room -= _copy(source, folder / f"layer{end}", room, path.name)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError) as error:
        raise UserError(f"“{path.name}” is no zip file that can be opened.") from error
    for needed in NEEDED.get(kind, ()):
        if not (folder / f"layer{needed}").exists():
            raise UserError(f"The shapefile in “{path.name}” lacks its {needed} file.")
    return folder / f"layer{kind}"


def _main_member(members: list[str], kind: str, name: str, inside: str | None) -> str:
    found = [m for m in members if m.casefold().endswith(kind) and "__macosx" not in m.casefold()]
    if not found:
        what = "shapefile" if kind == ".shp" else "KML document"
        raise UserError(f"“{name}” holds no {what}; choose another file.")
    if kind == ".kml":
        return next((m for m in found if m.casefold().endswith("doc.kml")), found[0])
    titles = {Path(member).stem: member for member in found}
    if inside in titles:
        return titles[inside]
    if len(found) > 1:
        raise SeveralFound(name, list(titles))
    return found[0]


def _check_content(copy: Path, name: str) -> None:
    """Refuse a file that is not what its name says, before GDAL guesses."""
    with copy.open("rb") as source:
        head = source.read(4096)
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip() if copy.suffix != ".shp" else head
    if not start.startswith(SIGNS.get(copy.suffix, (b"",))):
        raise UserError(f"“{name}” is not the kind of file that its name says; choose {WORDS}.")
    if copy.suffix == ".kml" and b"<kml" not in head.lower():
        raise UserError(f"“{name}” is no KML document; choose {WORDS}.")
    if copy.suffix == ".shp" and int.from_bytes(head[24:28], "big") * 2 > copy.stat().st_size:
        raise UserError(f"“{name}” is cut short; copy the whole file and try again.")
