"""The results of an import: row by row, as figures, and as notes on what may be wrong."""

import csv
import io
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from zoneplanner.analysis.coverage.log_period import DayRange, find_silent_days, mark_school_days
from zoneplanner.analysis.log.log_arrays import NO_NAME, SAMPLE_MARK, says_duplicate
from zoneplanner.app.exports.atomic_files import write_file_atomically
from zoneplanner.app.imports.code_meanings import (
    UNITS,
    ForeignTally,
    SelfInitiatedRows,
    UnknownPlace,
)
from zoneplanner.app.imports.log_entries import ValueChange, describe_change
from zoneplanner.app.log.duplicate_records import NUMBER, TYPE
from zoneplanner.app.readiness.requirements import load_project_rules
from zoneplanner.app.session.session import Session
from zoneplanner.domain.locale_formats import escape_formula
from zoneplanner.domain.log.days_on_record import INCIDENT_RECORDS, VISIT_RECORDS, DaySpan
from zoneplanner.domain.log.journal import NewEntry
from zoneplanner.domain.project import Project
from zoneplanner.errors import ProgressReport, UserError
from zoneplanner.exchange.mapping.column_mapping import ColumnMapping
from zoneplanner.exchange.row_results import RowOutcome, RowResult
from zoneplanner.exchange.tables.text_table import sanitize_text
from zoneplanner.exchange.vector.coordinates import describe_far
from zoneplanner.exchange.vector.layers import ForeignRow, ForeignRows
from zoneplanner.messages import Message, MessageFormats, say_all
from zoneplanner.staging import make_private_folder

_FARTHEST_M = 100_000.0
_ANOTHER_CONTINENT_M = 8_000_000.0


@dataclass(frozen=True, eq=False, slots=True)
class ImportedRows:
    """The project with the imported rows of a map or roster file, and the result of every row."""

    project: Project
    rows: tuple[RowResult, ...]
    warnings: tuple[Message, ...] = ()
    elsewhere: int = 0
    """Rows of other places, which have no result."""

    def count(self, *outcomes: RowOutcome) -> int:
        """Return how many rows had one of the outcomes."""
        tally = Counter(row.outcome for row in self.rows)
        return sum(tally[outcome] for outcome in outcomes)


def find_far_rows(rows: Sequence[ForeignRow], near: BaseGeometry | None) -> dict[int, Message]:
    """Return a message on the distance for rows far from the project, or from all other rows."""
    placed = [row for row in rows if row.shape is not None]
    if not placed:
        return {}
    shapes = np.array([row.shape for row in placed], dtype=object)
    centers = shapely.get_coordinates(shapely.centroid(shapes))
    if near is None:
        if len(placed) < 3:
            return {}
        near = shapely.Point(np.median(centers, axis=0))
    away_m = shapely.distance(shapes, near)
    return {
        row.row: describe_far(meters)
        for row, meters in zip(placed, away_m.tolist(), strict=True)
        if not meters <= _FARTHEST_M
    }


def is_elsewhere(row: ForeignRow, near: BaseGeometry | None, far: Collection[int]) -> bool:
    """Whether a far row belongs to another district; a row on another continent is a mistake."""
    return (
        near is not None
        and row.row in far
        and row.shape is not None
        and near.distance(row.shape) < _ANOTHER_CONTINENT_M
    )


def sort_row_results(rows: Iterable[RowResult]) -> tuple[RowResult, ...]:
    """Return results in the order of the file."""
    return tuple(sorted(rows, key=lambda result: result.row))


MATCH_BY_LIKENESS = "likeness"
_PREVIEW = ".preview"
"""The variant of a sentence on what would be imported."""


@dataclass(frozen=True, eq=False, slots=True)
class ImportResult:
    """The result of an import: each row is imported (``taken``), already known, or rejected.

    ``message`` says how many; before the import is saved, how many would be. ``rows`` has the
    results of all rows of a map file, a roster or a table of the log; of other files, only of
    rejected and repaired rows, and of zone polygons also the sites that may not be in their zone.
    ``ignored`` are unknown columns; ``how`` says how a table was read. ``read_details`` are more
    JSON values, such as how columns and coordinates were read, or the name of a plan. ``days`` are
    the first and last day of records whose days can be declared complete, up to today; ``silent``
    are school days in a row without any row where many were expected.

    ``elsewhere`` counts rows of other places or with a question about their place, ``aliased`` rows
    whose site was found by an alias or abbreviation. ``places`` are unknown places that resemble a
    site.
    """

    message: Message
    read: int
    taken: int
    already: int = 0
    ignored: tuple[str, ...] = ()
    how: Message | None = None
    notes: tuple[Message, ...] = ()
    rows: tuple[RowResult, ...] = ()
    read_details: Mapping[str, Any] = field(default_factory=dict)
    days: DaySpan | None = None
    silent: DayRange | None = None
    undeclared: tuple[Message, ...] = ()
    """Notes if nobody declared the days of the file: what follows, and how to declare them."""
    elsewhere: int = 0
    aliased: int = 0
    places: tuple[UnknownPlace, ...] = ()
    others: tuple[tuple[str, int], ...] = ()
    """Places that resemble no site, with their numbers of rows, the most frequent first."""
    words: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Words without a meaning yet, by our column, with their numbers of rows."""
    understood: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """The meanings with which words were read that nobody explained, by our column."""

    @property
    def refused(self) -> tuple[RowResult, ...]:
        """The rejected rows."""
        return tuple(row for row in self.rows if row.outcome is RowOutcome.REFUSED)

    @property
    def repaired(self) -> tuple[RowResult, ...]:
        """The rows that were read differently from the file's text."""
        return tuple(row for row in self.rows if row.repaired)

    @property
    def counts(self) -> Counter[RowOutcome]:
        """The number of rows by outcome, including imported and known rows that are not listed."""
        counts = Counter(row.outcome for row in self.rows)
        counts[RowOutcome.NEW] = self.taken - counts[RowOutcome.CHANGED]
        counts[RowOutcome.KNOWN] = self.already
        return counts

    def to_json(self, formats: MessageFormats | None = None) -> Mapping[str, Any]:
        """Return the figures and rows as JSON values."""
        return {
            "read": self.read,
            "taken": self.taken,
            "already": self.already,
            "refused": [
                {
                    "row": row.row,
                    "reason": str(row.remark),
                    **({"sheet": row.sheet} if row.sheet else {}),
                }
                for row in self.refused
            ],
            "repaired": [{"row": row.row, "how": say_all(row.repaired)} for row in self.repaired],
            "elsewhere": self.elsewhere,
            "aliased": self.aliased,
            "merged": self.counts[RowOutcome.JOINED],
            "places": [
                {"place": place.place, "rows": place.rows, "candidates": list(place.candidates)}
                for place in self.places
            ],
            "others": [{"place": place, "rows": rows} for place, rows in self.others],
            "words": {name: dict(counts) for name, counts in self.words.items()},
            "understood": {name: dict(meanings) for name, meanings in self.understood.items()},
            "ignored_columns": list(self.ignored),
            "file": str(self.how or ""),
            **({"notes": [note.say(formats) for note in self.notes]} if self.notes else {}),
            **({"not_declared": list(map(str, self.undeclared))} if self.undeclared else {}),
            **self.read_details,
        }


class NoRowImported(UserError):
    """No row of a file can be imported; ``outcome`` has the reason for each row."""

    outcome: ImportResult

    @classmethod
    def of(cls, outcome: ImportResult, template: str, /, **facts: Any) -> "NoRowImported":
        """Return the error for a file with these results."""
        error = cls(template, outcome.to_json(), **facts)
        error.outcome = outcome
        return error


def complete_row_results(
    rows: Sequence[RowResult],
    *,
    joined: Mapping[int, int],
    repeated: Mapping[int, int],
    suggestions: Mapping[str, str],
    fulfilling: Collection[str],
) -> tuple[RowResult, ...]:
    """Return the results of a table of the log in order, with facts about several rows.

    ``joined`` rows belong to the call of another row, and ``repeated`` rows add nothing to it;
    ``suggestions`` are sites by unknown place; the uids ``fulfilling`` fulfill planned visits.
    """
    calls = {*joined.values(), *repeated.values()}
    call_rows = {row.row: row for row in rows if row.row in calls}
    results = [
        RowResult(
            row, outcome, call_rows[call].name, Message(code, row=call), id=call_rows[call].id
        )
        for further_rows, outcome, code in (
            (joined, RowOutcome.JOINED, "row_of_call.joined"),
            (repeated, RowOutcome.KNOWN, "row_of_call.repeated"),
        )
        for row, call in further_rows.items()
    ]
    for row in rows:
        if row.outcome is RowOutcome.ELSEWHERE and row.name in suggestions:
            question = Message("row_asked.site", sites=suggestions[row.name])
            results.append(row._replace(outcome=RowOutcome.ASKED, remark=question))
        elif row.id in fulfilling:
            results.append(row._replace(remark=Message("row_reason.fulfills", row=row.remark)))
        else:
            results.append(row)
    return sort_row_results(results)


@dataclass(frozen=True, eq=False, slots=True)
class PreparedImport:
    """A file that was read: the outcome of an import, and a function that saves it as one step.

    ``save`` raises errors of the store, and saves nothing if its report raises. ``credit`` returns
    the same import with another source, if a source is stored.
    """

    outcome: ImportResult
    save: Callable[[ProgressReport], object]
    credit: Callable[[str], "PreparedImport"] | None = None


def summarize_map_import(
    foreign: ForeignRows, how: ColumnMapping, imported: ImportedRows
) -> ImportResult:
    """Return the result for a file of sites, jurisdictions or blocks."""
    elsewhere = imported.count(RowOutcome.ELSEWHERE) + imported.elsewhere
    taken = imported.count(RowOutcome.NEW, RowOutcome.CHANGED)
    read = len(imported.rows) + imported.elsewhere
    ignored = () if how.profile.id else _list_unread_columns(foreign, how)
    return ImportResult(
        message=Message("rows_imported.preview", taken=taken, read=read, source=foreign.source),
        read=read,
        taken=taken,
        already=imported.count(RowOutcome.KNOWN),
        elsewhere=elsewhere,
        how=foreign.how,
        ignored=ignored,
        rows=imported.rows,
        read_details={
            "left_out": imported.count(RowOutcome.LEFT_OUT) + elsewhere,
            "changed": imported.count(RowOutcome.CHANGED),
            "crs": foreign.crs,
            "mapping": how.profile.id or MATCH_BY_LIKENESS,
            "columns": {name: list(columns) for name, columns in how.columns.items()},
        },
        notes=imported.warnings,
    )


def _list_unread_columns(foreign: ForeignRows, how: ColumnMapping) -> tuple[str, ...]:
    """Return the columns with values that nothing is read from, if no profile says which."""
    filled = set[str]().union(*(row.fields for row in foreign.rows))
    groups = (*how.columns.values(), *how.profile.joined.values(), foreign.places)
    read = {column for columns in groups for column in columns} | {*how.only, how.profile.status}
    return tuple(column for column in foreign.columns if column in filled - read)


def require_imported_rows(outcome: ImportResult, source: str, *, uncounted: int = 0) -> None:
    """Raise a NoRowImported if all rows were rejected; ``uncounted`` rows are about other rows."""
    refused = outcome.refused
    if refused and len(refused) == outcome.read - uncounted:
        first = refused[0]
        row = first.place if first.sheet else first.row
        raise NoRowImported.of(
            outcome, "no_row_imported", source=source, row=row, reason=first.remark
        )


def mark_saved(prepared: ImportResult) -> ImportResult:
    """Return the result of a prepared import after it is saved."""
    message = prepared.message
    code = message.template.removesuffix(_PREVIEW)
    return replace(prepared, message=Message(code, **message.facts))


_COLUMNS = ("row", "fate", "name", "id", "why", "repaired")
_MOST_REPORTS = 100


def format_import_report(done: ImportResult) -> str:
    """Return the results by row as CSV; see ``ImportResult.rows``."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    has_sheets = any(row.sheet for row in done.rows)
    writer.writerow((*_COLUMNS, "sheet") if has_sheets else _COLUMNS)
    for row in done.rows:
        texts = (row.name, row.id, str(row.remark), say_all(row.repaired))
        is_shape = row.outcome is RowOutcome.NEW and bool(row.repaired) and not row.id
        outcome = "repaired" if is_shape else row.outcome.value  # shapes of a layer have no ids
        sheet = (row.sheet,) if has_sheets else ()
        writer.writerow([row.row, outcome, *map(escape_formula, texts), *sheet])
    return text.getvalue()


def write_import_report(path: Path, done: ImportResult) -> Path:
    """Write a report as CSV in UTF-8; a UserError if the path cannot be written."""
    return write_file_atomically(path, format_import_report(done).encode("utf-8-sig"))


def archive_import_report(
    folder: Path, done: ImportResult, source: str, at: datetime
) -> Path | None:
    """Store a report in this desk's folder and delete the oldest; return None if that fails."""
    name = f"{at:%Y-%m-%d %H%M%S} {Path(source).stem[:60]}.csv"
    try:
        make_private_folder(folder)
        report = write_import_report(folder / name, done)
        for old in sorted(folder.glob("*.csv"))[:-_MOST_REPORTS]:
            old.unlink(missing_ok=True)
    except (OSError, UserError):
        return None
    return report


MOST_WORDS = 8
"""At most this many words, places or days are listed; the rest is counted."""
_FAR_BEFORE = timedelta(days=365)
_SLOW = timedelta(hours=12)
_ENTRY_KINDS = {VISIT_RECORDS: "visit", INCIDENT_RECORDS: "incident"}
"""The kind of entry of each kind of record that comes every day."""


def describe_what_follows(
    session: Session, self_initiated: SelfInitiatedRows, details: Mapping[str, Any]
) -> Iterator[Message]:
    """Yield notes on rows that nobody called for, reviews that follow, and duplicates."""
    yield from _describe_self_initiated(self_initiated, details)
    if n := details.get("reviews"):
        rule = load_project_rules(session.saved_project).follow_up
        yield Message("reviews_follow", n=n, priority=rule.review_priority)
    counted_once = details.get("counted_once", [])
    if counted_once:
        pairs = [f"{each['number']} (of {each['as']})" for each in counted_once]
        yield Message("counted_once", n=len(counted_once), pairs=pairs)
    if n := details.get("duplicates", 0) - len(counted_once):
        yield Message("calls_twice", n=n)


def count_duplicates(entries: Sequence[NewEntry]) -> int:
    """Return how many new calls without an arrival are marked as duplicates of another call."""
    payloads = (
        entry.payload for entry in entries if entry.kind == "incident" and entry.supersedes is None
    )
    return sum(
        says_duplicate(str(payload.get("disposition", "")), str(payload["type"]))
        for payload in payloads
        if "onscene_at" not in payload
    )


def describe_entries(session: Session, entries: Sequence[NewEntry]) -> Iterator[Message]:
    """Yield warnings about days that may be mistyped."""
    yield from _describe_early(session, entries)
    yield from _describe_slow(entries)


def find_silent_rows(session: Session, kind: str, entries: Sequence[NewEntry]) -> DayRange | None:
    """Return the longest run of school days without a row, if many rows were expected.

    ``entries`` are the file's new entries; entries that are already in the log count as well.
    """
    entry_kind = _ENTRY_KINDS.get(kind)
    days = sorted(
        session.day_of(entry.occurred_at)
        for entry in entries
        if entry.kind == entry_kind and entry.site
    )
    if not days or days[-1] - days[0] < timedelta(2):
        return None
    school_days = mark_school_days(session.project.calendar, days[0], days[-1])
    log = session.store.log()
    rows = log.visits if kind == VISIT_RECORDS else log.calls
    known = rows["day"][(rows["site"] != NO_NAME) & ((rows["marks"] & SAMPLE_MARK) == 0)]
    new = np.array([day.toordinal() for day in days])
    return find_silent_days(days[0], school_days, np.concatenate((known.astype(np.int64), new)))


def describe_declaring(session: Session, kind: str, done: ImportResult) -> Iterator[Message]:
    """Yield notes if nobody declared the days of a file: what follows, and how to declare them."""
    if done.days is None:
        return
    declared = session.saved_project.records.kind(kind)
    first, last = done.days.first, done.days.last or done.days.first
    if declared.covers(first, last):
        return
    code = "file_not_declared.outside" if declared.is_declared else "file_not_declared.none"
    yield Message(code, kind=kind, first=first, last=last)
    yield from describe_silent_rows(done)


def describe_silent_rows(done: ImportResult) -> Iterator[Message]:
    """Yield a note on days of a file that may be missing."""
    if (run := done.silent) is not None:
        yield Message("file_silent", first=run.first, last=run.last, n=run.school_days)


def describe_foreign_rows(
    session: Session,
    tally: ForeignTally,
    others: Sequence[tuple[str, int]],
    differing: Sequence[str],
    unnamed: int,
) -> Iterator[Message]:
    """Yield notes on how rows of another program were joined, placed and understood.

    ``others`` are other places with their numbers of rows; ``unnamed`` rows name no place.
    """
    yield from _describe_joined(tally, differing)
    if others:
        places = ", ".join(f"{sanitize_text(place)} ({rows:,})" for place, rows in others)
        yield Message("other_places", places=places)
    if unnamed:
        yield Message("rows_without_place", n=unnamed)
    yield from _describe_shared(session, tally)
    yield from _describe_words(tally)


def _describe_self_initiated(
    rows: SelfInitiatedRows, details: Mapping[str, object]
) -> Iterator[Message]:
    """Yield notes on rows of calls that look like visits, and of visits that look like calls."""
    if rows.asked:
        words = [f"{word} ({n:,})" for word, n in rows.words.most_common(MOST_WORDS)]
        yield Message("self_initiated.asked", n=len(rows.asked), words=words)
    if rows.visits:
        yield Message("self_initiated.visits", n=len(rows.visits))
    if rows.of_others:
        yield Message("self_initiated.of_others", n=len(rows.of_others))
    if details.get("calls"):
        yield Message("self_initiated.calls", n=details["calls"])


def describe_corrections(session: Session, changes: Sequence[ValueChange]) -> Iterator[Message]:
    """Yield a note on recorded values that the newer file replaces."""
    if changes:
        zone = ZoneInfo(session.saved_project.time_zone)
        columns = Counter(change.column.split()[-1].removesuffix("_at") for change in changes)
        yield Message(
            "corrected_by_file",
            n=len({change.uid for change in changes}),
            columns=[f"{name} ({n:,})" for name, n in columns.items()],
            changes=[
                Message("record_changed", uid=change.uid, change=describe_change(change, zone))
                for change in changes
            ],
        )


def describe_rows_read(count: Mapping[RowOutcome, int]) -> Iterator[Message]:
    """Yield notes on rows that complete a record, may belong elsewhere, or were joined."""
    codes = {
        RowOutcome.CHANGED: "rows_read.changed",
        RowOutcome.ELSEWHERE: "rows_read.elsewhere",
        RowOutcome.ASKED: "rows_read.asked",
        RowOutcome.JOINED: "rows_read.joined",
    }
    yield from (
        Message(code, n=count[outcome]) for outcome, code in codes.items() if count[outcome]
    )


def _describe_joined(tally: ForeignTally, differing: Sequence[str]) -> Iterator[Message]:
    """Yield notes on rows joined without a number, and on unit times that were not changed."""
    if tally.unnumbered:
        yield Message("rows_read.without_number", n=tally.unnumbered)
    if tally.repeated:
        yield Message("rows_read.repeated", n=len(tally.repeated))
    if differing:
        yield Message("unit_times_stay", n=len(differing), times=differing)


def _describe_shared(session: Session, tally: ForeignTally) -> Iterator[Message]:
    """Yield notes on rows at a place shared by several schools."""
    sites = session.saved_project.sites
    for (chosen, others), rows in tally.shared.most_common(MOST_WORDS):
        names = [sites[other].name for other in others]
        yield Message("rows_at_shared_place", n=rows, site=sites[chosen].name, others=names)


def _describe_slow(entries: Sequence[NewEntry]) -> Iterator[Message]:
    """Yield a warning about calls that took half a day to answer: a day may be mistyped."""
    slow = sum(
        entry.kind == "incident"
        and bool(arrival := entry.payload.get("onscene_at"))
        and datetime.fromisoformat(str(arrival)) - entry.occurred_at > _SLOW
        for entry in entries
    )
    if slow:
        yield Message("calls_answered_late", n=slow)


def _describe_early(session: Session, entries: Sequence[NewEntry]) -> Iterator[Message]:
    """Yield a warning about entries long before all others: their year may be mistyped."""
    times = sorted(entry.occurred_at for entry in entries)
    gaps = [i for i in range(1, len(times)) if times[i] - times[i - 1] > _FAR_BEFORE]
    if gaps and gaps[-1] * 2 <= len(times):
        days = list(dict.fromkeys(str(session.day_of(time)) for time in times[: gaps[-1]]))
        yield Message("rows_long_before", n=gaps[-1], days=days)


def _describe_words(tally: ForeignTally) -> Iterator[Message]:
    """Yield notes on the meanings of words, and on words without a meaning."""
    for name, meanings in tally.understood.items():
        words = [
            Message("word_meaning", word=word, meaning=each) for word, each in meanings.items()
        ]
        yield Message("words_read", column=name, words=words)
    for name, counts in tally.words.items():
        if name in (TYPE, NUMBER):  # other notes are about these
            continue
        listed = [f"{text} ({count:,})" for text, count in counts.most_common()]
        if name == UNITS:
            yield Message("units_of_others", units=listed)
        else:
            yield Message("words_left_out", column=name, words=listed)
