"""Bring in a file that others made: a part of the map, a plan, or entries for the journal."""

from collections.abc import Collection
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from zoneplanner.app.coverage.demand import (
    declare_records,
    extend_records,
    list_silent_jurisdictions,
)
from zoneplanner.app.geography.basemap import read_basemap_file, set_project_basemap
from zoneplanner.app.geography.travel_times import (
    import_travel_table,
    measure_road_travel,
    set_project_travel,
)
from zoneplanner.app.imports.geography import map_features
from zoneplanner.app.imports.geography.map_features import MAP_KINDS, BasemapOptions, ImportOptions
from zoneplanner.app.imports.log_entries import LOG_TABLES, pause_garbage_collection
from zoneplanner.app.imports.log_import import prepare_log_import
from zoneplanner.app.imports.mapped_tables import (
    TABLE_KINDS,
    iterate_rows,
    keep_answers,
    read_project_table,
)
from zoneplanner.app.imports.results import (
    ImportResult,
    NoRowImported,
    PreparedImport,
    choose_import_verb,
    describe_declaring,
    describe_silent_rows,
    list_refused_rows,
    summarize_map_import,
)
from zoneplanner.app.imports.return_folder import prepare_returns_import
from zoneplanner.app.imports.return_workbook import (
    RETURN_KIND,
    ROSTER_KIND,
    prepare_roster_import,
)
from zoneplanner.app.imports.roster import ROSTER_TABLES, ImportStamp, import_roster_rows
from zoneplanner.app.imports.school_calendar import prepare_calendar_import
from zoneplanner.app.log.logbook import check_may_approve
from zoneplanner.app.plans.initial_assignment import (
    InitialPlan,
    build_plan_from_polygons,
    build_plan_from_table,
)
from zoneplanner.app.plans.zone_proposals import build_empty_plan, save_plan
from zoneplanner.app.projects.backups import back_up
from zoneplanner.app.session.identity import new_uid
from zoneplanner.app.session.session import Session
from zoneplanner.domain.changes import EditKind
from zoneplanner.domain.geography.basemap import BASEMAP_TITLES
from zoneplanner.domain.log.days_on_record import INCIDENT_RECORDS, DaySpan
from zoneplanner.domain.log.hours_entries import APPROVAL_RECORD
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.domain.project import Project
from zoneplanner.errors import ProgressReport, UserError
from zoneplanner.exchange.mapping.column_mapping import ColumnMapping
from zoneplanner.exchange.row_results import RowOutcome, SeveralLayers, UnknownCrs
from zoneplanner.exchange.tables.text_table import sanitize_text
from zoneplanner.messages import render_message

if TYPE_CHECKING:
    from zoneplanner.exchange.vector.layers import ForeignRows

_PLAN_KINDS = ("plan", "zones")
_TRAVEL_KINDS = ("roads", "travel")
_ROSTER_KINDS = ("agencies", "units", "contacts", "officers", "availability", "shifts")
_CALENDAR_KIND = "calendar"
_BASEMAP_KIND = "basemap"
_LAYER_KIND = "layer"
IMPORT_KINDS = (
    *MAP_KINDS,
    *_PLAN_KINDS,
    *_TRAVEL_KINDS,
    *_ROSTER_KINDS,
    _CALENDAR_KIND,
    _BASEMAP_KIND,
    _LAYER_KIND,
    RETURN_KIND,
    ROSTER_KIND,
    *LOG_TABLES,
)
_LONGEST = 300
_LOOKING, _WRITING = 0.7, 0.8
_QUIET_DAYS = timedelta(days=7)
"""So many days without a row at either end may be quiet; more are days that a file lacks."""


def import_file(
    session: Session,
    path: Path,
    kind: str,
    *,
    name: str | None = None,
    dry_run: bool = False,
    asked: ImportOptions | None = None,
    complete: DaySpan | None = None,
    report: ProgressReport = lambda fraction, text: None,
) -> ImportResult:
    """Bring in a file as one step; ``dry_run`` only tells what would become of it.

    Entries go to the journal in one transaction. A plan becomes a new draft called ``name``, or
    like the file. A part of the map is read as ``asked``. Of all days of ``complete`` the file
    holds every record of its kind; that is declared with it.

    Raises
    ------
    UserError
        The kind is not known, the file cannot be read, or nothing in it can be taken; the details
        hold what ``Imported.data`` does. Or no such days can be declared. Nothing was changed.
    """
    _check_complete(session, kind, complete)
    found = prepare_import(
        session, path, kind, name=name, dry_run=dry_run, asked=asked, report=report
    )
    _check_days(session, found.outcome, complete)
    done = found.outcome
    if not dry_run:
        done = save_import(
            session,
            found,
            kind,
            lambda fraction, text: report(_WRITING + fraction * (1 - _WRITING), text),
            complete=complete,
        )
    if complete is not None:
        declares = render_message("file_declares", {"kind": kind})
        return replace(done, notes=(declares, *done.notes, *describe_silent_rows(done)))
    return replace(done, undeclared=tuple(describe_declaring(session, kind, done)))


def save_import(
    session: Session,
    found: PreparedImport,
    kind: str,
    report: ProgressReport,
    *,
    complete: DaySpan | None = None,
) -> ImportResult:
    """Keep what was prepared as one step, in any thread, and a backup of what was before.

    Nothing is kept where ``report`` raises, or where days such as ``complete`` cannot be declared.
    """
    _check_complete(session, kind, complete)
    _check_days(session, found.outcome, complete)
    back_up_before_import(session, found, kind, report)
    report(0.1, f"Writing {found.outcome.taken:,} rows")
    with pause_garbage_collection():
        found.save(report)
    if complete is not None:
        declare_records(session, complete=((kind, complete),), imported=True)
        silent = list_silent_jurisdictions(session) if kind == INCIDENT_RECORDS else ()
        if silent:
            note = render_message("demand_silent", {"jurisdictions": silent})
            return replace(found.outcome, notes=(*found.outcome.notes, note))
    return found.outcome


def back_up_before_import(
    session: Session, found: PreparedImport, kind: str, report: ProgressReport
) -> None:
    """Keep a backup of a project file before what was prepared is saved, in any thread."""
    if found.outcome.taken and session.store.path is not None:
        report(0.0, "Making a backup")
        back_up(session, f"before importing {kind}")


def _check_days(session: Session, done: ImportResult, complete: DaySpan | None) -> None:
    """Refuse to declare days complete by a file whose rows do not reach over them."""
    if complete is None:
        return
    there = done.days
    if there is None or there.last is None:
        raise UserError("days_not_in_file.none", first=complete.first)
    last = min(complete.last or session.today, session.today)
    if there.first - complete.first > _QUIET_DAYS or last - there.last > _QUIET_DAYS:
        raise UserError(
            "days_not_in_file",
            first=complete.first,
            last=last,
            file_first=there.first,
            file_last=there.last,
        )


def _check_complete(session: Session, kind: str, complete: DaySpan | None) -> None:
    """Refuse days that cannot be declared complete before anything is written."""
    if complete is not None:
        extend_records(session, complete=((kind, complete),))
        session.store.check_may_edit()


def prepare_import(
    session: Session,
    path: Path,
    kind: str,
    *,
    name: str | None = None,
    dry_run: bool = False,
    asked: ImportOptions | None = None,
    report: ProgressReport = lambda fraction, text: None,
) -> PreparedImport:
    """Read a file and say what would become of it, in any thread; see ``import_file``."""
    if kind not in IMPORT_KINDS:
        raise UserError(
            "unknown_kind.of_file",
            kind=kind,
            known=list(IMPORT_KINDS),
            kinds=", ".join(IMPORT_KINDS),
        )
    if name is not None and kind not in _PLAN_KINDS:
        raise UserError("option_not_for_kind.name", kind=kind)
    wanted = replace(asked or ImportOptions(path, kind), path=path, kind=kind)
    if kind != _BASEMAP_KIND and wanted.basemap != BasemapOptions():
        raise UserError("option_not_for_kind.basemap", kind=kind)
    if kind in (*MAP_KINDS, _LAYER_KIND, _BASEMAP_KIND):
        own = {_LAYER_KIND: _prepare_layer, _BASEMAP_KIND: _prepare_basemap}
        prepare = own.get(kind, _prepare_map)
        return prepare(session, wanted, dry_run=dry_run, report=report)
    if kind == APPROVAL_RECORD.table:
        check_may_approve(session)
    if kind not in LOG_TABLES and kind not in TABLE_KINDS:
        _check_plain(wanted)
    if kind in _PLAN_KINDS:
        return _prepare_plan(session, wanted, name=name, report=report)
    if kind in _TRAVEL_KINDS:
        return _prepare_travel(session, path, kind, report=report)
    if kind == _CALENDAR_KIND:
        return prepare_calendar_import(session, path, dry_run=dry_run, report=report)
    records = {
        RETURN_KIND: prepare_returns_import,
        ROSTER_KIND: prepare_roster_import,
        **dict.fromkeys(_ROSTER_KINDS, _prepare_roster),
    }
    prepare = records.get(kind, prepare_log_import)
    return prepare(session, wanted, dry_run=dry_run, report=report)


def _check_plain(asked: ImportOptions) -> None:
    """Refuse what cannot be told of a file that is read in one way only."""
    if asked.profile or asked.columns or asked.only or asked.replace_blocks:
        raise UserError("option_not_for_kind.mapping", kind=asked.kind)
    if asked.kind not in ("zones", _LAYER_KIND) and (asked.layer or asked.crs):
        raise UserError("option_not_for_kind.layer", kind=asked.kind)


def _prepare_layer(
    session: Session, asked: ImportOptions, *, dry_run: bool, report: ProgressReport
) -> PreparedImport:
    """Bring in shapes to look at, and to group schools by where they are areas."""
    _check_plain(asked)
    from zoneplanner.app.geography.map_layers import (
        LayerRequest,
        add_layer_file,
        build_layer_reader,
    )

    request = LayerRequest(asked.path, asked.layer, asked.crs)
    found = build_layer_reader(session, request)(report)
    taken = len(found.features)
    outcome = ImportResult(
        text=f"{taken:,} of {found.read:,} rows of “{asked.path.name}” "
        f"{choose_import_verb(dry_run, taken)} as a layer.",
        read=found.read,
        taken=taken,
        refused=found.refused,
        repaired=found.repaired,
        notes=(found.warning,) if found.warning else (),
    )
    return PreparedImport(
        outcome,
        lambda _report: add_layer_file(session, found, new_uid(), publisher=asked.publisher),
    )


def _prepare_basemap(
    session: Session, asked: ImportOptions, *, dry_run: bool, report: ProgressReport
) -> PreparedImport:
    """Bring in streets, water and names to draw, and with ``drive_times`` to drive on."""
    from zoneplanner.exchange.basemap.reader import MapFile

    if asked.profile or asked.only or asked.replace_blocks:
        raise UserError("option_not_for_kind.mapping", kind=asked.kind)
    file = MapFile(asked.path, asked.layer, asked.crs, asked.columns, asked.words.get("kind", {}))
    how = asked.basemap
    made = read_basemap_file(session, file, add=how.add, in_project=how.in_project, report=report)
    drives = measure_road_travel(session, asked.path, report=report) if how.drive_times else None
    counts = made.found.counts
    taken = sum(counts.values())
    parts = ", ".join(f"{BASEMAP_TITLES[kind]} ({n:,})" for kind, n in counts.items())
    notes = [f"In and around the district: {parts}."]
    if made.found.buildings_left:
        notes.append(f"{made.found.buildings_left:,} buildings over the limit were left out.")
    if drives is not None:
        notes += [drives.text, *drives.notes]
    outcome = ImportResult(
        text=f"{taken:,} features of “{asked.path.name}” {choose_import_verb(dry_run, taken)} "
        "as the basemap.",
        read=made.found.read,
        taken=taken,
        notes=tuple(notes),
        read_details={"basemap": {"kinds": dict(counts), "content": made.basemap.content}},
    )

    def save(_report: ProgressReport) -> None:
        travel = None if drives is None else drives.travel
        set_project_basemap(session, made.basemap, made.data, travel=travel)

    return PreparedImport(outcome, save)


def _prepare_travel(
    session: Session, path: Path, kind: str, *, report: ProgressReport
) -> PreparedImport:
    """Bring in roads or a table of minutes; the project's drives are those from then on."""

    found = (
        import_travel_table(session, path, report=report)
        if kind == "travel"
        else measure_road_travel(session, path, report=report)
    )
    outcome = ImportResult(
        text=found.text,
        read=found.read,
        taken=found.taken,
        refused=found.refused,
        ignored=found.ignored,
        how=found.how,
        notes=found.notes,
        read_details={"compared": asdict(found.compared)} if found.compared else {},
    )
    return PreparedImport(outcome, lambda report: set_project_travel(session, found.travel))


def _prepare_roster(
    session: Session, asked: ImportOptions, *, dry_run: bool, report: ProgressReport
) -> PreparedImport:
    kind, path = asked.kind, asked.path
    layout, before = ROSTER_TABLES[kind], session.saved_project
    read, reader = read_project_table(session, asked, report)
    table, rows = read.table, list(iterate_rows(read, reader))
    stamp = ImportStamp(session.clock(), session.actor)
    found = import_roster_rows(before, rows, layout, stamp)
    taken = found.count(RowOutcome.NEW)
    outcome = ImportResult(
        text=f"{taken:,} of {len(found.rows):,} rows of “{path.name}” "
        f"{choose_import_verb(dry_run, taken)}.",
        read=len(found.rows),
        taken=taken,
        already=found.count(RowOutcome.KNOWN),
        refused=list_refused_rows(found),
        ignored=read.ignored,
        how=table.description,
        rows=found.rows,
        read_details={} if read.ours else read.list_details(found.count(RowOutcome.LEFT_OUT)),
    )
    if outcome.refused and len(outcome.refused) == outcome.read:
        first = outcome.refused[0]
        raise NoRowImported.of(
            outcome, "no_row_imported", source=path.name, row=first.row, reason=first.reason
        )

    def edit(project: Project) -> Project:
        if project is before:
            return found.project
        return import_roster_rows(project, rows, layout, stamp).project

    label = f"Import {taken:,} {kind} from “{path.name}”"

    def save(_report: ProgressReport) -> None:
        keep_answers(session, asked, table.columns)
        session.apply(label, edit, kind=EditKind.IMPORT)

    return PreparedImport(outcome, save)


def _prepare_map(
    session: Session, asked: ImportOptions, *, dry_run: bool, report: ProgressReport
) -> PreparedImport:
    found = map_features.build_map_reader(session, asked)(report)
    how = map_features.choose_row_mapping(asked, found)
    report(_LOOKING, f"{len(found.rows):,} rows")
    prepared = prepare_map_import(session, asked, found, how, dry_run=dry_run)
    map_features.refuse_empty_import(prepared.outcome, found.source)
    return prepared


def prepare_map_import(
    session: Session,
    asked: ImportOptions,
    found: "ForeignRows",
    how: ColumnMapping,
    *,
    dry_run: bool = False,
) -> PreparedImport:
    """Say what would become of rows that were read for the map; it may be that none is taken."""
    done = map_features.import_map_rows(session.saved_project, found, how, asked)
    outcome = summarize_map_import(found, how, done, dry_run=dry_run)

    def credit(source: str) -> PreparedImport:
        wanted = replace(asked, source=source)
        return PreparedImport(
            outcome,
            lambda report: map_features.save_map_import(session, found, how, wanted, done),
            credit,
        )

    return credit(asked.source)


def _prepare_plan(
    session: Session, asked: ImportOptions, *, name: str | None, report: ProgressReport
) -> PreparedImport:
    path, project = asked.path, session.saved_project
    called = (name if name is not None else path.stem).strip()
    if not called:
        raise UserError("plan_without_name")
    draft = build_empty_plan(project, called, new_uid(), session.clock())
    started = _read_draft(project, draft, asked, session.store.files, report)
    table = started.table
    known = next((plan for plan in project.plans.values() if plan.name == called), None)
    if known is not None:
        _check_same(known, started, path)
    done = started.text if known is None else f"“{called}” already matches “{path.name}”."
    outcome = ImportResult(
        text=done,
        read=started.read,
        taken=0 if known else started.taken,
        already=started.taken if known else 0,
        refused=tuple(
            own._replace(reason=sanitize_text(own.reason, _LONGEST)) for own in started.refused
        ),
        ignored=table.ignored if table else (),
        how=table.description if table else "",
        plan=called,
    )

    def draw_up(_report: ProgressReport) -> None:
        if known is None:
            save_plan(session, started.plan, f"Import “{called}”", kind=EditKind.IMPORT)

    return PreparedImport(outcome, draw_up)


def _read_draft(
    project: Project,
    draft: Plan,
    asked: ImportOptions,
    keep_off: Collection[Path],
    report: ProgressReport,
) -> InitialPlan:
    """Make the draft; what the file says is told so that it does nothing on a terminal."""
    try:
        if asked.kind == "plan":
            return build_plan_from_table(
                project, draft, asked.path, keep_off=keep_off, report=report
            )
        return build_plan_from_polygons(
            project,
            draft,
            asked.path,
            layer=asked.layer,
            crs=asked.crs,
            keep_off=keep_off,
            report=report,
        )
    except (SeveralLayers, UnknownCrs):
        raise
    except UserError as error:
        details = {
            name: sanitize_text(str(value), _LONGEST) for name, value in error.details.items()
        }
        raise UserError(sanitize_text(error.message, _LONGEST), details, code=error.code) from error


def _check_same(known: Plan, started: InitialPlan, path: Path) -> None:
    if dict(known.assignment) != dict(started.plan.assignment):
        raise UserError("plan_exists_otherwise", plan=known.name, source=path.name)
