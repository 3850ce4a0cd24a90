"""Import a foreign file: a part of the map, a plan, a roster, or entries for the journal."""

from collections.abc import Collection
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
    read_project_table,
    save_answers,
)
from zoneplanner.app.imports.results import (
    ImportResult,
    PreparedImport,
    describe_declaring,
    describe_silent_rows,
    mark_saved,
    require_imported_rows,
    sort_row_results,
    summarize_map_import,
)
from zoneplanner.app.imports.return_folder import prepare_returns_import
from zoneplanner.app.imports.return_workbook import (
    RETURN_KIND,
    ROSTER_KIND,
    prepare_roster_import,
)
from zoneplanner.app.imports.roster import ROSTER_TABLES, import_roster_rows
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
from zoneplanner.domain.edits import EditKind
from zoneplanner.domain.geography.basemap import BASEMAP_TITLES
from zoneplanner.domain.log.days_on_record import INCIDENT_RECORDS, DaySpan
from zoneplanner.domain.log.hours_entries import APPROVAL_RECORD
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.shift import RosterDecision
from zoneplanner.errors import ProgressReport, UserError
from zoneplanner.exchange.basemap.reader import MapFile
from zoneplanner.exchange.mapping.column_mapping import ColumnMapping
from zoneplanner.exchange.row_results import RowOutcome, SeveralLayers, UnknownCrs
from zoneplanner.exchange.tables.text_table import sanitize_text
from zoneplanner.messages import Message

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
_READ_SHARE, _WRITE_START = 0.7, 0.8
_QUIET_DAYS = timedelta(days=7)
"""This many days without a row at either end may be quiet; more are missing from the file."""


def import_file(
    session: Session,
    path: Path,
    kind: str,
    *,
    name: str | None = None,
    dry_run: bool = False,
    options: ImportOptions | None = None,
    complete: DaySpan | None = None,
    report: ProgressReport = lambda fraction, text: None,
) -> ImportResult:
    """Import a file as one step; with ``dry_run``, only return the result that it would have.

    Entries go to the journal in one transaction. A plan becomes a new draft called ``name``, or
    named like the file. ``options`` say how to read the file. ``complete`` declares that the file
    has all records of its kind for these days.

    Raises
    ------
    UserError
        The kind is unknown, the file cannot be read, no row can be imported (the details are
        ``ImportResult.to_json``), or the days cannot be declared. Nothing was changed.
    """
    _check_complete(session, kind, complete)
    prepared = prepare_import(session, path, kind, name=name, options=options, report=report)
    _check_days(session, prepared.outcome, complete)
    outcome = prepared.outcome
    if not dry_run:
        outcome = save_import(
            session,
            prepared,
            kind,
            lambda fraction, text: report(_WRITE_START + fraction * (1 - _WRITE_START), text),
            complete=complete,
        )
    if complete is not None:
        declares = Message("file_declares", kind=kind)
        return replace(outcome, notes=(declares, *outcome.notes, *describe_silent_rows(outcome)))
    return replace(outcome, undeclared=tuple(describe_declaring(session, kind, outcome)))


def save_import(
    session: Session,
    prepared: PreparedImport,
    kind: str,
    report: ProgressReport,
    *,
    complete: DaySpan | None = None,
) -> ImportResult:
    """Make a backup and save a prepared import as one step, in any thread.

    Nothing is saved if ``report`` raises, or if the ``complete`` days cannot be declared.
    """
    _check_complete(session, kind, complete)
    _check_days(session, prepared.outcome, complete)
    back_up_before_import(session, prepared, kind, report)
    report(0.1, Message("progress.writing", n=prepared.outcome.taken))
    with pause_garbage_collection():
        prepared.save(report)
    outcome = mark_saved(prepared.outcome)
    if complete is not None:
        declare_records(session, complete=((kind, complete),), imported=True)
        silent = list_silent_jurisdictions(session) if kind == INCIDENT_RECORDS else ()
        if silent:
            note = Message("demand_silent", jurisdictions=silent)
            return replace(outcome, notes=(*outcome.notes, note))
    return outcome


def back_up_before_import(
    session: Session, prepared: PreparedImport, kind: str, report: ProgressReport
) -> None:
    """Back up a project file before an import is saved, in any thread."""
    if prepared.outcome.taken and session.store.path is not None:
        report(0.0, Message("progress.backup"))
        back_up(session, f"before importing {kind}")


def _check_days(session: Session, done: ImportResult, complete: DaySpan | None) -> None:
    """Refuse to declare days complete if the file's rows do not cover them."""
    if complete is None:
        return
    covered = done.days
    if covered is None or covered.last is None:
        raise UserError("days_not_in_file.none", first=complete.first)
    last = min(complete.last or session.today, session.today)
    if covered.first - complete.first > _QUIET_DAYS or last - covered.last > _QUIET_DAYS:
        raise UserError(
            "days_not_in_file",
            first=complete.first,
            last=last,
            file_first=covered.first,
            file_last=covered.last,
        )


def _check_complete(session: Session, kind: str, complete: DaySpan | None) -> None:
    """Refuse days that cannot be declared complete, before anything is written."""
    if complete is not None:
        extend_records(session, complete=((kind, complete),))
        session.store.check_may_edit()


def prepare_import(
    session: Session,
    path: Path,
    kind: str,
    *,
    name: str | None = None,
    options: ImportOptions | None = None,
    report: ProgressReport = lambda fraction, text: None,
) -> PreparedImport:
    """Read a file and return its prepared import, in any thread; see ``import_file``."""
    if kind not in IMPORT_KINDS:
        raise UserError(
            "unknown_kind.of_file",
            kind=kind,
            known=list(IMPORT_KINDS),
            kinds=", ".join(IMPORT_KINDS),
        )
    if name is not None and kind not in _PLAN_KINDS:
        raise UserError("option_not_for_kind.name", kind=kind)
    options = replace(options or ImportOptions(path, kind), path=path, kind=kind)
    if kind != _BASEMAP_KIND and options.basemap != BasemapOptions():
        raise UserError("option_not_for_kind.basemap", kind=kind)
    if kind in (*MAP_KINDS, _LAYER_KIND, _BASEMAP_KIND):
        special = {_LAYER_KIND: _prepare_layer, _BASEMAP_KIND: _prepare_basemap}
        prepare = special.get(kind, _prepare_map)
        return prepare(session, options, report=report)
    if kind == APPROVAL_RECORD.table:
        check_may_approve(session)
    if kind not in LOG_TABLES and kind not in TABLE_KINDS:
        _check_plain(options)
    if kind in _PLAN_KINDS:
        return _prepare_plan(session, options, name=name, report=report)
    if kind in _TRAVEL_KINDS:
        return _prepare_travel(session, path, kind, report=report)
    if kind == _CALENDAR_KIND:
        return prepare_calendar_import(session, path, report=report)
    records = {
        RETURN_KIND: prepare_returns_import,
        ROSTER_KIND: prepare_roster_import,
        **dict.fromkeys(_ROSTER_KINDS, _prepare_roster),
    }
    prepare = records.get(kind, prepare_log_import)
    return prepare(session, options, report=report)


def _check_plain(options: ImportOptions) -> None:
    """Refuse options that have no meaning for a file that can be read in only one way."""
    if options.profile or options.columns or options.only or options.replace_blocks:
        raise UserError("option_not_for_kind.mapping", kind=options.kind)
    if options.kind not in ("zones", _LAYER_KIND) and (options.layer or options.crs):
        raise UserError("option_not_for_kind.layer", kind=options.kind)


def _prepare_layer(
    session: Session, options: ImportOptions, *, report: ProgressReport
) -> PreparedImport:
    """Import shapes to look at, and, if they are areas, to group schools by."""
    _check_plain(options)
    from zoneplanner.app.geography.map_layers import (
        LayerRequest,
        add_layer_file,
        build_layer_reader,
    )

    request = LayerRequest(options.path, options.layer, options.crs)
    layer = build_layer_reader(session, request)(report)
    taken, source = len(layer.features), options.path.name
    outcome = ImportResult(
        message=Message("layer_imported.preview", taken=taken, read=layer.read, source=source),
        read=layer.read,
        taken=taken,
        rows=sort_row_results((*layer.refused, *layer.repaired)),
        notes=(layer.warning,) if layer.warning else (),
    )
    return PreparedImport(
        outcome,
        lambda _report: add_layer_file(session, layer, new_uid(), publisher=options.publisher),
    )


def _prepare_basemap(
    session: Session, options: ImportOptions, *, report: ProgressReport
) -> PreparedImport:
    """Import streets, water and names to draw, and with ``drive_times`` also driving minutes."""
    if options.profile or options.only or options.replace_blocks:
        raise UserError("option_not_for_kind.mapping", kind=options.kind)
    file = MapFile(
        options.path, options.layer, options.crs, options.columns, options.words.get("kind", {})
    )
    how, drives = options.basemap, None
    imported = read_basemap_file(
        session, file, add=how.add, in_project=how.in_project, report=report
    )
    if how.drive_times:
        drives = measure_road_travel(session, options.path, report=report)
    counts = imported.found.counts
    taken = sum(counts.values())
    parts = ", ".join(f"{BASEMAP_TITLES[kind]} ({n:,})" for kind, n in counts.items())
    notes = [Message("basemap_parts", parts=parts)]
    if imported.found.buildings_left:
        notes.append(Message("buildings_left_out", n=imported.found.buildings_left))
    if drives is not None:
        notes += [drives.message, *drives.notes]
    outcome = ImportResult(
        message=Message("basemap_imported.preview", taken=taken, source=options.path.name),
        read=imported.found.read,
        taken=taken,
        notes=tuple(notes),
        read_details={"basemap": {"kinds": dict(counts), "content": imported.basemap.content}},
    )

    def save(_report: ProgressReport) -> None:
        travel = None if drives is None else drives.travel
        set_project_basemap(session, imported.basemap, imported.data, travel=travel)

    return PreparedImport(outcome, save)


def _prepare_travel(
    session: Session, path: Path, kind: str, *, report: ProgressReport
) -> PreparedImport:
    """Import roads or a table of minutes as the project's driving minutes."""
    measure = import_travel_table if kind == "travel" else measure_road_travel
    measured = measure(session, path, report=report)
    outcome = ImportResult(
        message=measured.message,
        read=measured.read,
        taken=measured.taken,
        rows=measured.refused,
        ignored=measured.ignored,
        how=measured.how,
        notes=measured.notes,
        read_details={"compared": asdict(measured.compared)} if measured.compared else {},
    )
    return PreparedImport(outcome, lambda report: set_project_travel(session, measured.travel))


def _prepare_roster(
    session: Session, options: ImportOptions, *, report: ProgressReport
) -> PreparedImport:
    kind, path = options.kind, options.path
    layout, before = ROSTER_TABLES[kind], session.saved_project
    read, reader = read_project_table(session, options, report)
    table, rows = read.table, list(iterate_rows(read, reader))
    decision = RosterDecision(session.clock(), session.actor, "imported")
    imported = import_roster_rows(before, rows, layout, decision)
    taken, results = imported.count(RowOutcome.NEW), imported.rows
    outcome = ImportResult(
        message=Message("rows_imported.preview", taken=taken, read=len(results), source=path.name),
        read=len(results),
        taken=taken,
        already=imported.count(RowOutcome.KNOWN),
        ignored=read.ignored,
        how=table.description,
        rows=results,
        read_details={} if read.ours else read.list_details(imported.count(RowOutcome.LEFT_OUT)),
    )
    require_imported_rows(outcome, path.name)

    def edit(project: Project) -> Project:
        if project is before:
            return imported.project
        return import_roster_rows(project, rows, layout, decision).project

    label = f"Import {taken:,} {kind} from “{path.name}”"

    def save(_report: ProgressReport) -> None:
        save_answers(session, options, table.columns)
        session.apply(label, edit, kind=EditKind.IMPORT)

    return PreparedImport(outcome, save)


def _prepare_map(
    session: Session, options: ImportOptions, *, report: ProgressReport
) -> PreparedImport:
    foreign = map_features.build_map_reader(session, options)(report)
    how = map_features.choose_row_mapping(options, foreign)
    report(_READ_SHARE, Message("progress.rows", n=len(foreign.rows)))
    prepared = prepare_map_import(session, options, foreign, how)
    map_features.refuse_empty_import(prepared.outcome, foreign.source, how.only)
    return prepared


def prepare_map_import(
    session: Session,
    options: ImportOptions,
    foreign: "ForeignRows",
    how: ColumnMapping,
) -> PreparedImport:
    """Return the prepared import of rows that were read for the map; perhaps no row is imported."""
    imported = map_features.import_map_rows(session.saved_project, foreign, how, options)
    outcome = summarize_map_import(foreign, how, imported)

    def credit(source: str) -> PreparedImport:
        credited = replace(options, source=source)
        return PreparedImport(
            outcome,
            lambda report: map_features.save_map_import(session, foreign, how, credited, imported),
            credit,
        )

    return credit(options.source)


def _prepare_plan(
    session: Session, options: ImportOptions, *, name: str | None, report: ProgressReport
) -> PreparedImport:
    path, project = options.path, session.saved_project
    name = (name if name is not None else path.stem).strip()
    if not name:
        raise UserError("plan_without_name")
    empty = build_empty_plan(project, name, new_uid(), session.clock())
    draft = _read_draft(project, empty, options, session.store.files, report)
    existing = next((plan for plan in project.plans.values() if plan.name == name), None)
    if existing is not None and dict(existing.assignment) != dict(draft.plan.assignment):
        raise UserError("plan_exists_otherwise", plan=name, source=path.name)
    outcome = ImportResult(
        message=draft.message
        if existing is None
        else Message("plan_matches_file", plan=name, source=path.name),
        read=draft.read,
        taken=0 if existing else draft.taken,
        already=draft.taken if existing else 0,
        rows=tuple(row._replace(remark=_sanitize(row.remark)) for row in draft.refused),
        notes=draft.notes if existing is None else (),
        ignored=draft.table.ignored if draft.table else (),
        how=draft.table.description if draft.table else None,
        read_details={"plan": name},
    )

    def save(_report: ProgressReport) -> None:
        if existing is None:
            save_plan(session, draft.plan, f"Import “{name}”", kind=EditKind.IMPORT)

    return PreparedImport(outcome, save)


def _read_draft(
    project: Project,
    empty: Plan,
    options: ImportOptions,
    protected: Collection[Path],
    report: ProgressReport,
) -> InitialPlan:
    """Return the draft; errors quote the file's text without control characters."""
    try:
        if options.kind == "plan":
            return build_plan_from_table(
                project, empty, options.path, protected=protected, report=report
            )
        return build_plan_from_polygons(
            project,
            empty,
            options.path,
            layer=options.layer,
            crs=options.crs,
            protected=protected,
            report=report,
        )
    except (SeveralLayers, UnknownCrs):
        raise
    except UserError as error:
        details = {name: _sanitize(value) for name, value in error.details.items()}
        raise UserError(error.template, details) from error


def _sanitize(value: Any) -> Any:
    """Return a fact in which the texts from a file are short, without control characters."""
    if isinstance(value, str):
        return sanitize_text(value, _LONGEST)
    if isinstance(value, list):
        return [_sanitize(each) for each in value]
    if isinstance(value, Message):
        facts = {name: _sanitize(each) for name, each in value.facts.items()}
        return Message(value.template, **facts)
    return value
