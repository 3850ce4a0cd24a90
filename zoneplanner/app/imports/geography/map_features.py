"""Bring sites, jurisdictions or blocks into the project out of a foreign file, as one step."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoneplanner.app.desk.settings import find_profile_folder
from zoneplanner.app.exports.atomic_files import write_file_atomically
from zoneplanner.app.imports.geography.areas import import_blocks, import_jurisdictions
from zoneplanner.app.imports.geography.sites import complete_sites, import_sites
from zoneplanner.app.imports.results import (
    MATCH_BY_LIKENESS,
    ImportedRows,
    ImportResult,
    NoRowImported,
    sort_row_results,
)
from zoneplanner.domain.calendar.local_time import DoubtfulTimePolicy
from zoneplanner.domain.changes import EditKind
from zoneplanner.domain.geography.map_edits import compute_project_extent
from zoneplanner.domain.project import Project
from zoneplanner.errors import ProgressReport, UserError
from zoneplanner.exchange.mapping.column_mapping import (
    ColumnMapping,
    ImportProfile,
    build_column_mapping,
    format_profile,
    make_profile_file_name,
    match_profile,
    read_import_profile,
    read_profiles,
    require_columns,
)
from zoneplanner.exchange.row_results import RowOutcome, RowResult, SeveralLayers
from zoneplanner.exchange.sandbox.located_rows import PlaceColumns
from zoneplanner.exchange.vector.layers import IMPORT_LIMITS, read_foreign_rows

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from zoneplanner.app.session.session import Session
    from zoneplanner.exchange.vector.layers import ForeignRows

ENROLLMENT_KIND = "enrollment"
MAP_KINDS = ("sites", ENROLLMENT_KIND, "jurisdictions", "blocks")
_SINGULAR = {
    "sites": "site",
    ENROLLMENT_KIND: "enrollment",
    "jurisdictions": "jurisdiction",
    "blocks": "block",
}
_PLURAL = {ENROLLMENT_KIND: "enrollments"}
_HEAD_ROWS = 40
LONGEST_SOURCE = 80


@dataclass(frozen=True, slots=True)
class BasemapOptions:
    """How a basemap is taken.

    With ``add`` what the basemap has already stays, as where another county or layer is added.
    It is kept at this desk, or ``in_project``. With ``drive_times`` its streets also give the
    minutes of driving.
    """

    add: bool = False
    in_project: bool = False
    drive_times: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class ImportOptions:
    """A file of sites, jurisdictions or blocks, and how a person wants it read.

    ``profile`` is the id or the path of one, ``likeness`` for none, or empty for the one that
    fits; ``columns`` names a column of the file for each of ours, ``only`` the rows wanted as
    values by column. ``layer`` is one of several in the file, ``crs`` its coordinate system where
    it names none. ``instead`` replaces all blocks.
    """

    path: Path
    kind: str
    profile: str = ""
    layer: str | None = None
    crs: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    only: Mapping[str, Sequence[str]] = field(default_factory=dict)
    replace_blocks: bool = False
    clock_changes: DoubtfulTimePolicy | None = None
    """What times of the log mean that the change of the clocks makes doubtful; as the profile says
    where this is None."""
    dates: str = ""
    """What comes first in days of figures, a ``DayOrder``; empty where the file tells."""
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """What words of the file mean, by column of ours; kept with the project."""
    aliases: Mapping[str, str] = field(default_factory=dict)
    """Sites by what the file calls them; kept with the project."""
    basemap: BasemapOptions = BasemapOptions()
    source: str = ""
    """Who published the file: credited on maps, papers and files."""

    @property
    def publisher(self) -> str:
        """The source in one line of a length that a map has room for."""
        return " ".join(self.source.split())[:LONGEST_SOURCE]


def build_map_reader(
    session: "Session", asked: ImportOptions, *, first: int | None = None
) -> Callable[[ProgressReport], "ForeignRows"]:
    """Return what reads a file for the open project, in any thread; it changes nothing.

    Arguments and errors are those of ``exchange.vector.read_rows``.
    """
    project = session.saved_project
    read_rows = partial(
        _read_rows,
        asked,
        crs=project.crs,
        near=compute_project_extent(project),
        keep_off=session.store.files,
    )
    return lambda report: read_rows(report=report, first=first)


def read_published_rows(
    asked: ImportOptions,
    *,
    crs: str,
    near: "BaseGeometry | None" = None,
    keep_off: Collection[Path] = (),
    report: ProgressReport = lambda fraction, text: None,
    first: int | None = None,
) -> "ForeignRows":
    """Read a file as it is published, without a project; see ``build_map_reader``."""
    return _read_rows(asked, crs=crs, near=near, keep_off=keep_off, report=report, first=first)


def _read_rows(
    asked: ImportOptions,
    *,
    crs: str,
    near: "BaseGeometry | None",
    keep_off: Collection[Path],
    report: ProgressReport,
    first: int | None,
) -> "ForeignRows":
    """Read a file; of a workbook of enrollment the one sheet that a profile fits.

    Such a file has many rows a school: only those that the profile wants are read.
    """

    across, up = asked.columns.get("longitude"), asked.columns.get("latitude")
    places = PlaceColumns(needed=False)
    if across and up:
        places = PlaceColumns(across, up, needed=False)

    def read(layer: str | None, count: int | None, **options: Any) -> "ForeignRows":
        return read_foreign_rows(
            asked.path,
            crs=crs,
            report=report,
            sublayer=layer,
            source_crs=asked.crs,
            places=places,
            near=near,
            keep_off=keep_off,
            first=count,
            limits=IMPORT_LIMITS,
            **options,
        )

    layer = asked.layer
    if asked.kind != ENROLLMENT_KIND:
        return read(layer, first, inside=asked.kind == "blocks")
    try:
        head = read(layer, _HEAD_ROWS)
    except SeveralLayers as several:
        heads = {name: read(name, _HEAD_ROWS) for name in several.names}
        fits = [name for name, own in heads.items() if _find_profile(asked, own.columns)]
        if len(fits) != 1:
            raise
        layer, head = fits[0], heads[fits[0]]
    how = choose_column_mapping(asked, head.columns)
    return read(layer, first, wanted=how.only)


def _find_profile(asked: ImportOptions, columns: Sequence[str]) -> ImportProfile | None:
    return match_profile(read_profiles(find_profile_folder(), asked.kind), columns, asked.kind)


def choose_row_mapping(
    asked: ImportOptions, found: "ForeignRows", *, unnamed: bool = False
) -> ColumnMapping:
    """Return how the columns of a file that was read are ours; ``unnamed`` rows need none.

    Raises
    ------
    UserError
        The profile is unknown or of another kind, or a column that is needed is not there.
    """
    columns = list(dict.fromkeys([*found.columns, *found.places]))
    how = choose_column_mapping(asked, columns)
    return how if unnamed else require_columns(how, columns)


def choose_column_mapping(
    asked: ImportOptions,
    columns: Sequence[str],
    samples: Mapping[str, Sequence[str]] | None = None,
) -> ColumnMapping:
    """Return how columns of a file are ours, by ``samples`` of their cells where they are given."""
    kind: str = asked.kind
    profile: ImportProfile | None = None
    if asked.profile.endswith(".toml"):
        profile = read_import_profile(Path(asked.profile).expanduser())
    elif asked.profile and asked.profile != MATCH_BY_LIKENESS:
        known = read_profiles(find_profile_folder())
        if asked.profile not in known:
            names = ", ".join(key for key, own in known.items() if own.kind == kind)
            raise UserError("unknown_profile", profile=asked.profile, names=names)
        profile = known[asked.profile]
    elif not asked.profile:
        profile = _find_profile(asked, columns)
    if profile is not None and profile.kind != kind:
        raise UserError(
            "profile_of_other_kind", profile=profile.title, kind=profile.kind, wanted=kind
        )
    return build_column_mapping(
        kind, columns, profile, given=asked.columns, only=asked.only, samples=samples
    )


def import_map_rows(
    project: Project, found: "ForeignRows", how: ColumnMapping, asked: ImportOptions
) -> ImportedRows:
    """Return the project with the rows of a file, and each row's result; nothing is kept yet."""

    near = compute_project_extent(project)
    why = {row.row: how.why_left_out(row.fields) for row in found.rows}
    rows = [row for row in found.rows if not why[row.row]]
    if asked.kind == "sites":
        done = import_sites(project, rows, how, near=near)
    elif asked.kind == ENROLLMENT_KIND:
        done = complete_sites(project, rows, how)
    elif asked.kind == "jurisdictions":
        done = import_jurisdictions(project, rows, how, near=near)
    else:
        done = import_blocks(project, rows, how, near=near, instead=asked.replace_blocks)
    aside = [
        RowResult(row.row, RowOutcome.ELSEWHERE, how.name(row.fields), why[row.row])
        for row in found.rows
        if why[row.row]
    ]
    told = (found.warning, *found.notes)
    return replace(
        done,
        rows=sort_row_results([*done.rows, *aside]),
        warnings=(*(text for text in told if text), *done.warnings),
        elsewhere=found.elsewhere,
        only=describe_row_filter(how.only),
    )


def describe_row_filter(only: Mapping[str, Sequence[str]]) -> str:
    """Write which rows are wanted as a person asks for them."""
    return ", ".join(f"{column}={' or '.join(values)}" for column, values in only.items())


def refuse_empty_import(done: ImportResult, source: str) -> None:
    """Refuse a file of which nothing can be taken; the reason is told, not that of other rows."""
    rows = done.rows
    if not rows and not done.elsewhere:
        raise UserError("no_rows", source=source)
    if any(row.outcome in (RowOutcome.NEW, RowOutcome.CHANGED, RowOutcome.KNOWN) for row in rows):
        return
    left = [row for row in rows if row.outcome is not RowOutcome.ELSEWHERE]
    first = next((row for row in left if row.outcome is RowOutcome.REFUSED), (*left, *rows)[0])
    facts: dict[str, Any] = {"first_row": first.row, "reason": first.reason, "source": source}
    if done.only:
        facts |= {"only": done.only, "left": len(left), "elsewhere": done.elsewhere}
        raise NoRowImported.of(
            done, "no_row_imported.filtered" if left else "no_row_imported.all_filtered", **facts
        )
    raise NoRowImported.of(done, "no_row_imported.of_map", **facts)


def save_map_import(
    session: "Session",
    found: "ForeignRows",
    how: ColumnMapping,
    asked: ImportOptions,
    done: ImportedRows,
) -> None:
    """Keep what a file brought as one step of the history; without a change nothing is kept."""
    # layers bring shapely along, which a window that is not open yet does without
    from zoneplanner.app.geography.map_layers import credit_source

    count = done.count(RowOutcome.NEW, RowOutcome.CHANGED)
    before = session.saved_project
    if not count and credit_source(before, asked.kind, asked.publisher, found.source) is before:
        return
    what = _SINGULAR[asked.kind] if count == 1 else _PLURAL.get(asked.kind, asked.kind)

    def edit(project: Project) -> Project:
        made = done if project is before else import_map_rows(project, found, how, asked)
        return credit_source(made.project, asked.kind, asked.publisher, found.source)

    session.apply(f"Import {count:,} {what} from “{found.source}”", edit, kind=EditKind.IMPORT)


def write_import_profile(title: str, asked: ImportOptions, how: ColumnMapping) -> str:
    """Keep how a file is read as a profile of the user's own; return its id.

    Raises
    ------
    UserError
        The name is empty, or it cannot be written.
    """
    name = make_profile_file_name(title)
    profile = _build_profile(title.strip(), asked, how)
    folder = find_profile_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError("cannot_write.profile", folder=folder, reason=error.strerror) from error
    write_file_atomically(folder / name, format_profile(profile).encode())
    return name.removesuffix(".toml")


def _build_profile(title: str, asked: ImportOptions, how: ColumnMapping) -> ImportProfile:
    """Return all that tells how a file is read as one profile: the starting one and the choices.

    Its signs are the columns that the file is read from.
    """
    began, chosen = how.profile, asked.columns
    columns = {name: own for name, own in began.columns.items() if name not in chosen}
    columns |= {name: own for name, own in how.columns.items() if name not in columns}
    read = [*(own[0] for own in how.columns.values()), *how.only]
    read += (column for own in began.joined.values() for column in own)
    return replace(
        began,
        id="",
        title=title,
        kind=asked.kind,
        about="",
        signs=tuple(dict.fromkeys(read)),
        columns=columns,
        only=how.only,
        clocks=began.clocks if asked.clock_changes is None else asked.clock_changes,
    )
