"""Bring in a file that others made: a part of the map, a plan, or entries for the journal."""

import json
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from zoneplanner.app import import_map
from zoneplanner.app.backups import back_up
from zoneplanner.app.import_entries import TABLES, entries_from, no_collecting
from zoneplanner.app.import_fates import fates_of
from zoneplanner.app.import_map import MAP_KINDS, MapAsked
from zoneplanner.app.imported import (
    LIKENESS,
    Imported,
    Prepared,
    are_taken,
    imported_map,
    refused_of,
)
from zoneplanner.app.project import keep_plan, new_uid
from zoneplanner.app.propose import new_plan
from zoneplanner.app.session import Session
from zoneplanner.app.starting import Started, from_polygons, from_table
from zoneplanner.app.taking import Fate
from zoneplanner.app.taking_up import take_up
from zoneplanner.domain.effects import EditKind
from zoneplanner.domain.plan import Plan
from zoneplanner.domain.privacy import doubtful_rows
from zoneplanner.domain.project import Project
from zoneplanner.errors import ProgressReport, UserError
from zoneplanner.exchange.assignment import SITE_COLUMNS, ZONE_COLUMNS
from zoneplanner.exchange.guard import check_file
from zoneplanner.exchange.mapped import Mapped
from zoneplanner.exchange.tables import read_table, told

if TYPE_CHECKING:
    from zoneplanner.exchange.vector import ForeignRows

_PLANS = ("plan", "zones")
_DRIVES = ("roads", "travel")
_ROSTERS = ("officers", "shifts")
_CALENDAR = "calendar"
KINDS = (*MAP_KINDS, *_PLANS, *_DRIVES, *_ROSTERS, _CALENDAR, *TABLES)
_LONGEST = 300
_LOOKING, _WRITING = 0.7, 0.8
_DOUBTFUL = (
    "Rows that lie where the clocks change: {n}. Say what times that come twice and skipped times "
    "mean: above the columns, or with --twice first or second and --skipped before or after."
)
_PEOPLE = "Rows that may hold what tells of a person: {n}. {examples} The log needs no names."
_BEGUN = "Planned visits that these take up: {n}."


def import_file(
    session: Session,
    path: Path,
    kind: str,
    *,
    name: str | None = None,
    dry_run: bool = False,
    asked: MapAsked | None = None,
    report: ProgressReport = lambda fraction, text: None,
) -> Imported:
    """Bring in a file as one step; ``dry_run`` only tells what would become of it.

    Entries go to the journal in one transaction. A plan becomes a new draft called ``name``, or
    like the file. A part of the map is read as ``asked``.

    Raises
    ------
    UserError
        The kind is not known, the file cannot be read, or nothing in it can be taken; the details
        hold what ``Imported.data`` does. Nothing was changed.
    """
    found = prepare(session, path, kind, name=name, dry_run=dry_run, asked=asked, report=report)
    if not dry_run:
        keep(
            session,
            found,
            kind,
            lambda fraction, text: report(_WRITING + fraction * (1 - _WRITING), text),
        )
    return found.outcome


def keep(session: Session, found: Prepared, kind: str, report: ProgressReport) -> Imported:
    """Keep what was prepared as one step, in any thread, and a backup of what was before.

    Nothing is kept where ``report`` raises.
    """
    if found.outcome.taken:
        report(0.0, "Making a backup")
        back_up(session, f"before importing {kind}")
    report(0.1, f"Writing {found.outcome.taken:,} rows")
    with no_collecting():
        found.keep(report)
    return found.outcome


def prepare(
    session: Session,
    path: Path,
    kind: str,
    *,
    name: str | None = None,
    dry_run: bool = False,
    asked: MapAsked | None = None,
    report: ProgressReport = lambda fraction, text: None,
) -> Prepared:
    """Read a file and say what would become of it, in any thread; see ``import_file``."""
    if kind not in KINDS:
        raise UserError(
            f"“{kind}” is no kind of file; choose one of {', '.join(KINDS)}.",
            {"kind": kind, "known": list(KINDS)},
            code="unknown_kind",
        )
    if name is not None and kind not in _PLANS:
        raise UserError(
            f"Only a plan has a name; leave the name out for {kind}.", code="option_not_for_kind"
        )
    wanted = replace(asked or MapAsked(path, kind), path=path, kind=kind)
    if kind in MAP_KINDS:
        return _map(session, wanted, dry_run=dry_run, report=report)
    if kind not in TABLES:
        _check_plain(wanted)
    check_file(path, session.store.files)
    if kind in _PLANS:
        return _plan(session, wanted, name=name)
    if kind in _DRIVES:
        return _drives(session, path, kind, report=report)
    if kind == _CALENDAR:
        from zoneplanner.app.import_calendar import calendar_prepared

        return calendar_prepared(session, path, dry_run=dry_run)
    if kind in _ROSTERS:
        return _roster(session, path, kind, dry_run=dry_run)
    return _entries(session, wanted, dry_run=dry_run, report=report)


def _check_plain(asked: MapAsked) -> None:
    """Refuse what cannot be told of a file that is read in one way only."""
    if asked.profile or asked.columns or asked.only or asked.instead:
        raise UserError(
            f"Profile, columns and rows cannot be told for {asked.kind}; leave it out.",
            code="option_not_for_kind",
        )
    if asked.kind != "zones" and (asked.layer or asked.crs):
        raise UserError(
            f"Layer and coordinates cannot be told for {asked.kind}; leave them out.",
            code="option_not_for_kind",
        )


def _drives(session: Session, path: Path, kind: str, *, report: ProgressReport) -> Prepared:
    """Bring in roads or a table of minutes; the project's drives are those from then on."""
    from zoneplanner.app.drives import minutes_from, roads_from, use_drives

    found = (
        minutes_from(session, path)
        if kind == "travel"
        else roads_from(session, path, report=report)
    )
    outcome = Imported(
        text=found.text,
        read=found.read,
        taken=found.taken,
        refused=found.refused,
        ignored=found.ignored,
        how=found.how,
        notes=found.notes,
    )
    return Prepared(outcome, lambda report: use_drives(session, found.travel))


def _roster(session: Session, path: Path, kind: str, *, dry_run: bool) -> Prepared:
    from zoneplanner.app.import_roster import ROSTER, roster_taken

    layout, before = ROSTER[kind], session.reading.kept
    table = read_table(path, known=layout.columns, needed=layout.needed)
    found = roster_taken(before, table, layout, session.clock())
    taken = found.count(Fate.NEW)
    outcome = Imported(
        text=f"{taken:,} of {len(found.rows):,} rows of “{path.name}” {are_taken(dry_run, taken)}.",
        read=len(found.rows),
        taken=taken,
        already=found.count(Fate.KNOWN),
        refused=refused_of(found),
        ignored=table.ignored,
        how=table.words,
        rows=found.rows,
    )
    if outcome.refused and len(outcome.refused) == outcome.read:
        first = outcome.refused[0]
        raise UserError(
            f"None of the rows of “{path.name}” can be taken. Row {first.row}: {first.reason}",
            outcome.data,
            code="no_row_imported",
        )

    def edit(project: Project) -> Project:
        if project is before:
            return found.project
        return roster_taken(project, table, layout, session.clock()).project

    label = f"Import {taken:,} {kind} from “{path.name}”"
    return Prepared(outcome, lambda report: session.apply(label, edit, kind=EditKind.IMPORT))


def _map(session: Session, asked: MapAsked, *, dry_run: bool, report: ProgressReport) -> Prepared:
    found = import_map.map_reader(session, asked)(report)
    how = import_map.how_read(asked, found)
    report(_LOOKING, f"{len(found.rows):,} rows")
    prepared = map_prepared(session, asked, found, how, dry_run=dry_run)
    import_map.check_something(prepared.outcome.rows, found.source)
    return prepared


def map_prepared(
    session: Session, asked: MapAsked, found: "ForeignRows", how: Mapped, *, dry_run: bool = False
) -> Prepared:
    """Say what would become of rows that were read for the map; it may be that none is taken."""
    done = import_map.taken(session.reading.kept, found, how, asked)
    outcome = imported_map(found, how, done, dry_run=dry_run)
    return Prepared(outcome, lambda report: import_map.keep(session, found, how, asked, done))


def _entries(
    session: Session, asked: MapAsked, *, dry_run: bool, report: ProgressReport
) -> Prepared:
    from zoneplanner.app.import_log import log_table

    path, read = asked.path, log_table(asked)
    found = entries_from(
        session,
        read.layout,
        read.blocks(),
        report,
        lines=read.table.lines,
        times=read.times(session.reading.kept.time_zone),
    )
    told: dict[str, object] = {}
    if not read.ours:
        told = {
            "left_out": found.left_out,
            "crs": "",
            "mapping": read.how.profile.id or LIKENESS,
            "columns": {name: list(own) for name, own in read.mapping.items()},
        }
    notes: tuple[str, ...] = (_DOUBTFUL.format(n=found.doubtful),) if found.doubtful else ()
    noted = (json.loads(text) for text in found.visits.payload if '"note"' in text)
    said = chain(noted, (one.payload for one in found.entries))
    count, people = doubtful_rows(said, session.project)
    if count:
        notes += (_PEOPLE.format(n=f"{count:,}", examples=" ".join(people)),)
    if found.read == 0:
        raise UserError(
            f"“{path.name}” has a first line and no rows; there is nothing to import.",
            code="no_rows",
        )
    taken = len(found.visits) + len(found.entries)
    begun = take_up(session, found.visits, found.entries)[2]
    if begun:
        notes += (_BEGUN.format(n=f"{len(begun):,}"),)
    outcome = Imported(
        text=f"{taken:,} of {found.read:,} rows of “{path.name}” {are_taken(dry_run, taken)}.",
        read=found.read,
        taken=taken,
        already=found.already,
        refused=found.refused,
        repaired=found.repaired,
        ignored=read.ignored,
        how=read.table.words,
        notes=notes,
        told=told,
        first=fates_of(session.reading.kept, found.listed, begun),
    )
    if len(found.refused) == found.read:
        first = found.refused[0]
        raise UserError(
            f"None of the rows of “{path.name}” can be taken. Row {first.row}: {first.reason}",
            outcome.data,
            code="no_row_imported",
        )

    def log(report: ProgressReport) -> None:
        if taken:  # planned visits anew: another desk may have begun one meanwhile
            visits, entries, _ = take_up(session, found.visits, found.entries)
            session.log_table(visits, entries, unknown_at=found.head, report=report)

    return Prepared(outcome, log)


def _plan(session: Session, asked: MapAsked, *, name: str | None) -> Prepared:
    path, table = asked.path, None
    if asked.kind == "plan":
        table = read_table(path, known=(*SITE_COLUMNS, *ZONE_COLUMNS), needed=())
    project = session.reading.kept
    called = (name if name is not None else path.stem).strip()
    if not called:
        raise UserError("The name of the plan is empty; give one.")
    draft = new_plan(project, called, new_uid(), session.clock())
    started = _started(project, draft, asked)
    known = next((plan for plan in project.plans.values() if plan.name == called), None)
    if known is not None:
        _check_same(known, started, path)
    done = started.text if known is None else f"“{called}” is already as “{path.name}” has it."
    outcome = Imported(
        text=done,
        read=started.read,
        taken=0 if known else started.taken,
        already=started.taken if known else 0,
        refused=tuple(replace(own, reason=told(own.reason, _LONGEST)) for own in started.refused),
        ignored=table.ignored if table else (),
        how=table.words if table else "",
        plan=called,
    )

    def draw_up(_report: ProgressReport) -> None:
        if known is None:
            keep_plan(session, started.plan, f"Import “{called}”", kind=EditKind.IMPORT)

    return Prepared(outcome, draw_up)


def _started(project: Project, draft: Plan, asked: MapAsked) -> Started:
    """Make the draft; what the file says is told so that it does nothing on a terminal."""
    from zoneplanner.exchange.vector import CrsUnknown, SeveralFound

    try:
        if asked.kind == "plan":
            return from_table(project, draft, asked.path)
        return from_polygons(project, draft, asked.path, layer=asked.layer, crs=asked.crs)
    except (SeveralFound, CrsUnknown):
        raise
    except UserError as error:
        details = {name: told(str(value), _LONGEST) for name, value in error.details.items()}
        raise UserError(told(error.message, _LONGEST), details, code=error.code) from error


def _check_same(known: Plan, started: Started, path: Path) -> None:
    if dict(known.assignment) != dict(started.plan.assignment):
        raise UserError(
            f"There is a plan “{known.name}” already, and it differs from “{path.name}”; "
            f"give the new plan another name."
        )
