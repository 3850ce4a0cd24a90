"""New journal entries: checked, with times in UTC, ready to be appended."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from zoneplanner.domain.clock import utc, utc_text
from zoneplanner.domain.journal import (
    FIRST_YEAR,
    PURPOSES,
    STAMPS,
    VISIT_STATUS,
    NewEntry,
    check_order,
)
from zoneplanner.domain.rules import DRILL_KINDS, STAGES, WHO
from zoneplanner.domain.school_year import read_year, year_name
from zoneplanner.errors import UserError

PURPOSE_ALIASES = {
    "counseling": "counselling",
    "mentoring": "counselling",
    "counselling/mentoring": "counselling",
    "counseling/mentoring": "counselling",
    "education": "teaching",
}
DRILL_ALIASES = {
    "earthquake": "drop",
    "lockout": "secure",
    "shelter-in-place": "shelter",
    "evacuation": "evacuate",
    "active_shooter": "armed_assailant",
    "active_assailant": "armed_assailant",
}
WHO_ALIASES = {
    "police": "law_enforcement",
    "sheriff": "law_enforcement",
    "safe_schools_staff": "safe_schools",
    "public": "public_meeting",
}
STAMP_ALIASES = {
    "dispatched": "dispatched_at",
    "enroute": "enroute_at",
    "en_route": "enroute_at",
    "onscene": "onscene_at",
    "on_scene": "onscene_at",
    "cleared": "cleared_at",
}
AHEAD = ("scheduled", "cancelled")
LONGEST_DRILL_MIN = 480


def visit_entry(
    *,
    uid: str,
    site: str,
    unit: str | None,
    arrived_at: datetime,
    departed_at: datetime | None = None,
    purpose: str = "",
    status: str | None = None,
    officer: str = "",
    note: str = "",
    time_zone: str,
    now: datetime,
    sample: bool = False,
    supersedes: str | None = None,
) -> NewEntry:
    """Build a visit. Without a status it is completed once it has a departure, else on site.

    Raises
    ------
    UserError
        There is no site, a time lies in the future (a scheduled or cancelled visit may), the
        departure is before the arrival, or the purpose or status is not a known one.
    """
    if not site:
        raise UserError("A visit needs a site; name the school that was visited.")
    stands = choice(status or ("completed" if departed_at else "on_site"), VISIT_STATUS, "status")
    times = {"arrived_at": utc(arrived_at), "departed_at": departed_at and utc(departed_at)}
    check_order(times, max(utc(arrived_at), now) if stands in AHEAD else now)
    payload: dict[str, Any] = {
        "officer": officer,
        "arrived_at": utc_text(arrived_at),
        "departed_at": departed_at and utc_text(departed_at),
        "purpose": _purpose(purpose),
        "status": stands,
        "note": note,
    }
    payload = with_marks(payload, time_zone=time_zone, sample=sample)
    return NewEntry(uid, "visit", site, unit or None, utc(arrived_at), payload, supersedes)


def incident_entry(
    *,
    uid: str,
    site: str | None,
    type: str,
    received_at: datetime,
    dispatched_at: datetime | None = None,
    enroute_at: datetime | None = None,
    onscene_at: datetime | None = None,
    cleared_at: datetime | None = None,
    priority: int = 3,
    units: Sequence[str] = (),
    disposition: str = "",
    note: str = "",
    time_zone: str,
    now: datetime,
    sample: bool = False,
    supersedes: str | None = None,
) -> NewEntry:
    """Build an incident; its stamps hold for every unit listed, the first of which leads.

    Raises
    ------
    UserError
        There is no type, a stamp lies in the future or before the one it follows, or the
        priority is not 0 to 9.
    """
    if not type:
        raise UserError("An incident needs a type in plain words, such as “trespass”.")
    if not 0 <= priority <= 9:
        raise UserError(f"A priority is a number from 0 to 9, not {priority}.")
    times = (received_at, dispatched_at, enroute_at, onscene_at, cleared_at)
    stamps = {name: at and utc(at) for name, at in zip(STAMPS, times, strict=True)}
    check_order(stamps, now)
    payload: dict[str, Any] = {
        "type": type,
        "priority": priority,
        **{name: at and utc_text(at) for name, at in stamps.items()},
        "units": list(units),
        "disposition": disposition,
        "note": note,
    }
    payload = with_marks(payload, time_zone=time_zone, sample=sample)
    lead = units[0] if units else None
    return NewEntry(uid, "incident", site or None, lead, utc(received_at), payload, supersedes)


def drill_entry(
    *,
    uid: str,
    site: str,
    kind: str,
    held_at: datetime,
    minutes: float | None = None,
    officer_present: bool | None = None,
    checklist: Sequence[str] = (),
    note: str = "",
    time_zone: str,
    now: datetime,
    sample: bool = False,
    supersedes: str | None = None,
) -> NewEntry:
    """Build a drill that was held.

    Raises
    ------
    UserError
        There is no site, the kind is not a known one, the time lies in the future, or the minutes
        are not above 0.
    """
    if not site:
        raise UserError("A drill needs a site; name the school that held it.")
    written = kind.strip().casefold()
    kind = DRILL_ALIASES.get(written, DRILL_ALIASES.get(written.replace(" ", "_"), kind))
    check_order({"held_at": utc(held_at)}, now)
    if minutes is not None and not 0 < minutes <= LONGEST_DRILL_MIN:
        raise UserError(f"A drill takes 1 to {LONGEST_DRILL_MIN} minutes, not {minutes:g}.")
    payload: dict[str, Any] = {
        "kind": choice(kind, DRILL_KINDS, "kind of drill"),
        "held_at": utc_text(held_at),
        "minutes": minutes,
        "officer_present": officer_present,
        "checklist": list(checklist),
        "note": note,
    }
    payload = with_marks(payload, time_zone=time_zone, sample=sample)
    return NewEntry(uid, "drill", site, None, utc(held_at), payload, supersedes)


def review_entry(
    *,
    uid: str,
    site: str,
    stage: str,
    on: date,
    school_year: str = "",
    who_kind: str = "",
    time_zone: str,
    now: datetime,
    sample: bool = False,
    supersedes: str | None = None,
) -> NewEntry:
    """Build one step of a plan review; without a school year it is that of its day.

    Raises
    ------
    UserError
        There is no site, stage, school year or kind of people are not known ones, a consultation
        does not say with whom, or the day lies in the future.
    """
    if not site:
        raise UserError("A plan review needs a site; name the school whose plan it is.")
    zone = ZoneInfo(time_zone)
    if on > now.astimezone(zone).date():
        raise UserError(f"The day {on} lies in the future; check it.")
    if on.year < FIRST_YEAR:
        raise UserError(f"The day {on} lies before {FIRST_YEAR}; check the year.")
    reached = choice(stage, STAGES, "stage of a review")
    named = who_kind.strip().casefold().replace(" ", "_")
    who = choice(WHO_ALIASES.get(named, named), WHO, "kind of reviewer") if named else ""
    if reached == "consulted" and not who:
        raise UserError(f"Say who was consulted: who_kind is one of {', '.join(WHO)}.")
    payload: dict[str, Any] = {
        "school_year": read_year(school_year) if school_year.strip() else year_name(on),
        "stage": reached,
        "on": on.isoformat(),
        "who_kind": who,
    }
    payload = with_marks(payload, time_zone=time_zone, sample=sample)
    at = datetime.combine(on, time(0), zone).astimezone(UTC)
    return NewEntry(uid, "review", site, None, at, payload, supersedes)


def stamp_entry(
    *,
    uid: str,
    incident: str,
    unit: str,
    name: str,
    at: datetime,
    time_zone: str,
    now: datetime,
    supersedes: str | None = None,
) -> NewEntry:
    """Build a live stamp of one unit on an incident, such as ``onscene_at`` or ``onscene``.

    Raises
    ------
    UserError
        The incident or the unit is not named, the stamp is not a known one, or the time lies in
        the future.
    """
    if not incident:
        raise UserError("A stamp needs its incident; give incident=UID as it was logged.")
    if not unit:
        raise UserError("A stamp needs its unit; give unit=S1 or another one of the project.")
    name = stamp_name(name)
    check_order({name: utc(at)}, now)
    payload = {"incident": incident, "unit": unit, "name": name, "at": utc_text(at)}
    payload["time_zone"] = time_zone
    return NewEntry(uid, "stamp", None, unit, utc(at), payload, supersedes)


def stamp_name(text: str) -> str:
    """Read the name of a live stamp as people write it; an unknown one is a UserError."""
    written = text.strip().casefold().replace(" ", "_")
    name = STAMP_ALIASES.get(written, written)
    if name not in STAMPS[1:]:
        known = ", ".join(stamp.removesuffix("_at") for stamp in STAMPS[1:])
        raise UserError(f"There is no stamp “{text}”. Choose one of: {known}.")
    return name


def void_entry(*, uid: str, voids: str, reason: str, now: datetime) -> NewEntry:
    """Build the entry that takes a record out of every figure; the record itself is kept."""
    if not reason.strip():
        raise UserError("Say why the entry is voided; the reason is kept in the log.")
    return NewEntry(uid, "void", None, None, utc(now), {"reason": reason.strip()}, voids)


def _purpose(text: str) -> str:
    if not text.strip():
        return ""
    name = text.strip().casefold()
    return choice(PURPOSE_ALIASES.get(name, name), PURPOSES, "purpose")


def choice(text: str, known: Sequence[str], what: str) -> str:
    """Read one of some words; another one is a UserError that names ``what`` it should be."""
    name = text.strip().casefold().replace(" ", "_")
    if name not in known:
        raise UserError(f"There is no {what} “{text}”. Choose one of: {', '.join(known)}.")
    return name


def with_marks(payload: Mapping[str, Any], *, time_zone: str, sample: bool) -> dict[str, Any]:
    """Leave out empty columns; add the zone of entry, and the mark of sample entries."""
    kept = {name: value for name, value in payload.items() if value not in (None, "", [])}
    kept["time_zone"] = time_zone
    if sample:
        kept["sample"] = True
    return kept
