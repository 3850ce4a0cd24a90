"""Building and validating journal entries, and reading visits, incidents, drills and reviews back.

Records are read with all corrections and voids applied.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial, reduce
from typing import Any, TypeVar

from zoneplanner.domain.calendar.local_time import LocalTimeParser, format_utc_iso, to_utc
from zoneplanner.domain.calendar.school_calendar import SCHOOL_YEAR_START_MONTH, resolve_school_year
from zoneplanner.domain.log.follow_up_entries import (
    AFTER_ACTION_RECORD,
    CONCERN_RECORD,
    CORRECTIVE_ACTION_RECORD,
    DISTRICT_REPORT_RECORD,
)
from zoneplanner.domain.log.hours_entries import APPROVAL_RECORD, HOURS_RECORD, PAY_CODE_ALIASES
from zoneplanner.domain.log.journal import (
    INCIDENT_STAMPS,
    UNFINISHED_VISIT_STATUSES,
    UNIT_STAMPS,
    VISIT_PURPOSES,
    VISIT_STATUSES,
    Incident,
    NewEntry,
    UnitStamps,
    Visit,
    check_log_day,
    check_stamp_order,
    derive_current_entries,
    is_call_history,
    map_record_uids,
)
from zoneplanner.domain.log.office_entries import OFFICE_RECORDS, UNIT_STATUS_RECORD
from zoneplanner.domain.log.people_entries import PEOPLE_RECORDS
from zoneplanner.domain.log.public_records import (
    HOLD_RECORD,
    REMOVAL_KINDS,
    REMOVAL_SHAPE,
    REQUEST_RECORD,
)
from zoneplanner.domain.log.record_schema import (
    COMMON_FIELDS,
    TIME_FIELD,
    EntryShape,
    LogMoment,
    LogRecord,
    RecordKind,
    ValueType,
    build_entry,
    check_entry_columns,
    check_entry_shape,
    clean_entry,
    parse_choice,
    parse_record_entry,
    read_record,
    read_records,
)
from zoneplanner.domain.log.response_action_terms import RESPONSE_ACTION_RECORD
from zoneplanner.domain.readiness.drill_requirements import Drill
from zoneplanner.domain.readiness.plan_review import PlanReview
from zoneplanner.domain.readiness.rule_pack import DRILL_KINDS, REVIEW_STAGES, REVIEWER_KINDS
from zoneplanner.domain.roles import ProjectRole
from zoneplanner.errors import UserError

VISIT_PURPOSE_ALIASES = {
    "counseling": "counselling",
    "mentoring": "counselling",
    "counselling/mentoring": "counselling",
    "counseling/mentoring": "counselling",
    "education": "teaching",
}
_DRILL_ALIASES = {
    **{f"{kind}_drill": kind for kind in DRILL_KINDS},
    **dict.fromkeys(
        ("earthquake", "earthquake_drill", "earthquake_drop/cover", "drop/cover", "drop_cover"),
        "drop",
    ),
    **dict.fromkeys(("drop_cover_hold_on", "drop_cover_and_hold_on"), "drop"),
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
    "fire": "fire_department",
    "council": "committee",
}
CHOICE_ALIASES: Mapping[str, Mapping[str, str]] = {
    "purpose": VISIT_PURPOSE_ALIASES,
    "kind": _DRILL_ALIASES,
    "who_kind": _WHO_ALIASES,
    "pay_code": PAY_CODE_ALIASES,
}
"""Other spellings of a column's choices."""
_STAMP_ALIASES = {"en_route": "enroute", "on_scene": "onscene"}
PLANNABLE_VISIT_STATUSES = ("scheduled", "cancelled")
MAX_DRILL_MIN = 480
PRIORITIES = range(10)


def _check_visit(visit: Visit, when: LogMoment) -> Visit:
    status = parse_choice(visit.status, VISIT_STATUSES, "status")
    until = max(visit.arrived_at, when.now) if status in PLANNABLE_VISIT_STATUSES else when.now
    check_stamp_order({"arrived_at": visit.arrived_at, "departed_at": visit.departed_at}, until)
    purpose = visit.purpose and parse_choice(
        visit.purpose, VISIT_PURPOSES, "purpose", VISIT_PURPOSE_ALIASES
    )
    if (status, purpose) == (visit.status, visit.purpose):
        return visit
    return replace(visit, status=status, purpose=purpose)


def _find_visit_status(values: Mapping[str, object]) -> Mapping[str, object]:
    """Derive a missing status: completed if the visit has a departure, else on site."""
    if values["status"]:
        return {}
    return {"status": "completed" if values["departed_at"] else "on_site"}


def _find_cleared_field(values: Mapping[str, object]) -> str:
    """Name the field that a correction clears.

    A new departure derives the status again, and a visit that is open again has no departure.
    """
    if "departed_at" in values:
        return "status"
    return "departed_at" if values.get("status") in UNFINISHED_VISIT_STATUSES else ""


def _check_incident(incident: Incident, when: LogMoment) -> Incident:
    if incident.priority not in PRIORITIES:
        raise UserError("not_a_number.priority", text=str(incident.priority))
    check_stamp_order({name: getattr(incident, name) for name in INCIDENT_STAMPS}, when.now)
    return incident


def _check_drill(drill: Drill, when: LogMoment) -> Drill:
    check_stamp_order({"held_at": drill.held_at}, when.now)
    if drill.minutes is not None and not 0 < drill.minutes <= MAX_DRILL_MIN:
        raise UserError("not_a_number.drill_minutes", minutes=drill.minutes, most=MAX_DRILL_MIN)
    return replace(
        drill, kind=parse_choice(drill.kind, DRILL_KINDS, "kind of drill", _DRILL_ALIASES)
    )


_REPORTED_IN_JULY = "published"
"""The step of a plan review that, if done in July, belongs to the school year that just ended."""


def _check_review(review: PlanReview, when: LogMoment) -> PlanReview:
    check_log_day(review.on, when.today)
    stage = parse_choice(review.stage, REVIEW_STAGES, "stage of a review")
    who = review.who_kind and parse_choice(
        review.who_kind, REVIEWER_KINDS, "kind of reviewer", _WHO_ALIASES
    )
    if stage == "consulted" and not who:
        raise UserError("column_missing.who_kind", known=list(REVIEWER_KINDS))
    if (stage == "confirmed") != bool(review.elements):
        raise UserError("column_missing.elements")
    reports_back = stage == _REPORTED_IN_JULY and review.on.month == SCHOOL_YEAR_START_MONTH
    day = review.on - timedelta(days=review.on.day) if reports_back else review.on
    year = resolve_school_year(review.school_year, day)
    return replace(review, school_year=year, stage=stage, who_kind=who)


VISIT_RECORD = RecordKind(
    "visit",
    Visit,
    required=("arrived_at", "site"),
    validate=_check_visit,
    complete=_find_visit_status,
    find_cleared_field=_find_cleared_field,
    choices={"status": VISIT_STATUSES, "purpose": VISIT_PURPOSES},
    restorers={"status": lambda stored: str(stored or "completed")},
)
INCIDENT_RECORD = RecordKind(
    "incident",
    Incident,
    required=("received_at", "type"),
    validate=_check_incident,
    choices={"priority": [str(priority) for priority in PRIORITIES]},
)
DRILL_RECORD = RecordKind(
    "drill",
    Drill,
    required=("held_at", "site", "kind"),
    validate=_check_drill,
    choices={"kind": DRILL_KINDS},
)
REVIEW_RECORD = RecordKind(
    "review",
    PlanReview,
    required=("on", "site", "stage"),
    validate=_check_review,
    choices={"stage": REVIEW_STAGES, "who_kind": REVIEWER_KINDS},
    asks_when=True,
)


build_visit_entry = partial(build_entry, VISIT_RECORD)
build_incident_entry = partial(build_entry, INCIDENT_RECORD)


def build_stamp_entry(
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
    """Build the live stamp ``name`` of one unit on an incident: ``onscene_at`` or ``onscene``.

    Raises
    ------
    UserError
        The incident or unit is missing, the stamp is unknown, or the time is in the future.
    """
    if not incident:
        raise UserError("column_missing.stamp_incident")
    if not unit:
        raise UserError("column_missing.stamp_unit")
    short_names = [stamp.removesuffix("_at") for stamp in UNIT_STAMPS]
    aliases = dict(zip(UNIT_STAMPS, short_names, strict=True)) | _STAMP_ALIASES
    name = f"{parse_choice(name, short_names, 'stamp', aliases)}_at"
    check_stamp_order({name: to_utc(at)}, now)
    payload = {"incident": incident, "unit": unit, "name": name, "at": format_utc_iso(at)}
    payload["time_zone"] = time_zone
    return NewEntry(uid, "stamp", None, unit, to_utc(at), payload, supersedes)


def build_void_entry(*, uid: str, voids: str, reason: str, now: datetime) -> NewEntry:
    """Build the entry that removes a record from every figure; the record itself stays stored."""
    if not reason.strip():
        raise UserError("reason_missing")
    return NewEntry(uid, "void", None, None, to_utc(now), {"reason": reason.strip()}, voids)


def build_quarantine_entry(
    *, uid: str, seq: int, field: str, reason: str, now: datetime
) -> NewEntry:
    """Build a note about the unreadable entry number ``seq``."""
    if not reason.strip():
        raise UserError("reason_missing.quarantine")
    payload = {"seq": seq, "field": field, "reason": reason.strip()}
    return NewEntry(uid, QUARANTINE_KIND, None, None, to_utc(now), payload)


DECLARED_RECORDS: tuple[RecordKind[Any], ...] = (
    *PEOPLE_RECORDS,
    *OFFICE_RECORDS,
    UNIT_STATUS_RECORD,
)
"""The kinds whose forms, rows and audience rules follow from their declaration."""

_WRITTEN_KINDS: tuple[RecordKind[Any], ...] = (
    VISIT_RECORD,
    INCIDENT_RECORD,
    DRILL_RECORD,
    REVIEW_RECORD,
    RESPONSE_ACTION_RECORD,
    AFTER_ACTION_RECORD,
    CORRECTIVE_ACTION_RECORD,
    CONCERN_RECORD,
    DISTRICT_REPORT_RECORD,
    HOURS_RECORD,
    APPROVAL_RECORD,
)
RECORD_KINDS: Mapping[str, RecordKind[Any]] = {
    kind.name: kind for kind in (*_WRITTEN_KINDS, *DECLARED_RECORDS)
}
"""All kinds of records, by name."""
QUARANTINE_KIND = "quarantine"
"""An owner's note about a damaged row: why it is left unreadable, or from which backup it was put
back."""
ENTRY_ROW, EDIT_ROW = "entry", "edit"
"""The ``field`` of a note about a whole row that was put back: ``seq`` is a number of the journal
or of the edit history."""

ENTRY_SHAPES: Mapping[str, EntryShape] = {
    **{name: kind.shape for name, kind in RECORD_KINDS.items()},
    **{kind.name: kind.shape for kind in (HOLD_RECORD, REQUEST_RECORD)},
    "stamp": EntryShape(
        COMMON_FIELDS
        | dict.fromkeys(("incident", "unit", "name"), ValueType.TEXT)
        | {"at": ValueType.TIME},
        {"name": UNIT_STAMPS},
    ),
    "void": EntryShape({"reason": ValueType.FREE_TEXT}, corrects=True),
    QUARANTINE_KIND: EntryShape(
        {"seq": ValueType.NUMBER, "field": ValueType.TEXT, "reason": ValueType.FREE_TEXT},
        least_role=ProjectRole.OWNER,
    ),
    **dict.fromkeys(REMOVAL_KINDS, REMOVAL_SHAPE),
}
"""What entries of each kind may contain; a server's checks are generated from it."""

FREE_TEXT_FIELDS: Mapping[str, frozenset[str]] = {
    kind: shape.free_text for kind, shape in ENTRY_SHAPES.items()
}
"""The free-text fields of each kind of entry."""

LOGGABLE_KINDS = (*RECORD_KINDS, "stamp")
"""The kinds that can be logged: all records, and stamps of incidents."""
_UID_COLUMNS = frozenset(("void", "supersedes"))
"""Columns with another entry's uid, which are not stripped: foreign uids may begin with a space."""
_STAMP_COLUMNS = ("uid", "incident", "unit", "name", "at", "supersedes")
_VOID_COLUMNS = ("uid", "void", "reason")


@dataclass(frozen=True, eq=False, slots=True)
class ValidEntry(NewEntry):
    """An entry that a journal accepts. Constructing one checks it, so that happens only once."""

    def __post_init__(self) -> None:
        """Refuse what no journal accepts."""
        check_entry_shape(self, ENTRY_SHAPES)


def validate_entry(entry: NewEntry, *, uid: str | None = None) -> ValidEntry:
    """Return an entry in the form that a journal accepts, without invisible characters.

    The entry gets ``uid``, if given.

    Raises
    ------
    UserError
        No journal accepts the entry; see ``check_entry_shape``.
    """
    if isinstance(entry, ValidEntry) and uid in (None, entry.uid):
        return entry
    entry = clean_entry(entry)
    return ValidEntry(
        entry.uid if uid is None else uid,
        entry.kind,
        entry.site,
        entry.unit,
        entry.occurred_at,
        entry.payload,
        entry.supersedes,
    )


def parse_entry(
    kind: str,
    columns: Mapping[str, str],
    *,
    time_zone: str,
    now: datetime,
    uid: str,
    corrects: LogRecord | None = None,
    cleared: Collection[str] = (),
    times: LocalTimeParser | None = None,
) -> NewEntry:
    """Build an entry from a table's columns as text; an empty cell counts as omitted.

    Times are ISO 8601 with an offset, local in ``time_zone``, or the word now, unless ``times``
    reads them. A column ``uid`` wins over the argument. With ``corrects``, omitted columns keep
    that record's values, except for the ``cleared`` ones.

    Raises
    ------
    UserError
        A column is unknown or cannot be read, or the kind refuses the entry.
    """
    filled = {name: stripped for name, text in columns.items() if (stripped := text.strip())}
    filled |= {name: columns[name] for name in _UID_COLUMNS & filled.keys()}
    when = LogMoment(now, time_zone, times)
    if "void" in filled:
        return _parse_void(filled, when, uid)
    if kind == "stamp":
        return _parse_stamp(filled, when, uid)
    if kind not in RECORD_KINDS:
        raise UserError("unknown_kind", kind=kind, known=list(LOGGABLE_KINDS))
    return parse_record_entry(
        RECORD_KINDS[kind], filled, when, uid=uid, corrects=corrects, cleared=cleared
    )


def _parse_void(columns: Mapping[str, str], when: LogMoment, uid: str) -> NewEntry:
    check_entry_columns(columns, _VOID_COLUMNS, "void")
    uid, reason = columns.get("uid", uid), columns.get("reason", "")
    return build_void_entry(uid=uid, voids=columns["void"], reason=reason, now=when.now)


def _parse_stamp(columns: Mapping[str, str], when: LogMoment, uid: str) -> NewEntry:
    check_entry_columns(columns, _STAMP_COLUMNS, "stamp")
    return build_stamp_entry(
        uid=columns.get("uid", uid),
        incident=columns.get("incident", ""),
        unit=columns.get("unit", ""),
        name=columns.get("name", ""),
        at=TIME_FIELD.read(columns["at"], "at", when) if "at" in columns else when.now,
        time_zone=when.time_zone,
        now=when.now,
        supersedes=columns.get("supersedes"),
    )


_Entry = TypeVar("_Entry", bound=NewEntry)

read_visits = partial(read_records, VISIT_RECORD)
read_drills = partial(read_records, DRILL_RECORD)
read_plan_reviews = partial(read_records, REVIEW_RECORD)


def read_incidents(entries: Iterable[NewEntry]) -> tuple[Incident, ...]:
    """Return the current incidents in order of receipt.

    Live stamps fill only the stamps that an incident's own entry omits.
    """
    journal = tuple(entries)
    root_of = map_record_uids(journal)
    live: dict[str, list[NewEntry]] = {}
    current = derive_current_entries(journal)
    for entry in current.values():
        if entry.kind == "stamp":
            live.setdefault(_find_incident_root(entry, root_of), []).append(entry)
    entry_by_uid = {entry.uid: entry for entry in journal}
    incidents = []
    for uid, entry in current.items():
        if entry.kind == "incident":
            stamps = live.get(uid, ())
            call = _apply_live_stamps(read_record(INCIDENT_RECORD, uid, entry), stamps)
            is_history = is_call_history(call, entry_by_uid.get(uid, entry), stamps)
            incidents.append(replace(call, is_history=True) if is_history else call)
    return tuple(sorted(incidents, key=lambda incident: (incident.received_at, incident.uid)))


def _find_incident_root(stamp: NewEntry, root_of: Mapping[str, str]) -> str:
    """Return the uid of the incident of a stamp, which may refer to a correction of it."""
    uid = str(stamp.payload.get("incident", ""))
    return root_of.get(uid, uid)


def derive_unit_times(call: Incident, entered: Incident) -> Iterator[UnitStamps]:
    """Yield the times of each unit of a call: its own stamps, else those entered for the call.

    ``entered`` is the call without its live stamps. A time of the call does not apply to other
    units if it equals a unit's stamp or may be another agency's.
    """
    stamps_by_unit = {stamps.unit: stamps for stamps in call.by_unit}
    times = _map_stamp_times(call.by_unit)
    combined = {name: _combine_unit_stamps(times, name) for name in UNIT_STAMPS}
    combined["cleared_at"] = _find_all_clear(times)
    for_all_units = {
        name: at
        for name, stamped in combined.items()
        if (at := getattr(entered, name)) is not None and at != stamped
    }
    for unit in call.units:
        stamps = stamps_by_unit.get(unit, UnitStamps(unit))
        if unit in entered.units and not entered.other_units:
            missing = {
                name: at for name, at in for_all_units.items() if getattr(stamps, name) is None
            }
            stamps = replace(stamps, **missing)
        yield stamps


def group_incident_entries(entries: Iterable[_Entry]) -> dict[str, list[_Entry]]:
    """Return the entries about each incident, by its uid.

    A stamp that a correction moved to another incident is in both groups. ``read_incidents`` gives
    the same result for a group as for the whole journal.
    """
    journal = tuple(entries)
    root_of = map_record_uids(journal)
    incidents_of_stamp: dict[str, dict[str, None]] = {}
    for entry in journal:
        if entry.kind == "stamp":
            incidents = incidents_of_stamp.setdefault(root_of[entry.uid], {})
            incidents[_find_incident_root(entry, root_of)] = None
    groups: dict[str, list[_Entry]] = {}
    for entry in journal:
        root = root_of[entry.uid]
        for incident in incidents_of_stamp.get(root, (root,)):
            groups.setdefault(incident, []).append(entry)
    return groups


def _apply_live_stamps(incident: Incident, stamps: Sequence[NewEntry]) -> Incident:
    """Fill an incident's times from its units' live stamps."""
    if not stamps:
        return incident
    times_by_unit: dict[str, dict[str, datetime]] = {}
    for entry in stamps:
        unit = str(entry.payload.get("unit") or entry.unit or "")
        name = str(entry.payload.get("name", ""))
        times = times_by_unit.setdefault(unit, {})
        times[name] = _pick_stamp(name, times.get(name, entry.occurred_at), entry.occurred_at)
    by_unit = tuple(
        UnitStamps(unit, *map(times.get, UNIT_STAMPS)) for unit, times in times_by_unit.items()
    )
    return summarize_stamps(incident, by_unit)


def summarize_stamps(incident: Incident, by_unit: Sequence[UnitStamps]) -> Incident:
    """Fill an incident's missing times from its units' stamps."""
    times = _map_stamp_times(by_unit)
    units = tuple(unit for unit in times if unit and unit not in incident.units)
    arrived = incident.onscene_at or _combine_unit_stamps(times, "onscene_at")
    # a unit that left after another arrived says nothing about when the response began
    dispatched, enroute = (
        None if at is not None and arrived is not None and at > arrived else at
        for at in (_combine_unit_stamps(times, name) for name in ("dispatched_at", "enroute_at"))
    )
    return replace(
        incident,
        dispatched_at=incident.dispatched_at or dispatched,
        enroute_at=incident.enroute_at or enroute,
        onscene_at=arrived,
        cleared_at=incident.cleared_at or _find_all_clear(times),
        units=incident.units + units,
        by_unit=tuple(by_unit),
    )


def _map_stamp_times(by_unit: Iterable[UnitStamps]) -> dict[str, dict[str, datetime]]:
    return {
        stamps.unit: {name: at for name in UNIT_STAMPS if (at := getattr(stamps, name)) is not None}
        for stamps in by_unit
    }


def _combine_unit_stamps(
    times_by_unit: Mapping[str, Mapping[str, datetime]], name: str
) -> datetime | None:
    times = [times[name] for times in times_by_unit.values() if name in times]
    return reduce(partial(_pick_stamp, name), times) if times else None


def _find_all_clear(times_by_unit: Mapping[str, Mapping[str, datetime]]) -> datetime | None:
    """Return when the last unit cleared, or None while a stamped unit has not cleared."""
    if not all("cleared_at" in times for times in times_by_unit.values()):
        return None
    return _combine_unit_stamps(times_by_unit, "cleared_at")


def _pick_stamp(name: str, one: datetime, other: datetime) -> datetime:
    """Return the earlier of two stamps, but the later ``cleared_at``: all units must clear."""
    return max(one, other) if name == "cleared_at" else min(one, other)
