"""Import sites, jurisdictions or blocks from a foreign file, as one step."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
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
from zoneplanner.domain.edits import EditKind
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
    """How to import a basemap.

    With ``add``, the existing basemap stays, for example to add another county or layer. The data
    is stored on this computer or ``in_project``. With ``drive_times``, driving minutes are computed
    from its streets.
    """

    add: bool = False
    in_project: bool = False
    drive_times: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class ImportOptions:
    """A file, and how a person wants it to be imported.

    ``profile`` is the id or path of a profile, ``likeness`` for none, or empty for the one that
    fits; ``columns`` names the file's columns by ours, and ``only`` the wanted values by column.
    ``layer`` is one of several in the file; ``crs`` is used if the file names none.
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
    """How to read local times that are ambiguous or missing when the clocks change; if None, the
    profile decides."""
    dates: str = ""
    """Whether days start with the month or the day, a ``DayOrder``; empty if the file shows it."""
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """The meanings of the file's words by our column; they are stored in the project."""
    aliases: Mapping[str, str] = field(default_factory=dict)
    """Sites by their names in the file; they are stored in the project as aliases."""
    basemap: BasemapOptions = BasemapOptions()
    source: str = ""
    """The publisher of the file, who is credited on maps, documents and files."""

    @property
    def publisher(self) -> str:
        """The source in one line that is short enough for a map."""
        return " ".join(self.source.split())[:LONGEST_SOURCE]


def build_map_reader(
    session: "Session", options: ImportOptions, *, max_rows: int | None = None
) -> Callable[[ProgressReport], "ForeignRows"]:
    """Return a function that reads a file for the open project, in any thread.

    For its errors see ``read_foreign_rows``.
    """
    project = session.saved_project
    near, files = compute_project_extent(project), session.store.files
    return lambda report: read_published_rows(
        options, crs=project.crs, near=near, protected=files, report=report, max_rows=max_rows
    )


def read_published_rows(
    options: ImportOptions,
    *,
    crs: str,
    near: "BaseGeometry | None" = None,
    protected: Collection[Path] = (),
    report: ProgressReport = lambda fraction, text: None,
    max_rows: int | None = None,
) -> "ForeignRows":
    """Read a file without a project; from a workbook of enrollment, read the sheet that fits.

    A file of enrollment has many rows per school; only rows that its profile wants are read.
    """
    x, y = options.columns.get("longitude"), options.columns.get("latitude")
    places = PlaceColumns(needed=False)
    if x and y:
        places = PlaceColumns(x, y, needed=False)

    def read(layer: str | None, max_rows: int | None, **filters: Any) -> "ForeignRows":
        return read_foreign_rows(
            options.path,
            crs=crs,
            report=report,
            sublayer=layer,
            source_crs=options.crs,
            places=places,
            near=near,
            protected=protected,
            first=max_rows,
            limits=IMPORT_LIMITS,
            **filters,
        )

    layer = options.layer
    if options.kind != ENROLLMENT_KIND:
        return read(layer, max_rows, inside=options.kind == "blocks")
    try:
        columns = read(layer, _HEAD_ROWS).columns
    except SeveralLayers as several:
        sheets = {name: read(name, _HEAD_ROWS).columns for name in several.names}
        fitting = [name for name, each in sheets.items() if _find_profile(options, each)]
        if len(fitting) != 1:
            raise
        layer, columns = fitting[0], sheets[fitting[0]]
    mapping = choose_column_mapping(options, columns)
    return read(layer, max_rows, wanted=mapping.only)


def _find_profile(options: ImportOptions, columns: Sequence[str]) -> ImportProfile | None:
    return match_profile(read_profiles(find_profile_folder(), options.kind), columns, options.kind)


def choose_row_mapping(
    options: ImportOptions, foreign: "ForeignRows", *, unnamed: bool = False
) -> ColumnMapping:
    """Return the column mapping of a file that was read; ``unnamed`` rows need no columns.

    Raises
    ------
    UserError
        The profile is unknown or of another kind, or a needed column is missing.
    """
    columns = list(dict.fromkeys([*foreign.columns, *foreign.places]))
    filled = set(foreign.places).union(*(row.fields for row in foreign.rows))
    empty = [column for column in columns if column not in filled] if foreign.rows else []
    mapping = choose_column_mapping(options, columns, empty=empty)
    return mapping if unnamed else require_columns(mapping, columns)


def choose_column_mapping(
    options: ImportOptions,
    columns: Sequence[str],
    samples: Mapping[str, Sequence[str]] | None = None,
    empty: Collection[str] = (),
) -> ColumnMapping:
    """Return the column mapping of a file, also by ``samples`` of cells if they are given.

    ``empty`` columns have no value.
    """
    kind, profile = options.kind, None
    if options.profile.endswith(".toml"):
        profile = read_import_profile(Path(options.profile).expanduser())
    elif options.profile and options.profile != MATCH_BY_LIKENESS:
        known = read_profiles(find_profile_folder())
        if options.profile not in known:
            names = ", ".join(key for key, each in known.items() if each.kind == kind)
            raise UserError("unknown_profile", profile=options.profile, names=names)
        profile = known[options.profile]
    elif not options.profile:
        profile = _find_profile(options, columns)
    if profile is not None and profile.kind != kind:
        raise UserError(
            "profile_of_other_kind", profile=profile.title, kind=profile.kind, wanted=kind
        )
    return build_column_mapping(
        kind,
        columns,
        profile,
        chosen=options.columns,
        only=options.only,
        samples=samples,
        empty=empty,
    )


def import_map_rows(
    project: Project, foreign: "ForeignRows", mapping: ColumnMapping, options: ImportOptions
) -> ImportedRows:
    """Return the project with the rows of a file, and each row's result; nothing is saved yet."""
    near = compute_project_extent(project)
    reasons = {row.row: mapping.why_left_out(row.fields) for row in foreign.rows}
    rows = [row for row in foreign.rows if not reasons[row.row]]
    if options.kind == "sites":
        imported = import_sites(project, rows, mapping, near=near)
    elif options.kind == ENROLLMENT_KIND:
        imported = complete_sites(project, rows, mapping)
    elif options.kind == "jurisdictions":
        imported = import_jurisdictions(project, rows, mapping, near=near)
    else:
        replaces = options.replace_blocks
        imported = import_blocks(project, rows, mapping, near=near, replaces_all=replaces)
    unwanted = [
        RowResult(row.row, RowOutcome.ELSEWHERE, mapping.name(row.fields), reason)
        for row in foreign.rows
        if (reason := reasons[row.row])
    ]
    return replace(
        imported,
        rows=sort_row_results([*imported.rows, *unwanted]),
        warnings=(*filter(None, (foreign.warning, *foreign.notes)), *imported.warnings),
        elsewhere=foreign.elsewhere,
    )


def refuse_empty_import(
    result: ImportResult, source: str, only: Mapping[str, Sequence[str]]
) -> None:
    """Raise a NoRowImported if no row can be imported; ``only`` are the wanted values by column.

    It has the reason of the first rejected row, else of the first row.
    """
    rows = result.rows
    if not rows and not result.elsewhere:
        raise UserError("no_rows", source=source)
    if any(row.outcome in (RowOutcome.NEW, RowOutcome.CHANGED, RowOutcome.KNOWN) for row in rows):
        return
    ours = [row for row in rows if row.outcome is not RowOutcome.ELSEWHERE]
    first = next((row for row in ours if row.outcome is RowOutcome.REFUSED), (*ours, *rows)[0])
    facts: dict[str, Any] = {"first_row": first.row, "reason": first.remark, "source": source}
    if only:
        wanted = ", ".join(f"{column}={' or '.join(values)}" for column, values in only.items())
        facts |= {"only": wanted, "left": len(ours), "elsewhere": result.elsewhere}
        code = "no_row_imported.filtered" if ours else "no_row_imported.all_filtered"
        raise NoRowImported.of(result, code, **facts)
    raise NoRowImported.of(result, "no_row_imported.of_map", **facts)


def save_map_import(
    session: "Session",
    foreign: "ForeignRows",
    mapping: ColumnMapping,
    options: ImportOptions,
    imported: ImportedRows,
) -> None:
    """Save the imported rows as one step; without a change, nothing is saved."""
    # map_layers loads shapely, which is not needed before a window opens
    from zoneplanner.app.geography.map_layers import credit_source

    kind, source = options.kind, foreign.source
    count = imported.count(RowOutcome.NEW, RowOutcome.CHANGED)
    before = session.saved_project
    if not count and credit_source(before, kind, options.publisher, source) is before:
        return
    what = _SINGULAR[kind] if count == 1 else _PLURAL.get(kind, kind)

    def edit(project: Project) -> Project:
        # if the project changed since the preview, the rows are imported again
        latest = (
            imported if project is before else import_map_rows(project, foreign, mapping, options)
        )
        return credit_source(latest.project, kind, options.publisher, source)

    session.apply(f"Import {count:,} {what} from “{source}”", edit, kind=EditKind.IMPORT)


def write_import_profile(title: str, options: ImportOptions, mapping: ColumnMapping) -> str:
    """Write the user's way to read a file as a profile; return its id.

    Raises
    ------
    UserError
        The name is empty, or the file cannot be written.
    """
    name = make_profile_file_name(title)
    profile = _build_profile(title.strip(), options, mapping)
    folder = find_profile_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError("cannot_write.profile", folder=folder, reason=error.strerror) from error
    write_file_atomically(folder / name, format_profile(profile).encode())
    return name.removesuffix(".toml")


def _build_profile(title: str, options: ImportOptions, mapping: ColumnMapping) -> ImportProfile:
    """Return a profile with the mapping's profile and the user's choices.

    All columns that are read identify the file.
    """
    base, chosen = mapping.profile, options.columns
    columns = {name: candidates for name, candidates in base.columns.items() if name not in chosen}
    columns |= {name: matches for name, matches in mapping.columns.items() if name not in columns}
    read = [*(matches[0] for matches in mapping.columns.values()), *mapping.only]
    read += (column for joined in base.joined.values() for column in joined)
    return replace(
        base,
        id="",
        title=title,
        kind=options.kind,
        about="",
        signs=tuple(dict.fromkeys(read)),
        columns=columns,
        only=mapping.only,
        clocks=base.clocks if options.clock_changes is None else options.clock_changes,
    )
