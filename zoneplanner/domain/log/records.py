"""The journal's records as they stand now, with its corrections and voids applied."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial, reduce
from typing import TypeVar

from zoneplanner.domain.log.entries import (
    DRILL_RECORD,
    INCIDENT_RECORD,
    REVIEW_RECORD,
    VISIT_RECORD,
)
from zoneplanner.domain.log.journal import (
    INCIDENT_STAMPS,
    Incident,
    NewEntry,
    UnitStamps,
    derive_current_entries,
    is_call_history,
    map_record_uids,
)
from zoneplanner.domain.log.record_schema import read_record, read_records

_Entry = TypeVar("_Entry", bound=NewEntry)

read_visits = partial(read_records, VISIT_RECORD)
read_drills = partial(read_records, DRILL_RECORD)
read_plan_reviews = partial(read_records, REVIEW_RECORD)


def read_incidents(entries: Iterable[NewEntry]) -> tuple[Incident, ...]:
    """Return the incidents as they stand, by receipt.

    A stamp in the incident's own entry stands; live stamps fill those it leaves out.
    """
    journal = tuple(entries)
    root_of = map_record_uids(journal)
    live: dict[str, list[NewEntry]] = {}
    now = derive_current_entries(journal)
    for entry in now.values():
        if entry.kind == "stamp":
            named = str(entry.payload.get("incident", ""))
            live.setdefault(root_of.get(named, named), []).append(entry)
    first = {entry.uid: entry for entry in journal}
    found = []
    for uid, entry in now.items():
        if entry.kind == "incident":
            stamps = live.get(uid, ())
            call = _apply_live_stamps(read_record(INCIDENT_RECORD, uid, entry), stamps)
            past = is_call_history(call, first.get(uid, entry), stamps)
            found.append(replace(call, is_history=True) if past else call)
    return tuple(sorted(found, key=lambda incident: (incident.received_at, incident.uid)))


def derive_unit_times(call: Incident, entered: Incident) -> Iterator[UnitStamps]:
    """Yield the times of each unit of a call: its own stamps, else what was entered for all.

    ``entered`` is the call without its live stamps. What it has from a unit's own stamp, or maybe
    from another agency, holds for no other unit.
    """
    names, own = INCIDENT_STAMPS[1:], {one.unit: one for one in call.by_unit}
    made = {
        unit: {name: at for name in names if (at := getattr(one, name)) is not None}
        for unit, one in own.items()
    }
    called = {name: _combine_unit_stamps(made, name) for name in names}
    called["cleared_at"] = _find_all_clear(made)
    of_all = {
        name: at
        for name, stamped in called.items()
        if (at := getattr(entered, name)) is not None and at != stamped
    }
    for unit in call.units:
        stamps = own.get(unit, UnitStamps(unit))
        if unit in entered.units and not entered.other_units:
            known = {name: at for name, at in of_all.items() if getattr(stamps, name) is None}
            stamps = replace(stamps, **known)
        yield stamps


def group_incident_entries(entries: Iterable[_Entry]) -> dict[str, list[_Entry]]:
    """Return the entries about each incident, by its uid; of a stamp that was moved both have it.

    ``read_incidents`` of one group gives that incident as of the whole journal.
    """
    journal = tuple(entries)
    root_of = map_record_uids(journal)
    stamped: dict[str, dict[str, None]] = {}
    for entry in journal:
        if entry.kind == "stamp":
            named = str(entry.payload.get("incident", ""))
            stamped.setdefault(root_of[entry.uid], {})[root_of.get(named, named)] = None
    groups: dict[str, list[_Entry]] = {}
    for entry in journal:
        root = root_of[entry.uid]
        for incident in stamped.get(root, (root,)):
            groups.setdefault(incident, []).append(entry)
    return groups


def _apply_live_stamps(incident: Incident, stamps: Sequence[NewEntry]) -> Incident:
    """Fill an incident's stamps from the live ones of its units."""
    if not stamps:
        return incident
    made: dict[str, dict[str, datetime]] = {}
    for entry in stamps:
        unit = str(entry.payload.get("unit") or entry.unit or "")
        name = str(entry.payload.get("name", ""))
        known = made.setdefault(unit, {})
        known[name] = _pick_stamp(name, known.get(name, entry.occurred_at), entry.occurred_at)
    by_unit = tuple(
        UnitStamps(unit, *(times.get(name) for name in INCIDENT_STAMPS[1:]))
        for unit, times in made.items()
    )
    return summarize_stamps(incident, by_unit)


def summarize_stamps(incident: Incident, by_unit: Sequence[UnitStamps]) -> Incident:
    """Fill what an incident does not say of its times from those of its units."""
    made = {
        one.unit: {name: at for name in INCIDENT_STAMPS[1:] if (at := getattr(one, name))}
        for one in by_unit
    }
    units = tuple(unit for unit in made if unit and unit not in incident.units)
    arrived = incident.onscene_at or _combine_unit_stamps(made, "onscene_at")
    dispatched, enroute = (
        None if at is not None and arrived is not None and at > arrived else at
        for at in (_combine_unit_stamps(made, name) for name in ("dispatched_at", "enroute_at"))
    )  # of a unit that went after another's arrival
    return replace(
        incident,
        dispatched_at=incident.dispatched_at or dispatched,
        enroute_at=incident.enroute_at or enroute,
        onscene_at=arrived,
        cleared_at=incident.cleared_at or _find_all_clear(made),
        units=incident.units + units,
        by_unit=tuple(by_unit),
    )


def _combine_unit_stamps(made: Mapping[str, Mapping[str, datetime]], name: str) -> datetime | None:
    times = [stamps[name] for stamps in made.values() if name in stamps]
    return reduce(partial(_pick_stamp, name), times) if times else None


def _find_all_clear(made: Mapping[str, Mapping[str, datetime]]) -> datetime | None:
    """Return when the last unit cleared; None while one that was stamped has not."""
    if not all("cleared_at" in stamps for stamps in made.values()):
        return None
    return _combine_unit_stamps(made, "cleared_at")


def _pick_stamp(name: str, one: datetime, other: datetime) -> datetime:
    """The first of two stamps, but the last ``cleared_at``: the scene is clear when all are."""
    return max(one, other) if name == "cleared_at" else min(one, other)
