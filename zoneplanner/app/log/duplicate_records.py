"""Duplicate calls and visits, and recorded calls that are really patrol visits."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

import numpy as np

from zoneplanner.analysis.arrays import BoolArray, IntArray
from zoneplanner.analysis.log.duplicate_records import (
    DUPLICATE_S,
    SAME_MOMENT_S,
    RecordFacts,
    find_duplicates,
)
from zoneplanner.analysis.log.log_arrays import (
    DUPLICATE_MARK,
    NO_NAME,
    SAMPLE_MARK,
    RecordArray,
    says_duplicate,
)
from zoneplanner.app.log.logbook import list_incidents, list_visits
from zoneplanner.app.session.identity import new_uid
from zoneplanner.app.session.session import Session
from zoneplanner.domain.edits import EditKind
from zoneplanner.domain.grouping import group_pairs
from zoneplanner.domain.log.days_on_record import INCIDENT_RECORDS
from zoneplanner.domain.log.entries import (
    build_visit_entry,
    build_void_entry,
    read_incidents,
    read_visits,
)
from zoneplanner.domain.log.journal import INCIDENT_STAMPS, Incident, NewEntry, Visit
from zoneplanner.domain.plans.checks import CheckFinding
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError

CALLS_TWICE = "calls_twice"
"""The code of the finding that records of the log are duplicates."""
NUMBER, OWN_MEANING = "uid", "own"
"""The column of a record's number, and its stored meaning “counted separately”."""
_MOST_READ_SINGLY = 200
_Record = TypeVar("_Record", Incident, Visit)


@dataclass(frozen=True, slots=True)
class DuplicateRecord:
    """A duplicate; ``of`` is the uid of the original, empty if that is not in the log."""

    uid: str
    kind: str
    site: str | None
    at: datetime
    of: str = ""


def describe_incident(call: Incident, *, on_record: bool = False) -> RecordFacts:
    """Return the facts by which duplicates of a call are found."""
    times = (getattr(call, name) is not None for name in INCIDENT_STAMPS)
    return RecordFacts(
        call.uid,
        call.site or "",
        int(call.received_at.timestamp()),
        call.type.casefold(),
        frozenset(call.every_unit),
        sum(times),
        call.onscene_at is None and says_duplicate(call.disposition, call.type),
        on_record,
    )


def describe_visit(visit: Visit, *, on_record: bool = False) -> RecordFacts:
    """Return the facts by which duplicates of a visit are found, including who came."""
    units = frozenset(filter(None, (visit.unit, visit.officer)))
    times = 1 + (visit.departed_at is not None)
    at_s = int(visit.arrived_at.timestamp())
    return RecordFacts(visit.uid, visit.site, at_s, "", units, times, on_record=on_record)


def list_duplicates(session: Session) -> tuple[DuplicateRecord, ...]:
    """Return the duplicate calls and visits of the log.

    Samples are left out, and so are records that somebody set to count separately.
    """
    log = session.store.log()
    calls = _read_incidents(session, log.calls[_find_close_rows(log.calls, "received")])
    visits = _read_visits(session, log.visits[_find_close_rows(log.visits, "at")])
    facts = [describe_incident(call) for call in calls]
    originals = {**find_duplicates(facts), **find_duplicates(map(describe_visit, visits))}
    declared = {call.uid for call in facts if call.says_duplicate}
    separate = read_separate_numbers(session.saved_project)
    records = (
        *(DuplicateRecord(call.uid, "incident", call.site, call.received_at) for call in calls),
        *(DuplicateRecord(visit.uid, "visit", visit.site, visit.arrived_at) for visit in visits),
    )
    return tuple(
        replace(record, of=originals.get(record.uid, ""))
        for record in records
        if record.uid in originals.keys() | declared and record.uid.casefold() not in separate
    )


def describe_records_near(
    session: Session, kind: str, new: Sequence[RecordFacts]
) -> list[RecordFacts]:
    """Return the facts of the records of the log that are close to new ones in place and time."""
    times = group_pairs((record.site, record.at_s) for record in new)
    log = session.store.log()
    table, name = (log.calls, "received") if kind == "incident" else (log.visits, "at")
    near = np.zeros(len(table), bool)
    for number, site in enumerate(log.names):
        if site in times:
            rows = np.flatnonzero(_is_real(table) & (table["site"] == number))
            new_times = np.sort(np.array(times[site]))
            at = table[name][rows]
            first = np.searchsorted(new_times, at - DUPLICATE_S)
            near[rows] = first < np.searchsorted(new_times, at + DUPLICATE_S, side="right")
    if kind == "incident":
        calls = _read_incidents(session, table[near])
        return [describe_incident(call, on_record=True) for call in calls]
    return [describe_visit(visit, on_record=True) for visit in _read_visits(session, table[near])]


def void_duplicates(session: Session, uids: Collection[str] = ()) -> tuple[DuplicateRecord, ...]:
    """Void duplicates, all or none, and return them.

    Without ``uids``, all duplicates are voided whose original is in the log. A correction brings a
    voided record back.

    Raises
    ------
    UserError
        There are no duplicates, or a uid is not one.
    """
    duplicates = _find_named_duplicates(session, uids)
    if not uids:
        duplicates = tuple(record for record in list_duplicates(session) if record.of)
        if not duplicates:
            raise UserError("no_duplicates")
    now = session.clock()
    session.log_many(
        [
            build_void_entry(
                uid=new_uid(),
                voids=record.uid,
                reason=f"Duplicate of {record.of or 'another record'}.",
                now=now,
            )
            for record in duplicates
        ]
    )
    return duplicates


def count_separately(session: Session, uids: Collection[str]) -> tuple[DuplicateRecord, ...]:
    """Store in the project that records which look like duplicates count separately.

    Raises
    ------
    UserError
        A uid is not a duplicate.
    """
    duplicates = _find_named_duplicates(session, uids)
    meanings = {record.uid: OWN_MEANING for record in duplicates}
    _set_meanings(session, "Set which records count separately", {NUMBER: meanings})
    return duplicates


def read_separate_numbers(project: Project) -> Collection[str]:
    """Return the numbers of the records that count separately, in lower case."""
    meanings = project.mappings.words(INCIDENT_RECORDS, NUMBER)
    return {number for number, meaning in meanings.items() if meaning == OWN_MEANING}


def list_duplicate_notes(session: Session) -> tuple[CheckFinding, ...]:
    """Return the finding that records of the log are duplicates, if any are."""
    duplicates = list_duplicates(session)
    if not duplicates:
        return ()
    uids = [record.uid for record in duplicates]
    facts = {
        "n": len(uids),
        "calls": [f"{one.uid} (of {one.of})" if one.of else one.uid for one in duplicates],
        "pairs": sum(bool(record.of) for record in duplicates),
        "example": uids[0],
    }
    return (CheckFinding(CALLS_TWICE, {"calls": ";".join(uids)}, facts),)


def _find_named_duplicates(session: Session, uids: Collection[str]) -> tuple[DuplicateRecord, ...]:
    known = {record.uid: record for record in list_duplicates(session)} if uids else {}
    for uid in uids:
        if uid not in known:
            raise UserError("no_duplicate", uid=uid, known=list(known))
    return tuple(known[uid] for uid in dict.fromkeys(uids))


def _set_meanings(session: Session, label: str, words: Mapping[str, Mapping[str, str]]) -> None:
    def edit(project: Project) -> Project:
        return replace(project, mappings=project.mappings.with_words(INCIDENT_RECORDS, words))

    session.apply(label, edit, kind=EditKind.IMPORT)


def _is_real(rows: RecordArray) -> BoolArray:
    real: BoolArray = (rows["marks"] & SAMPLE_MARK == 0) & (rows["site"] != NO_NAME)
    return real


def _find_close_rows(rows: RecordArray, name: str) -> IntArray:
    """Return the indexes of rows close to another row at their site.

    Close is within a minute, or within ``DUPLICATE_S`` of a row that says it is a duplicate.
    """
    real: IntArray = np.flatnonzero(_is_real(rows))
    real = real[np.lexsort((rows[name][real], rows["site"][real]))]
    if not len(real):
        return real
    at, site = rows[name][real], rows["site"][real]
    near = (np.diff(at) < SAME_MOMENT_S) & (np.diff(site) == 0)
    close = np.append(near, False) | np.append(False, near)
    for double in np.flatnonzero(rows["marks"][real] & DUPLICATE_MARK):
        close |= (site == site[double]) & (np.abs(at - at[double]) <= DUPLICATE_S)
    indexes: IntArray = real[close]
    return indexes


def _read_incidents(session: Session, rows: RecordArray) -> tuple[Incident, ...]:
    return _read_records(session, rows, list_incidents, read_incidents)


def _read_visits(session: Session, rows: RecordArray) -> tuple[Visit, ...]:
    return _read_records(session, rows, list_visits, read_visits)


def _read_records(
    session: Session,
    rows: RecordArray,
    list_all: Callable[[Session], tuple[_Record, ...]],
    read: Callable[[Iterable[NewEntry]], tuple[_Record, ...]],
) -> tuple[_Record, ...]:
    """Return the records of some rows; if they are many, reading all records is faster."""
    uids = {entry.uid for entry in session.store.entries_by_seq(rows["seq"].tolist())}
    if len(uids) > _MOST_READ_SINGLY:
        return tuple(record for record in list_all(session) if record.uid in uids)
    entries = [entry for uid in uids for entry in session.store.record(uid)]
    entries.sort(key=lambda entry: entry.seq)
    return read(entries)


CALLS_NOBODY_MADE = "calls_nobody_made"
"""The code of the finding that calls of the log look like visits."""
TYPE = "type"
VISIT_MEANING, CALL_MEANING = "visit", "call"
_PATROL_REASON = "Nobody called, so it is a visit."


def name_visit_of(call: str) -> str:
    """Return the uid of the visit that replaces a call."""
    return f"{call}-visit"


def count_calls_nobody_made(session: Session) -> Counter[str]:
    """Count by type the calls received, dispatched and on scene at the same time.

    Nobody waited for a unit there, so they are probably visits. Samples do not count, nor do types
    that somebody set to be calls.
    """
    calls = session.store.log().calls
    same = (calls["received"] == calls["dispatched"]) & (calls["received"] == calls["onscene"])
    same &= (calls["marks"] & SAMPLE_MARK) == 0
    if not same.any():
        return Counter()
    meanings = session.saved_project.mappings.words(INCIDENT_RECORDS, TYPE)
    entries = session.store.entries_by_seq(calls["seq"][same].tolist())
    types = Counter(str(entry.payload.get("type", "")) for entry in entries)
    return Counter(
        {word: n for word, n in types.items() if meanings.get(word.casefold()) != CALL_MEANING}
    )


def list_call_notes(session: Session) -> tuple[CheckFinding, ...]:
    """Return the findings that calls of the log look like visits or are duplicates, if any."""
    return (*_list_patrol_notes(session), *list_duplicate_notes(session))


def _list_patrol_notes(session: Session) -> tuple[CheckFinding, ...]:
    types = count_calls_nobody_made(session)
    if not types:
        return ()
    words = [f"{word} ({n:,})" for word, n in types.most_common(5)]
    example = next(iter(types.most_common()))[0]
    facts = {"n": types.total(), "words": words, "example": example}
    return (CheckFinding(CALLS_NOBODY_MADE, {"types": ";".join(types)}, facts),)


def convert_calls_to_visits(session: Session, types: Collection[str]) -> tuple[int, int]:
    """Void the calls of some types and log a visit for each, all or none; count both.

    No visit is logged for a call that had only units of other agencies, was not at a school, or
    whose visit is on record. The project stores that these types are visits, for later imports.

    Raises
    ------
    UserError
        No call is of such a type.
    """
    wanted = {text.strip().casefold() for text in types}
    calls = [call for call in list_incidents(session) if call.type.casefold() in wanted]
    if not calls:
        known = sorted(count_calls_nobody_made(session))
        code = "no_call_of_type.known" if known else "no_call_of_type"
        raise UserError(code, types=sorted(types), known=known)
    known_visits = {
        (visit.site, visit.arrived_at.replace(second=0)) for visit in list_visits(session)
    }
    visits = [
        visit
        for call in calls
        if (visit := _build_visit(session, call)) is not None
        and (visit.site, visit.occurred_at.replace(second=0)) not in known_visits
    ]
    session.log_many((*void_calls(session, [call.uid for call in calls]), *visits))
    meanings = {TYPE: dict.fromkeys(sorted(types), VISIT_MEANING)}
    _set_meanings(session, "Set what types of calls mean", meanings)
    return len(calls), len(visits)


def void_calls(session: Session, uids: Sequence[str]) -> list[NewEntry]:
    """Return the entries that void calls because they are visits."""
    now = session.clock()
    return [
        build_void_entry(uid=new_uid(), voids=uid, reason=_PATROL_REASON, now=now) for uid in uids
    ]


def _build_visit(session: Session, call: Incident) -> NewEntry | None:
    """Return the visit that replaces a call, from its arrival until it was cleared."""
    if call.site is None or (call.other_units and not call.units):
        return None
    return build_visit_entry(
        uid=name_visit_of(call.uid),
        time_zone=session.saved_project.time_zone,
        now=session.clock(),
        site=call.site,
        unit=next(iter(call.units), None),
        arrived_at=call.onscene_at or call.received_at,
        departed_at=call.cleared_at,
    )
