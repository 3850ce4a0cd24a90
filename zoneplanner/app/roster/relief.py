"""Someone is off: who can take the shift, or which zone its sites, ranked by expected response."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from zoneplanner.app.log.logbook import log_record
from zoneplanner.app.plans.zone_options import (
    ZoneOption,
    ZoneOptions,
    measure_plan_cost,
    save_zone_option,
    search_unit_absence_options,
)
from zoneplanner.app.session.session import Session
from zoneplanner.app.session.state import ProjectState, require_plan
from zoneplanner.domain.locale_formats import ISO_FORMATS, LocaleFormats
from zoneplanner.domain.log.office_entries import RELIEF_RECORD, read_relief_calls
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.assignment_order import CallPlace, rank_by_agreement
from zoneplanner.domain.roster.checker import RosterViolation, describe_shift
from zoneplanner.domain.roster.roster_rules import AssignmentOrder, Enforcement
from zoneplanner.domain.roster.shift import SUBSTITUTE_KIND, Officer
from zoneplanner.domain.roster.shift_edits import (
    assign_shift,
    find_assignment_violations,
    get_shift,
)
from zoneplanner.errors import UserError
from zoneplanner.messages import format_count

_MOST_OFFICERS, _MOST_KNOWN = 4, 5


@dataclass(frozen=True, slots=True)
class ReliefCandidate:
    """An officer for a shift: what stands against it, and hours here in the shift's week.

    ``served`` counts their shifts at the unit; ``place`` is where the agreement puts them.
    """

    officer: Officer
    breaches: tuple[RosterViolation, ...]
    week_h: float
    served: int
    place: CallPlace

    @property
    def free(self) -> bool:
        """True where no rule stands against it."""
        return not self.breaches

    @property
    def needs_reason(self) -> bool:
        """True where a reason would do."""
        return bool(self.breaches) and all(
            one.level is Enforcement.OVERRIDE for one in self.breaches
        )


@dataclass(frozen=True, eq=False, slots=True)
class ReliefOption:
    """One way to cover a shift: an officer takes it, or other zones take its sites.

    ``more_min`` is the mean expected response less that of the full roster, None where nobody
    could be sent; ``needs_reason`` is the rule that would give way.
    """

    title: str
    detail: str
    more_min: float | None
    officer: str | None = None
    needs_reason: str = ""
    answers: ZoneOptions | None = None
    answer: ZoneOption | None = None
    contact: str = ""
    place: int = 0
    asked: str = ""


@dataclass(frozen=True, eq=False, slots=True)
class ReliefOptions:
    """The ways found so far, the least further minutes first; ``idle_min`` is doing nothing."""

    shift: str
    found: tuple[ReliefOption, ...] = ()
    idle_min: float | None = None
    doing: str = ""
    part: float = 0.0
    notes: tuple[str, ...] = field(default_factory=tuple)


def describe_last_answers(session: Session, formats: LocaleFormats | None = None) -> dict[str, str]:
    """Say by officer what was answered to the last relief call, and when."""
    zone, found = ZoneInfo(session.saved_project.time_zone), {}
    calls = read_relief_calls(session.store.entries(kinds=(RELIEF_RECORD.name, "void")))
    for call in sorted(calls, key=lambda one: one.at):
        when = (formats or session.formats).moment(call.at.astimezone(zone))
        found[call.officer] = f"{call.answer.replace('_', ' ')}, {when}"
    return found


def record_relief_answer(session: Session, uid: str, officer_id: str, answer: str) -> None:
    """Log that an officer was called for a shift, and the answer."""
    log_record(
        session,
        RELIEF_RECORD.name,
        {
            "at": session.clock().isoformat(),
            "officer": officer_id,
            "answer": answer,
            "shift": uid,
        },
    )


def list_relief_candidates(
    project: Project, uid: str, formats: LocaleFormats = ISO_FORMATS
) -> tuple[ReliefCandidate, ...]:
    """Return all officers for a shift: free ones first, then those who would need a reason.

    Among them substitutes come last; the rest is the order that the district agreed on. Hours of
    the week count less for who knows the unit.
    """
    shift = get_shift(project, uid)
    monday = _monday(shift.day(project.time_zone))
    hours: dict[str, float] = {}
    served: dict[str, int] = {}
    for other in project.shifts.values():
        if other.officer is None or not other.is_active or other.uid == uid:
            continue
        if other.unit == shift.unit:
            served[other.officer] = served.get(other.officer, 0) + 1
        if _monday(other.day(project.time_zone)) == monday:
            hours[other.officer] = hours.get(other.officer, 0.0) + other.hours
    found = []
    places = rank_by_agreement(project, shift, formats)
    for officer in project.officers.values():
        if officer.until is not None and officer.until < shift.day(project.time_zone):
            continue
        against = tuple(
            one
            for one in find_assignment_violations(project, uid, officer.id, formats)
            if one.level.is_blocking
        )
        key = officer.id
        week_h, there = hours.get(key, 0.0), served.get(key, 0)
        found.append(ReliefCandidate(officer, against, week_h, there, places[key]))
    order = project.roster_rules.order
    return tuple(sorted(found, key=lambda one: _rank(one, order)))


def search_relief_options(session: Session, uid: str) -> Iterator[ReliefOptions]:
    """Return an iterator of the ways to cover a shift, better and better known.

    Officers are known at once; neighboring zones and splits take a few seconds.
    """
    state = session.state
    shift = get_shift(state.saved_project, uid)
    day = shift.day(state.saved_project.time_zone)
    found = _search_options(state, uid, shift.unit, day, session.formats)
    asked = describe_last_answers(session)
    return (_add_answers(progress, asked) for progress in found)


def _add_answers(progress: ReliefOptions, asked: Mapping[str, str]) -> ReliefOptions:
    options = (replace(one, asked=asked.get(one.officer or "", "")) for one in progress.found)
    return replace(progress, found=tuple(options))


def apply_relief_option(
    session: Session, uid: str, cover: ReliefOption, *, reason: str = ""
) -> str:
    """Do what a way says, as one step, and return what was done in a sentence.

    Raises
    ------
    UserError
        A rule forbids it by now, or wants a reason that is not given.
    """
    project, now, by = session.saved_project, session.clock(), session.actor
    shift, zone = get_shift(project, uid), project.time_zone
    if cover.officer is not None:
        name = project.officers[cover.officer].name
        session.apply(
            f"{describe_shift(shift, zone)} to {name}",
            lambda one: assign_shift(one, uid, cover.officer, now=now, by=by, reason=reason),
        )
        return f"{name} takes {describe_shift(shift, zone, session.formats)}."
    if cover.answers is None or cover.answer is None:
        raise UserError("roster_changed")
    plan = save_zone_option(session, cover.answers, cover.answer)
    return f"{cover.title}: saved as “{plan.name}”; hand out its day cards."


def _search_options(
    state: ProjectState, uid: str, unit: str, day: date, formats: LocaleFormats
) -> Iterator[ReliefOptions]:
    project = state.saved_project
    candidates = list_relief_candidates(project, uid, formats)
    people = [
        _build_officer_option(one, place)
        for place, one in enumerate(candidates)
        if one.free or one.needs_reason
    ]
    progress = ReliefOptions(
        uid, tuple(people[:_MOST_OFFICERS]), None, "Checking who is free", 0.05
    )
    yield progress
    plan = state.plan
    zone = next((one for one in plan.zones if one.unit == unit), None) if plan else None
    if zone is None:
        note = f"{unit} has no zone in the plan on screen, so no zone can take its sites."
        yield replace(progress, doing="", part=1.0, notes=(note,))
        return
    try:
        for answers in search_unit_absence_options(state, zone.id, on=day):
            today = answers.today.response_min
            idle = answers.cost_if_idle.response_min if answers.cost_if_idle else None
            ways = [_build_zone_option(answers, answer, today) for answer in answers.found]
            yield replace(
                progress,
                found=tuple(sorted([*progress.found, *ways], key=_order)),
                idle_min=None if idle is None or today is None else idle - today,
                doing=answers.task,
                part=0.05 + 0.95 * answers.part,
            )
    except UserError as refusal:
        yield replace(
            progress,
            idle_min=_idle_min(state, unit),
            doing="",
            part=1.0,
            notes=(refusal.message,),
        )


def _idle_min(state: ProjectState, unit: str) -> float | None:
    """Return the further minutes of expected response while a unit is off and nothing is done."""
    project, plan, basis = state.project, require_plan(state), state.basis
    full = measure_plan_cost(project, plan, basis).response_min
    without = measure_plan_cost(project, plan, basis, without=(unit,)).response_min
    return None if full is None or without is None else without - full


def _build_officer_option(one: ReliefCandidate, place: int) -> ReliefOption:
    role = "Relief" if one.officer.kind == SUBSTITUTE_KIND else "Officer"
    shifts = "shift" if one.served == 1 else "shifts"
    knows = f", {one.served} {shifts} there so far" if one.served else ""
    week = "" if "this week" in one.place.reason else f", {one.week_h:.1f} h this week"
    detail = f"{role}, {one.place.reason}{week}{knows}."
    if one.breaches:
        detail += f" {one.breaches[0].text}"
    rule = one.breaches[0].rule if one.breaches else ""
    return ReliefOption(
        *(f"{one.officer.name} takes it", detail, 0.0, one.officer.id, rule),
        contact=one.officer.contact,
        place=place,
    )


def _build_zone_option(
    answers: ZoneOptions, answer: ZoneOption, today: float | None
) -> ReliefOption:
    after = answer.cost.response_min
    more = None if after is None or today is None else after - today
    moved = format_count(answer.sites_changed, "site changes", "sites change")
    detail = (
        f"{moved} zone; {_sign(answer.more_min)} min of driving per day, "
        f"largest deviation {_sign(100 * answer.cost.worst_deviation)}%."
    )
    return ReliefOption(answer.title, detail, more, answers=answers, answer=answer)


def _sign(value: float) -> str:
    """Write a whole number with its sign."""
    return f"{round(value):+d}".replace("-", "\u2212")


def _order(cover: ReliefOption) -> tuple[bool, bool, float, int, str]:
    more = cover.more_min
    return (
        *(more is None, bool(cover.needs_reason), round(more or 0.0, 3)),
        *(cover.place, cover.title),
    )


def _rank(one: ReliefCandidate, order: AssignmentOrder) -> tuple[Any, ...]:
    standing = 0 if one.free else 1 if one.needs_reason else 2
    late = one.officer.kind == SUBSTITUTE_KIND
    first, second = one.place.key
    if order is AssignmentOrder.WEEK_HOURS:
        first -= min(one.served, _MOST_KNOWN)
    return (standing, late, len(one.breaches), first, second, one.officer.name)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
