"""Calls on record that nobody made, such as patrol checks of an earlier import."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace

from zoneplanner.analysis.log.log_arrays import SAMPLE_MARK
from zoneplanner.app.log.duplicate_records import list_duplicate_notes
from zoneplanner.app.log.logbook import list_incidents, list_visits
from zoneplanner.app.session.identity import new_uid
from zoneplanner.app.session.session import Session
from zoneplanner.domain.changes import EditKind
from zoneplanner.domain.log.days_on_record import INCIDENT_RECORDS
from zoneplanner.domain.log.entries import build_visit_entry, build_void_entry
from zoneplanner.domain.log.journal import Incident, NewEntry
from zoneplanner.domain.plans.checks import CheckFinding
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError

CALLS_NOBODY_MADE = "calls_nobody_made"
"""The code of what is to be known: calls of the log that look like visits."""
TYPE = "type"
VISIT_MEANING, CALL_MEANING = "visit", "call"
_REASON = "Nobody called, so it is a visit."


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
    return [build_void_entry(uid=new_uid(), voids=uid, reason=_REASON, now=now) for uid in uids]


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
