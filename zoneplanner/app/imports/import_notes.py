"""Notes on an import of records: what follows from the rows, and what may be wrong with them."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from zoneplanner.analysis.coverage.log_period import DayRange, find_silent_days
from zoneplanner.analysis.coverage.row_grouping import mark_school_days
from zoneplanner.analysis.log.log_arrays import NO_NAME, SAMPLE_MARK, says_duplicate
from zoneplanner.app.imports.code_meanings import UNITS, ForeignTally, SelfInitiatedRows
from zoneplanner.app.imports.log_entries import ValueChange, describe_change
from zoneplanner.app.imports.results import ImportResult
from zoneplanner.app.log.duplicate_records import NUMBER, TYPE
from zoneplanner.app.readiness.requirements import load_project_rules
from zoneplanner.app.session.session import Session
from zoneplanner.domain.log.days_on_record import INCIDENT_RECORDS, VISIT_RECORDS
from zoneplanner.domain.log.journal import NewEntry
from zoneplanner.exchange.row_results import RowOutcome
from zoneplanner.exchange.tables.text_table import sanitize_text
from zoneplanner.messages import format_count, render_message

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
    if not days:
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
        yield f"{format_count(rows, 'row completes', 'rows complete')} what is on record."
    if rows := count[RowOutcome.ELSEWHERE]:
        yield f"{format_count(rows, 'row belongs', 'rows belong')} to other places."
    if rows := count[RowOutcome.ASKED]:
        yield (
            f"{format_count(rows, 'row')} may belong to a site under a name that is not known "
            "yet: left out until you answer."
        )
    if rows := count[RowOutcome.JOINED]:
        one = "row is for an additional unit, joined with its call"
        more = "rows are for additional units"
        yield f"{format_count(rows, one, f'{more}, joined with their calls')}."


def _describe_joined(tally: ForeignTally, differing: Sequence[str]) -> Iterator[str]:
    """Say what was joined without a number, and which times of units are left as they are."""
    if tally.unnumbered:
        yield (
            "Rows without a number that have the same place, kind and minute are one call: "
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
        yield f"Other places, by rows: {named}. A school among them needs this name as an alias."


def _describe_shared(session: Session, tally: ForeignTally) -> Iterator[str]:
    """Say which rows are at a place of several schools, and which of them they count for."""
    sites = session.saved_project.sites
    for (chosen, others), rows in tally.shared.most_common(MOST_WORDS):
        named = " or ".join(sites[other].name for other in others)
        yield (
            f"{format_count(rows, 'row gives', 'rows give')} only the place of "
            f"{sites[chosen].name}, and may belong to {named}: counted at the first. "
            "A name, or an alias for the address, decides."
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
            f"{format_count(gaps[-1], 'row is', 'rows are')} more than a year before all others: "
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
