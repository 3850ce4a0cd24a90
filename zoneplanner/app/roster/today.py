"""The day as the coordinator needs it at six: who is missing and whom to call, and what is due."""

import re
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
from zoneplanner.domain.log.response_actions import URGENT_ACTIONS
from zoneplanner.domain.readiness.follow_up import AFTER_ACTION, CONCERN, CORRECTIVE_ACTION
from zoneplanner.domain.readiness.requirements import DISTRICT_WIDE, Requirement, RequirementStatus
from zoneplanner.domain.roster.checker import describe_shift
from zoneplanner.domain.roster.hours import HoursStatus
from zoneplanner.domain.roster.shift import AvailabilityKind, Shift, ShiftKind
from zoneplanner.messages import format_count, render_message

if TYPE_CHECKING:
    from zoneplanner.app.readiness.requirements import ReadinessStatus

_OUT_KINDS = (AvailabilityKind.SICK, AvailabilityKind.LEAVE)
_MOST_RELIEF, _HOURS_WEEKS, _MOST_NAMED, _MOST_CALLS = 3, 4, 3, 6
_MOST_FOLLOW_UPS = 8
_VISIT_REACH = timedelta(hours=24)
_TO_APPROVE = (HoursStatus.UNCONFIRMED, HoursStatus.CONFIRMED, HoursStatus.STALE)
_FOLLOW_UPS = (AFTER_ACTION, CORRECTIVE_ACTION, CONCERN)
_AHEAD = (DueVisitStatus.MISSED, DueVisitStatus.LATE, DueVisitStatus.DUE)
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
"""The groups of the page in their order, with what people read above each."""
_FIRST_CLAUSE = re.compile(r"[,:.]( |$)")


@dataclass(frozen=True, eq=False, slots=True)
class TodayLine:
    """One line of the page. ``leads`` is a kind of thing and its id; ``more`` are lines below it.

    ``facts`` are what the line says, for programs. What ``is_live`` is danger now.
    """

    text: str
    detail: str
    leads: tuple[str, str]
    facts: Mapping[str, Any]
    is_urgent: bool = False
    is_live: bool = False
    more: tuple["TodayLine", ...] = ()


@dataclass(frozen=True, eq=False, slots=True)
class Today:
    """A day: how many assignments are filled, and its lines by group; empty groups are left out."""

    day: date
    kind: str
    filled: int
    planned: int
    groups: Mapping[str, tuple[TodayLine, ...]] = field(default_factory=dict)

    def count(self, group: str) -> int:
        """Return how much a group lists: each call that its last line only counts, too."""
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
    """Return the page of a day; without readiness, which takes longer to read, its groups lack.

    ``followed`` are the calls that a desk follows, ``formats`` how days and times are written: as
    at this desk, where nothing is said.
    """
    project, formats = session.saved_project, formats or session.formats
    shifts = [one for one in project.shifts_between(day, day) if one.is_active]
    order = {unit: at for at, unit in enumerate(project.units)}
    shifts.sort(key=lambda one: (order.get(one.unit, len(order)), one.starts_at))
    kind = project.calendar.day_kind(day)
    found: dict[str, Iterable[TodayLine]] = {
        "now": _list_current(session, formats, followed) if day == session.today else (),
        "open": [_make_open_line(session, formats, one) for one in shifts if one.is_open],
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
        sum(not one.is_open for one in shifts),
        len(shifts),
        {name: lines for name in TODAY_GROUPS if (lines := tuple(found[name]))},
    )


def _name_holiday(session: Session, day: date) -> str:
    holidays = (one.name for one in session.project.calendar.holidays if one.contains(day))
    return next(holidays, "no school")


def _describe_none_there(*, sent: bool) -> str:
    """Say why no unit is on an open call."""
    return "all units cleared" if sent else "no unit sent yet"


def _list_uncleared(session: Session, followed: LiveIncidents | None) -> Iterator[TodayLine]:
    """Yield one line of all calls that a file brought in without a clear: none of them goes on."""
    calls = list_open_incidents((followed or LiveIncidents(session)).incidents())
    if past := [call.uid for call in calls if call.is_history]:
        have = "has" if len(past) == 1 else "have"
        text = f"{format_count(len(past), 'past call')} {have} no cleared time on record"
        yield TodayLine(text, "as imported", ("incident", past[0]), {"calls": past})


def _list_current(
    session: Session, formats: LocaleFormats, followed: LiveIncidents | None
) -> Iterator[TodayLine]:
    """Yield response actions that go on, and open calls, the most urgent first."""
    project, now = session.saved_project, session.clock()
    zone = ZoneInfo(project.time_zone)

    facts: dict[str, Any]

    def say(at: datetime) -> str:
        return formats.recent_moment(at.astimezone(zone), now.astimezone(zone))

    def name(site: str | None) -> str:
        known = project.sites.get(site or "")
        return known.name if known is not None else "no school"

    acted, ended = set[str](), dict[str, datetime]()
    for action in list_response_actions(session):
        if action.ended_at is None:
            acted.add(action.incident or "")
            facts = {"action": action.action, "site": action.site, "uid": action.uid}
            term = project.terms.describe(action.action).term
            leads = ("incident", action.incident)
            yield TodayLine(
                f"{term} since {say(action.began_at)}",
                name(action.site),
                leads,
                facts,
                True,
                action.action in URGENT_ACTIONS,
            )
        elif action.incident:
            ended[action.incident] = action.ended_at
    calls = list_open_incidents((followed or LiveIncidents(session)).incidents())
    waiting = [
        one for one in sort_by_urgency(calls, now) if one.uid not in acted and not one.is_history
    ]
    for call in waiting[:_MOST_CALLS]:
        sent = list_unit_stamps(call)
        there = [one.unit for one in sent if one.cleared_at is None and occupies_units(call, now)]
        facts = {"call": call.uid, "site": call.site, "type": call.type, "units": there}
        units = ", ".join(there) or _describe_none_there(sent=bool(sent))
        what, urgent = call.type.capitalize(), call.priority <= LAST_URGENT_PRIORITY
        if (over := ended.get(call.uid)) is not None:
            still = project.terms.name_incidents("incident still open")
            what = f"{what} ended {say(over)}, {still}"
            urgent = False
        yield TodayLine(
            f"{what}: {name(call.site)}",
            f"priority {call.priority} · {units} · since {say(call.received_at)}",
            ("incident", call.uid),
            facts,
            is_urgent=urgent,
            is_live=urgent,
        )
    if len(waiting) > _MOST_CALLS:
        more = format_count(len(waiting) - _MOST_CALLS, "more open incident")
        more = project.terms.name_incidents(more)
        rest = [call.uid for call in waiting[_MOST_CALLS:]]
        yield TodayLine(more, "", ("incident", rest[0]), {"calls": rest})
    lately = session.store.entries(kinds=("visit", "void"), since=now - _VISIT_REACH)
    for visit in read_visits(lately):
        if visit.status == "on_site":
            yield TodayLine(
                f"Visit not ended: {name(visit.site)}",
                f"{visit.unit or 'no unit'} · since {say(visit.arrived_at)}",
                ("entries", name(visit.site)),
                {"visit": visit.uid, "site": visit.site, "unit": visit.unit},
            )


def _make_open_line(session: Session, formats: LocaleFormats, shift: Shift) -> TodayLine:
    """Return an open assignment, and below it whom to call first."""
    project = session.saved_project
    gone = [project.officers[one].name for one in shift.former if one in project.officers]
    candidates = [one for one in list_relief_candidates(project, shift.uid, formats) if one.free]
    relief, asked = [], describe_last_answers(session, formats)
    for place, one in enumerate(candidates[:_MOST_RELIEF], start=1):
        contact = one.officer.contact
        facts = {
            "order": place,
            "officer": one.officer.id,
            "name": one.officer.name,
            "contact": contact,
            "week_h": round(one.week_h, 2),
            "reason": one.place.reason,
            "last_answer": asked.get(one.officer.id, ""),
        }
        told = (contact or "no phone on file", one.place.reason, asked.get(one.officer.id, ""))
        detail = " · ".join(filter(None, told))
        leads = ("relief", shift.uid)
        relief.append(TodayLine(f"{place}  {one.officer.name}", detail, leads, facts))
    nobody = "" if relief else "nobody is free"
    instead = f"instead of {', '.join(gone)}" if gone else ""
    facts = {
        "shift": shift.uid,
        "unit": shift.unit,
        "starts_at": shift.starts_at.isoformat(),
        "ends_at": shift.ends_at.isoformat(),
        "former": list(shift.former),
        "relief": [one.facts for one in relief],
    }
    return TodayLine(
        describe_shift(shift, project.time_zone, formats),
        " · ".join(filter(None, (instead, nobody))),
        ("shift", shift.uid),
        facts,
        is_urgent=True,
        more=tuple(relief),
    )


def _list_absences(session: Session, day: date, shifts: list[Shift]) -> Iterator[TodayLine]:
    """Yield who called out or is on leave, and who is there instead."""
    project = session.saved_project
    names = {key: one.name for key, one in project.officers.items()}
    for officer in project.officers.values():
        kinds = [
            own.kind
            for own in officer.times
            if own.kind in _OUT_KINDS and next(own.days(day, day), None) is not None
        ]
        if not kinds:
            continue
        theirs = [one for one in shifts if officer.id in (*one.former, one.officer)]
        instead = [
            f"{one.unit}: {names.get(one.officer or '', one.officer) if one.officer else 'open'}"
            for one in theirs
        ]
        word = "called out" if AvailabilityKind.SICK in kinds else "on leave"
        detail = " · ".join(filter(None, (word, "; ".join(instead), officer.contact)))
        facts = {
            "officer": officer.id,
            "name": officer.name,
            "kind": str(kinds[0]),
            "contact": officer.contact,
            "shifts": [one.uid for one in theirs],
        }
        leads = ("shift", theirs[0].uid) if theirs else ("officer", officer.id)
        urgent = any(one.officer in (None, officer.id) for one in theirs)
        yield TodayLine(officer.name, detail, leads, facts, is_urgent=urgent)


def _name_level(level: str) -> str:
    """Return a level as it stands within a sentence."""
    name = format_level(level)
    return name if name.startswith("K-") else name.lower()


def _list_bells(session: Session, formats: LocaleFormats, day: date) -> Iterator[TodayLine]:
    """Yield when school begins and is out, levels with the same bells in one line."""
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
        words = f"{format_count(len(levels), 'school')}: {', '.join(names[:_MOST_NAMED])}{more}"
        early = f" · {kind}" if kind.ends_early else ""
        facts = {
            "starts": f"{starts:%H:%M}",
            "ends": f"{ends:%H:%M}",
            "day_kind": str(kind),
            "levels": sorted(set(levels)),
            "sites": len(levels),
        }
        yield TodayLine(
            formats.span(starts, ends), f"{words}{early}", ("bells", ""), facts, is_urgent=False
        )


def _list_events(session: Session, formats: LocaleFormats, day: date) -> Iterator[TodayLine]:
    """Yield events and programs from a day to the end of its week."""
    project = session.saved_project
    found = project.shifts_between(day, _find_sunday(day))
    for shift in sorted(found, key=lambda one: (one.starts_at, one.unit)):
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
            describe_shift(shift, project.time_zone, formats),
            officer.name if officer else "open",
            ("shift", shift.uid),
            facts,
            is_urgent=shift.is_open,
        )


def _list_due(
    session: Session, formats: LocaleFormats, readiness: "ReadinessStatus", day: date
) -> Iterator[TodayLine]:
    """Yield drills, reviews and duties that are late or due this week, a line each kind."""
    sunday, kinds = _find_sunday(day), dict[tuple[str, str], list[Requirement]]()
    for item in readiness.to_do:
        late = item.status is RequirementStatus.OVERDUE
        soon = item.status is RequirementStatus.DUE and item.due_on and item.due_on <= sunday
        if item.kind not in _FOLLOW_UPS and (late or soon):
            kinds.setdefault((str(item.status), item.kind), []).append(item)
    for (status, kind), items in kinds.items():
        name = format_requirement_name(items[0])
        days = [one.due_on for one in items if one.due_on]
        when = f"since {_name_day(formats, min(days), day)}" if days else ""
        if status != RequirementStatus.OVERDUE and days:
            when = f"by {_name_day(formats, min(days), day)}"
        sites = [one.site for one in items if one.site != DISTRICT_WIDE]
        who = _name_sites(session, sites)
        if not sites and len(items) == 1:  # of the district; which place or agency it is says this
            who = formats.localize_sentence(_FIRST_CLAUSE.split(items[0].detail, 1)[0])
        facts = {
            "kind": kind,
            "name": name,
            "status": status,
            "sites": sites,
            "due_on": str(min(days)) if days else None,
        }
        yield TodayLine(
            f"{name}: {status}",
            " · ".join(filter(None, (who, when))),
            ("requirement", name),
            facts,
            is_urgent=status == RequirementStatus.OVERDUE,
        )


def _name_sites(session: Session, sites: list[str]) -> str:
    known = session.saved_project.sites
    names = [known[site].name for site in sites if site in known]
    if len(names) > _MOST_NAMED:
        return format_count(len(names), "school")
    return ", ".join(names)


def _list_follow_ups(
    session: Session, formats: LocaleFormats, readiness: "ReadinessStatus", day: date
) -> Iterator[TodayLine]:
    """Yield what follows from what happened: what is late or due this week, else a count.

    Of a past that was imported nobody knows what was done: that is one line, too.
    """
    project, sunday = session.saved_project, _find_sunday(day)
    counted: dict[tuple[str, str], list[Requirement]] = {}
    named = Counter[tuple[str, RequirementStatus]]()
    facts: dict[str, Any]
    for item in readiness.to_do:
        if item.kind not in _FOLLOW_UPS:
            continue
        late = item.status is RequirementStatus.OVERDUE
        unknown = item.status is RequirementStatus.NOT_RECORDED
        how = str(item.status) if unknown else "later"
        how = item.standing if item.to_verify else how
        ahead = unknown or item.to_verify or (not late and (item.due_on or date.max) > sunday)
        if not ahead:
            named[item.kind, item.status] += 1
            how = f"more {item.status}"
        if ahead or named[item.kind, item.status] > _MOST_FOLLOW_UPS:
            counted.setdefault((item.kind, how), []).append(item)
            continue
        name = format_requirement_name(item)
        when = f" · due {_name_day(formats, item.due_on, day)}" if item.due_on else ""
        facts = {
            "kind": item.kind,
            "uid": item.uid,
            "site": item.site or None,
            "status": str(item.status),
            "due_on": str(item.due_on) if item.due_on else None,
        }
        yield TodayLine(
            f"{name}: {item.standing}",
            f"{format_requirement_place(project, item)}{when}",
            ("requirement", name),
            facts,
            is_urgent=late,
        )
    for (kind, how), items in counted.items():
        name = format_requirement_name(items[0])
        days = [one.due_on for one in items if one.due_on]
        first = f"first {_name_day(formats, min(days), day)}" if days else ""
        facts = {"kind": kind, "status": how, "count": len(items)}
        late = items[0].status is RequirementStatus.OVERDUE
        leads = ("requirement", name)
        said = "without a record on file" if how == RequirementStatus.NOT_RECORDED else how
        yield TodayLine(f"{name}: {len(items)} {said}", first, leads, facts, is_urgent=late)


def _list_hours(session: Session, formats: LocaleFormats, day: date) -> Iterator[TodayLine]:
    """Yield how many shifts of four weeks, this one the last, wait for somebody."""
    first = day - timedelta(days=day.weekday(), weeks=_HOURS_WEEKS - 1)
    lines = list_hours_lines(session, HoursQuery(first, day - timedelta(days=1)))
    for status in _TO_APPROVE:
        own = [one for one in lines if one.status is status]
        if not own:
            continue
        hours = sum(one.hours or one.scheduled_h for one in own)
        officers = len({one.officer for one in own})
        first_day, last_day = min(one.day for one in own), max(one.day for one in own)
        days = f"{formats.short_day(first_day)} – {formats.short_day(last_day)}"
        facts = {
            "status": str(status),
            "turns": len(own),
            "hours": round(hours, 2),
            "officers": officers,
        }
        detail = f"{hours:.1f} h of {format_count(officers, 'officer')} · {days}"
        yield TodayLine(
            f"{format_count(len(own), 'shift')} {status}", detail, ("hours", str(status)), facts
        )


def _list_visits(session: Session, day: date) -> Iterator[TodayLine]:
    """Yield by unit how many visits of the week are still to be made, once visits are logged."""
    project = session.saved_project
    plan = project.current_plan(day)
    if plan is None or find_sites_visited_this_week(session) is None:
        return
    unit_by_zone = {zone.id: zone.unit for zone in plan.zones}
    left: dict[str, list[DueVisitStatus]] = {}
    for due in list_due_visits_of_week(session, day - timedelta(days=day.weekday())):
        unit = unit_by_zone.get(plan.assignment.get(due.site, ""))
        if unit is not None and due.standing in _AHEAD:
            left.setdefault(unit, []).append(due.standing)
    for unit in project.units:
        if unit not in left:
            continue
        late = sum(one is not DueVisitStatus.DUE for one in left[unit])
        facts = {"unit": unit, "due": len(left[unit]), "late": late}
        detail = f"{late} late or missed" if late else "none late"
        yield TodayLine(
            f"{unit}: {format_count(len(left[unit]), 'visit')}", detail, ("visits", unit), facts
        )


def _name_day(formats: LocaleFormats, day: date, today: date) -> str:
    """Write a day, with its year where that is not this one."""
    return formats.short_day(day) if day.year == today.year else formats.day(day)


def _find_sunday(day: date) -> date:
    return day + timedelta(days=6 - day.weekday())


NO_ROSTER = "Without a roster for this week, Log shows every unit as available."


def describe_today(session: Session, found: Today, formats: LocaleFormats | None = None) -> str:
    """Say which day it is, and how many of its assignments are filled."""
    day = (formats or session.formats).long_day(found.day)
    if not found.planned:
        kept = is_roster_kept(session.project, session.clock())
        instead = "" if kept else f" {NO_ROSTER}"
        return f"{day}: {found.kind}; no shift is planned.{instead}"
    return f"{day}: {found.kind}, {found.filled} of {found.planned} assignments filled."


def print_today(
    session: Session,
    readiness: "ReadinessStatus | None",
    day: date,
    followed: LiveIncidents | None = None,
) -> bytes:
    """Return the page of a day as PDF, with days and times as the office writes them on paper."""
    from zoneplanner.publish.documents.day_roster import PrintedLine, render_today_page

    def print_lines(lines: tuple[TodayLine, ...], *, below: bool = False) -> Iterator[PrintedLine]:
        for line in lines:
            yield PrintedLine(line.text, line.detail, line.is_urgent, below, line.is_live)
            yield from print_lines(line.more, below=True)

    project, formats = session.saved_project, session.saved_project.formats
    found = build_today(session, readiness, day, followed, formats)
    facts = (line.facts for line in found.groups.get("follow_ups", ()))
    unknown = any(one.get("status") == RequirementStatus.NOT_RECORDED for one in facts)
    title, _, filled = describe_today(session, found, formats).partition(": ")
    return render_today_page(
        title,
        f"{project.name}. {filled[:1].upper()}{filled[1:]}",
        [(TODAY_GROUPS[name], list(print_lines(own))) for name, own in found.groups.items()],
        author=project.name,
        printed_at=session.clock().astimezone(ZoneInfo(project.time_zone)),
        formats=formats,
        note=render_message("today.no_record", {}) if unknown else "",
    )
