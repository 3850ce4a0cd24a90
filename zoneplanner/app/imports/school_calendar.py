"""The school calendar from a file, as one step of the history."""

from dataclasses import replace
from pathlib import Path

from zoneplanner.app.imports.results import (
    ImportResult,
    NoRowImported,
    PreparedImport,
    choose_import_verb,
)
from zoneplanner.app.session.session import Session
from zoneplanner.domain.calendar.school_calendar import DateRange
from zoneplanner.domain.changes import EditKind
from zoneplanner.domain.project import Project
from zoneplanner.errors import ProgressReport
from zoneplanner.exchange.formats.school_calendar import (
    CalendarFileContent,
    merge_school_calendar,
    read_school_calendar,
)
from zoneplanner.exchange.tables.text_table import sanitize_text

_MOST_NAMED = 12


def prepare_calendar_import(
    session: Session, path: Path, *, dry_run: bool, report: ProgressReport
) -> PreparedImport:
    """Read a school calendar and say what would become of it.

    Raises
    ------
    UserError
        Nothing in it can be taken, or its bell times do not fit.
    """
    before = session.saved_project
    found = read_school_calendar(
        path, time_zone=before.time_zone, keep_off=session.store.files, report=report
    )
    names = {site.id: site.name for site in before.sites.values()}
    listed = ", ".join(
        f"{len(own)} {one if len(own) == 1 else many}"
        for own, one, many in (
            (found.terms, "term", "terms"),
            (found.holidays, "time off", "times off"),
            (found.minimum_days, "minimum day", "minimum days"),
            (found.bells, "row of bells", "rows of bells"),
        )
        if own
    )
    after = merge_school_calendar(before.calendar, found, names)
    same = after == before.calendar
    outcome = ImportResult(
        text=f"{listed} of “{path.name}”: "
        + ("known already." if same else f"{choose_import_verb(dry_run, found.taken)}."),
        read=found.read,
        taken=0 if same else found.taken,
        already=found.taken if same else 0,
        refused=found.refused,
        how=found.how,
        notes=(*_describe_days(found), *_describe_skipped(found)),
    )
    if not found.taken:
        first = found.refused[0] if found.refused else None
        why = f" Event {first.row}: {first.reason}" if first else ""
        raise NoRowImported.of(outcome, "no_row_imported.calendar", source=path.name, why=why)

    def edit(project: Project) -> Project:
        return replace(project, calendar=merge_school_calendar(project.calendar, found, names))

    label = f"Import the calendar “{path.name}”"
    return PreparedImport(outcome, lambda report: session.apply(label, edit, kind=EditKind.IMPORT))


def _describe_days(found: CalendarFileContent) -> tuple[str, ...]:
    """Name the terms and days of a file, of very many the first."""
    every = (*found.terms, *found.holidays, *found.minimum_days)
    named = [f"{sanitize_text(one.name)} ({_span(one)})" for one in every[:_MOST_NAMED]]
    more = [f"{len(every) - _MOST_NAMED:,} more"] if len(every) > _MOST_NAMED else []
    return (f"{'; '.join((*named, *more))}.",) if every else ()


def _span(one: DateRange) -> str:
    return f"{one.first}" if one.first == one.last else f"{one.first} to {one.last}"


def _describe_skipped(found: CalendarFileContent) -> tuple[str, ...]:
    if not found.left:
        return ()
    events, say, was = ("event", "says", "was") if found.left == 1 else ("events", "say", "were")
    return (f"{found.left:,} {events} {say} nothing about school days and {was} left out.",)
