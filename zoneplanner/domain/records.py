"""The journal's records as they stand now, with its corrections and voids applied."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial, reduce

from zoneplanner.domain.entries import DRILL, INCIDENT, REVIEW, VISIT
from zoneplanner.domain.journal import (
    STAMPS,
    Incident,
    NewEntry,
    UnitStamps,
    Visit,
    roots,
    standing,
)
from zoneplanner.domain.kinds import record_of, records_of
from zoneplanner.domain.readiness import Drill, PlanReview


def visits(entries: Iterable[NewEntry]) -> tuple[Visit, ...]:
    """Return the visits as they stand, by arrival."""
    return records_of(VISIT, entries)


def drills(entries: Iterable[NewEntry]) -> tuple[Drill, ...]:
    """Return the drills as they stand, by time."""
    return records_of(DRILL, entries)


def reviews(entries: Iterable[NewEntry]) -> tuple[PlanReview, ...]:
    """Return the steps of plan reviews as they stand, by day."""
    return records_of(REVIEW, entries)


def incidents(entries: Iterable[NewEntry]) -> tuple[Incident, ...]:
    """Return the incidents as they stand, by receipt.

    A stamp in the incident's own entry stands; live stamps fill those it leaves out.
    """
    journal = tuple(entries)
    root_of = roots(journal)
    live: dict[str, list[NewEntry]] = {}
    now = standing(journal)
    for entry in now.values():
        if entry.kind == "stamp":
            named = str(entry.payload.get("incident", ""))
            live.setdefault(root_of.get(named, named), []).append(entry)
    found = [
        _stamped(record_of(INCIDENT, uid, entry), live.get(uid, ()))
        for uid, entry in now.items()
        if entry.kind == "incident"
    ]
    return tuple(sorted(found, key=lambda incident: (incident.received_at, incident.uid)))


def _stamped(incident: Incident, stamps: Sequence[NewEntry]) -> Incident:
    """Fill an incident's stamps from the live ones of its units."""
    if not stamps:
        return incident
    made: dict[str, dict[str, datetime]] = {}
    for entry in stamps:
        unit = str(entry.payload.get("unit") or entry.unit or "")
        name = str(entry.payload.get("name", ""))
        known = made.setdefault(unit, {})
        known[name] = _pick(name, known.get(name, entry.occurred_at), entry.occurred_at)
    units = tuple(unit for unit in made if unit and unit not in incident.units)
    return replace(
        incident,
        dispatched_at=incident.dispatched_at or _over_units(made, "dispatched_at"),
        enroute_at=incident.enroute_at or _over_units(made, "enroute_at"),
        onscene_at=incident.onscene_at or _over_units(made, "onscene_at"),
        cleared_at=incident.cleared_at or _all_clear(made),
        units=incident.units + units,
        by_unit=tuple(
            UnitStamps(unit, *(times.get(name) for name in STAMPS[1:]))
            for unit, times in made.items()
        ),
    )


def _over_units(made: Mapping[str, Mapping[str, datetime]], name: str) -> datetime | None:
    times = [stamps[name] for stamps in made.values() if name in stamps]
    return reduce(partial(_pick, name), times) if times else None


def _all_clear(made: Mapping[str, Mapping[str, datetime]]) -> datetime | None:
    """Return when the last unit cleared; None while one that was stamped has not."""
    if not all("cleared_at" in stamps for stamps in made.values()):
        return None
    return _over_units(made, "cleared_at")


def _pick(name: str, one: datetime, other: datetime) -> datetime:
    """The first of two stamps, but the last ``cleared_at``: the scene is clear when all are."""
    return max(one, other) if name == "cleared_at" else min(one, other)
