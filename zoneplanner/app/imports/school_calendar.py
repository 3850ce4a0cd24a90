"""Import the school calendar from a file, as one step."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from zoneplanner.app.imports.results import (
    ImportResult,
    NoRowImported,
    PreparedImport,
)
from zoneplanner.app.session.session import Session
from zoneplanner.domain.calendar.school_calendar import DateRange
from zoneplanner.domain.edits import EditKind
from zoneplanner.domain.project import Project
from zoneplanner.errors import ProgressReport
from zoneplanner.exchange.formats.school_calendar import (
    CalendarFileContent,
    merge_school_calendar,
    read_school_calendar,
)
from zoneplanner.exchange.tables.text_table import sanitize_text
from zoneplanner.messages import Message

_MOST_LISTED = 12


def prepare_calendar_import(
    session: Session, path: Path, *, report: ProgressReport
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
    parts = [
        Message(code, n=len(items))
        for code, items in (
            ("calendar_part.terms", content.terms),
            ("calendar_part.days_off", content.holidays),
            ("calendar_part.minimum_days", content.minimum_days),
            ("calendar_part.bells", content.bells),
        )
        if items
    ]
    after = merge_school_calendar(before.calendar, content, names)
    is_known, taken = after == before.calendar, content.taken
    code = "calendar_imported.known" if is_known else "calendar_imported.preview"
    outcome = ImportResult(
        message=Message(code, n=taken, parts=parts, source=path.name),
        read=content.read,
        taken=0 if is_known else taken,
        already=taken if is_known else 0,
        rows=content.refused,
        how=content.how,
        notes=(*_describe_days(content), *_describe_skipped(content)),
    )
    if not taken:
        facts: dict[str, Any] = {"source": path.name}
        if not content.refused:
            raise NoRowImported.of(outcome, "no_row_imported.calendar", **facts)
        facts |= {"event": content.refused[0].row, "reason": content.refused[0].remark}
        raise NoRowImported.of(outcome, "no_row_imported.calendar_event", **facts)

    def edit(project: Project) -> Project:
        return replace(project, calendar=merge_school_calendar(project.calendar, content, names))

    label = f"Import the calendar “{path.name}”"
    return PreparedImport(outcome, lambda report: session.apply(label, edit, kind=EditKind.IMPORT))


def _describe_days(content: CalendarFileContent) -> Iterator[Message]:
    """Yield a list of a file's terms and days, or of the first ones."""
    spans = (*content.terms, *content.holidays, *content.minimum_days)
    texts = [f"{sanitize_text(span.name)} ({_format(span)})" for span in spans[:_MOST_LISTED]]
    if len(spans) > _MOST_LISTED:
        texts.append(f"{len(spans) - _MOST_LISTED:,} more")
    if texts:
        yield Message("calendar_days", days="; ".join(texts))


def _format(span: DateRange) -> str:
    return f"{span.first}" if span.first == span.last else f"{span.first} to {span.last}"


def _describe_skipped(content: CalendarFileContent) -> Iterator[Message]:
    if content.left:
        yield Message("calendar_events_left_out", n=content.left)
