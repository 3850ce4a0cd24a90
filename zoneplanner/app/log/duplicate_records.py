"""Calls and visits on record that are another one again: named, and settled in one step.

Calls on record that nobody made, such as patrol checks of an earlier import.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

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
from zoneplanner.domain.changes import EditKind
from zoneplanner.domain.log.days_on_record import INCIDENT_RECORDS
from zoneplanner.domain.log.entries import (
    build_visit_entry,
    build_void_entry,
    read_incidents,
    read_visits,
)
from zoneplanner.domain.log.journal import INCIDENT_STAMPS, Incident, JournalEntry, NewEntry, Visit
from zoneplanner.domain.plans.checks import CheckFinding
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError

CALLS_TWICE = "calls_twice"
"""The code of what is to be known: calls and visits of the log that are another one again."""
NUMBER, OWN_MEANING = "uid", "own"
"""The column of a record's number, and what a person says of one that is a record of its own."""
_REASON = "Duplicate of"
_MOST_READ_SINGLY = 200


@dataclass(frozen=True, slots=True)
class DuplicateRecord:
    """A record that is another one again; ``of`` is empty where that one is not in the log."""

    uid: str
    kind: str
    site: str | None
    at: datetime
    of: str = ""


def describe_incident(call: Incident, *, on_record: bool = False) -> RecordFacts:
    """Return what distinguishes a call."""
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
    """Return what distinguishes a visit; two officers may be at one school at once."""
    units = frozenset(filter(None, (visit.unit, visit.officer)))
    times = 1 + (visit.departed_at is not None)
    at_s = int(visit.arrived_at.timestamp())
    return RecordFacts(visit.uid, visit.site, at_s, "", units, times, on_record=on_record)


def list_duplicates(session: Session) -> tuple[DuplicateRecord, ...]:
    """Return the calls and visits of the log that are another one again, but for samples.

    Those of which somebody said that they count are not among them.
    """
    log = session.store.log()
    calls = _read_incidents(session, log.calls[_find_close_rows(log.calls, "received")])
    visits = _read_visits(session, log.visits[_find_close_rows(log.visits, "at")])
    told = [describe_incident(one) for one in calls]
    again = {**find_duplicates(told), **find_duplicates(map(describe_visit, visits))}
    named = again.keys() | {one.uid for one in told if one.says_duplicate}
    found = (
        *(DuplicateRecord(one.uid, "incident", one.site, one.received_at) for one in calls),
        *(DuplicateRecord(one.uid, "visit", one.site, one.arrived_at) for one in visits),
    )
    own = read_own_numbers(session.saved_project)
    return tuple(
        replace(one, of=again.get(one.uid, ""))
        for one in found
        if one.uid in named and one.uid.casefold() not in own
    )


def describe_records_near(
    session: Session, kind: str, new: Sequence[RecordFacts]
) -> list[RecordFacts]:
    """Return what distinguishes the records of the log that are near some new ones."""
    times: dict[str, list[int]] = {}
    for one in new:
        times.setdefault(one.site, []).append(one.at_s)
    log, marks = session.store.log(), ("received", "at")
    table, name = (log.calls, marks[0]) if kind == "incident" else (log.visits, marks[1])
    near = np.zeros(len(table), bool)
    for number, site in enumerate(log.names):
        if site in times:
            rows = np.flatnonzero(_is_real(table) & (table["site"] == number))
            begun = np.sort(np.array(times[site]))
            at = table[name][rows]
            first = np.searchsorted(begun, at - DUPLICATE_S)
            near[rows] = first < np.searchsorted(begun, at + DUPLICATE_S, side="right")
    if kind == "incident":
        return [
            describe_incident(one, on_record=True) for one in _read_incidents(session, table[near])
        ]
    return [describe_visit(one, on_record=True) for one in _read_visits(session, table[near])]


def count_once(session: Session, uids: Collection[str] = ()) -> tuple[DuplicateRecord, ...]:
    """Void records that are another one again, all or none, and return them.

    Without ``uids`` those are voided whose other one is in the log; nothing is lost, since a
    correction brings a record back.

    Raises
    ------
    UserError
        There are none, or one of those named is none.
    """
    found = _choose_duplicates(session, uids, named_only=False)
    now = session.clock()
    session.log_many(
        [
            build_void_entry(uid=new_uid(), voids=one.uid, reason=_say_reason(one), now=now)
            for one in found
        ]
    )
    return found


def keep_apart(session: Session, uids: Collection[str]) -> tuple[DuplicateRecord, ...]:
    """Keep with the project that records which look like another one count on their own.

    Raises
    ------
    UserError
        One of them is no duplicate.
    """
    found = _choose_duplicates(session, uids, named_only=True)
    said = {NUMBER: {one.uid: OWN_MEANING for one in found}}

    def edit(project: Project) -> Project:
        return replace(project, mappings=project.mappings.with_words(INCIDENT_RECORDS, said))

    session.apply("Set which records count separately", edit, kind=EditKind.IMPORT)
    return found


def read_own_numbers(project: Project) -> Collection[str]:
    """Return the numbers that a person said are records of their own, in small letters."""
    said = project.mappings.words(INCIDENT_RECORDS, NUMBER)
    return {number for number, meaning in said.items() if meaning == OWN_MEANING}


def list_duplicate_notes(session: Session) -> tuple[CheckFinding, ...]:
    """Return that records of the log are another one again, if some are."""
    found = list_duplicates(session)
    if not found:
        return ()
    named = [f"{one.uid} (of {one.of})" if one.of else one.uid for one in found]
    pairs = sum(bool(one.of) for one in found)
    facts = {"n": len(found), "calls": named, "pairs": pairs, "example": found[0].uid}
    return (CheckFinding(CALLS_TWICE, {"calls": ";".join(one.uid for one in found)}, facts),)


def _choose_duplicates(
    session: Session, uids: Collection[str], *, named_only: bool
) -> tuple[DuplicateRecord, ...]:
    known = {one.uid: one for one in list_duplicates(session)}
    for uid in uids:
        if uid not in known:
            raise UserError("no_duplicate", uid=uid, known=list(known))
    if uids or named_only:
        return tuple(known[uid] for uid in dict.fromkeys(uids))
    found = tuple(one for one in known.values() if one.of)
    if not found:
        raise UserError("no_duplicates")
    return found


def _say_reason(one: DuplicateRecord) -> str:
    return f"{_REASON} {one.of or 'another record'}."


def _is_real(rows: RecordArray) -> BoolArray:
    real: BoolArray = (rows["marks"] & SAMPLE_MARK == 0) & (rows["site"] != NO_NAME)
    return real


def _find_close_rows(rows: RecordArray, name: str) -> IntArray:
    """Return the places of rows at one site within a minute, and around those said to be double."""
    real: IntArray = np.flatnonzero(_is_real(rows))
    real = real[np.lexsort((rows[name][real], rows["site"][real]))]
    if not len(real):
        return real
    at, site = rows[name][real], rows["site"][real]
    near = (np.diff(at) < SAME_MOMENT_S) & (np.diff(site) == 0)
    close = np.append(near, False) | np.append(False, near)
    for double in np.flatnonzero(rows["marks"][real] & DUPLICATE_MARK):
        close |= (site == site[double]) & (np.abs(at - at[double]) <= DUPLICATE_S)
    found: IntArray = real[close]
    return found


def _read_incidents(session: Session, rows: RecordArray) -> tuple[Incident, ...]:
    uids = _list_uids(session, rows)
    if len(uids) > _MOST_READ_SINGLY:
        return tuple(one for one in list_incidents(session) if one.uid in uids)
    return read_incidents(_read_whole(session, uids))


def _read_visits(session: Session, rows: RecordArray) -> tuple[Visit, ...]:
    uids = _list_uids(session, rows)
    if len(uids) > _MOST_READ_SINGLY:
        return tuple(one for one in list_visits(session) if one.uid in uids)
    return read_visits(_read_whole(session, uids))


def _list_uids(session: Session, rows: RecordArray) -> Collection[str]:
    return {one.uid for one in session.store.entries_by_seq(rows["seq"].tolist())}


def _read_whole(session: Session, uids: Iterable[str]) -> list[JournalEntry]:
    found = {one.seq: one for uid in uids for one in session.store.record(uid)}
    return [found[seq] for seq in sorted(found)]


CALLS_NOBODY_MADE = "calls_nobody_made"
"""The code of what is to be known: calls of the log that look like visits."""
TYPE = "type"
VISIT_MEANING, CALL_MEANING = "visit", "call"
_PATROL_REASON = "Nobody called, so it is a visit."


def name_visit_of(call: str) -> str:
    """Return the uid of the visit that a call turned out to be."""
    return f"{call}-visit"


def count_calls_nobody_made(session: Session) -> Counter[str]:
    """Count the calls whose received, dispatched and on scene are one time, by their type.

    Nobody waited for a unit there. Types that somebody said are calls, and samples, do not count.
    """
    calls = session.store.log().calls
    alike = (calls["received"] == calls["dispatched"]) & (calls["received"] == calls["onscene"])
    alike &= (calls["marks"] & SAMPLE_MARK) == 0
    if not alike.any():
        return Counter()
    meanings = session.saved_project.mappings.words(INCIDENT_RECORDS, TYPE)
    first = session.store.entries_by_seq(calls["seq"][alike].tolist())  # other calls are not read
    types = Counter(str(one.payload.get("type", "")) for one in first)
    return Counter(
        {word: n for word, n in types.items() if meanings.get(word.casefold()) != CALL_MEANING}
    )


def list_call_notes(session: Session) -> tuple[CheckFinding, ...]:
    """Return that calls of the log look like visits, or like another one again, if some do."""
    return (*_list_patrol_notes(session), *list_duplicate_notes(session))


def _list_patrol_notes(session: Session) -> tuple[CheckFinding, ...]:
    types = count_calls_nobody_made(session)
    if not types:
        return ()
    words = [f"{word} ({n:,})" for word, n in types.most_common(5)]
    example = next(iter(types.most_common()))[0]
    facts = {"n": types.total(), "words": words, "example": example}
    return (CheckFinding(CALLS_NOBODY_MADE, {"types": ";".join(types)}, facts),)


def take_calls_as_visits(session: Session, types: Collection[str]) -> tuple[int, int]:
    """Void the calls of some types and log a visit for each; return how many of both.

    All are appended at once, or none. A call of other agencies' units alone, or at no school, is
    voided only, and so is one whose visit is on record. That these types are visits is kept with
    the project, for files to come.

    Raises
    ------
    UserError
        No call is of such a type.
    """
    wanted = {text.strip().casefold() for text in types}
    calls = [one for one in list_incidents(session) if one.type.casefold() in wanted]
    if not calls:
        known = sorted(count_calls_nobody_made(session))
        code = "no_call_of_type.known" if known else "no_call_of_type"
        raise UserError(code, types=sorted(types), known=known)
    there = {(one.site, one.arrived_at.replace(second=0)) for one in list_visits(session)}
    visits = [made for one in calls if (made := _make_visit(session, one)) is not None]
    visits = [one for one in visits if (one.site, one.occurred_at.replace(second=0)) not in there]
    said = {TYPE: dict.fromkeys(sorted(types), VISIT_MEANING)}

    def edit(project: Project) -> Project:
        return replace(project, mappings=project.mappings.with_words(INCIDENT_RECORDS, said))

    session.log_many((*void_calls(session, [one.uid for one in calls]), *visits))
    session.apply("Set what types of calls mean", edit, kind=EditKind.IMPORT)
    return len(calls), len(visits)


def void_calls(session: Session, uids: Sequence[str]) -> list[NewEntry]:
    """Return the entries that take calls out of every figure, since they are visits."""
    now = session.clock()
    return [
        build_void_entry(uid=new_uid(), voids=uid, reason=_PATROL_REASON, now=now) for uid in uids
    ]


def _make_visit(session: Session, call: Incident) -> NewEntry | None:
    """Return the visit that a call was, from the arrival until it was cleared."""
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
