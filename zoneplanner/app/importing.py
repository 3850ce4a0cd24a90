"""Bring in a file that others made: a part of the map, a plan, or entries for the journal."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from zoneplanner.app import import_map
from zoneplanner.app.backups import back_up
from zoneplanner.app.import_entries import TABLES, RepairedRow, entries_from
from zoneplanner.app.import_map import MAP_KINDS, MapAsked
from zoneplanner.app.project import keep_plan, new_uid
from zoneplanner.app.propose import new_plan
from zoneplanner.app.session import Session
from zoneplanner.app.starting import RefusedRow, Started, from_polygons, from_table
from zoneplanner.app.taking import Fate, RowFate, Taken
from zoneplanner.domain.plan import Plan
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError
from zoneplanner.exchange.assignment import SITE_COLUMNS, ZONE_COLUMNS
from zoneplanner.exchange.guard import check_file
from zoneplanner.exchange.tables import read_table, told

PLANS = ("plan", "zones")
DRIVES = ("roads", "travel")
ROSTERS = ("officers", "shifts")
KINDS = (*MAP_KINDS, *PLANS, *DRIVES, *ROSTERS, *TABLES)
LONGEST = 300

Report = Callable[[float, str], None]


@dataclass(frozen=True, eq=False, slots=True)
class Imported:
    """What became of a file: each row that was read was taken, known already, or refused.

    Of a file of polygons, ``refused`` also names the sites that their zone may not hold.
    ``ignored`` are the columns that are not known; ``how`` says how a table was read. Of a part
    of the map ``rows`` holds the fate of every row and ``told`` how columns and coordinates were
    read.
    """

    text: str
    read: int
    taken: int
    already: int = 0
    refused: tuple[RefusedRow, ...] = ()
    repaired: tuple[RepairedRow, ...] = ()
    ignored: tuple[str, ...] = ()
    how: str = ""
    plan: str | None = None
    notes: tuple[str, ...] = ()
    rows: tuple[RowFate, ...] = ()
    told: Mapping[str, Any] = field(default_factory=dict)

    @property
    def data(self) -> Mapping[str, Any]:
        """Return the figures and rows as JSON values."""
        return {
            "read": self.read,
            "taken": self.taken,
            "already": self.already,
            "refused": [{"row": own.row, "reason": own.reason} for own in self.refused],
            "repaired": [{"row": own.row, "how": own.how} for own in self.repaired],
            "ignored_columns": list(self.ignored),
            "file": self.how,
            **({"plan": self.plan} if self.plan is not None else {}),
            **({"notes": list(self.notes)} if self.notes else {}),
            **self.told,
        }


def import_file(
    session: Session,
    path: Path,
    kind: str,
    *,
    name: str | None = None,
    dry_run: bool = False,
    asked: MapAsked | None = None,
    report: Report = lambda fraction, text: None,
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
    if kind not in KINDS:
        raise UserError(f"“{kind}” is no kind of file; choose one of {', '.join(KINDS)}.")
    if name is not None and kind not in PLANS:
        raise UserError(f"Only a plan has a name; leave the name out for {kind}.")
    if not dry_run:
        back_up(session, f"before importing {kind}")
    if kind in MAP_KINDS:
        wanted = replace(asked or MapAsked(path, kind), path=path, kind=kind)
        return _map(session, wanted, dry_run=dry_run, report=report)
    if asked is not None and asked != MapAsked(path, kind):
        raise UserError(f"Layer, columns and coordinates are told for {', '.join(MAP_KINDS)} only.")
    check_file(path, session.store.files)
    if kind in PLANS:
        return _plan(session, path, kind, name=name, dry_run=dry_run)
    if kind in DRIVES:
        return _drives(session, path, kind, dry_run=dry_run, report=report)
    if kind in ROSTERS:
        return _roster(session, path, kind, dry_run=dry_run)
    return _entries(session, path, kind, dry_run=dry_run, report=report)


def _drives(session: Session, path: Path, kind: str, *, dry_run: bool, report: Report) -> Imported:
    """Bring in roads or a table of minutes; the project's drives are those from then on."""
    from zoneplanner.app.drives import minutes_from, roads_from, use_drives

    found = (
        minutes_from(session, path)
        if kind == "travel"
        else roads_from(session, path, report=report)
    )
    if not dry_run:
        use_drives(session, found.travel)
    return Imported(
        text=found.text,
        read=found.read,
        taken=found.taken,
        refused=found.refused,
        ignored=found.ignored,
        how=found.how,
        notes=found.notes,
    )


def _roster(session: Session, path: Path, kind: str, *, dry_run: bool) -> Imported:
    from zoneplanner.app.import_roster import ROSTER, roster_taken

    layout, before = ROSTER[kind], session.reading.kept
    table = read_table(path, known=layout.columns, needed=layout.needed)
    found = roster_taken(before, table, layout, session.clock())
    outcome = Imported(
        text=f"{found.taken:,} of {found.read:,} rows of “{path.name}” "
        f"{_are(dry_run, found.taken)}.",
        read=found.read,
        taken=found.taken,
        already=found.already,
        refused=found.refused,
        ignored=table.ignored,
        how=table.words,
    )
    if found.refused and not (found.taken or found.already):
        first = found.refused[0]
        raise UserError(
            f"None of the rows of “{path.name}” can be taken. Row {first.row}: {first.reason}",
            outcome.data,
        )
    if not dry_run:
        label = f"Import {found.taken:,} {kind} from “{path.name}”"
        session.apply(label, lambda now: found.project if now is before else now)
    return outcome


def _map(session: Session, asked: MapAsked, *, dry_run: bool, report: Report) -> Imported:
    found = import_map.map_reader(session, asked)(report)
    how = import_map.how_read(asked, found)
    report(0.9, f"{len(found.rows):,} rows")
    done = import_map.taken(session.reading.kept, found, how, asked)
    import_map.check_something(done, found.source)
    if not dry_run:
        import_map.keep(session, found, how, asked, done)
    columns = {name: list(own) for name, own in how.columns.items()}
    told = {
        "left_out": done.count(Fate.LEFT_OUT),
        "changed": done.count(Fate.CHANGED),
        "crs": found.crs,
        "mapping": how.profile.id or import_map.LIKENESS,
        "columns": columns,
    }
    return _imported_map(found.source, done, how=found.how, told=told, dry_run=dry_run)


def _imported_map(
    source: str, done: Taken, *, how: str, told: Mapping[str, Any], dry_run: bool
) -> Imported:
    taken = done.count(Fate.NEW, Fate.CHANGED)
    return Imported(
        text=f"{taken:,} of {len(done.rows):,} rows of “{source}” {_are(dry_run, taken)}.",
        read=len(done.rows),
        taken=taken,
        already=done.count(Fate.KNOWN),
        refused=tuple(RefusedRow(r.row, r.why) for r in done.rows if r.fate is Fate.REFUSED),
        repaired=tuple(RepairedRow(r.row, " ".join(r.repaired)) for r in done.rows if r.repaired),
        how=how,
        rows=done.rows,
        told=told,
        notes=done.warnings,
    )


def _entries(session: Session, path: Path, kind: str, *, dry_run: bool, report: Report) -> Imported:
    layout = TABLES[kind]
    table = read_table(path, known=layout.columns, needed=layout.needed)
    found = entries_from(session, table, layout, report)
    if found.read == 0:
        raise UserError(f"“{path.name}” has a first line and no rows; there is nothing to import.")
    taken = len(found.entries)
    outcome = Imported(
        text=f"{taken:,} of {found.read:,} rows of “{path.name}” {_are(dry_run, taken)}.",
        read=found.read,
        taken=taken,
        already=found.already,
        refused=found.refused,
        repaired=found.repaired,
        ignored=table.ignored,
        how=table.words,
    )
    if len(found.refused) == found.read:
        first = found.refused[0]
        raise UserError(
            f"None of the rows of “{path.name}” can be taken. Row {first.row}: {first.reason}",
            outcome.data,
        )
    if found.entries and not dry_run:
        report(0.8, f"Writing {taken:,} entries")
        session.log_many(found.entries)
    return outcome


def _plan(session: Session, path: Path, kind: str, *, name: str | None, dry_run: bool) -> Imported:
    table = None
    if kind == "plan":
        table = read_table(path, known=(*SITE_COLUMNS, *ZONE_COLUMNS), needed=())
    project = session.reading.kept
    called = (name if name is not None else path.stem).strip()
    if not called:
        raise UserError("The name of the plan is empty; give one.")
    draft = new_plan(project, called, new_uid(), session.clock())
    started = _started(kind, project, draft, path)
    known = next((plan for plan in project.plans.values() if plan.name == called), None)
    if known is not None:
        _check_same(known, started, path)
    elif not dry_run:
        keep_plan(session, started.plan, f"Import “{called}”")
    done = started.text if known is None else f"“{called}” is already as “{path.name}” has it."
    return Imported(
        text=done,
        read=started.read,
        taken=0 if known else started.taken,
        already=started.taken if known else 0,
        refused=tuple(replace(own, reason=told(own.reason, LONGEST)) for own in started.refused),
        ignored=table.ignored if table else (),
        how=table.words if table else "",
        plan=called,
    )


def _started(kind: str, project: Project, draft: Plan, path: Path) -> Started:
    """Make the draft; what the file says is told so that it does nothing on a terminal."""
    try:
        return (from_table if kind == "plan" else from_polygons)(project, draft, path)
    except UserError as error:
        details = {name: told(str(value), LONGEST) for name, value in error.details.items()}
        raise UserError(told(error.message, LONGEST), details) from error


def _check_same(known: Plan, started: Started, path: Path) -> None:
    if dict(known.assignment) != dict(started.plan.assignment):
        raise UserError(
            f"There is a plan “{known.name}” already, and it differs from “{path.name}”; "
            f"give the new plan another name."
        )


def _are(dry_run: bool, taken: int) -> str:
    if dry_run:
        return "would be taken"
    return "is taken" if taken == 1 else "are taken"
