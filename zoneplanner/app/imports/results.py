"""What became of a file that was brought in, row by row, and what keeps it.

What became of each row of a file of sites, jurisdictions or blocks, and the project after it.

Notes on an import of records: what follows from the rows, and what may be wrong with them.
"""

import csv
import io
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
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
from zoneplanner.messages import format_count, render_message
from zoneplanner.staging import make_private_folder

_FARTHEST_M = 100_000.0
_ANOTHER_LAND_M = 8_000_000.0


@dataclass(frozen=True, eq=False, slots=True)
class ImportedRows:
    """The project as it is with what was taken, and the result of every row."""

    project: Project
    rows: tuple[RowResult, ...]
    warnings: tuple[str, ...] = ()
    elsewhere: int = 0
    """Rows of other places that were passed over without a result."""
    only: str = ""
    """Which rows were wanted, as a person asks for them."""

    def count(self, *outcomes: RowOutcome) -> int:
        """Return how many rows had one of some outcomes."""
        tally = Counter(row.outcome for row in self.rows)
        return sum(tally[outcome] for outcome in outcomes)


def find_far_rows(rows: Sequence[ForeignRow], near: BaseGeometry | None) -> dict[int, str]:
    """Say of rows that lie far from the project, or from all others, how far; by row."""
    placed = [row for row in rows if row.shape is not None]
    if not placed:
        return {}
    shapes = np.array([row.shape for row in placed], dtype=object)
    middles = shapely.get_coordinates(shapely.centroid(shapes))
    if near is None:
        if len(placed) < 3:
            return {}
        near = shapely.Point(np.median(middles, axis=0))
    away_m = shapely.distance(shapes, near)
    return {
        row.row: describe_far(meters)
        for row, meters in zip(placed, away_m.tolist(), strict=True)
        if not meters <= _FARTHEST_M
    }


def is_elsewhere(row: ForeignRow, near: BaseGeometry | None, far: Mapping[int, str]) -> bool:
    """True for a far row that another district has; one at the ends of the earth is a mistake."""
    return (
        near is not None
        and row.row in far
        and row.shape is not None
        and near.distance(row.shape) < _ANOTHER_LAND_M
    )


def sort_row_results(rows: Iterable[RowResult]) -> tuple[RowResult, ...]:
    """Return rows in the order of the file."""
    return tuple(sorted(rows, key=lambda own: own.row))


MATCH_BY_LIKENESS = "likeness"
_IF_SAVED = "would be imported"
_JOINED = "It is for another unit of the call in row {}."
_DOUBLE = "It repeats another row about the call in row {}."
_BEGUN = "counts as the visit planned there"


@dataclass(frozen=True, eq=False, slots=True)
class ImportResult:
    """What became of a file: each row that was read was taken, known already, or refused.

    Of a file of polygons, ``refused`` also names the sites that their zone may not hold.
    ``ignored`` are the columns that are not known; ``how`` says how a table was read. Of a part of
    the map, a roster or a table of the log ``rows`` has every row's result. ``told`` says how
    columns and coordinates were read. ``days`` are the first and the last day, up to today, of a
    kind of which days can be declared complete, ``silent`` school days of these in a row without a
    row at any school where many were to be expected.

    ``changed`` of those taken complete a record. ``elsewhere`` counts the rows of other places,
    those that are asked about included, ``merged`` those of further units of a call, ``aliased``
    those whose site is told by an alias or an abbreviation; ``places`` are other places that
    resemble a site.
    """

    text: str
    read: int
    taken: int
    already: int = 0
    refused: tuple[RowResult, ...] = ()
    repaired: tuple[RowResult, ...] = ()
    ignored: tuple[str, ...] = ()
    how: str = ""
    plan: str | None = None
    notes: tuple[str, ...] = ()
    rows: tuple[RowResult, ...] = ()
    read_details: Mapping[str, Any] = field(default_factory=dict)
    days: DaySpan | None = None
    silent: DayRange | None = None
    undeclared: tuple[str, ...] = ()
    """What follows where nobody declared the days of a file, and how to do it."""
    changed: int = 0
    elsewhere: int = 0
    aliased: int = 0
    merged: int = 0
    places: tuple[UnknownPlace, ...] = ()
    others: tuple[tuple[str, int], ...] = ()
    """Places that resemble no site, and in how many rows they are, the most first."""
    words: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Words that mean nothing here yet, by column of ours, and in how many rows."""
    understood: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Words that nobody explained, by column of ours, and what they were read as."""
    only: str = ""
    """Of a part of the map: which rows were wanted, as a person asks for them."""

    @property
    def row_results(self) -> tuple[RowResult, ...]:
        """The results that are known row by row, in order: all, or those left out or repaired."""
        return self.rows or sort_row_results((*self.refused, *self.repaired))

    @property
    def counts(self) -> Mapping[str, int]:
        """How many rows had each outcome."""
        if self.rows:
            return Counter(own.outcome.value for own in self.rows)
        return {
            RowOutcome.NEW.value: self.taken,
            RowOutcome.KNOWN.value: self.already,
            RowOutcome.REFUSED.value: len(self.refused),
        }

    @property
    def data(self) -> Mapping[str, Any]:
        """Return the figures and rows as JSON values."""
        return {
            "read": self.read,
            "taken": self.taken,
            "already": self.already,
            "refused": [
                {
                    "row": own.row,
                    "reason": own.reason,
                    **({"sheet": own.sheet} if own.sheet else {}),
                }
                for own in self.refused
            ],
            "repaired": [{"row": own.row, "how": " ".join(own.repaired)} for own in self.repaired],
            "elsewhere": self.elsewhere,
            "aliased": self.aliased,
            "merged": self.merged,
            "places": [
                {"place": own.place, "rows": own.rows, "candidates": list(own.candidates)}
                for own in self.places
            ],
            "others": [{"place": place, "rows": rows} for place, rows in self.others],
            "words": {name: dict(own) for name, own in self.words.items()},
            "understood": {name: dict(own) for name, own in self.understood.items()},
            "ignored_columns": list(self.ignored),
            "file": self.how,
            **({"plan": self.plan} if self.plan is not None else {}),
            **({"notes": list(self.notes)} if self.notes else {}),
            **({"not_declared": list(self.undeclared)} if self.undeclared else {}),
            **self.read_details,
        }


class NoRowImported(UserError):
    """Nothing of a file can be taken; ``outcome`` says why of each row."""

    outcome: ImportResult

    @classmethod
    def of(cls, outcome: ImportResult, template: str, /, **facts: Any) -> "NoRowImported":
        """Refuse a file by what became of its rows."""
        error = cls(template, outcome.data, **facts)
        error.outcome = outcome
        return error


def complete_row_results(
    rows: Sequence[RowResult],
    *,
    joined: Mapping[int, int],
    doubles: Mapping[int, int],
    asked: Mapping[str, str],
    begun: Collection[str],
) -> tuple[RowResult, ...]:
    """Return the results of a table of the log in order, with what only all rows together tell.

    Rows of ``joined`` are of the call of another row, ``doubles`` say nothing new of it;
    ``asked`` are the places that may be a site, and which; ``begun`` take up planned visits.
    """
    calls = {*joined.values(), *doubles.values()}
    heads = {own.row: own for own in rows if own.row in calls}
    found = [
        RowResult(row, outcome, heads[head].name, why.format(head), id=heads[head].id)
        for own_rows, outcome, why in (
            (joined, RowOutcome.JOINED, _JOINED),
            (doubles, RowOutcome.KNOWN, _DOUBLE),
        )
        for row, head in own_rows.items()
    ]
    for own in rows:
        if own.outcome is RowOutcome.ELSEWHERE and own.name in asked:
            why = f"Is it {asked[own.name]}?"
            found.append(own._replace(outcome=RowOutcome.ASKED, reason=why))
        elif own.id in begun:
            found.append(own._replace(reason=f"{own.reason}, {_BEGUN}"))
        else:
            found.append(own)
    return sort_row_results(found)


@dataclass(frozen=True, eq=False, slots=True)
class PreparedImport:
    """A file that was read and looked at: what would become of it, and what keeps it as one step.

    ``save`` raises what the store refuses; nothing is kept where the report that it is given
    raises. ``credit`` gives the same with another source, where one is kept.
    """

    outcome: ImportResult
    save: Callable[[ProgressReport], object]
    credit: Callable[[str], "PreparedImport"] | None = None


def summarize_map_import(
    found: ForeignRows, how: ColumnMapping, done: ImportedRows, *, dry_run: bool = False
) -> ImportResult:
    """Return what became of a file of sites, jurisdictions or blocks."""
    columns = {name: list(own) for name, own in how.columns.items()}
    told = {
        "left_out": done.count(RowOutcome.LEFT_OUT, RowOutcome.ELSEWHERE) + done.elsewhere,
        "changed": done.count(RowOutcome.CHANGED),
        "crs": found.crs,
        "mapping": how.profile.id or MATCH_BY_LIKENESS,
        "columns": columns,
    }
    taken = done.count(RowOutcome.NEW, RowOutcome.CHANGED)
    read = len(done.rows) + done.elsewhere
    return ImportResult(
        text=f"{taken:,} of {read:,} rows of “{found.source}” "
        f"{choose_import_verb(dry_run, taken)}.",
        read=read,
        taken=taken,
        already=done.count(RowOutcome.KNOWN),
        elsewhere=done.count(RowOutcome.ELSEWHERE) + done.elsewhere,
        only=done.only,
        refused=list_refused_rows(done),
        repaired=tuple(own for own in done.rows if own.repaired),
        how=found.how,
        rows=done.rows,
        read_details=told,
        notes=done.warnings,
    )


def list_refused_rows(done: ImportedRows) -> tuple[RowResult, ...]:
    """Return the rows that were refused."""
    return tuple(one for one in done.rows if one.outcome is RowOutcome.REFUSED)


def choose_import_verb(dry_run: bool, taken: int) -> str:
    """Say that rows are imported, or would be."""
    if dry_run:
        return _IF_SAVED
    return "is imported" if taken == 1 else "are imported"


def describe_saved(prepared: ImportResult) -> str:
    """Return the sentence of a prepared import once it is saved."""
    return prepared.text.replace(_IF_SAVED, choose_import_verb(dry_run=False, taken=prepared.taken))


_COLUMNS = ("row", "fate", "name", "id", "why", "repaired")
_MOST_KEPT = 100


def format_import_report(done: ImportResult) -> str:
    """Return the results that are known row by row as CSV; see ``ImportResult.row_results``."""
    text = io.StringIO(newline="")
    rows = csv.writer(text)
    in_sheets = any(own.sheet for own in done.row_results)
    rows.writerow((*_COLUMNS, "sheet") if in_sheets else _COLUMNS)
    for own in done.row_results:
        words = (own.name, own.id, own.reason, " ".join(own.repaired))
        outcome = "repaired" if own.repaired and not done.rows else own.outcome.value
        sheet = (own.sheet,) if in_sheets else ()
        rows.writerow([own.row, outcome, *map(escape_formula, words), *sheet])
    return text.getvalue()


def write_import_report(path: Path, done: ImportResult) -> Path:
    """Write a report as CSV in UTF-8; a path that cannot be written is a UserError."""
    return write_file_atomically(path, format_import_report(done).encode("utf-8-sig"))


def archive_import_report(
    folder: Path, done: ImportResult, source: str, at: datetime
) -> Path | None:
    """Keep a report in this desk's folder, the oldest of many going; None where it cannot be."""
    name = f"{at:%Y-%m-%d %H%M%S} {Path(source).stem[:60]}.csv"
    try:
        make_private_folder(folder)
        kept = write_import_report(folder / name, done)
        for old in sorted(folder.glob("*.csv"))[:-_MOST_KEPT]:
            old.unlink(missing_ok=True)
    except (OSError, UserError):
        return None
    return kept


MOST_WORDS = 8
"""So many words, places or days are named; the rest is counted."""
_FAR_BEFORE = timedelta(days=365)
_SLOW = timedelta(hours=12)
_ENTRY_KINDS = {VISIT_RECORDS: "visit", INCIDENT_RECORDS: "incident"}
"""The kind of entry of each kind of record that comes every day."""


def describe_what_follows(
    session: Session, own: SelfInitiatedRows, told: Mapping[str, object]
) -> Iterator[str]:
    """Say which rows nobody called for, and how many reviews the rules ask of the calls."""
    yield from _describe_self_initiated(own, told)
    yield from _describe_reviews(session, told)
    once = told.get("counted_once", [])
    if isinstance(once, list) and once:
        pairs = [f"{own['number']} (of {own['as']})" for own in once]
        yield render_message("counted_once", {"n": len(once), "pairs": pairs})
    if n := int(str(told.get("duplicates", 0))) - len(once if isinstance(once, list) else ()):
        yield render_message("calls_twice", {"n": n})


def count_duplicates(entries: Sequence[NewEntry]) -> int:
    """Return how many new calls are said to be another one again, and nobody arrived."""
    new = (one.payload for one in entries if one.kind == "incident" and one.supersedes is None)
    return sum(
        says_duplicate(str(said.get("disposition", "")), str(said["type"]))
        for said in new
        if "onscene_at" not in said
    )


def describe_entries(session: Session, entries: Sequence[NewEntry]) -> Iterator[str]:
    """Warn of days that may be mistyped."""
    yield from _describe_early(session, entries)
    yield from _describe_slow(entries)


def find_silent_rows(session: Session, kind: str, entries: Sequence[NewEntry]) -> DayRange | None:
    """Return the longest school days in a row of which a file has no row, though many were due.

    ``entries`` are its new ones; what the log has already is on record of these days, too.
    """
    wanted = _ENTRY_KINDS.get(kind)
    days = sorted(
        session.day_of(one.occurred_at) for one in entries if one.kind == wanted and one.site
    )
    if not days or days[-1] - days[0] < timedelta(2):
        return None
    school = mark_school_days(session.project.calendar, days[0], days[-1])
    log = session.store.log()
    rows = log.visits if kind == VISIT_RECORDS else log.calls
    known = rows["day"][(rows["site"] != NO_NAME) & ((rows["marks"] & SAMPLE_MARK) == 0)]
    new = np.array([day.toordinal() for day in days])
    return find_silent_days(days[0], school, np.concatenate((known.astype(np.int64), new)))


def describe_declaring(session: Session, kind: str, done: ImportResult) -> Iterator[str]:
    """Say that nobody declared the days of a file, what follows from it, and how to do it."""
    if done.days is None:
        return
    kept = session.saved_project.records.kind(kind)
    first, last = done.days.first, done.days.last or done.days.first
    if kept.covers(first, last):
        return
    facts = {"kind": kind, "first": first, "last": last}
    counted = "outside" if kept.is_declared else "none"
    yield render_message(f"file_not_declared.{counted}", facts)
    yield from describe_silent_rows(done)


def describe_silent_rows(done: ImportResult) -> Iterator[str]:
    """Say which days of a file may be missing."""
    if (run := done.silent) is not None:
        facts = {"first": run.first, "last": run.last, "n": run.school_days}
        yield render_message("file_silent", facts)


def describe_foreign_rows(
    session: Session,
    tally: ForeignTally,
    others: Sequence[tuple[str, int]],
    differing: Sequence[str],
) -> Iterator[str]:
    """Say how rows of another program were joined, placed and understood."""
    yield from _describe_joined(tally, differing)
    yield from _describe_others(others)
    yield from _describe_shared(session, tally)
    yield from _describe_words(tally)


def _describe_reviews(session: Session, told: Mapping[str, object]) -> Iterator[str]:
    if n := told.get("reviews"):
        rule = load_project_rules(session.saved_project).follow_up
        yield render_message("reviews_follow", {"n": n, "priority": rule.review_priority})


def _describe_self_initiated(own: SelfInitiatedRows, told: Mapping[str, object]) -> Iterator[str]:
    """Say how many rows of calls look like visits, and of visits like calls."""
    if own.asked:
        words = [f"{word} ({n:,})" for word, n in own.words.most_common(MOST_WORDS)]
        yield render_message("self_initiated.asked", {"n": len(own.asked), "words": words})
    if own.visits:
        yield render_message("self_initiated.visits", {"n": len(own.visits)})
    if own.of_others:
        yield render_message("self_initiated.of_others", {"n": len(own.of_others)})
    if told.get("calls"):
        yield render_message("self_initiated.calls", {"n": told["calls"]})


def describe_corrections(session: Session, changes: Sequence[ValueChange]) -> Iterator[str]:
    """Say which values on record those of the newer file take the place of."""
    if changes:
        zone = ZoneInfo(session.saved_project.time_zone)
        columns = Counter(one.column.split()[-1].removesuffix("_at") for one in changes)
        facts = {
            "n": len({one.uid for one in changes}),
            "columns": [f"{name} ({n:,})" for name, n in columns.items()],
            "changes": [f"{one.uid}: {describe_change(one, zone)}" for one in changes],
        }
        yield render_message("corrected_by_file", facts)


def describe_rows_read(count: Mapping[RowOutcome, int]) -> Iterator[str]:
    """Say how many rows complete a record, belong elsewhere or may not, and were joined."""
    if rows := count[RowOutcome.CHANGED]:
        yield f"{format_count(rows, 'row completes', 'rows complete')} records that already exist."
    if rows := count[RowOutcome.ELSEWHERE]:
        yield f"{format_count(rows, 'row belongs', 'rows belong')} to other places."
    if rows := count[RowOutcome.ASKED]:
        yield (
            f"{format_count(rows, 'row')} may belong to a site under a name that is not known "
            "yet; they are left out until you answer."
        )
    if rows := count[RowOutcome.JOINED]:
        one = "row is for an additional unit, joined with its call"
        more = "rows are for additional units"
        yield f"{format_count(rows, one, f'{more}, joined with their calls')}."


def _describe_joined(tally: ForeignTally, differing: Sequence[str]) -> Iterator[str]:
    """Say what was joined without a number, and which times of units are left as they are."""
    if tally.unnumbered:
        yield (
            "Rows without a number that have the same place, kind and minute count as one call: "
            f"{tally.unnumbered:,} were joined."
        )
    if tally.doubles:
        said = format_count(len(tally.doubles), "row repeats", "rows repeat")
        yield f"{said} another row."
    if differing:
        facts = {"n": len(differing), "times": differing}
        yield render_message("unit_times_stay", facts)


def _describe_others(others: Sequence[tuple[str, int]]) -> Iterator[str]:
    """Name the places that resemble no site and are in most rows: one may be a school."""
    if others:
        named = ", ".join(f"{sanitize_text(place)} ({rows:,})" for place, rows in others)
        yield f"Other places, by rows: {named}. One of these schools needs this name as an alias."


def _describe_shared(session: Session, tally: ForeignTally) -> Iterator[str]:
    """Say which rows are at a place of several schools, and which of them they count for."""
    sites = session.saved_project.sites
    for (chosen, others), rows in tally.shared.most_common(MOST_WORDS):
        named = " or ".join(sites[other].name for other in others)
        yield (
            f"{format_count(rows, 'row gives', 'rows give')} only the address or position that "
            f"{sites[chosen].name} shares with {named}, and counts for {sites[chosen].name}. If "
            "this is wrong, add the address as an alias of the right school."
        )


def _describe_slow(entries: Sequence[NewEntry]) -> Iterator[str]:
    """Warn of calls that nobody came to for half a day: a day may be mistyped."""
    slow = 0
    for entry in entries:
        came = entry.payload.get("onscene_at", "") if entry.kind == "incident" else ""
        slow += bool(came) and datetime.fromisoformat(came) - entry.occurred_at > _SLOW
    if slow:
        calls = format_count(slow, "call was", "calls were")
        yield f"{calls} answered more than 12 hours after the call came in. Check the days."


def _describe_early(session: Session, entries: Sequence[NewEntry]) -> Iterator[str]:
    """Warn of entries that lie far before all others: their year may be mistyped."""
    times = sorted(entry.occurred_at for entry in entries)
    gaps = [at for at in range(1, len(times)) if times[at] - times[at - 1] > _FAR_BEFORE]
    if gaps and gaps[-1] * 2 <= len(times):
        days = list(dict.fromkeys(str(session.day_of(at)) for at in times[: gaps[-1]]))
        more = f" and {len(days) - MOST_WORDS:,} more days" if len(days) > MOST_WORDS else ""
        yield (
            f"{format_count(gaps[-1], 'row is', 'rows are')} more than a year before all the "
            "other rows: "
            f"{', '.join(days[:MOST_WORDS])}{more}. Check the year."
        )


def _describe_words(tally: ForeignTally) -> Iterator[str]:
    """Say what words were read as, and which mean nothing here yet."""
    for name, meanings in tally.understood.items():
        read = ", ".join(f"{text} is {own}" for text, own in list(meanings.items())[:MOST_WORDS])
        more = f" and {len(meanings) - MOST_WORDS:,} more" if len(meanings) > MOST_WORDS else ""
        yield f"Read as {name}: {read}{more}."
    for name, words in tally.words.items():
        if name in (TYPE, NUMBER):  # said first
            continue
        shown = ", ".join(f"{text} ({count:,})" for text, count in words.most_common(MOST_WORDS))
        more = f" and {len(words) - MOST_WORDS:,} more" if len(words) > MOST_WORDS else ""
        if name == UNITS:
            yield render_message("units_of_others", {"units": f"{shown}{more}"})
        else:
            yield f"Left out of {name}, because no meaning was given: {shown}{more}."
