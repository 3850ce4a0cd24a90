"""What the queue shows of each open incident, and its units and proposal if it is highlighted."""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from zoneplanner.app.log.call_words import suggest_words
from zoneplanner.app.log.dispatch import (
    FOLLOWED_AFTER_CLEARED,
    DispatchCandidate,
    DispatchRole,
    find_next_stamp,
    is_lockdown,
    is_stale_call,
    list_open_incidents,
    list_unit_stamps,
    list_units_to_clear,
    rank_units_for_call,
    sort_by_urgency,
    suggest_unit,
)
from zoneplanner.app.log.stamps import STAMP_NAMES, explain_unit_outside
from zoneplanner.app.log.unit_board import is_roster_kept
from zoneplanner.app.session.session import Session
from zoneplanner.app.session.state import ProjectState
from zoneplanner.domain.log.journal import INCIDENT_STAMPS, Incident, UnitStamps
from zoneplanner.messages import Message, format_count
from zoneplanner.ui.widgets.style import value_text

UNIT_STAMP_NAMES = INCIDENT_STAMPS[1:]
_IF_IT_WENT = "If a unit responded anyway, stamp it, so that the log shows what happened."


@dataclass(frozen=True, slots=True)
class _IncidentUnitRow:
    """A unit that is on an incident or could be sent to it."""

    unit: str
    text: str
    stamps: UnitStamps | None = None
    unavailable_reason: str = ""
    """Why the unit cannot be chosen; empty if it can."""
    has_voidable_stamps: bool = False
    cost: Message | None = None
    """How sending it compares to sending the proposed unit."""
    outside: bool = False
    """Whether the unit does not serve there and was not sent; arrow keys skip it."""

    @property
    def is_on_call(self) -> bool:
        """Whether the unit is on the incident and has not cleared."""
        return self.stamps is not None and self.stamps.cleared_at is None

    @property
    def may_be_stamped(self) -> bool:
        """Whether the unit can be stamped; the arrow keys step through these units."""
        free = not self.unavailable_reason and not self.outside
        return free and (self.stamps is None or self.is_on_call)


@dataclass(frozen=True, slots=True)
class IncidentSummary:
    """What the queue shows of every call, highlighted or not."""

    incident: Incident
    title: str
    place: str
    received: str
    status: str
    closing: bool
    """Whether the call is cleared and its ending is not recorded yet."""
    age: str = ""
    """How long a stale call has been open and since when; empty for a current call."""
    all_clear: Message | None = None
    """When the response action that opened the call ended, and how many units remain."""

    @property
    def is_active_lockdown(self) -> bool:
        """Whether the call belongs to a lockdown that is not over."""
        return is_lockdown(self.incident) and not self.closing

    @property
    def name(self) -> str:
        """Type and place, as in “Trespass at Del Campo High”."""
        place = f" at {self.place}" if self.incident.site else f", {_lower_first(self.place)}"
        return f"{self.title}{place}"


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """Everything that the highlighted call shows."""

    summary: IncidentSummary
    units: tuple[_IncidentUnitRow, ...]
    """Units on the call, then units to send in the order proposed, then units from outside."""
    default_unit: str | None
    units_on_call: str
    """A line for each unit on the call; empty for fewer than two."""
    proposal: tuple[Message, ...]
    """Which unit would go next, after a note if it is closer than those under way."""
    finish: Message | None
    """How to close a call whose response action has ended; None for other calls."""
    suggested_words: str
    """What a misspelled type probably means; see ``suggest_words``."""
    endings: frozenset[str]
    """How recent calls ended."""

    def unit(self, unit_id: str | None) -> _IncidentUnitRow | None:
        """Return a unit's row by its id."""
        return next((row for row in self.units if row.unit == unit_id), None)

    @property
    def has_stamps(self) -> bool:
        """Whether any unit has a stamp on the call."""
        on_call = [row.stamps for row in self.units if row.stamps is not None]
        return any(getattr(stamps, name) for stamps in on_call for name in UNIT_STAMP_NAMES)


def build_incident_summaries(
    session: Session,
    incidents: tuple[Incident, ...],
    late_stamps: Set[tuple[str, str, str]] = frozenset(),
    *,
    known: Iterable[IncidentSummary] = (),
    all_clears: Mapping[str, datetime] = MappingProxyType({}),
) -> tuple[IncidentSummary, ...]:
    """Return the calls of the queue, the most urgent first, then the cleared ones.

    ``late_stamps`` comes from ``LiveIncidents.late_stamps``, ``all_clears`` from
    ``response_actions.map_all_clears``. A ``known`` summary is reused if its incident is the same
    object; the caller passes none from an earlier minute.
    """
    reusable = {id(summary.incident): summary for summary in known}
    now = session.clock()
    ended = [incident for incident in incidents if _asks_how_it_ended(incident, now)]
    late_by_call: dict[str, set[tuple[str, str]]] = {}
    for uid, unit, name in late_stamps:
        late_by_call.setdefault(uid, set()).add((unit, name))
    return tuple(
        reusable.get(id(incident))
        or _summarize(
            session,
            incident,
            late_by_call.get(incident.uid, frozenset()),
            all_clears.get(incident.uid),
        )
        for incident in (*sort_by_urgency(list_open_incidents(incidents), now), *reversed(ended))
    )


def _summarize(
    session: Session, incident: Incident, late: Set[tuple[str, str]], all_clear: datetime | None
) -> IncidentSummary:
    site, closing = session.project.sites.get(incident.site or ""), incident.cleared_at is not None
    received = _lower_day(value_text.format_moment(incident.received_at, session))
    age = _describe_age(session, incident)
    units = [_describe_last_stamp(stamps, session, late) for stamps in list_unit_stamps(incident)]
    status = "Cleared. How did it end?" if closing else "; ".join(units)
    if incident.is_history and not closing:
        status = "No cleared time on record"
    return IncidentSummary(
        incident,
        incident.type.capitalize(),
        site.name if site else "Not at a school",
        f"{received}, entered later" if ("", INCIDENT_STAMPS[0]) in late else received,
        status or age or str(Message("no_unit_sent")),
        closing,
        age,
        _describe_all_clear(session, incident, all_clear),
    )


def _describe_all_clear(
    session: Session, incident: Incident, at: datetime | None
) -> Message | None:
    """Describe when the action of an open call ended, and how many units remain."""
    if at is None or incident.cleared_at is not None:
        return None
    local, left = at.astimezone(ZoneInfo(session.project.time_zone)), list_units_to_clear(incident)
    today = session.day_of(at) == session.today
    day = f"at {session.formats.clock(local)}" if today else value_text.format_moment(at, session)
    on_scene = sum(stamps.onscene_at is not None for stamps in left)
    state = "on_scene" if on_scene == len(left) else "not_cleared"
    code = f"all_clear.{state if left else 'no_unit'}"
    return Message(code, day=_lower_day(day), units=len(left))


def _describe_finish(summary: IncidentSummary) -> Message | None:
    """Describe how to close a call whose action has ended."""
    left = len(list_units_to_clear(summary.incident))
    if summary.all_clear is None or summary.age:
        return None
    step = "close" if not left else "clear" if left == 1 else "clear_all"
    return Message(f"after_all_clear.{step}")


def format_elapsed_time(start: datetime, now: datetime) -> str:
    """Write the time since ``start`` as 4:07, 1:04:07, or in days."""
    seconds = max(0, round((now - start).total_seconds()))
    hours, rest = divmod(seconds, 3600)
    if hours >= 24:
        return format_count(hours // 24, "day")
    minutes, seconds = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def _describe_candidate(candidate: DispatchCandidate) -> str:
    """Name a unit with its travel time and its role, or why it is not free."""
    minutes = "" if candidate.minutes is None else f"{candidate.minutes:.1f} min"
    role = candidate.out or candidate.role
    if candidate.busy_on is not None:
        role = f"on {candidate.busy_on.type.lower()}"
    return " · ".join(filter(None, (candidate.unit, minutes, role)))


def describe_proposal(
    candidates: Sequence[DispatchCandidate], on_call: Iterable[str] = (), *, rostered: bool
) -> Message:
    """Describe which unit would go next, or why none would.

    ``on_call`` names the units that were sent already. ``rostered`` is whether the office keeps its
    roster here; only then is a unit called on duty.
    """
    already_sent = frozenset(on_call)
    proposed = suggest_unit(candidates, besides=already_sent)
    if proposed is not None and proposed.role is DispatchRole.NO_PLACE:
        return Message("proposal.free" if rostered else "proposal.first", unit=proposed.unit)
    if proposed is not None:
        first = "closest_on_duty" if rostered else "closest"
        code = f"proposal.{'additional' if already_sent else first}"
        return Message(code, unit=proposed.unit, candidate=_describe_candidate(proposed))
    if not candidates:
        return Message("proposal.none_allowed")
    if free := [candidate.unit for candidate in candidates if candidate.free]:
        return Message("proposal.only_cleared", units=free)
    return Message("proposal.busy_on_duty" if rostered else "proposal.busy")


def _describe_cost(
    candidate: DispatchCandidate, proposed: DispatchCandidate | None
) -> Message | None:
    """Compare a unit with the proposed one; the minutes are estimates from their posts."""
    if proposed is None or candidate.unit == proposed.unit or candidate.busy_on is not None:
        return None
    parts = [candidate.out or candidate.role.value]
    if candidate.minutes is not None and proposed.minutes is not None:
        difference = f"{candidate.minutes - proposed.minutes:+.1f} min (estimate)"
        parts.insert(0, difference.replace("-", value_text.MINUS_SIGN))
    return Message(
        "instead_of_proposed",
        unit=candidate.unit,
        proposed=proposed.unit,
        difference=", ".join(parts),
    )


def explain_outside(session: Session, unit: str, site: str | None) -> str:
    """Explain that a unit does not serve at a site, and when to stamp it anyway."""
    return f"{explain_unit_outside(session, unit, site)} {_IF_IT_WENT}"


def _describe_closer(
    candidates: Iterable[DispatchCandidate],
    under_way: Iterable[str],
    proposed: DispatchCandidate | None,
) -> tuple[Message, ...]:
    """Return a note if a free unit is closer than the units under way.

    The times are estimates from their posts.
    """
    going = {unit.unit: unit.minutes for unit in candidates if unit.unit in under_way}
    nearest = min(going, key=lambda unit: going[unit] or 0.0, default="")
    if proposed is None or proposed.minutes is None or None in going.values() or not going:
        return ()
    saved_min = (going[nearest] or 0.0) - proposed.minutes
    note = Message("proposal.closer", unit=proposed.unit, saved_min=saved_min, nearest=nearest)
    return (note,) if saved_min > 0 else ()


def _asks_how_it_ended(incident: Incident, now: datetime) -> bool:
    cleared = incident.cleared_at
    is_recent = cleared is not None and now - cleared < FOLLOWED_AFTER_CLEARED
    return is_recent and bool(incident.by_unit) and not incident.disposition


def build_incident_row(
    session: Session,
    state: ProjectState,
    incidents: tuple[Incident, ...],
    summary: IncidentSummary,
    *,
    late_stamps: Set[tuple[str, str, str]] = frozenset(),
    out: Mapping[str, str] = MappingProxyType({}),
    used_types: Iterable[str] = (),
) -> IncidentRow:
    """Return what the highlighted call shows: its units, the other units and the proposal.

    ``out`` maps units that are on no call and still not free to the reason; ``used_types`` are the
    types of earlier calls.
    """
    incident = summary.incident
    sent = list_unit_stamps(incident)
    candidates = rank_units_for_call(state, incident.site, incidents, session.clock(), out=out)
    sent_ids = {stamps.unit for stamps in sent}
    proposed = suggest_unit(candidates, besides=sent_ids)
    late = frozenset((unit, name) for uid, unit, name in late_stamps if uid == incident.uid)
    on_call = [
        _IncidentUnitRow(
            stamps.unit,
            _describe_last_stamp(stamps, session, late),
            stamps,
            has_voidable_stamps=bool(incident.by_unit),
        )
        for stamps in sent
    ]
    others = [
        _IncidentUnitRow(
            candidate.unit,
            _describe_candidate(candidate),
            unavailable_reason="It is not free." if candidate.busy_on else "",
            cost=_describe_cost(candidate, proposed),
        )
        for candidate in candidates
        if candidate.unit not in sent_ids
    ]
    listed = sent_ids | {candidate.unit for candidate in candidates}
    outside = [
        _IncidentUnitRow(unit, f"{unit} · does not serve there", outside=True)
        for unit in state.project.units
        if unit not in listed
    ]
    left = [row.unit for row in on_call if row.is_on_call]
    arrived = any(stamps.onscene_at for stamps in sent)
    closer = () if arrived else _describe_closer(candidates, left, proposed)
    rostered = is_roster_kept(state.project, session.clock())
    return IncidentRow(
        summary=summary,
        units=(*on_call, *others, *outside),
        default_unit=left[0] if left else proposed.unit if proposed else None,
        units_on_call="\n".join(row.text for row in on_call) if len(on_call) > 1 else "",
        proposal=(*closer, describe_proposal(candidates, sent_ids, rostered=rostered)),
        finish=_describe_finish(summary),
        suggested_words=suggest_words(incident.type, incident.priority, used_types),
        endings=frozenset(call.disposition for call in incidents if call.disposition),
    )


def _describe_age(session: Session, incident: Incident) -> str:
    """Return how long and since when a stale call has been open, or "" for a current call."""
    now = session.clock()
    if incident.cleared_at is not None or not is_stale_call(incident, now):
        return ""
    zone = ZoneInfo(session.project.time_zone)
    local, formats = incident.received_at.astimezone(zone), session.formats
    this_year = local.year == session.today.year
    day = formats.short_day(local) if this_year else formats.day(local)
    hours, rest = divmod(round((now - incident.received_at).total_seconds()), 3600)
    length = format_count(hours // 24, "day") if hours >= 24 else f"{hours} h {rest // 60} min"
    return f"Open since {day}, {length}"


def _lower_first(words: str) -> str:
    return f"{words[:1].lower()}{words[1:]}"


def _lower_day(day: str) -> str:
    """Write a day as within a sentence."""
    return _lower_first(day) if day.startswith(("Today", "Yesterday")) else day


def _describe_last_stamp(stamps: UnitStamps, session: Session, late: Set[tuple[str, str]]) -> str:
    """Give a unit's last stamp and its time, and which of its stamps were entered later."""
    last = next((name for name in reversed(UNIT_STAMP_NAMES) if getattr(stamps, name)), None)
    if last is None:
        return f"{stamps.unit} · not yet dispatched"
    at = getattr(stamps, last).astimezone(ZoneInfo(session.project.time_zone))
    clock = session.formats.clock(at, seconds=True)
    text = f"{stamps.unit} · {STAMP_NAMES[last].lower()} {clock}"
    late_names = [
        STAMP_NAMES[name].lower() for name in UNIT_STAMP_NAMES if (stamps.unit, name) in late
    ]
    if not late_names:
        return text
    if late_names == [STAMP_NAMES[last].lower()]:
        return f"{text}, entered later"
    return f"{text} ({', '.join(late_names)} entered later)"


def may_stamp(row: _IncidentUnitRow | None, name: str) -> bool:
    """Whether a stamp comes after the unit's last one; stamps in between may be skipped.

    A unit that was never sent has nothing to clear.
    """
    if row is None or row.unavailable_reason:
        return False
    following = find_next_stamp(row.stamps)
    if following is None or (following == UNIT_STAMP_NAMES[0] and name == UNIT_STAMP_NAMES[-1]):
        return False
    return INCIDENT_STAMPS.index(name) >= INCIDENT_STAMPS.index(following)
