"""Visits of a table that took place where and when one was planned take that one up."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from zoneplanner.analysis.arrays import IntArray
from zoneplanner.analysis.log_table import NO_TIMESTAMP
from zoneplanner.app.planned_visits import PlannedVisitIndex
from zoneplanner.domain.columns import RECORD_KINDS, parse_entry
from zoneplanner.domain.journal import MADE_VISIT_STATUSES, NewEntry, Visit

if TYPE_CHECKING:
    from zoneplanner.analysis.new_visits import VisitBatch
    from zoneplanner.app.session import Session


def match_planned_visits(
    session: "Session", visits: "VisitBatch", entries: Sequence[NewEntry]
) -> tuple["VisitBatch", tuple[NewEntry, ...], frozenset[str]]:
    """Return visits and entries, where those that take up a planned one correct it; their uids.

    A planned visit is taken up by the one at its site that is nearest in time, grace included, as
    ``logbook.log_columns`` does it for a single one.
    """
    arrived = np.concatenate([visits.arrived, np.array([*map(_get_arrival, entries)], np.int64)])
    planned = _list_planned(session, arrived[arrived != NO_TIMESTAMP])
    if not planned:
        return visits, tuple(entries), frozenset()
    sites = [*visits.site, *(entry.site or "" for entry in entries)]
    found = _match_nearest(session, planned, arrived, sites)
    single = len(visits)
    kept = visits.part([at for at in range(single) if at not in found])
    begun = [
        _build_correction(session, visits.entry(at) if at < single else entries[at - single], one)
        for at, one in found.items()
    ]
    others = [entry for at, entry in enumerate(entries, single) if at not in found]
    return kept, (*others, *begun), frozenset(entry.uid for entry in begun)


def _get_arrival(entry: NewEntry) -> int:
    """Return when a visit that took place began, in seconds since 1970; NEVER for all else."""
    took_place = entry.kind == "visit" and entry.payload.get("status") in MADE_VISIT_STATUSES
    return (
        int(entry.occurred_at.timestamp()) if took_place and not entry.supersedes else NO_TIMESTAMP
    )


def _list_planned(session: "Session", arrived: IntArray) -> tuple[Visit, ...]:
    """Return the planned visits that some which began then may take up."""
    if not len(arrived):
        return ()
    first, last = (datetime.fromtimestamp(int(at), UTC) for at in (arrived.min(), arrived.max()))
    return PlannedVisitIndex(session.store).near(first, last, session.reading.kept.visit_rule)


def _match_nearest(
    session: "Session", planned: Sequence[Visit], arrived: IntArray, sites: Sequence[str]
) -> Mapping[int, Visit]:
    """Return the planned visit that each place takes up: the nearest pairs first."""
    rule = session.reading.kept.visit_rule
    order = np.argsort(arrived, kind="stable")
    in_order = arrived[order]
    pairs: list[tuple[int, int, int]] = []
    for number, one in enumerate(planned):
        at_s = int(one.arrived_at.timestamp())
        first = np.searchsorted(in_order, at_s - 60 * rule.early_min)
        last = np.searchsorted(in_order, at_s + 60 * rule.late_min, side="right")
        there = (place for place in order[first:last].tolist() if sites[place] == one.site)
        pairs += ((abs(int(arrived[place]) - at_s), place, number) for place in there)
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
        time_zone=session.reading.kept.time_zone,
        now=session.clock(),
        uid=entry.uid,
        corrects=planned,
    )
