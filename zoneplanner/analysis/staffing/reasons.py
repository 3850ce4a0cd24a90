"""Why a shift stays open, and the least that would have to give way for it not to."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from zoneplanner.analysis.staffing.propose import propose
from zoneplanner.domain.formats import ISO, Formats
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster_check import Breach, breaches, shift_words
from zoneplanner.domain.roster_rules import RULES, Level
from zoneplanner.domain.rostering import hindrances, shift_of

_WORDS = {
    "eligibility": "not eligible",
    "unknown_officer": "no longer serving",
    "leave": "off",
    "main_job": "at the main job",
    "double_booking": "on another shift",
    "rest": "with too little rest",
    "daily_hours": "with too long a day",
    "weekly_hours": "with too long a week",
    "consecutive_days": "with too many days in a row",
    "detail_minimum": "for whom it is too short",
}
_MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class WhyOpen:
    """Why nobody takes a shift: ``counts`` by rule, and who could if one rule gave way."""

    shift: str
    text: str
    counts: Mapping[str, int]
    nearly: tuple[Breach, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Relaxed:
    """A roster in which as little as possible gives way: who takes which shift, and what it breaks.

    ``open`` are the shifts that nobody could take even so.
    """

    assignment: Mapping[str, str | None]
    gives_way: tuple[Breach, ...]
    open: tuple[str, ...]


def why_open(project: Project, uid: str, formats: Formats = ISO) -> WhyOpen:
    """Say why no officer can take an open shift, each counted under the first rule they break."""
    shift = shift_of(project, uid)
    words = shift_words(shift, project.time_zone, formats)
    counts: Counter[str] = Counter()
    nearly: list[tuple[Breach, ...]] = []
    free: list[str] = []
    for officer in project.officers.values():
        found = [one for one in hindrances(project, uid, officer.id) if one.level.stops]
        if not found:
            free.append(officer.name)
            continue
        counts[min(found, key=_rank).rule] += 1
        if all(one.level is Level.OVERRIDE for one in found):
            nearly.append(tuple(found))
    if free:
        text = f"{words} can be taken by {_listed(free)}."
    elif not counts:
        text = f"{words} stays open: there is no officer yet."
    else:
        why = ", ".join(f"{count} {_WORDS[rule]}" for rule, count in counts.most_common())
        text = f"{words} stays open. Officers: {why}."
    nearly.sort(key=len)
    best = tuple(one for found in nearly[:_MOST_NAMED] for one in found)
    return WhyOpen(uid, text, dict(counts), best)


def relaxed(
    project: Project, uids: Iterable[str], formats: Formats = ISO, *, seed: int = 0
) -> Relaxed:
    """Return the roster of the weeks of some open shifts with the fewest rules giving way.

    Shifts that have an officer keep them. Rules that take a reason may give way, and leave; each
    breach is told by the independent checker.
    """
    days = [project.shifts[uid].day(project.time_zone) for uid in uids]
    first = min(days) - timedelta(days=min(days).weekday())
    last = max(days) + timedelta(days=6 - max(days).weekday())
    *_, found = propose(project, first, last, elastic=True, seed=seed)
    after = taken(project, found.assignment)
    given = {uid for uid, officer in found.assignment.items() if officer is not None}
    broken = [
        one
        for one in breaches(after, first, last, formats)
        if one.stands and one.rule in RULES and one.level.stops and given & set(one.shifts)
    ]
    return Relaxed(found.assignment, tuple(broken), found.open)


def taken(project: Project, assignment: Mapping[str, str | None]) -> Project:
    """Return a project with shifts given as proposed, rules not looked at."""
    shifts = {
        uid: replace(project.shifts[uid], officer=officer) for uid, officer in assignment.items()
    }
    return replace(project, shifts={**project.shifts, **shifts})


def open_shifts(project: Project, first: date, last: date) -> list[str]:
    """Return the uids of the shifts that are open from one local day to another, by start."""
    found = [
        shift
        for shift in project.shifts.values()
        if shift.open and first <= shift.day(project.time_zone) <= last
    ]
    return [shift.uid for shift in sorted(found, key=lambda one: (one.starts_at, one.unit))]


def _rank(breach: Breach) -> int:
    return list(_WORDS).index(breach.rule) if breach.rule in _WORDS else len(_WORDS)


def _listed(names: list[str]) -> str:
    if len(names) <= _MOST_NAMED:
        return " or ".join(names)
    return f"{', '.join(names[:_MOST_NAMED])} and {len(names) - _MOST_NAMED} more"
