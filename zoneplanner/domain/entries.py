"""Visits, incidents, drills and plan reviews as entries of the journal, and what is refused."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial

from zoneplanner.domain.clock import utc, utc_text
from zoneplanner.domain.fields import (
    DAY,
    MINUTES,
    NAME,
    NAMES,
    PRIORITY,
    TEXT,
    TIME,
    YES_OR_NO,
    When,
    choice,
)
from zoneplanner.domain.journal import (
    NOT_ENDED,
    PURPOSES,
    STAMPS,
    VISIT_STATUS,
    Incident,
    NewEntry,
    Visit,
    check_day,
    check_order,
)
from zoneplanner.domain.kinds import Kind, new_entry
from zoneplanner.domain.readiness import Drill, PlanReview
from zoneplanner.domain.rules import DRILL_KINDS, STAGES, WHO
from zoneplanner.domain.school_year import year_of
from zoneplanner.errors import UserError

PURPOSE_ALIASES = {
    "counseling": "counselling",
    "mentoring": "counselling",
    "counselling/mentoring": "counselling",
    "counseling/mentoring": "counselling",
    "education": "teaching",
}
_DRILL_ALIASES = {
    "earthquake": "drop",
    "lockout": "secure",
    "shelter_in_place": "shelter",
    "evacuation": "evacuate",
    "active_shooter": "armed_assailant",
    "active_assailant": "armed_assailant",
}
_WHO_ALIASES = {
    "police": "law_enforcement",
    "sheriff": "law_enforcement",
    "safe_schools_staff": "safe_schools",
    "public": "public_meeting",
}
_STAMP_ALIASES = {"en_route": "enroute", "on_scene": "onscene"}
_AHEAD = ("scheduled", "cancelled")
LONGEST_DRILL_MIN = 480


def _visit(visit: Visit, when: When) -> Visit:
    """Without a status it is completed once it has a departure, else on site."""
    status = visit.status or ("completed" if visit.departed_at else "on_site")
    status = choice(status, VISIT_STATUS, "status")
    until = max(visit.arrived_at, when.now) if status in _AHEAD else when.now
    check_order({"arrived_at": visit.arrived_at, "departed_at": visit.departed_at}, until)
    purpose = visit.purpose and choice(visit.purpose, PURPOSES, "purpose", PURPOSE_ALIASES)
    return replace(visit, status=status, purpose=purpose)


def _visit_lets_go(said: Mapping[str, object]) -> str:
    """With a departure the status is found anew; a visit that goes on again has no departure."""
    if "departed_at" in said:
        return "status"
    return "departed_at" if said.get("status") in NOT_ENDED else ""


def _incident(incident: Incident, when: When) -> Incident:
    """Its stamps hold for every unit listed, the first of which leads."""
    if not 0 <= incident.priority <= 9:
        raise UserError(
            f"A priority is a number from 0 to 9, not {incident.priority}.", code="not_a_number"
        )
    check_order({name: getattr(incident, name) for name in STAMPS}, when.now)
    return incident


def _drill(drill: Drill, when: When) -> Drill:
    check_order({"held_at": drill.held_at}, when.now)
    if drill.minutes is not None and not 0 < drill.minutes <= LONGEST_DRILL_MIN:
        raise UserError(
            f"A drill takes 1 to {LONGEST_DRILL_MIN} minutes, not {drill.minutes:g}.",
            code="not_a_number",
        )
    return replace(drill, kind=choice(drill.kind, DRILL_KINDS, "kind of drill", _DRILL_ALIASES))


def _review(review: PlanReview, when: When) -> PlanReview:
    check_day(review.on, when.today)
    stage = choice(review.stage, STAGES, "stage of a review")
    who = review.who_kind and choice(review.who_kind, WHO, "kind of reviewer", _WHO_ALIASES)
    if stage == "consulted" and not who:
        raise UserError(
            f"Say who was consulted: who_kind is one of {', '.join(WHO)}.", code="column_missing"
        )
    year = year_of(review.school_year, review.on)
    return replace(review, school_year=year, stage=stage, who_kind=who)


VISIT = Kind(
    "visit",
    Visit,
    {
        "site": TEXT,
        "unit": NAME,
        "officer": TEXT,
        "arrived_at": TIME,
        "departed_at": TIME,
        "purpose": TEXT,
        "status": replace(TEXT, restored=lambda kept: str(kept or "completed")),
        "note": TEXT,
    },
    by="arrived_at",
    needed={
        "arrived_at": "A visit needs arrived_at; give a time like 2026-11-16T08:15, or “now”.",
        "site": "A visit needs a site; name the school that was visited.",
    },
    checked=_visit,
    lets_go=_visit_lets_go,
)
INCIDENT = Kind(
    "incident",
    Incident,
    {
        "site": NAME,
        "type": TEXT,
        "priority": PRIORITY,
        **dict.fromkeys(STAMPS, TIME),
        "units": NAMES,
        "disposition": TEXT,
        "note": TEXT,
    },
    by="received_at",
    needed={
        "received_at": "An incident needs received_at; give a time like 2026-11-16T08:15.",
        "type": "An incident needs a type in plain words, such as “trespass”.",
    },
    checked=_incident,
)
DRILL = Kind(
    "drill",
    Drill,
    {
        "site": TEXT,
        "kind": TEXT,
        "held_at": TIME,
        "minutes": MINUTES,
        "officer_present": YES_OR_NO,
        "checklist": NAMES,
        "note": TEXT,
    },
    by="held_at",
    needed={
        "held_at": "A drill needs held_at; give a time like 2026-11-16T08:15, or “now”.",
        "site": "A drill needs a site; name the school that held it.",
    },
    checked=_drill,
)
REVIEW = Kind(
    "review",
    PlanReview,
    {"site": TEXT, "school_year": TEXT, "stage": TEXT, "on": DAY, "who_kind": TEXT},
    by="on",
    needed={
        "on": "A review needs on, its day; give a date like 2026-11-16.",
        "site": "A plan review needs a site; name the school whose plan it is.",
    },
    checked=_review,
)


visit_entry = partial(new_entry, VISIT)
incident_entry = partial(new_entry, INCIDENT)


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
        raise UserError(
            "A stamp needs its incident; give incident=UID as it was logged.", code="column_missing"
        )
    if not unit:
        raise UserError(
            "A stamp needs its unit; give unit=S1 or another one of the project.",
            code="column_missing",
        )
    name = _stamp_name(name)
    check_order({name: utc(at)}, now)
    payload = {"incident": incident, "unit": unit, "name": name, "at": utc_text(at)}
    payload["time_zone"] = time_zone
    return NewEntry(uid, "stamp", None, unit, utc(at), payload, supersedes)


def _stamp_name(text: str) -> str:
    """Read the name of a live stamp as people write it; an unknown one is a UserError."""
    short = tuple(name.removesuffix("_at") for name in STAMPS[1:])
    aliases = dict(zip(STAMPS[1:], short, strict=True)) | _STAMP_ALIASES
    return f"{choice(text, short, 'stamp', aliases)}_at"


def void_entry(*, uid: str, voids: str, reason: str, now: datetime) -> NewEntry:
    """Build the entry that takes a record out of every figure; the record itself is kept."""
    if not reason.strip():
        raise UserError(
            "Say why the entry is voided; the reason is kept in the log.", code="reason_missing"
        )
    return NewEntry(uid, "void", None, None, utc(now), {"reason": reason.strip()}, voids)
