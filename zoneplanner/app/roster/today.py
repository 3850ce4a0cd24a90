"""The Today page: what is going on, open assignments and relief, and what is due."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from zoneplanner.app.log.dispatch import (
    LiveIncidents,
    list_open_incidents,
    list_unit_stamps,
    occupies_units,
    sort_by_urgency,
)
from zoneplanner.app.log.due_visits import find_sites_visited_this_week, list_due_visits_of_week
from zoneplanner.app.log.logbook import list_response_actions
from zoneplanner.app.log.unit_board import is_roster_kept
from zoneplanner.app.readiness.requirements import (
    format_requirement_name,
    format_requirement_place,
)
from zoneplanner.app.roster.hours import HoursQuery, list_hours_lines
from zoneplanner.app.roster.relief import describe_last_answers, list_relief_candidates
from zoneplanner.app.session.session import Session
from zoneplanner.domain.geography.site import format_level
from zoneplanner.domain.locale_formats import LocaleFormats
from zoneplanner.domain.log.due_visits import DueVisitStatus
from zoneplanner.domain.log.entries import read_visits
from zoneplanner.domain.log.journal import LAST_URGENT_PRIORITY
from zoneplanner.domain.log.response_action_terms import URGENT_ACTIONS
from zoneplanner.domain.project import Project
from zoneplanner.domain.readiness.follow_up import AFTER_ACTION, CONCERN, CORRECTIVE_ACTION
from zoneplanner.domain.readiness.requirements import DISTRICT_WIDE, Requirement, RequirementStatus
from zoneplanner.domain.roster.checker import describe_shift
from zoneplanner.domain.roster.hours import HoursStatus
from zoneplanner.domain.roster.shift import AvailabilityKind, Shift, ShiftKind
from zoneplanner.messages import Message, format_count, say_all

if TYPE_CHECKING:
    from zoneplanner.app.readiness.requirements import ReadinessStatus

_OUT_KINDS = (AvailabilityKind.SICK, AvailabilityKind.LEAVE)
_MOST_RELIEF, _HOURS_WEEKS, _MOST_NAMED, _MOST_CALLS = 3, 4, 3, 6
_LATER = "later"
_MOST_FOLLOW_UPS = 8
_VISIT_LOOKBACK = timedelta(hours=24)
_STATUSES_TO_APPROVE = (HoursStatus.UNCONFIRMED, HoursStatus.CONFIRMED, HoursStatus.STALE)
_FOLLOW_UPS = (AFTER_ACTION, CORRECTIVE_ACTION, CONCERN)
TODAY_GROUPS: Mapping[str, str] = {
    "now": "Going on now",
    "open": "Open assignments",
    "out": "Called out",
    "bells": "Bells",
    "events": "Events this week",
    "due": "Due this week",
    "follow_ups": "Follow-ups",
    "hours": "Hours to approve",
    "visits": "Visits due this week",
}
"""The groups of the page in their order, with their headings."""
_SHORTER = {
    "requirement.agreement": "today_requirement.agreement",
    "requirement.outside_event": "requirement.event_reviewed",
    "requirement.report_named": "requirement.report",
    "requirement.returns_missing": "today_requirement.returns_missing",
    "requirement.training": "today_requirement.training",
}
"""The short forms of sentences about a requirement."""


@dataclass(frozen=True, eq=False, slots=True)
class TodayLine:
    """One line of the page."""

    text: str
    detail: str
    leads: tuple[str, str]
    """The kind and the id of what a click on the line shows."""
    facts: Mapping[str, Any]
    """The content of the line, for programs."""
    is_urgent: bool = False
    is_live: bool = False
    """Whether it is a danger now."""
    more: tuple["TodayLine", ...] = ()
    """Lines below this one."""


@dataclass(frozen=True, eq=False, slots=True)
class Today:
    """The page of a day: filled and planned assignments, and the lines of nonempty groups."""

    day: date
    kind: str
    filled: int
    planned: int
    groups: Mapping[str, tuple[TodayLine, ...]] = field(default_factory=dict)

    def count(self, group: str) -> int:
        """Return how many things a group lists, including calls that a line only counts."""
        lines = self.groups.get(group, ())
        if group != "now":
            return len(lines)
        return sum(len(line.facts.get("calls", ("",))) for line in lines)


def build_today(
    session: Session,
    readiness: "ReadinessStatus | None",
    day: date,
    followed: LiveIncidents | None = None,
    formats: LocaleFormats | None = None,
) -> Today:
    """Return the page of a day.

    Without ``readiness``, which takes longer to compute, due requirements and follow-ups are left
    out. ``followed`` are the current calls, if the caller has them. ``formats`` are by default
    this desk's.
    """
    project, formats = session.saved_project, formats or session.formats
    shifts = [shift for shift in project.shifts_between(day, day) if shift.is_active]
    order = {unit: index for index, unit in enumerate(project.units)}
    shifts.sort(key=lambda shift: (order.get(shift.unit, len(order)), shift.starts_at))
    kind = project.calendar.day_kind(day)
    groups: dict[str, Iterable[TodayLine]] = {
        "now": _list_current(session, formats, followed) if day == session.today else (),
        "open": [_make_open_line(session, formats, shift) for shift in shifts if shift.is_open],
        "out": _list_absences(session, day, shifts),
        "bells": _list_bells(session, formats, day),
        "events": _list_events(session, formats, day),
        "due": _list_due(session, formats, readiness, day) if readiness else (),
        "follow_ups": (
            *(_list_follow_ups(session, formats, readiness, day) if readiness else ()),
            *(_list_uncleared(session, followed) if day == session.today else ()),
        ),
        "hours": _list_hours(session, formats, day),
        "visits": _list_visits(session, day),
    }
    return Today(
        day,
        str(kind) if kind else _name_holiday(session, day),
        sum(not shift.is_open for shift in shifts),
        len(shifts),
        {name: lines for name in TODAY_GROUPS if (lines := tuple(groups[name]))},
    )


def _name_holiday(session: Session, day: date) -> str:
    holidays = session.project.calendar.holidays
    return next((holiday.name for holiday in holidays if holiday.contains(day)), "no school")


def _list_uncleared(session: Session, followed: LiveIncidents | None) -> Iterator[TodayLine]:
    """Yield one line that counts the imported calls without a cleared time."""
    calls = list_open_incidents((followed or LiveIncidents(session)).incidents())
    if past := [call.uid for call in calls if call.is_history]:
        text = str(Message("today.past_calls", n=len(past)))
        yield TodayLine(text, "as imported", ("incident", past[0]), {"calls": past})


def _list_current(
    session: Session, formats: LocaleFormats, followed: LiveIncidents | None
) -> Iterator[TodayLine]:
    """Yield the active response actions, open calls by urgency, and visits that have not ended."""
    project, now = session.saved_project, session.clock()
    zone = ZoneInfo(project.time_zone)
    facts: dict[str, Any]

    def write_time(at: datetime) -> str:
        return formats.recent_moment(at.astimezone(zone), now.astimezone(zone))

    def name_site(site_id: str | None) -> str:
        site = project.sites.get(site_id or "")
        return site.name if site is not None else "no school"

    active_calls, ended = set[str](), dict[str, datetime]()
    for action in list_response_actions(session):
        if action.ended_at is None:
            active_calls.add(action.incident or "")
            facts = {"action": action.action, "site": action.site, "uid": action.uid}
            term = project.terms.describe(action.action).term
            since = write_time(action.began_at)
            yield TodayLine(
                str(Message("today.action", action=term, since=since)),
                name_site(action.site),
                ("incident", action.incident),
                facts,
                is_urgent=True,
                is_live=action.action in URGENT_ACTIONS,
            )
        elif action.incident:
            ended[action.incident] = action.ended_at
    open_calls = list_open_incidents((followed or LiveIncidents(session)).incidents())
    calls = [
        call
        for call in sort_by_urgency(open_calls, now)
        if call.uid not in active_calls and not call.is_history
    ]
    for call in calls[:_MOST_CALLS]:
        stamps = list_unit_stamps(call)
        has_units = occupies_units(call, now)
        on_call = [unit.unit for unit in stamps if has_units and unit.cleared_at is None]
        facts = {"call": call.uid, "site": call.site, "type": call.type, "units": on_call}
        nobody = "all units cleared" if stamps else "no unit sent yet"
        title, urgent = call.type.capitalize(), call.priority <= LAST_URGENT_PRIORITY
        if (ended_at := ended.get(call.uid)) is not None:
            still = project.terms.name_incidents(str(Message("today.open")))
            ends = {"ended": write_time(ended_at), "still": still}
            title, urgent = str(Message("today.still_open", type=title, **ends)), False
        message = Message(
            "today.call",
            priority=call.priority,
            units=", ".join(on_call) or nobody,
            since=write_time(call.received_at),
        )
        yield TodayLine(
            f"{title}: {name_site(call.site)}",
            str(message),
            ("incident", call.uid),
            facts,
            is_urgent=urgent,
            is_live=urgent,
        )
    if rest := [call.uid for call in calls[_MOST_CALLS:]]:
        more = project.terms.name_incidents(str(Message("today.more_calls", n=len(rest))))
        yield TodayLine(more, "", ("incident", rest[0]), {"calls": rest})
    recent = session.store.entries(kinds=("visit", "void"), since=now - _VISIT_LOOKBACK)
    for visit in read_visits(recent):
        if visit.status == "on_site":
            unit, since = visit.unit or "no unit", write_time(visit.arrived_at)
            yield TodayLine(
                str(Message("today.visit", site=name_site(visit.site))),
                str(Message("today.visit_since", unit=unit, since=since)),
                ("entries", name_site(visit.site)),
                {"visit": visit.uid, "site": visit.site, "unit": visit.unit},
            )


def _make_open_line(session: Session, formats: LocaleFormats, shift: Shift) -> TodayLine:
    """Return an open assignment, with the officers to call first below it."""
    project = session.saved_project
    former = [project.officers[key].name for key in shift.former if key in project.officers]
    candidates = list_relief_candidates(project, shift.uid)
    free = [candidate for candidate in candidates if candidate.free]
    relief, answers = [], describe_last_answers(session)
    for place, candidate in enumerate(free[:_MOST_RELIEF], start=1):
        officer, why = candidate.officer, candidate.place.why
        last = answers.get(officer.id)
        facts = {
            "order": place,
            "officer": officer.id,
            "name": officer.name,
            "contact": officer.contact,
            "week_h": round(candidate.week_h, 2),
            "reason": str(why),
            "last_answer": "" if last is None else str(last),
        }
        answer = "" if last is None else last.say(formats)
        parts = (officer.contact or "no phone on file", why.say(formats), answer)
        detail = " · ".join(filter(None, parts))
        relief.append(TodayLine(f"{place}  {officer.name}", detail, ("relief", shift.uid), facts))
    nobody = "" if relief else str(Message("today.nobody_free"))
    instead = str(Message("today.instead", officers=", ".join(former))) if former else ""
    facts = {
        "shift": shift.uid,
        "unit": shift.unit,
        "starts_at": shift.starts_at.isoformat(),
        "ends_at": shift.ends_at.isoformat(),
        "former": list(shift.former),
        "relief": [line.facts for line in relief],
    }
    return TodayLine(
        describe_shift(shift, project.time_zone).say(formats),
        " · ".join(filter(None, (instead, nobody))),
        ("shift", shift.uid),
        facts,
        is_urgent=True,
        more=tuple(relief),
    )


def _list_absences(session: Session, day: date, shifts: list[Shift]) -> Iterator[TodayLine]:
    """Yield the officers who called out or are on leave, and who replaces them."""
    project = session.saved_project
    for officer in project.officers.values():
        kinds = [
            times.kind
            for times in officer.times
            if times.kind in _OUT_KINDS and next(times.days(day, day), None) is not None
        ]
        if not kinds:
            continue
        own = [shift for shift in shifts if officer.id in (*shift.former, shift.officer)]
        replacements = [f"{shift.unit}: {_name_officer(project, shift.officer)}" for shift in own]
        word = "called out" if AvailabilityKind.SICK in kinds else "on leave"
        detail = " · ".join(filter(None, (word, "; ".join(replacements), officer.contact)))
        facts = {
            "officer": officer.id,
            "name": officer.name,
            "kind": str(kinds[0]),
            "contact": officer.contact,
            "shifts": [shift.uid for shift in own],
        }
        leads = ("shift", own[0].uid) if own else ("officer", officer.id)
        urgent = any(shift.officer in (None, officer.id) for shift in own)
        yield TodayLine(officer.name, detail, leads, facts, is_urgent=urgent)


def _name_officer(project: Project, officer_id: str | None) -> str:
    officer = project.officers.get(officer_id or "")
    return officer.name if officer is not None else officer_id or "open"


def _name_level(level: str) -> str:
    """Return the name of a level for use within a sentence."""
    name = format_level(level)
    return name if name.startswith("K-") else name.lower()


def _list_bells(session: Session, formats: LocaleFormats, day: date) -> Iterator[TodayLine]:
    """Yield when school begins and ends, one line for all schools with the same bells."""
    project = session.saved_project
    kind, bells = project.calendar.day_kind(day), project.calendar.bells
    if kind is None:
        return
    schools: dict[tuple[Any, Any], list[str]] = {}
    for site in project.patrolled:
        times = bells.find_bell_times(site.id, site.level)
        schools.setdefault((times.starts, times.last_bell(kind)), []).append(site.level)
    for (starts, ends), levels in sorted(schools.items()):
        names = [_name_level(level) for level, _ in Counter(levels).most_common()]
        more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
        schools_text = format_count(len(levels), "school")
        early = f" · {kind}" if kind.ends_early else ""
        detail = f"{schools_text}: {', '.join(names[:_MOST_NAMED])}{more}{early}"
        facts = {
            "starts": f"{starts:%H:%M}",
            "ends": f"{ends:%H:%M}",
            "day_kind": str(kind),
            "levels": sorted(set(levels)),
            "sites": len(levels),
        }
        yield TodayLine(formats.span(starts, ends), detail, ("bells", ""), facts)


def _list_events(session: Session, formats: LocaleFormats, day: date) -> Iterator[TodayLine]:
    """Yield the events and programs from a day to the end of its week."""
    project = session.saved_project
    shifts = project.shifts_between(day, _find_sunday(day))
    for shift in sorted(shifts, key=lambda shift: (shift.starts_at, shift.unit)):
        if not shift.is_active or shift.kind is ShiftKind.PATROL:
            continue
        officer = project.officers.get(shift.officer or "")
        facts = {
            "shift": shift.uid,
            "unit": shift.unit,
            "title": shift.title,
            "officer": shift.officer,
            "starts_at": shift.starts_at.isoformat(),
        }
        yield TodayLine(
            describe_shift(shift, project.time_zone).say(formats),
            officer.name if officer else "open",
            ("shift", shift.uid),
            facts,
            is_urgent=shift.is_open,
        )


def _list_due(
    session: Session, formats: LocaleFormats, readiness: "ReadinessStatus", day: date
) -> Iterator[TodayLine]:
    """Yield the requirements that are overdue or due this week, one line per kind."""
    sunday, by_kind = _find_sunday(day), dict[tuple[str, str], list[Requirement]]()
    for item in readiness.to_do:
        overdue = item.status is RequirementStatus.OVERDUE
        soon = item.status is RequirementStatus.DUE and item.due_on and item.due_on <= sunday
        if item.kind not in _FOLLOW_UPS and (overdue or soon):
            by_kind.setdefault((str(item.status), item.kind), []).append(item)
    for (status, kind), items in by_kind.items():
        name, overdue = format_requirement_name(items[0]), status == RequirementStatus.OVERDUE
        first = min((item.due_on for item in items if item.due_on), default=None)
        when = ""
        if first is not None:
            code = "today.since" if overdue else "today.by"
            when = str(Message(code, day=_name_day(formats, first, day)))
        sites = [item.site for item in items if item.site != DISTRICT_WIDE]
        where = _name_sites(session, sites)
        if not sites and len(items) == 1:  # district-wide: its detail names the place or agency
            where = _shorten(items[0].messages[0]).say(formats).rstrip(".")
        facts = {
            "kind": kind,
            "name": name,
            "status": status,
            "sites": sites,
            "due_on": str(first) if first else None,
        }
        yield TodayLine(
            f"{name}: {status}",
            " · ".join(filter(None, (where, when))),
            ("requirement", name),
            facts,
            is_urgent=overdue,
        )


def _shorten(message: Message) -> Message:
    code = _SHORTER.get(message.template)
    return Message(code, **message.facts) if code else message


def _name_sites(session: Session, sites: list[str]) -> str:
    known = session.saved_project.sites
    names = [known[site].name for site in sites if site in known]
    if len(names) > _MOST_NAMED:
        return format_count(len(names), "school")
    return ", ".join(names)


def _list_follow_ups(
    session: Session, formats: LocaleFormats, readiness: "ReadinessStatus", day: date
) -> Iterator[TodayLine]:
    """Yield the follow-ups that are overdue or due this week, and counts of the others.

    Imported follow-ups without a record are counted separately.
    """
    project, sunday = session.saved_project, _find_sunday(day)
    counted: dict[tuple[str, str], list[Requirement]] = {}
    listed = Counter[tuple[str, RequirementStatus]]()
    facts: dict[str, Any]
    for item in readiness.to_do:
        if item.kind not in _FOLLOW_UPS:
            continue
        overdue = item.status is RequirementStatus.OVERDUE
        if item.to_verify:
            count_as = item.standing
        elif item.status is RequirementStatus.NOT_RECORDED:
            count_as = str(item.status)
        elif not overdue and (item.due_on or date.max) > sunday:
            count_as = _LATER
        else:
            listed[item.kind, item.status] += 1
            is_listed = listed[item.kind, item.status] <= _MOST_FOLLOW_UPS
            count_as = "" if is_listed else f"more {item.status}"
        if count_as:
            counted.setdefault((item.kind, count_as), []).append(item)
            continue
        name = format_requirement_name(item)
        place, due = format_requirement_place(project, item), ""
        if item.due_on is not None:
            due = str(Message("today.due", day=_name_day(formats, item.due_on, day)))
        facts = {
            "kind": item.kind,
            "uid": item.uid,
            "site": item.site or None,
            "status": str(item.status),
            "due_on": str(item.due_on) if item.due_on else None,
        }
        yield TodayLine(
            f"{name}: {item.standing}",
            " · ".join(filter(None, (place, due))),
            ("requirement", name),
            facts,
            is_urgent=overdue,
        )
    for (kind, status), items in counted.items():
        name = format_requirement_name(items[0])
        days = [item.due_on for item in items if item.due_on]
        first = str(Message("today.first", day=_name_day(formats, min(days), day))) if days else ""
        facts = {"kind": kind, "status": status, "count": len(items)}
        overdue = items[0].status is RequirementStatus.OVERDUE
        codes = {RequirementStatus.NOT_RECORDED: "today.unrecorded", _LATER: "today.counted.later"}
        code = codes.get(status, "today.counted")
        text = str(Message(code, name=name, n=len(items), status=status))
        yield TodayLine(text, first, ("requirement", name), facts, is_urgent=overdue)


def _list_hours(session: Session, formats: LocaleFormats, day: date) -> Iterator[TodayLine]:
    """Yield the shifts of the last four weeks that are to be confirmed or approved, by status."""
    first = day - timedelta(days=day.weekday(), weeks=_HOURS_WEEKS - 1)
    lines = list_hours_lines(session, HoursQuery(first, day - timedelta(days=1)))
    for status in _STATUSES_TO_APPROVE:
        own = [line for line in lines if line.status is status]
        if not own:
            continue
        hours = sum(line.hours or line.scheduled_h for line in own)
        officers = len({line.officer for line in own})
        first_day, last_day = min(line.day for line in own), max(line.day for line in own)
        days = f"{formats.short_day(first_day)} – {formats.short_day(last_day)}"
        facts = {
            "status": str(status),
            "turns": len(own),
            "hours": round(hours, 2),
            "officers": officers,
        }
        detail = str(Message("today.hours", hours=hours, officers=officers, days=days))
        yield TodayLine(
            f"{format_count(len(own), 'shift')} {status}", detail, ("hours", str(status)), facts
        )


def _list_visits(session: Session, day: date) -> Iterator[TodayLine]:
    """Yield by unit how many visits are left this week, if visits are on record."""
    project = session.saved_project
    plan = project.current_plan(day)
    if plan is None or find_sites_visited_this_week(session) is None:
        return
    unit_by_zone = {zone.id: zone.unit for zone in plan.zones}
    left: dict[str, list[DueVisitStatus]] = {}
    for due in list_due_visits_of_week(session, day - timedelta(days=day.weekday())):
        unit = unit_by_zone.get(plan.assignment.get(due.site, ""))
        if unit is not None and due.standing is not DueVisitStatus.DONE:
            left.setdefault(unit, []).append(due.standing)
    for unit in project.units:
        if unit not in left:
            continue
        late = sum(standing is not DueVisitStatus.DUE for standing in left[unit])
        facts = {"unit": unit, "due": len(left[unit]), "late": late}
        detail = str(Message("today.late_visits" if late else "today.no_late_visit", n=late))
        yield TodayLine(
            f"{unit}: {format_count(len(left[unit]), 'visit')}", detail, ("visits", unit), facts
        )


def _name_day(formats: LocaleFormats, day: date, today: date) -> str:
    """Write a day, with its year unless that is this year."""
    return formats.short_day(day) if day.year == today.year else formats.day(day)


def _find_sunday(day: date) -> date:
    return day + timedelta(days=6 - day.weekday())


NO_ROSTER = Message("today.no_roster")


def describe_today(session: Session, today: Today) -> str:
    """Name the day, and how many of its assignments are filled."""
    return f"{session.formats.long_day(today.day)}: {say_all(_count_assignments(session, today))}"


def _count_assignments(session: Session, today: Today) -> list[Message]:
    if today.planned:
        facts = {"filled": today.filled, "planned": today.planned}
        return [Message("today.assignments", kind=today.kind, **facts)]
    is_kept = is_roster_kept(session.project, session.clock())
    return [Message("today.no_shift", kind=today.kind), *([] if is_kept else [NO_ROSTER])]


def print_today(
    session: Session,
    readiness: "ReadinessStatus | None",
    day: date,
    followed: LiveIncidents | None = None,
) -> bytes:
    """Return the page of a day as PDF, in the project's formats of days and times."""
    from zoneplanner.publish.documents.day_roster import PrintedLine, render_today_page

    def print_lines(lines: tuple[TodayLine, ...], *, below: bool = False) -> Iterator[PrintedLine]:
        for line in lines:
            yield PrintedLine(line.text, line.detail, line.is_urgent, below, line.is_live)
            yield from print_lines(line.more, below=True)

    project, formats = session.saved_project, session.saved_project.formats
    today = build_today(session, readiness, day, followed, formats)
    statuses = {line.facts.get("status") for line in today.groups.get("follow_ups", ())}
    has_unrecorded = RequirementStatus.NOT_RECORDED in statuses
    filled = say_all(_count_assignments(session, today))
    return render_today_page(
        formats.long_day(today.day),
        f"{project.name}. {filled[:1].upper()}{filled[1:]}",
        [(TODAY_GROUPS[name], list(print_lines(lines))) for name, lines in today.groups.items()],
        author=project.name,
        printed_at=session.clock().astimezone(ZoneInfo(project.time_zone)),
        formats=formats,
        note=str(Message("today.no_record")) if has_unrecorded else "",
    )
