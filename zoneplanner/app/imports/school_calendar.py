"""Import the school calendar from a file, as one step."""

from collections.abc import Iterator
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
from zoneplanner.messages import format_count

_MOST_LISTED = 12


def prepare_calendar_import(
    session: Session, path: Path, *, dry_run: bool, report: ProgressReport
) -> PreparedImport:
    """Read a school calendar and return its prepared import.

    Raises
    ------
    UserError
        Nothing in the file can be imported, or its bell times do not fit.
    """
    before = session.saved_project
    content = read_school_calendar(
        path, time_zone=before.time_zone, protected=session.store.files, report=report
    )
    names = {site.id: site.name for site in before.sites.values()}
    counts = ", ".join(
        format_count(len(items), one, many)
        for items, one, many in (
            (content.terms, "term", "terms"),
            (content.holidays, "time off", "times off"),
            (content.minimum_days, "minimum day", "minimum days"),
            (content.bells, "row of bells", "rows of bells"),
        )
        if items
    )
    after = merge_school_calendar(before.calendar, content, names)
    is_known, taken = after == before.calendar, content.taken
    verb = "known already" if is_known else choose_import_verb(dry_run, taken)
    outcome = ImportResult(
        text=f"{counts} of “{path.name}”: {verb}.",
        read=content.read,
        taken=0 if is_known else taken,
        already=taken if is_known else 0,
        refused=content.refused,
        how=content.how,
        notes=(*_describe_days(content), *_describe_skipped(content)),
    )
    if not taken:
        first = content.refused[0] if content.refused else None
        why = f" Event {first.row}: {first.reason}" if first else ""
        raise NoRowImported.of(outcome, "no_row_imported.calendar", source=path.name, why=why)

    def edit(project: Project) -> Project:
        return replace(project, calendar=merge_school_calendar(project.calendar, content, names))

    label = f"Import the calendar “{path.name}”"
    return PreparedImport(outcome, lambda report: session.apply(label, edit, kind=EditKind.IMPORT))


def _describe_days(content: CalendarFileContent) -> Iterator[str]:
    """Yield a list of a file's terms and days, or of the first ones."""
    spans = (*content.terms, *content.holidays, *content.minimum_days)
    texts = [f"{sanitize_text(span.name)} ({_format(span)})" for span in spans[:_MOST_LISTED]]
    if len(spans) > _MOST_LISTED:
        texts.append(f"{len(spans) - _MOST_LISTED:,} more")
    if texts:
        yield f"{'; '.join(texts)}."


def _format(span: DateRange) -> str:
    return f"{span.first}" if span.first == span.last else f"{span.first} to {span.last}"


def _describe_skipped(content: CalendarFileContent) -> Iterator[str]:
    if content.left:
        events = format_count(content.left, "event says", "events say")
        was = "was" if content.left == 1 else "were"
        yield f"{events} nothing about school days and {was} left out."
