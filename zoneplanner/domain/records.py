"""The journal's records as they stand now, with its corrections and voids applied."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import partial, reduce
from typing import Any

from zoneplanner.domain.journal import Incident, NewEntry, UnitStamps, Visit
from zoneplanner.domain.readiness import Drill, PlanReview
from zoneplanner.errors import UserError


def standing(entries: Iterable[NewEntry]) -> dict[str, NewEntry]:
    """Return what stands of each record, by the uid of its first entry, in journal order.

    A correction may name any entry of its record; the last entry of a record decides, so one
    after a void brings the record back.
    """
    root_of: dict[str, str] = {}
    last: dict[str, NewEntry] = {}
    for entry in entries:
        root = entry.uid
        if entry.supersedes is not None:
            root = root_of.get(entry.supersedes, entry.supersedes)
        root_of[entry.uid] = root
        last[root] = entry
    return {uid: entry for uid, entry in last.items() if entry.kind != "void"}


def visits(entries: Iterable[NewEntry]) -> tuple[Visit, ...]:
    """Return the visits as they stand, by arrival; each keeps the uid of its first entry."""
    found = [
        _visit(uid, entry) for uid, entry in standing(entries).items() if entry.kind == "visit"
    ]
    return tuple(sorted(found, key=lambda visit: (visit.arrived_at, visit.uid)))


def incidents(entries: Iterable[NewEntry]) -> tuple[Incident, ...]:
    """Return the incidents as they stand, by receipt; each keeps the uid of its first entry.

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
        _stamped(_incident(uid, entry), live.get(uid, ()))
        for uid, entry in now.items()
        if entry.kind == "incident"
    ]
    return tuple(sorted(found, key=lambda incident: (incident.received_at, incident.uid)))


def drills(entries: Iterable[NewEntry]) -> tuple[Drill, ...]:
    """Return the drills as they stand, by time; each keeps the uid of its first entry."""
    found = [
        Drill(
            uid=uid,
            site=entry.site or "",
            kind=str(entry.payload.get("kind", "")),
            held_at=entry.occurred_at,
            minutes=entry.payload.get("minutes"),
            officer_present=entry.payload.get("officer_present"),
            checklist=tuple(entry.payload.get("checklist", ())),
            note=str(entry.payload.get("note", "")),
            sample=bool(entry.payload.get("sample", False)),
        )
        for uid, entry in standing(entries).items()
        if entry.kind == "drill"
    ]
    return tuple(sorted(found, key=lambda drill: (drill.held_at, drill.uid)))


def reviews(entries: Iterable[NewEntry]) -> tuple[PlanReview, ...]:
    """Return the steps of plan reviews as they stand, by day; each keeps its first entry's uid."""
    found = [
        PlanReview(
            uid=uid,
            site=entry.site or "",
            school_year=str(entry.payload.get("school_year", "")),
            stage=str(entry.payload.get("stage", "")),
            on=day_in(entry, "on"),
            who_kind=str(entry.payload.get("who_kind", "")),
            sample=bool(entry.payload.get("sample", False)),
        )
        for uid, entry in standing(entries).items()
        if entry.kind == "review"
    ]
    return tuple(sorted(found, key=lambda review: (review.on, review.uid)))


def roots(entries: Iterable[NewEntry]) -> dict[str, str]:
    """Return the uid of the first entry of its record, for each entry."""
    root_of: dict[str, str] = {}
    for entry in entries:
        named = entry.supersedes
        root_of[entry.uid] = entry.uid if named is None else root_of.get(named, named)
    return root_of


def _visit(uid: str, entry: NewEntry) -> Visit:
    payload = entry.payload
    return Visit(
        uid=uid,
        site=entry.site or "",
        unit=entry.unit,
        arrived_at=entry.occurred_at,
        departed_at=time_in(entry, "departed_at"),
        purpose=str(payload.get("purpose", "")),
        status=str(payload.get("status", "completed")),
        officer=str(payload.get("officer", "")),
        note=str(payload.get("note", "")),
        sample=bool(payload.get("sample", False)),
    )


def _incident(uid: str, entry: NewEntry) -> Incident:
    payload = entry.payload
    return Incident(
        uid=uid,
        site=entry.site,
        type=str(payload.get("type", "")),
        priority=int(payload.get("priority", 3)),
        received_at=entry.occurred_at,
        dispatched_at=time_in(entry, "dispatched_at"),
        enroute_at=time_in(entry, "enroute_at"),
        onscene_at=time_in(entry, "onscene_at"),
        cleared_at=time_in(entry, "cleared_at"),
        units=_units(payload, entry.unit),
        disposition=str(payload.get("disposition", "")),
        note=str(payload.get("note", "")),
        sample=bool(payload.get("sample", False)),
    )


def _units(payload: Mapping[str, Any], unit: str | None) -> tuple[str, ...]:
    given = payload.get("units", ())
    names = given.split(";") if isinstance(given, str) else given
    listed = tuple(name.strip() for name in names if name.strip())
    return listed or ((unit,) if unit else ())


def _stamped(incident: Incident, stamps: Sequence[NewEntry]) -> Incident:
    """Fill an incident's stamps from the live ones of its units."""
    if not stamps:
        return incident
    made: dict[str, dict[str, datetime]] = {}
    for entry in stamps:
        unit = str(entry.payload.get("unit") or entry.unit or "")
        name = str(entry.payload.get("name", ""))
        at = time_in(entry, "at") or entry.occurred_at
        known = made.setdefault(unit, {})
        known[name] = _pick(name, known.get(name, at), at)
    by_unit = tuple(_unit_stamps(unit, times) for unit, times in made.items())
    units = tuple(unit for unit in made if unit and unit not in incident.units)
    return replace(
        incident,
        dispatched_at=incident.dispatched_at or _over_units(made, "dispatched_at"),
        enroute_at=incident.enroute_at or _over_units(made, "enroute_at"),
        onscene_at=incident.onscene_at or _over_units(made, "onscene_at"),
        cleared_at=incident.cleared_at or _all_clear(made),
        units=incident.units + units,
        by_unit=by_unit,
    )


def _unit_stamps(unit: str, times: Mapping[str, datetime]) -> UnitStamps:
    return UnitStamps(
        unit=unit,
        dispatched_at=times.get("dispatched_at"),
        enroute_at=times.get("enroute_at"),
        onscene_at=times.get("onscene_at"),
        cleared_at=times.get("cleared_at"),
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


def time_in(entry: NewEntry, name: str) -> datetime | None:
    """Return a time of an entry's payload, None where it has none; see ``verify`` for others."""
    text = entry.payload.get(name)
    if text in (None, ""):
        return None
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        raise _unreadable(entry, name) from None


def day_in(entry: NewEntry, name: str) -> date:
    """Return a day of an entry's payload; one that cannot be read is a UserError."""
    try:
        return date.fromisoformat(str(entry.payload.get(name)))
    except ValueError:
        raise _unreadable(entry, name) from None


def _unreadable(entry: NewEntry, name: str) -> UserError:
    return UserError(
        f"Entry {entry.uid} of the journal holds no readable time “{name}”; "
        f"run verify on the project."
    )
