"""Cover a shift whose officer is off: officers who can take it, or zones that take its sites."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
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
from zoneplanner.domain.log.office_entries import RELIEF_RECORD, read_relief_calls
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.assignment_order import CallPlace, rank_by_agreement
from zoneplanner.domain.roster.checker import RosterViolation, describe_shift
from zoneplanner.domain.roster.roster_rules import AssignmentOrder, Enforcement
from zoneplanner.domain.roster.shift import SUBSTITUTE_KIND, Officer, RosterDecision
from zoneplanner.domain.roster.shift_edits import (
    assign_shift,
    find_assignment_violations,
    get_shift,
)
from zoneplanner.errors import UserError
from zoneplanner.messages import Message

_MOST_OFFICERS, _MOST_CREDITED_SHIFTS = 4, 5


@dataclass(frozen=True, slots=True)
class ReliefCandidate:
    """An officer for a shift, with the rules that the assignment would break."""

    officer: Officer
    breaches: tuple[RosterViolation, ...]
    week_h: float
    """Hours of other shifts in the shift's week."""
    shifts_at_unit: int
    place: CallPlace
    """The officer's place in the order of the agreement."""

    @property
    def free(self) -> bool:
        """Whether no rule would be broken."""
        return not self.breaches

    @property
    def needs_reason(self) -> bool:
        """Whether all broken rules may be overridden with a reason."""
        levels = {breach.level for breach in self.breaches}
        return levels == {Enforcement.OVERRIDE}


@dataclass(frozen=True, eq=False, slots=True)
class ReliefOption:
    """One way to cover a shift: an officer takes it, or other zones take its sites."""

    title: Message
    messages: tuple[Message, ...]
    more_min: float | None
    """Increase of the mean expected response over the full roster, or None if it is unknown."""
    officer: str | None = None
    needs_reason: str = ""
    """The rule that would be overridden."""
    answers: ZoneOptions | None = None
    answer: ZoneOption | None = None
    contact: str = ""
    place: int = 0
    last_answer: Message | None = None


@dataclass(frozen=True, eq=False, slots=True)
class ReliefOptions:
    """The options found so far, those with the smallest increase in minutes first."""

    shift: str
    found: tuple[ReliefOption, ...] = ()
    idle_min: float | None = None
    """The increase if nobody covers the shift."""
    doing: Message | None = None
    part: float = 0.0
    notes: tuple[Message, ...] = ()


def describe_last_answers(session: Session) -> dict[str, Message]:
    """Return each officer's answer to the last relief call, and when it was given."""
    zone, answers = ZoneInfo(session.saved_project.time_zone), {}
    calls = read_relief_calls(session.store.entries(kinds=(RELIEF_RECORD.name, "void")))
    for call in sorted(calls, key=lambda call: call.at):
        answer, at = call.answer.replace("_", " "), call.at.astimezone(zone)
        answers[call.officer] = Message("relief_answer", answer=answer, at=at)
    return answers


def record_relief_answer(session: Session, uid: str, officer_id: str, answer: str) -> None:
    """Log that an officer was called for a shift, and the answer."""
    at = session.clock().isoformat()
    columns = {"at": at, "officer": officer_id, "answer": answer, "shift": uid}
    log_record(session, RELIEF_RECORD.name, columns)


def list_relief_candidates(project: Project, uid: str) -> tuple[ReliefCandidate, ...]:
    """Return all officers for a shift: free ones first, then those who would need a reason.

    Within these groups relief officers come last, and the others follow the agreed order. If that
    is by hours of the week, earlier shifts at the unit count as fewer hours.
    """
    shift = get_shift(project, uid)
    day = shift.day(project.time_zone)
    week_h: dict[str, float] = defaultdict(float)
    shifts_at_unit = Counter[str]()
    for other in project.shifts.values():
        if other.officer is None or not other.is_active or other.uid == uid:
            continue
        if other.unit == shift.unit:
            shifts_at_unit[other.officer] += 1
        if _find_monday(other.day(project.time_zone)) == _find_monday(day):
            week_h[other.officer] += other.hours
    places = rank_by_agreement(project, shift)
    candidates = [
        ReliefCandidate(
            officer,
            tuple(
                violation
                for violation in find_assignment_violations(project, uid, key)
                if violation.level.is_blocking
            ),
            week_h[key],
            shifts_at_unit[key],
            places[key],
        )
        for key, officer in project.officers.items()
        if officer.until is None or officer.until >= day
    ]
    order = project.roster_rules.order
    return tuple(sorted(candidates, key=lambda candidate: _rank(candidate, order)))


def search_relief_options(session: Session, uid: str) -> Iterator[ReliefOptions]:
    """Iterate over the options to cover a shift, each time with more of them.

    Officers are known at once; neighboring zones and splits take a few seconds.
    """
    state = session.state
    shift = get_shift(state.saved_project, uid)
    day = shift.day(state.saved_project.time_zone)
    found = _search_options(state, uid, shift.unit, day)
    answers = describe_last_answers(session)  # here, not in the job that searches
    return (_add_last_answers(progress, answers) for progress in found)


def _add_last_answers(progress: ReliefOptions, answers: Mapping[str, Message]) -> ReliefOptions:
    options = (
        replace(option, last_answer=answers.get(option.officer or "")) for option in progress.found
    )
    return replace(progress, found=tuple(options))


def apply_relief_option(
    session: Session, uid: str, option: ReliefOption, *, reason: str = ""
) -> Message:
    """Carry out an option as one edit, and describe what was done.

    Raises
    ------
    UserError
        A rule now forbids it, or requires a reason that is missing.
    """
    project = session.saved_project
    decision = RosterDecision(session.clock(), session.actor, reason)
    shift, zone = get_shift(project, uid), project.time_zone
    if option.officer is not None:
        name = project.officers[option.officer].name
        session.apply(
            f"{describe_shift(shift, zone)} to {name}",
            lambda before: assign_shift(before, uid, option.officer, decision),
        )
        return Message("shift_taken", name=name, shift=describe_shift(shift, zone))
    if option.answers is None or option.answer is None:
        raise UserError("roster_changed")
    plan = save_zone_option(session, option.answers, option.answer)
    return Message("relief_plan_saved", title=option.title, plan=plan.name)


def _search_options(state: ProjectState, uid: str, unit: str, day: date) -> Iterator[ReliefOptions]:
    project = state.saved_project
    candidates = list_relief_candidates(project, uid)
    officers = [
        _build_officer_option(candidate, place)
        for place, candidate in enumerate(candidates)
        if candidate.free or candidate.needs_reason
    ]
    doing = Message("relief_task.officers")
    progress = ReliefOptions(uid, tuple(officers[:_MOST_OFFICERS]), None, doing, 0.05)
    yield progress
    plan = state.plan
    zone = next((zone for zone in plan.zones if zone.unit == unit), None) if plan else None
    if zone is None:
        note = Message("relief_note.no_zone", unit=unit)
        yield replace(progress, doing=None, part=1.0, notes=(note,))
        return
    try:
        for answers in search_unit_absence_options(state, zone.id, on=day):
            today = answers.today.response_min
            idle = answers.cost_if_idle.response_min if answers.cost_if_idle else None
            options = [_build_zone_option(answers, answer, today) for answer in answers.found]
            yield replace(
                progress,
                found=tuple(sorted([*progress.found, *options], key=_get_sort_key)),
                idle_min=None if idle is None or today is None else idle - today,
                doing=answers.task,
                part=0.05 + 0.95 * answers.part,
            )
    except UserError as error:
        idle_min = _compute_idle_min(state, unit)
        notes = (error.to_message(),)
        yield replace(progress, idle_min=idle_min, doing=None, part=1.0, notes=notes)


def _compute_idle_min(state: ProjectState, unit: str) -> float | None:
    """Return the increase of the mean expected response if nobody covers a unit."""
    project, plan, basis = state.project, require_plan(state), state.basis
    full = measure_plan_cost(project, plan, basis).response_min
    without = measure_plan_cost(project, plan, basis, without=(unit,)).response_min
    return None if full is None or without is None else without - full


def _build_officer_option(candidate: ReliefCandidate, place: int) -> ReliefOption:
    officer, reasons = candidate.officer, [candidate.place.why]
    if reasons[0].template != "call_place.week_hours":
        reasons.append(Message("call_place.week_hours", hours=candidate.week_h))
    if candidate.shifts_at_unit:
        reasons.append(Message("relief_detail.experience", n=candidate.shifts_at_unit))
    code = "relief_detail.relief" if officer.kind == SUBSTITUTE_KIND else "relief_detail.officer"
    broken = candidate.breaches[:1]
    return ReliefOption(
        Message("relief_option.officer", name=officer.name),
        (Message(code, reasons=reasons), *(each.message for each in broken)),
        0.0,
        officer.id,
        "".join(each.rule for each in broken),
        contact=officer.contact,
        place=place,
    )


def _build_zone_option(
    answers: ZoneOptions, answer: ZoneOption, today: float | None
) -> ReliefOption:
    after = answer.cost.response_min
    more = None if after is None or today is None else after - today
    message = Message(
        "relief_detail.zones",
        n=answer.sites_changed,
        more=_format_signed(answer.more_min),
        worst=_format_signed(100 * answer.cost.worst_deviation),
    )
    return ReliefOption(answer.title, (message,), more, answers=answers, answer=answer)


def _format_signed(value: float) -> str:
    """Write a number as a whole number with its sign."""
    return f"{round(value):+d}".replace("-", "\u2212")


def _get_sort_key(option: ReliefOption) -> tuple[bool, bool, float, int, str]:
    more = option.more_min
    return (
        more is None,
        bool(option.needs_reason),
        round(more or 0.0, 3),
        option.place,
        str(option.title),
    )


def _rank(candidate: ReliefCandidate, order: AssignmentOrder) -> tuple[Any, ...]:
    group = 0 if candidate.free else 1 if candidate.needs_reason else 2
    is_relief = candidate.officer.kind == SUBSTITUTE_KIND
    first, second = candidate.place.key
    if order is AssignmentOrder.WEEK_HOURS:
        first -= min(candidate.shifts_at_unit, _MOST_CREDITED_SHIFTS)
    breaches = len(candidate.breaches)
    return (group, is_relief, breaches, first, second, candidate.officer.name)


def _find_monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
