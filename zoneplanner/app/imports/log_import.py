"""Bring in a table of the log: calls of several units as one, visits apart, duplicates once.

Rows of a table that are a call or a visit again, under another number: each counts once.

Imported visits take up the planned ones that they are nearest to.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING

from zoneplanner.analysis.log.duplicate_records import RecordFacts, find_duplicates
from zoneplanner.app.imports.code_meanings import ForeignTally, SelfInitiatedRows, is_self_initiated
from zoneplanner.app.imports.foreign_rows import ForeignRowReader
from zoneplanner.app.imports.geography.map_features import ImportOptions
from zoneplanner.app.imports.log_entries import (
    LOG_TABLES,
    LogRows,
    UnitStampRows,
    build_unit_stamps,
    has_content_uid,
    read_log_entries,
)
from zoneplanner.app.imports.mapped_tables import (
    MappedTable,
    iterate_rows,
    keep_answers,
    read_project_table,
    view_as_kind,
)
from zoneplanner.app.imports.results import (
    MOST_WORDS,
    ImportResult,
    NoRowImported,
    PreparedImport,
    choose_import_verb,
    complete_row_results,
    count_duplicates,
    describe_corrections,
    describe_entries,
    describe_foreign_rows,
    describe_rows_read,
    describe_what_follows,
    find_silent_rows,
)
from zoneplanner.app.imports.unit_rows import merge_unit_rows
from zoneplanner.app.log.duplicate_records import (
    NUMBER,
    OWN_MEANING,
    TYPE,
    describe_incident,
    describe_records_near,
    describe_visit,
    name_visit_of,
    read_separate_numbers,
    void_calls,
)
from zoneplanner.app.log.logbook import list_incidents
from zoneplanner.app.readiness.requirements import load_project_rules
from zoneplanner.app.session.journal_index import PlannedVisitIndex
from zoneplanner.app.session.session import Session
from zoneplanner.domain.log.days_on_record import (
    INCIDENT_RECORDS,
    RECORD_KEEPING_KINDS,
    VISIT_RECORDS,
    DaySpan,
)
from zoneplanner.domain.log.entries import INCIDENT_RECORD, RECORD_KINDS, VISIT_RECORD, parse_entry
from zoneplanner.domain.log.journal import INCIDENT_STAMPS, MADE_VISIT_STATUSES, NewEntry, Visit
from zoneplanner.domain.log.personal_data import count_entries_with_personal_data
from zoneplanner.domain.log.record_schema import read_record
from zoneplanner.errors import ProgressReport, UserError
from zoneplanner.exchange.mapping.column_matching import LOCATING_TARGETS, TARGET_COLUMNS
from zoneplanner.exchange.row_results import RowOutcome, RowResult
from zoneplanner.exchange.tables.text_table import TextRow

if TYPE_CHECKING:
    from zoneplanner.domain.log.visit_rule import VisitRule


OWN_MEANINGS = {OWN_MEANING: "Counted separately"}


def leave_out_duplicates(session: Session, found: LogRows, said: Mapping[str, str]) -> LogRows:
    """Take out new calls and visits that are one on record, or of another row, again.

    Their rows are known by it; those stay of which a person ``said``, by their number, that they
    count. Rows without a number have their own rule of what is one record.
    """
    again: dict[str, str] = {}
    for kind in (INCIDENT_RECORD.name, VISIT_RECORD.name):
        new = [one for one in found.entries if one.kind == kind and one.supersedes is None]
        numbered = (one for one in new if not has_content_uid(one.uid))
        facts = [own for one in numbered if (own := _describe(one)) is not None]
        if facts:
            again |= find_duplicates((*describe_records_near(session, kind, facts), *facts))
    if again:
        counted = {number.casefold() for number, meaning in said.items() if meaning == OWN_MEANING}
        counted.update(read_separate_numbers(session.saved_project))
        again = {uid: other for uid, other in again.items() if uid.casefold() not in counted}
    if not again:
        return found
    return replace(
        found,
        entries=tuple(one for one in found.entries if one.uid not in again),
        rows=tuple(_explain(one, again) for one in found.rows),
        again=again,
    )


def _describe(entry: NewEntry) -> RecordFacts | None:
    """Return what distinguishes a call, or a visit that was made; None for other entries."""
    if entry.kind == INCIDENT_RECORD.name:
        return describe_incident(read_record(INCIDENT_RECORD, entry.uid, entry))
    visit = read_record(VISIT_RECORD, entry.uid, entry)
    return describe_visit(visit) if visit.status in MADE_VISIT_STATUSES else None


def _explain(row: RowResult, again: Mapping[str, str]) -> RowResult:
    if row.outcome is not RowOutcome.NEW or row.id not in again:
        return row
    why = f"{row.id} is a duplicate of {again[row.id]}, counted once: {row.reason}"
    return row._replace(outcome=RowOutcome.KNOWN, reason=why, id="")


_ArrivalsBySite = Mapping[str | None, Sequence[tuple[datetime, int]]]


def match_planned_visits(
    session: "Session", entries: Sequence[NewEntry]
) -> tuple[tuple[NewEntry, ...], frozenset[str]]:
    """Return entries, where visits that take up a planned one correct it; and the uids of these.

    A planned visit is taken up by the one at its site that is nearest in time, grace included, as
    ``logbook.log_columns`` does it for a single one.
    """
    arrivals: dict[str | None, list[tuple[datetime, int]]] = {}
    for place, entry in enumerate(entries):
        made = entry.kind == "visit" and entry.payload.get("status") in MADE_VISIT_STATUSES
        if made and not entry.supersedes:
            arrivals.setdefault(entry.site, []).append((entry.occurred_at, place))
    if not arrivals:
        return tuple(entries), frozenset()
    for own in arrivals.values():
        own.sort()
    rule = session.saved_project.visit_rule
    first, last = (
        min(own[0] for own in arrivals.values()),
        max(own[-1] for own in arrivals.values()),
    )
    planned = PlannedVisitIndex(session.store).list_matchable(first[0], last[0], rule)
    found = _match_nearest(planned, arrivals, rule)
    begun = [_build_correction(session, entries[place], one) for place, one in found.items()]
    others = [entry for place, entry in enumerate(entries) if place not in found]
    return (*others, *begun), frozenset(entry.uid for entry in begun)


def _match_nearest(
    planned: Sequence[Visit], arrivals: _ArrivalsBySite, rule: "VisitRule"
) -> Mapping[int, Visit]:
    """Return the planned visit that each place takes up: the nearest pairs first."""
    pairs: list[tuple[timedelta, int, int]] = []
    for number, one in enumerate(planned):
        there, at = arrivals.get(one.site, ()), one.arrived_at
        first = bisect_left(there, at - timedelta(minutes=rule.early_min), key=itemgetter(0))
        last = bisect_right(there, at + timedelta(minutes=rule.late_min), key=itemgetter(0))
        pairs += ((abs(arrived - at), place, number) for arrived, place in there[first:last])
    found: dict[int, Visit] = {}
    begun = set[int]()
    for _, place, number in sorted(pairs):
        if place not in found and number not in begun:
            found[place] = planned[number]
            begun.add(number)
    return found


def _build_correction(session: "Session", entry: NewEntry, planned: Visit) -> NewEntry:
    """Return a visit as the correction of a planned one, which fills in what it leaves out."""
    said = {name: str(entry.payload.get(name) or "") for name in RECORD_KINDS["visit"].fields}
    said |= {"uid": entry.uid, "site": entry.site or "", "unit": entry.unit or ""}
    return parse_entry(
        "visit",
        {**said, "supersedes": planned.uid},
        time_zone=session.saved_project.time_zone,
        now=session.clock(),
        uid=entry.uid,
        corrects=planned,
    )


_READING = 0.5
_DOUBTFUL = "Rows at a clock change: {n}. Choose what repeated and skipped times mean."
_PEOPLE = "Rows that may name a person: {n}. {examples} The log needs no names."
_CALL_COLUMNS = {"type", "received_at", "dispatched_at", "onscene_at"}
"""What an export of calls has and a list of visits has not."""
_FIGURE_COLUMNS = (*INCIDENT_STAMPS[1:], "units")
_BEGUN = "Planned visits that these fulfill: {n}."


def prepare_log_import(
    session: Session, asked: ImportOptions, *, dry_run: bool, report: ProgressReport
) -> PreparedImport:
    """Say what would become of the rows of a table of the log, calls or visits among them."""
    path = asked.path
    read, reader = read_project_table(session, asked, report)
    placed = read.ours or not set(LOCATING_TARGETS).isdisjoint(read.mapping)
    if asked.kind == INCIDENT_RECORDS and not placed:
        raise UserError("no_place_column", columns=list(read.table.columns), source=asked.path.name)
    rows = _read_entry_rows(session, read, reader, report)
    found, own, stamped, tally = rows.found, rows.own, rows.stamped, rows.tally
    notes: tuple[str, ...] = (_DOUBTFUL.format(n=found.doubtful),) if found.doubtful else ()
    payloads = (entry.payload for entry in found.entries)
    count, people = count_entries_with_personal_data(payloads, session.project)
    if count:
        notes += (_PEOPLE.format(n=f"{count:,}", examples=" ".join(people)),)
    begun = match_planned_visits(session, found.entries)[1]
    if begun:
        notes += (_BEGUN.format(n=f"{len(begun):,}"),)
    places = tally.list_places(reader.finder) if reader is not None else ()
    likely = {place.place for place in places}
    others = [one for one in tally.places.most_common() if one[0] not in likely][:MOST_WORDS]
    results = complete_row_results(
        (*stamped.rows, *rows.visits, *own.asked, *own.of_others),
        joined=tally.joined,
        doubles=tally.doubles,
        asked={place.place: place.suggestion for place in places},
        begun=begun,
    )
    outcomes = Counter(own.outcome for own in results)
    refused = tuple(one for one in results if one.outcome is RowOutcome.REFUSED)
    read_rows = len(results) - outcomes[RowOutcome.LEFT_OUT]
    if read_rows == 0:
        raise UserError("no_rows.but_headings", source=path.name)
    told = {} if read.ours else _list_read_details(session, read, own, outcomes)
    told |= _count_what_follows(session, found)
    corrected = (*found.corrected, *stamped.corrected)
    if corrected:
        told["corrected"] = [asdict(one) for one in corrected]
    otherwise = len({one.uid for one in corrected})
    told_before = Counter({RowOutcome.ASKED: len(own.asked), RowOutcome.CHANGED: otherwise})
    taken = outcomes[RowOutcome.NEW] + outcomes[RowOutcome.CHANGED]
    outcome = ImportResult(
        text=f"{taken:,} of {read_rows:,} rows of “{path.name}” "
        f"{choose_import_verb(dry_run, taken)}.",
        read=read_rows,
        taken=taken,
        already=outcomes[RowOutcome.KNOWN],
        refused=refused,
        repaired=tuple(one for one in results if one.repaired),
        ignored=read.ignored,
        how=read.table.description,
        notes=(
            *describe_what_follows(session, own, told),
            *(() if read.ours else _describe_columns_missing(asked.kind, read.mapping)),
            *notes,
            *describe_entries(session, found.entries),
            *describe_corrections(session, corrected),
            *describe_rows_read(outcomes - told_before),
            *describe_foreign_rows(session, tally, others, stamped.differing),
        ),
        rows=results,
        read_details=told,
        days=_find_days(session, (*found.times, *(reader.read_ends() if reader else ())))
        if asked.kind in RECORD_KEEPING_KINDS
        else None,
        silent=find_silent_rows(session, asked.kind, found.entries),
        changed=outcomes[RowOutcome.CHANGED],
        elsewhere=outcomes[RowOutcome.ELSEWHERE] + outcomes[RowOutcome.ASKED] - len(own.asked),
        aliased=tally.aliased,
        merged=outcomes[RowOutcome.JOINED],
        places=places,
        others=tuple(others),
        words={name: dict(words.most_common()) for name, words in tally.words.items()},
        understood=tally.understood,
    )
    if len(refused) == read_rows - outcomes[RowOutcome.JOINED] - len(tally.doubles):
        first = refused[0]
        raise NoRowImported.of(
            outcome, "no_row_imported", source=path.name, row=first.row, reason=first.reason
        )

    def log(report: ProgressReport) -> None:
        keep_answers(
            *(session, asked, read.table.columns),
            days=outcome.days,
            kinds={asked.kind, VISIT_RECORDS} if own.visits else {asked.kind},
        )
        if taken:  # planned visits anew: another desk may have begun one meanwhile
            entries, _ = match_planned_visits(session, found.entries)
            session.log_table((*rows.voids, *entries, *stamped.entries), report)

    return PreparedImport(outcome, log)


@dataclass(frozen=True, eq=False, slots=True)
class _EntryRows:
    """What the rows of a table of the log come to, nothing of it kept yet.

    ``found`` has all entries, ``visits`` the results of those rows of calls that are visits;
    ``voids`` take the calls out that such visits were before.
    """

    found: LogRows
    visits: tuple[RowResult, ...]
    voids: Sequence[NewEntry]
    own: SelfInitiatedRows
    stamped: UnitStampRows
    tally: ForeignTally


def _read_entry_rows(
    session: Session, read: MappedTable, reader: ForeignRowReader | None, report: ProgressReport
) -> _EntryRows:
    """Read the rows of a table: calls of several units as one, visits apart, duplicates once."""
    asked, lines = read.asked, read.table.lines
    layout, rows = LOG_TABLES[asked.kind], iterate_rows(read, reader)
    own = SelfInitiatedRows(reader.codes.read_meanings(TYPE) if reader is not None else {})
    if reader is not None and asked.kind == INCIDENT_RECORDS:

        def merging(count: int) -> None:
            report(min(1.0, count / lines) * _READING, f"Row {count:,}")

        rows = own.pass_calls(merge_unit_rows(rows, reader.tally, merging))
    read_entries = partial(
        read_log_entries,
        session,
        report=report,
        lines=lines,
        times=read.times(session.saved_project.time_zone),
        find_unit=reader.codes.find_unit if reader is not None else None,
    )
    said = asked.words.get(NUMBER, {})
    found = leave_out_duplicates(session, read_entries(layout, rows), said)
    tally = reader.tally if reader is not None else ForeignTally()
    stamped = build_unit_stamps(session, layout, found.rows, tally.stamps)
    visit_rows, voids = _leave_calls(session, own.visits)
    visits = read_entries(LOG_TABLES[VISIT_RECORDS], visit_rows)
    visits = leave_out_duplicates(session, visits, said)
    found = found.join(visits)
    if own.words:
        tally.words[TYPE] = own.words
    if found.again:
        tally.words[NUMBER] = Counter(found.again.keys())
    return _EntryRows(found, visits.rows, voids, own, stamped, tally)


def _leave_calls(session: Session, rows: Sequence[TextRow]) -> tuple[list[TextRow], list[NewEntry]]:
    """Return rows of visits, and the voids of calls that an earlier import made of them.

    A visit whose number is a call's has one of its own.
    """
    known = session.store.by_uid([one.cells["uid"] for one in rows if "uid" in one.cells])
    calls = {uid for uid, one in known.items() if one.kind == "incident"}
    if not calls:
        return list(rows), []
    own = [
        one._replace(cells={**one.cells, "uid": name_visit_of(one.cells["uid"])})
        if one.cells.get("uid") in calls
        else one
        for one in rows
    ]
    standing = calls.intersection(one.uid for one in list_incidents(session))
    return own, void_calls(session, sorted(standing))


def _describe_columns_missing(kind: str, mapping: Mapping[str, object]) -> Iterator[str]:
    """Say which columns that figures rest on were not found in a table of calls."""
    if kind == INCIDENT_RECORDS:
        words = {target.name: target.words.lower() for target in TARGET_COLUMNS[kind]}
        if missing := ", ".join(words[name] for name in _FIGURE_COLUMNS if name not in mapping):
            yield f"No column was found for: {missing}. If the file has one, choose it."


def _list_read_details(
    session: Session, read: MappedTable, own: SelfInitiatedRows, count: Mapping[RowOutcome, int]
) -> dict[str, object]:
    """Return how a table that others wrote was read, as JSON values."""
    told = read.list_details(count[RowOutcome.LEFT_OUT])
    if any(own.counts.values()):
        told["self_initiated"] = own.counts
    if read.asked.kind == VISIT_RECORDS and (calls := _count_calls(session, read)) is not None:
        told["calls"] = calls
    return told


def _count_calls(session: Session, read: MappedTable) -> int | None:
    """Return how many rows of a table of visits look like calls; None where it is no export."""
    other = view_as_kind(read, INCIDENT_RECORDS)
    if not other.mapping.keys() >= _CALL_COLUMNS:
        return None
    reader = other.make_reader(session)
    return sum(
        not (row.fault or row.elsewhere or row.left_out or is_self_initiated(row.cells))
        for row in iterate_rows(other, reader)
    )


def _count_what_follows(session: Session, found: LogRows) -> Mapping[str, object]:
    """Return how many reviews follow from new incidents, and which look like duplicates.

    Some are left out, others are said to be one of a call that is not there.
    """
    counts: dict[str, object] = {
        "reviews": _count_reviews(session, found.entries),
        "duplicates": count_duplicates(found.entries) + len(found.again),
        "counted_once": [{"number": uid, "as": other} for uid, other in found.again.items()],
    }
    return {name: n for name, n in counts.items() if n}


def _count_reviews(session: Session, entries: Sequence[NewEntry]) -> int:
    """Return of how many new incidents the rules ask an after-action review, by their priority."""
    incidents = [one for one in entries if one.kind == "incident" and one.supersedes is None]
    if not incidents:
        return 0
    rule = load_project_rules(session.saved_project).follow_up
    return sum(
        int(entry.payload["priority"]) <= rule.review_priority
        and session.day_of(entry.occurred_at) >= rule.effective_from
        for entry in incidents
    )


def _find_days(session: Session, times: Sequence[datetime]) -> DaySpan | None:
    """Return the first and the last day of times, none of them after today."""
    days = [min(session.day_of(at), session.today) for at in times]
    return DaySpan(min(days), max(days)) if days else None
