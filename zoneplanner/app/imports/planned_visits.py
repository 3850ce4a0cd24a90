"""Imported visits take up the planned ones that they are nearest to."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from operator import itemgetter
from typing import TYPE_CHECKING

from zoneplanner.app.session.journal_index import PlannedVisitIndex
from zoneplanner.domain.log.entries import RECORD_KINDS, parse_entry
from zoneplanner.domain.log.journal import MADE_VISIT_STATUSES, NewEntry, Visit

if TYPE_CHECKING:
    from zoneplanner.app.session.session import Session
    from zoneplanner.domain.log.visit_rule import VisitRule

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
