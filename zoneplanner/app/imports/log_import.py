"""Import a table of the log.

Rows of several units become one call, calls and visits that are in the file under two numbers count
once, and visits fulfill the planned visits nearest to them in time.
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
    read_project_table,
    save_answers,
    view_as_kind,
)
from zoneplanner.app.imports.results import (
    MOST_WORDS,
    ImportResult,
    PreparedImport,
    complete_row_results,
    count_duplicates,
    describe_corrections,
    describe_entries,
    describe_foreign_rows,
    describe_rows_read,
    describe_what_follows,
    find_silent_rows,
    require_imported_rows,
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
from zoneplanner.messages import Message

if TYPE_CHECKING:
    from zoneplanner.domain.log.visit_rule import VisitRule


OWN_MEANINGS = {OWN_MEANING: "Counted separately"}


def leave_out_duplicates(
    session: Session, log_rows: LogRows, meanings: Mapping[str, str]
) -> LogRows:
    """Remove new calls and visits that duplicate a recorded one or another row.

    Their rows become known. A duplicate stays if a person gave its number, in ``meanings``, the
    meaning that it counts separately. Rows without a number are compared by content elsewhere.
    """
    duplicates: dict[str, str] = {}
    for kind in (INCIDENT_RECORD.name, VISIT_RECORD.name):
        numbered = (
            entry
            for entry in log_rows.entries
            if entry.kind == kind and entry.supersedes is None and not has_content_uid(entry.uid)
        )
        facts = [each for entry in numbered if (each := _collect_facts(entry)) is not None]
        if facts:
            duplicates |= find_duplicates((*describe_records_near(session, kind, facts), *facts))
    if duplicates:
        separate = {
            number.casefold() for number, meaning in meanings.items() if meaning == OWN_MEANING
        }
        separate.update(read_separate_numbers(session.saved_project))
        duplicates = {uid: as_uid for uid, as_uid in duplicates.items()
                      if uid.casefold() not in separate}  # fmt: skip
    if not duplicates:
        return log_rows
    return replace(
        log_rows,
        entries=tuple(entry for entry in log_rows.entries if entry.uid not in duplicates),
        rows=tuple(_explain_duplicate(row, duplicates) for row in log_rows.rows),
        duplicates=duplicates,
    )


def _collect_facts(entry: NewEntry) -> RecordFacts | None:
    """Return the facts that distinguish a call or a completed visit, or None for other entries."""
    if entry.kind == INCIDENT_RECORD.name:
        return describe_incident(read_record(INCIDENT_RECORD, entry.uid, entry))
    visit = read_record(VISIT_RECORD, entry.uid, entry)
    return describe_visit(visit) if visit.status in MADE_VISIT_STATUSES else None


def _explain_duplicate(row: RowResult, duplicates: Mapping[str, str]) -> RowResult:
    if row.outcome is not RowOutcome.NEW or row.id not in duplicates:
        return row
    original, facts = duplicates[row.id], row.remark
    remark = Message("row_reason.duplicate", uid=row.id, original=original, row=facts)
    return row._replace(outcome=RowOutcome.KNOWN, remark=remark, id="")


_ArrivalsBySite = Mapping[str | None, Sequence[tuple[datetime, int]]]


def match_planned_visits(
    session: "Session", entries: Sequence[NewEntry]
) -> tuple[tuple[NewEntry, ...], frozenset[str]]:
    """Return entries in which visits correct the planned visits that they fulfill, and their uids.

    A planned visit is fulfilled by the visit at its site that is nearest in time within the rule's
    tolerance, as in ``logbook.log_record_from_columns`` for a single visit.
    """
    arrivals: dict[str | None, list[tuple[datetime, int]]] = {}
    for index, entry in enumerate(entries):
        is_made = entry.kind == "visit" and entry.payload.get("status") in MADE_VISIT_STATUSES
        if is_made and not entry.supersedes:
            arrivals.setdefault(entry.site, []).append((entry.occurred_at, index))
    if not arrivals:
        return tuple(entries), frozenset()
    for site_arrivals in arrivals.values():
        site_arrivals.sort()
    rule = session.saved_project.visit_rule
    first, _ = min(site_arrivals[0] for site_arrivals in arrivals.values())
    last, _ = max(site_arrivals[-1] for site_arrivals in arrivals.values())
    planned = PlannedVisitIndex(session.store).list_matchable(first, last, rule)
    matches = _match_nearest(planned, arrivals, rule)
    corrections = [_build_correction(session, entries[i], visit) for i, visit in matches.items()]
    others = [entry for index, entry in enumerate(entries) if index not in matches]
    return (*others, *corrections), frozenset(entry.uid for entry in corrections)


def _match_nearest(
    planned: Sequence[Visit], arrivals: _ArrivalsBySite, rule: "VisitRule"
) -> Mapping[int, Visit]:
    """Return the planned visit by index of the entry that fulfills it; the nearest pairs first."""
    pairs: list[tuple[timedelta, int, int]] = []
    for number, visit in enumerate(planned):
        at_site, due = arrivals.get(visit.site, ()), visit.arrived_at
        first = bisect_left(at_site, due - timedelta(minutes=rule.early_min), key=itemgetter(0))
        last = bisect_right(at_site, due + timedelta(minutes=rule.late_min), key=itemgetter(0))
        pairs += ((abs(time - due), index, number) for time, index in at_site[first:last])
    matches: dict[int, Visit] = {}
    fulfilled = set[int]()
    for _, index, number in sorted(pairs):
        if index not in matches and number not in fulfilled:
            matches[index] = planned[number]
            fulfilled.add(number)
    return matches


def _build_correction(session: "Session", entry: NewEntry, planned: Visit) -> NewEntry:
    """Return a visit as the correction of a planned one, which fills in its missing values."""
    cells = {name: str(entry.payload.get(name) or "") for name in RECORD_KINDS["visit"].fields}
    cells |= {"uid": entry.uid, "site": entry.site or "", "unit": entry.unit or ""}
    return parse_entry(
        "visit",
        {**cells, "supersedes": planned.uid},
        time_zone=session.saved_project.time_zone,
        now=session.clock(),
        uid=entry.uid,
        corrects=planned,
    )


_READING_SHARE = 0.5
_CALL_COLUMNS = {"type", "received_at", "dispatched_at", "onscene_at"}
"""Columns that an export of calls has, but a list of visits does not."""
_FIGURE_COLUMNS = (*INCIDENT_STAMPS[1:], "units")


def prepare_log_import(
    session: Session, options: ImportOptions, *, report: ProgressReport
) -> PreparedImport:
    """Read a table of the log and return what an import would do, and how to save it."""
    path = options.path
    read, reader = read_project_table(session, options, report)
    placed = read.ours or not set(LOCATING_TARGETS).isdisjoint(read.mapping)
    if options.kind == INCIDENT_RECORDS and not placed:
        raise UserError(
            "no_place_column", columns=list(read.table.columns), source=options.path.name
        )
    rows = _read_entry_rows(session, read, reader, report)
    log_rows, stamps, tally = rows.log_rows, rows.stamps, rows.tally
    self_initiated = rows.self_initiated
    notes: list[Message] = []
    if log_rows.doubtful:
        notes.append(Message("rows_at_clock_change", n=log_rows.doubtful))
    payloads = (entry.payload for entry in log_rows.entries)
    count, people = count_entries_with_personal_data(payloads, session.project)
    if count:
        notes.append(Message("rows_with_names", n=count, examples=people))
    fulfilling = match_planned_visits(session, log_rows.entries)[1]
    if fulfilling:
        notes.append(Message("planned_visits_fulfilled", n=len(fulfilling)))
    places = tally.list_places(reader.finder) if reader is not None else ()
    likely = {place.place for place in places}
    others = [each for each in tally.places.most_common() if each[0] not in likely][:MOST_WORDS]
    results = complete_row_results(
        (*stamps.rows, *rows.visits, *self_initiated.asked, *self_initiated.of_others),
        joined=tally.joined,
        repeated=tally.repeated,
        suggestions={place.place: place.suggestion for place in places},
        fulfilling=fulfilling,
    )
    outcomes = Counter(row.outcome for row in results)
    read_rows = len(results) - outcomes[RowOutcome.LEFT_OUT]
    if read_rows == 0:
        raise UserError("no_rows.but_headings", source=path.name)
    details = {} if read.ours else _list_read_details(session, read, self_initiated, outcomes)
    details |= _count_what_follows(session, log_rows)
    corrected = (*log_rows.corrected, *stamps.corrected)
    if corrected:
        details["corrected"] = [asdict(change) for change in corrected]
    asked = len(self_initiated.asked)
    described = Counter(
        {RowOutcome.ASKED: asked, RowOutcome.CHANGED: len({change.uid for change in corrected})}
    )
    taken = outcomes[RowOutcome.NEW] + outcomes[RowOutcome.CHANGED]
    unnamed = sum(row.outcome is RowOutcome.ELSEWHERE and not row.name for row in results)
    outcome = ImportResult(
        message=Message("rows_imported.preview", taken=taken, read=read_rows, source=path.name),
        read=read_rows,
        taken=taken,
        already=outcomes[RowOutcome.KNOWN],
        ignored=read.ignored,
        how=read.table.description,
        notes=(
            *describe_what_follows(session, self_initiated, details),
            *(() if read.ours else _describe_columns_missing(options.kind, read.mapping)),
            *notes,
            *describe_entries(session, log_rows.entries),
            *describe_corrections(session, corrected),
            *describe_rows_read(outcomes - described),
            *describe_foreign_rows(session, tally, others, stamps.differing, unnamed),
        ),
        rows=results,
        read_details=details,
        days=_find_days(session, (*log_rows.times, *(reader.read_ends() if reader else ())))
        if options.kind in RECORD_KEEPING_KINDS
        else None,
        silent=find_silent_rows(session, options.kind, log_rows.entries),
        elsewhere=outcomes[RowOutcome.ELSEWHERE] + outcomes[RowOutcome.ASKED] - asked,
        aliased=tally.aliased,
        places=places,
        others=tuple(others),
        words={name: dict(words.most_common()) for name, words in tally.words.items()},
        understood=tally.understood,
    )
    repeated = outcomes[RowOutcome.JOINED] + len(tally.repeated)
    require_imported_rows(outcome, path.name, uncounted=repeated)

    def save(report: ProgressReport) -> None:
        kinds = {options.kind, VISIT_RECORDS} if self_initiated.visits else {options.kind}
        save_answers(session, options, read.table.columns, days=outcome.days, kinds=kinds)
        if taken:  # matched again: another desk may have started a planned visit in the meantime
            entries, _ = match_planned_visits(session, log_rows.entries)
            session.log_table((*rows.voids, *entries, *stamps.entries), report)

    return PreparedImport(outcome, save)


@dataclass(frozen=True, eq=False, slots=True)
class _EntryRows:
    """The unsaved entries of a table of the log.

    ``log_rows`` has all entries; ``visits`` has the results of rows of calls that are visits;
    ``voids`` remove calls that an earlier import made of these visits.
    """

    log_rows: LogRows
    visits: tuple[RowResult, ...]
    voids: Sequence[NewEntry]
    self_initiated: SelfInitiatedRows
    stamps: UnitStampRows
    tally: ForeignTally


def _read_entry_rows(
    session: Session, read: MappedTable, reader: ForeignRowReader | None, report: ProgressReport
) -> _EntryRows:
    """Read the rows of a table: merge units, separate visits from calls, leave out duplicates."""
    options, lines = read.options, read.table.last_row_number
    layout, rows = LOG_TABLES[options.kind], iterate_rows(read, reader)
    meanings = reader.codes.read_meanings(TYPE) if reader is not None else {}
    self_initiated = SelfInitiatedRows(meanings)
    if reader is not None and options.kind == INCIDENT_RECORDS:

        def report_row(count: int) -> None:
            report(min(1.0, count / lines) * _READING_SHARE, Message("progress.row", n=count))

        rows = self_initiated.select_calls(merge_unit_rows(rows, reader.tally, report_row))
    read_entries = partial(
        read_log_entries,
        session,
        report=report,
        lines=lines,
        times=read.times(session.saved_project.time_zone),
        find_unit=reader.codes.find_unit if reader is not None else None,
    )
    numbers = options.words.get(NUMBER, {})
    calls = leave_out_duplicates(session, read_entries(layout, rows), numbers)
    tally = reader.tally if reader is not None else ForeignTally()
    stamps = build_unit_stamps(session, layout, calls.rows, tally.stamps)
    visit_rows, voids = _replace_calls(session, self_initiated.visits)
    visits = read_entries(LOG_TABLES[VISIT_RECORDS], visit_rows)
    visits = leave_out_duplicates(session, visits, numbers)
    log_rows = calls.join(visits)
    if self_initiated.words:
        tally.words[TYPE] = self_initiated.words
    if log_rows.duplicates:
        tally.words[NUMBER] = Counter(log_rows.duplicates.keys())
    return _EntryRows(log_rows, visits.rows, voids, self_initiated, stamps, tally)


def _replace_calls(
    session: Session, rows: Sequence[TextRow]
) -> tuple[list[TextRow], list[NewEntry]]:
    """Return rows of visits, and the voids of calls that an earlier import made of them.

    A visit with the number of a call gets another number.
    """
    known = session.store.by_uid([row.cells["uid"] for row in rows if "uid" in row.cells])
    calls = {uid for uid, entry in known.items() if entry.kind == "incident"}
    if not calls:
        return list(rows), []
    renamed = [
        row._replace(cells={**row.cells, "uid": name_visit_of(row.cells["uid"])})
        if row.cells.get("uid") in calls
        else row
        for row in rows
    ]
    to_void = calls.intersection(incident.uid for incident in list_incidents(session))
    return renamed, void_calls(session, sorted(to_void))


def _describe_columns_missing(kind: str, mapping: Mapping[str, object]) -> Iterator[Message]:
    """Yield a note on columns that figures need but that a table of calls does not have."""
    if kind == INCIDENT_RECORDS:
        titles = {target.name: target.title.lower() for target in TARGET_COLUMNS[kind]}
        if missing := ", ".join(titles[name] for name in _FIGURE_COLUMNS if name not in mapping):
            yield Message("columns_missing", columns=missing)


def _list_read_details(
    session: Session,
    read: MappedTable,
    self_initiated: SelfInitiatedRows,
    count: Mapping[RowOutcome, int],
) -> dict[str, object]:
    """Return how a foreign table was read, as JSON values."""
    details = read.list_details(count[RowOutcome.LEFT_OUT])
    if any(self_initiated.counts.values()):
        details["self_initiated"] = self_initiated.counts
    if read.options.kind == VISIT_RECORDS and (calls := _count_calls(session, read)) is not None:
        details["calls"] = calls
    return details


def _count_calls(session: Session, read: MappedTable) -> int | None:
    """Return how many rows of a table of visits look like calls, or None if it is not an export."""
    as_calls = view_as_kind(read, INCIDENT_RECORDS)
    if not as_calls.mapping.keys() >= _CALL_COLUMNS:
        return None
    return sum(
        not (row.fault or row.elsewhere or row.left_out or is_self_initiated(row.cells))
        for row in iterate_rows(as_calls, as_calls.make_reader(session))
    )


def _count_what_follows(session: Session, log_rows: LogRows) -> Mapping[str, object]:
    """Return the reviews that follow from new incidents, and their duplicates, as JSON values.

    Duplicates are left out, or marked in the file as duplicates of a call that is not there.
    """
    duplicates = log_rows.duplicates
    counts: dict[str, object] = {
        "reviews": _count_reviews(session, log_rows.entries),
        "duplicates": count_duplicates(log_rows.entries) + len(duplicates),
        "counted_once": [{"number": uid, "as": as_uid} for uid, as_uid in duplicates.items()],
    }
    return {name: n for name, n in counts.items() if n}


def _count_reviews(session: Session, entries: Sequence[NewEntry]) -> int:
    """Return the number of new incidents whose priority requires an after-action review."""
    incidents = [
        entry for entry in entries if entry.kind == "incident" and entry.supersedes is None
    ]
    if not incidents:
        return 0
    rule = load_project_rules(session.saved_project).follow_up
    return sum(
        int(entry.payload["priority"]) <= rule.review_priority
        and session.day_of(entry.occurred_at) >= rule.effective_from
        for entry in incidents
    )


def _find_days(session: Session, times: Sequence[datetime]) -> DaySpan | None:
    """Return the first and last day of times, but no day after today."""
    days = [min(session.day_of(time), session.today) for time in times]
    return DaySpan(min(days), max(days)) if days else None
