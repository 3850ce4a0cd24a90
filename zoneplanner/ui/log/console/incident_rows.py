"""The board of open incidents: what each is, who is on it, and who could go."""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from zoneplanner.app.log.call_words import find_meant_words
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
from zoneplanner.messages import format_count, join_names
from zoneplanner.ui.widgets.style import value_text

UNIT_STAMP_NAMES = INCIDENT_STAMPS[1:]
_PROPOSAL = "Closest on-duty unit (estimate)"
_UNROSTERED_PROPOSAL = "Closest unit (estimate; no shift is planned)"
_NEXT_PROPOSAL = "Closest additional unit (estimate)"
_DECIDES = "The agency's dispatch decides."
_IF_IT_WENT = "If a unit responded anyway, stamp it, so that the log shows what happened."


@dataclass(frozen=True, slots=True)
class _IncidentUnitRow:
    """A unit on an incident or one that could go. ``shut`` says why it cannot be chosen.

    ``voidable`` tells that it has stamps that can be taken back.
    """

    unit: str
    text: str
    stamps: UnitStamps | None = None
    unavailable_reason: str = ""
    voidable: bool = False
    cost: str = ""
    """What it costs to send it rather than the one that is proposed."""
    outside: bool = False
    """True of one that does not serve there and has not gone; it is chosen from the list alone.

    What that means is said of the chosen one alone, by ``explain_outside``.
    """

    @property
    def is_there(self) -> bool:
        """True of a unit on the incident that has not cleared."""
        return self.stamps is not None and self.stamps.cleared_at is None

    @property
    def may_be_chosen(self) -> bool:
        """True where there is something to stamp."""
        free = not self.unavailable_reason and not self.outside
        return free and (self.stamps is None or self.is_there)


@dataclass(frozen=True, slots=True)
class IncidentHead:
    """What each call of the queue shows: what, where, since when, and how it stands.

    ``closing`` is one that is cleared and does not say how it ended; ``age`` says how long an old
    call is open and since when, nothing for one of today.
    """

    incident: Incident
    title: str
    place: str
    received: str
    summary: str
    closing: bool
    age: str = ""
    all_clear: str = ""
    """When the action ended that opened it, and how many units are still there."""

    @property
    def lockdown(self) -> bool:
        """True for the call of a lockdown that goes on."""
        return is_lockdown(self.incident) and not self.closing

    @property
    def where(self) -> str:
        """Where it is, as it goes on after what it is: “ at Del Campo High”."""
        return f" at {self.place}" if self.incident.site else f", {_lower_first(self.place)}"


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """One incident of the board; ``closing`` is one that is cleared and does not say how it ended.

    ``units`` lists those on it first, then those that could go in the order in which they are
    asked. ``chosen`` is the unit to stamp, ``there`` lists several units with where each is,
    ``proposal`` says who would go next.
    """

    incident: Incident
    title: str
    place: str
    where: str
    received: str
    units: tuple[_IncidentUnitRow, ...]
    chosen: str | None
    there: str
    proposal: str
    closing: bool
    age: str = ""
    """How long an old call is open and since when; nothing for one of today."""
    finish: str = ""
    """How it is closed, of a call whose action has ended."""
    meant: str = ""
    """The words that it seems to stand for, typed as in the form; see ``find_meant_words``."""
    endings: frozenset[str] = frozenset()
    """How calls ended of late, in whatever words."""

    @property
    def name(self) -> str:
        """What and where in a sentence."""
        return f"{self.title}{self.where}"

    def unit(self, unit_id: str | None) -> _IncidentUnitRow | None:
        """Return a unit's row by its id."""
        return next((row for row in self.units if row.unit == unit_id), None)

    @property
    def sent(self) -> bool:
        """True where a unit is on it."""
        return any(row.stamps is not None for row in self.units)

    @property
    def to_clear(self) -> int:
        """How many units can be stamped cleared."""
        return len(list_units_to_clear(self.incident))

    @property
    def begun(self) -> bool:
        """True where a unit has a stamp on it."""
        there = [row.stamps for row in self.units if row.stamps is not None]
        return any(getattr(one, name) for one in there for name in UNIT_STAMP_NAMES)

    @property
    def arrived(self) -> bool:
        """True where a unit was on scene."""
        return self.incident.onscene_at is not None

    @property
    def last_cleared(self) -> str:
        """The unit that cleared last, of an incident that is closing."""
        cleared = [(one.cleared_at, one.unit) for one in self.incident.by_unit if one.cleared_at]
        return max(cleared)[1]


def build_incident_heads(
    session: Session,
    incidents: tuple[Incident, ...],
    later: Set[tuple[str, str, str]] = frozenset(),
    *,
    known: Iterable[IncidentHead] = (),
    all_clears: Mapping[str, datetime] = MappingProxyType({}),
) -> tuple[IncidentHead, ...]:
    """Return the calls of the queue, the most urgent first; those to be closed come last.

    ``later`` are the stamps that ``LiveIncidents.late_stamps`` names; they are marked.
    ``all_clears`` are those of ``response_actions.map_all_clears``. Of those
    ``known`` the calls that are the same still read as they did within the minute.
    """
    before = {id(one.incident): one for one in known}
    now = session.clock()
    ended = [one for one in incidents if _asks_how_it_ended(one, now)]
    every = (*sort_by_urgency(list_open_incidents(incidents), now), *reversed(ended))
    marked: dict[str, set[tuple[str, str]]] = {}
    for uid, *stamp in later:
        marked.setdefault(uid, set()).add((stamp[0], stamp[1]))
    return tuple(
        before.get(id(one))
        or _head(session, one, marked.get(one.uid, frozenset()), all_clears.get(one.uid))
        for one in every
    )


def _head(
    session: Session, one: Incident, marked: Set[tuple[str, str]], all_clear: datetime | None
) -> IncidentHead:
    site, closing = session.project.sites.get(one.site or ""), one.cleared_at is not None
    received = _lower_day(value_text.format_moment(one.received_at, session))
    late, age = ("", INCIDENT_STAMPS[0]) in marked, _age_words(session, one)
    there = [_on_words(stamps, session, marked) for stamps in list_unit_stamps(one)]
    summary = "Cleared. How did it end?" if closing else "; ".join(there)
    if one.is_history and not closing:
        summary = "No cleared time on record"
    return IncidentHead(
        one,
        one.type.capitalize(),
        site.name if site else "Not at a school",
        f"{received}, entered later" if late else received,
        summary or age or "No unit sent yet.",
        closing,
        age,
        _describe_all_clear(session, one, all_clear),
    )


def _describe_all_clear(session: Session, one: Incident, at: datetime | None) -> str:
    """Say of a call that is still open when its action ended, and how many units are there."""
    if at is None or one.cleared_at is not None:
        return ""
    local, left = at.astimezone(ZoneInfo(session.project.time_zone)), list_units_to_clear(one)
    today = session.day_of(at) == session.today
    day = f"at {session.formats.clock(local)}" if today else value_text.format_moment(at, session)
    there = sum(stamps.onscene_at is not None for stamps in left)
    units = format_count(there, "unit") + " still on scene"
    if there < len(left):
        units = format_count(len(left), "unit") + " not yet cleared"
    return f"All clear {_lower_day(day)}; {units if left else 'no unit was sent'}"


def _describe_finish(head: IncidentHead) -> str:
    """Say how a call is closed whose action has ended."""
    left = len(list_units_to_clear(head.incident))
    if not head.all_clear or head.age:
        return ""
    if not left:
        return "Press 4 to close it."
    with_what = "Clear all units" if left > 1 else "4"
    return f"Press {with_what}, then say how it ended."


def _marks_of(one: Incident, later: Set[tuple[str, str, str]]) -> frozenset[tuple[str, str]]:
    return frozenset((unit, name) for uid, unit, name in later if uid == one.uid)


def format_elapsed_time(start: datetime, now: datetime) -> str:
    """Write how long ago something began: 4:07, 1:04:07, or in days."""
    seconds = max(0, round((now - start).total_seconds()))
    hours, rest = divmod(seconds, 3600)
    if hours >= 24:
        return format_count(hours // 24, "day")
    minutes, seconds = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def _describe_candidate(one: DispatchCandidate) -> str:
    """Say as what a unit would come and how far it is."""
    minutes = "" if one.minutes is None else f"{one.minutes:.1f} min"
    stands = f"on {one.busy_on.type.lower()}" if one.busy_on is not None else one.out or one.role
    return " · ".join(filter(None, (one.unit, minutes, stands)))


def describe_proposal(
    found: Iterable[DispatchCandidate], besides: Iterable[str] = (), *, rostered: bool
) -> str:
    """Say in a sentence who would go next and why; none is on duty by a roster not kept here."""
    listed, there = tuple(found), frozenset(besides)
    first = suggest_unit(listed, besides=there)
    if first is not None and first.role is DispatchRole.NO_PLACE:
        said = "Free unit on duty" if rostered else "First unit (no shift is planned)"
        return f"{said}: {first.unit}. {_DECIDES}"
    if first is not None:
        alone = _PROPOSAL if rostered else _UNROSTERED_PROPOSAL
        said = _NEXT_PROPOSAL if there else alone
        return f"{said}: {_describe_candidate(first)}. {_DECIDES}"
    if not listed:
        return "No unit may go there."
    if free := [one.unit for one in listed if one.free]:
        return f"{join_names(free)} has cleared there and is free. No other unit is free."
    return f"Every {'on-duty ' if rostered else ''}unit that may go there is busy."


def describe_cost(one: DispatchCandidate, first: DispatchCandidate | None) -> str:
    """Say what it costs to send a unit rather than the one that is proposed; nothing of that one.

    The minutes are those of both from their posts, an estimate.
    """
    if first is None or one.unit == first.unit or one.busy_on is not None:
        return ""
    parts = [one.out or one.role.value]
    if one.minutes is not None and first.minutes is not None:
        parts.insert(
            0,
            f"{one.minutes - first.minutes:+.1f} min (estimate)".replace(
                "-", value_text.MINUS_SIGN
            ),
        )
    return f"{one.unit} instead of {first.unit}: {', '.join(parts)}."


def explain_outside(session: Session, unit: str, site: str | None) -> str:
    """Say of a unit that does not serve where a call is what its stamp means."""
    return f"{explain_unit_outside(session, unit, site)} {_IF_IT_WENT}"


def _describe_closer(
    found: Iterable[DispatchCandidate], under_way: Iterable[str], first: DispatchCandidate | None
) -> str:
    """Say that a free unit is closer than those on their way, as after a correction of the school.

    Without anybody there yet; the times are those from their posts.
    """
    going = {one.unit: one.minutes for one in found if one.unit in under_way}
    nearest = min(going, key=lambda unit: going[unit] or 0.0, default="")
    if first is None or first.minutes is None or None in going.values() or not going:
        return ""
    saved = (going[nearest] or 0.0) - first.minutes
    return f"{first.unit} is {saved:.1f} min closer than {nearest}. " if saved > 0 else ""


def _asks_how_it_ended(incident: Incident, now: datetime) -> bool:
    cleared = incident.cleared_at
    lately = cleared is not None and now - cleared < FOLLOWED_AFTER_CLEARED
    return lately and bool(incident.by_unit) and not incident.disposition


def build_incident_row(
    session: Session,
    state: ProjectState,
    incidents: tuple[Incident, ...],
    head: IncidentHead,
    *,
    later: Set[tuple[str, str, str]] = frozenset(),
    out: Mapping[str, str] = MappingProxyType({}),
    used: Iterable[str] = (),
) -> IncidentRow:
    """Return all that the chosen call shows: who is there, who could go, and who is proposed.

    ``out`` says why units are not proposed although no call keeps them, ``used`` which types calls
    had besides the usual ones.
    """
    incident = head.incident
    there = list_unit_stamps(incident)
    found = rank_units_for_call(state, incident.site, incidents, session.clock(), out=out)
    ids = {stamps.unit for stamps in there}
    first = suggest_unit(found, besides=ids)
    voidable, marked = bool(incident.by_unit), _marks_of(incident, later)
    on = [
        _IncidentUnitRow(one.unit, _on_words(one, session, marked), one, voidable=voidable)
        for one in there
    ]
    could = [
        _IncidentUnitRow(
            one.unit,
            _describe_candidate(one),
            unavailable_reason="It is not free." if one.busy_on else "",
            cost=describe_cost(one, first),
        )
        for one in found
        if one.unit not in ids
    ]
    ids |= {one.unit for one in found}
    outside = [
        _IncidentUnitRow(
            unit,
            f"{unit} · does not serve there",
            outside=True,
        )
        for unit in state.project.units
        if unit not in ids
    ]
    left = [one.unit for one in there if one.cleared_at is None]
    arrived = any(one.onscene_at for one in there)
    closer = "" if arrived else _describe_closer(found, left, first)
    return IncidentRow(
        incident=incident,
        title=head.title,
        place=head.place,
        where=head.where,
        received=head.received,
        units=(*on, *could, *outside),
        chosen=left[0] if left else first.unit if first else None,
        there="\n".join(row.text for row in on) if len(on) > 1 else "",
        proposal=closer
        + describe_proposal(
            found,
            {one.unit for one in there},
            rostered=is_roster_kept(state.project, session.clock()),
        ),
        closing=head.closing,
        age=head.age,
        finish=_describe_finish(head),
        meant=find_meant_words(incident.type, incident.priority, used),
        endings=frozenset(one.disposition for one in incidents if one.disposition),
    )


def _age_words(session: Session, incident: Incident) -> str:
    """Say since when a call is open that is no longer of the present; else nothing."""
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
    """Write a day as it stands within a sentence."""
    lower = day.startswith(("Today", "Yesterday"))
    return _lower_first(day) if lower else day


def _on_words(stamps: UnitStamps, session: Session, later: Set[tuple[str, str]]) -> str:
    last = next((name for name in reversed(INCIDENT_STAMPS[1:]) if getattr(stamps, name)), None)
    if last is None:
        return f"{stamps.unit} · not yet dispatched"
    at = getattr(stamps, last).astimezone(ZoneInfo(session.project.time_zone))
    clock = session.formats.clock(at, seconds=True)
    said = f"{stamps.unit} · {STAMP_NAMES[last].lower()} {clock}"
    earlier = [
        STAMP_NAMES[name].lower() for name in UNIT_STAMP_NAMES if (stamps.unit, name) in later
    ]
    if not earlier:
        return said
    if earlier == [STAMP_NAMES[last].lower()]:
        return f"{said}, entered later"
    return f"{said} ({', '.join(earlier)} entered later)"


def may_stamp(row: _IncidentUnitRow | None, name: str) -> bool:
    """True where a stamp follows the unit's last one; what was skipped is logged with its time.

    A unit that was never sent has nothing to clear.
    """
    if row is None or row.unavailable_reason:
        return False
    then = find_next_stamp(row.stamps)
    if then is None or (then == UNIT_STAMP_NAMES[0] and name == UNIT_STAMP_NAMES[-1]):
        return False
    return INCIDENT_STAMPS.index(name) >= INCIDENT_STAMPS.index(then)
