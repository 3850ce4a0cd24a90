"""Why a shift stays open, and the least that would have to give way for it not to."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from zoneplanner.analysis.staffing.roster_solver import fill_open_shifts
from zoneplanner.domain.locale_formats import ISO_FORMATS, LocaleFormats
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.checker import (
    RosterViolation,
    describe_shift,
    find_roster_violations,
)
from zoneplanner.domain.roster.roster_rules import ROSTER_RULES, Enforcement
from zoneplanner.domain.roster.shift_edits import find_assignment_violations, get_shift
from zoneplanner.messages import render_message

_RULE_WORDS = {
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
class OpenShiftReason:
    """Why nobody takes a shift: ``counts`` by rule, and who could if one rule gave way."""

    shift: str
    text: str
    counts: Mapping[str, int]
    nearly: tuple[RosterViolation, ...]


@dataclass(frozen=True, eq=False, slots=True)
class RelaxedRoster:
    """A roster in which as little as possible gives way: who takes which shift, and what it breaks.

    ``open`` are the shifts that nobody could take even so.
    """

    assignment: Mapping[str, str | None]
    gives_way: tuple[RosterViolation, ...]
    open: tuple[str, ...]


def explain_open_shift(
    project: Project, uid: str, formats: LocaleFormats = ISO_FORMATS
) -> OpenShiftReason:
    """Say why no officer can take an open shift, each counted under the first rule they break."""
    shift = get_shift(project, uid)
    words = describe_shift(shift, project.time_zone, formats)
    counts: Counter[str] = Counter()
    nearly: list[tuple[RosterViolation, ...]] = []
    free: list[str] = []
    for officer in project.officers.values():
        found = [
            one
            for one in find_assignment_violations(project, uid, officer.id, formats)
            if one.level.is_blocking
        ]
        if not found:
            free.append(officer.name)
            continue
        counts[min(found, key=_rank_breach).rule] += 1
        if all(one.level is Enforcement.OVERRIDE for one in found):
            nearly.append(tuple(found))
    why = [f"{count} {_RULE_WORDS[rule]}" for rule, count in counts.most_common()]
    template = "can_be_taken" if free else "stays_open.rules" if counts else "stays_open.no_officer"
    text = render_message(template, {"shift": words, "officers": free, "reasons": ", ".join(why)})
    nearly.sort(key=len)
    best = tuple(one for found in nearly[:_MOST_NAMED] for one in found)
    return OpenShiftReason(uid, text, dict(counts), best)


def propose_relaxed_roster(
    project: Project, uids: Iterable[str], formats: LocaleFormats = ISO_FORMATS, *, seed: int = 0
) -> RelaxedRoster:
    """Return the roster of the weeks of some open shifts with the fewest rules giving way.

    Shifts that have an officer keep them. Rules that take a reason may give way, and leave; each
    breach is reported by the independent checker.
    """
    days = [project.shifts[uid].day(project.time_zone) for uid in uids]
    first = min(days) - timedelta(days=min(days).weekday())
    last = max(days) + timedelta(days=6 - max(days).weekday())
    *_, found = fill_open_shifts(project, first, last, elastic=True, seed=seed)
    after = apply_assignment(project, found.assignment)
    given = {uid for uid, officer in found.assignment.items() if officer is not None}
    broken = [
        one
        for one in find_roster_violations(after, first, last, formats)
        if one.is_unexcused
        and one.rule in ROSTER_RULES
        and one.level.is_blocking
        and given & set(one.shifts)
    ]
    return RelaxedRoster(found.assignment, tuple(broken), found.open)


def apply_assignment(project: Project, assignment: Mapping[str, str | None]) -> Project:
    """Return a project with shifts given as proposed, rules not looked at."""
    shifts = {
        uid: replace(project.shifts[uid], officer=officer) for uid, officer in assignment.items()
    }
    return replace(project, shifts={**project.shifts, **shifts})


def list_open_shifts(project: Project, first: date, last: date) -> list[str]:
    """Return the uids of the shifts that are open from one local day to another, by start."""
    found = [
        shift
        for shift in project.shifts.values()
        if shift.is_open and first <= shift.day(project.time_zone) <= last
    ]
    return [shift.uid for shift in sorted(found, key=lambda one: (one.starts_at, one.unit))]


def _rank_breach(breach: RosterViolation) -> int:
    return list(_RULE_WORDS).index(breach.rule) if breach.rule in _RULE_WORDS else len(_RULE_WORDS)
