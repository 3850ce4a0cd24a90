"""Edits of posts and shifts, as functions from project to project."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from zoneplanner.domain.calendar.local_time import make_local_interval
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.checker import RosterViolation, describe_shift, find_shift_violations
from zoneplanner.domain.roster.officer_edits import get_officer
from zoneplanner.domain.roster.roster_rules import Enforcement
from zoneplanner.domain.roster.shift import (
    POSTED,
    RosterDecision,
    RosterPost,
    RuleOverride,
    Shift,
    ShiftStatus,
    revise_shift,
)
from zoneplanner.errors import UserError
from zoneplanner.messages import Message


def put_post(project: Project, post: RosterPost) -> Project:
    """Add a post, or replace the one with its uid. Raises a UserError for an unknown unit."""
    project.unit(post.unit)
    if not post.weekdays:
        raise UserError("weekdays_missing")
    return replace(project, posts={**project.posts, post.uid: post})


def remove_post(project: Project, uid: str) -> Project:
    """Remove a post; the shifts created from it stay."""
    posts = {key: post for key, post in project.posts.items() if key != uid}
    return replace(project, posts=posts)


def make_standard_posts(project: Project) -> tuple[RosterPost, ...]:
    """Return a post from arrival to dismissal for each unit with a zone or a fixed place."""
    return tuple(
        RosterPost(f"{unit.id}-day", unit.id, time(7, 30), time(16), ends_early=time(15))
        for unit in project.units.values()
        if unit.holds_zone or unit.posts
    )


def make_open_shifts(project: Project, first: date, last: date) -> Project:
    """Create an open shift for each post and day without one; canceled shifts count as one."""
    if (last - first).days > _MAX_PERIOD_DAYS:
        raise UserError("period_too_long.shifts", days=_MAX_PERIOD_DAYS)
    created = {
        shift.uid: shift
        for post in project.posts.values()
        for shift in _make_post_shifts(project, post, first, last)
        if shift.uid not in project.shifts
    }
    ordered = sorted(created.values(), key=lambda shift: (shift.starts_at, shift.uid))
    return replace(project, shifts={**project.shifts, **{shift.uid: shift for shift in ordered}})


def _make_post_shifts(
    project: Project, post: RosterPost, first: date, last: date
) -> Iterable[Shift]:
    start = max(first, post.first) if post.first else first
    end = min(last, post.last) if post.last else last
    for offset in range((end - start).days + 1):
        day = start + timedelta(days=offset)
        kind = project.calendar.day_kind(day)
        if day.isoweekday() not in post.weekdays or (post.school_days and kind is None):
            continue
        is_short = kind is not None and kind.ends_early
        ends = post.ends_early if is_short and post.ends_early is not None else post.ends
        interval = make_local_interval(day, post.starts, ends, project.time_zone)
        for number in range(1, post.officers + 1):
            suffix = f"-{number}" if number > 1 else ""
            yield Shift(
                uid=f"{post.uid}-{day}{suffix}",
                unit=post.unit,
                officer=None,
                starts_at=interval.starts_at,
                ends_at=interval.ends_at,
                kind=post.kind,
                title=post.title,
                post=post.uid,
                needs=post.needs,
            )


MAX_SHIFT_H = 24
_MAX_PERIOD_DAYS = 400
_EDITED = ("unit", "starts_at", "ends_at", "kind", "title", "needs")


def put_shift(project: Project, shift: Shift) -> Project:
    """Add a shift, or replace the one with its uid. Raises a UserError if it is impossible."""
    project.unit(shift.unit)
    if not 0 < shift.hours <= MAX_SHIFT_H:
        raise UserError(
            "out_of_range.shift",
            shift=shift.uid,
            name=describe_shift(shift, project.time_zone),
            hours=shift.hours,
            most=MAX_SHIFT_H,
        )
    return replace(project, shifts={**project.shifts, shift.uid: shift})


def change_shift(project: Project, shift: Shift, decision: RosterDecision) -> Project:
    """Replace the time, unit or title of a shift by those of ``shift``; its officer keeps it.

    Raises
    ------
    UserError
        A rule forbids the change.
    """
    before = get_shift(project, shift.uid)
    check_shift_editable(project, before)
    values: dict[str, object] = {name: getattr(shift, name) for name in _EDITED}
    values["overrides"] = add_posted_change(project, before, before.officer, decision)
    after = put_shift(project, revise_shift(before, decision.at, **values))
    _collect_overrides(after, after.shifts[shift.uid], RosterDecision(decision.at))
    return after


def assign_shift(
    project: Project, uid: str, officer_id: str | None, decision: RosterDecision
) -> Project:
    """Assign a shift to an officer, or to nobody.

    A reason overrides rules that accept one, and is stored with the shift.

    Raises
    ------
    UserError
        The shift is locked or canceled, or a rule forbids it. The ``details`` contain the ``rule``,
        its ``remedy``, and whether a reason could ``override`` it.
    """
    return assign_shifts(project, {uid: officer_id}, decision)


def assign_shifts(
    project: Project,
    officers: Mapping[str, str | None],
    decision: RosterDecision,
    *,
    posted: str = "",
) -> Project:
    """Assign several shifts at once, all or none; the rules are checked with all of them assigned.

    ``officers`` are by uid of the shift. ``posted`` is the default reason for changing a posted
    shift.
    """
    shifts = dict(project.shifts)
    posting = replace(decision, reason=decision.reason or posted)
    for uid, officer_id in officers.items():
        shift = get_shift(project, uid)
        if shift.officer != officer_id:
            check_shift_editable(project, shift)
            if officer_id is not None:
                get_officer(project, officer_id)
            overrides = _get_posted(shift)
            if shift.officer is not None:  # filling an open shift does not count as a change
                overrides = _mark_posted_change(project, shift, officer_id, posting)
            shifts[uid] = revise_shift(shift, decision.at, officer=officer_id, overrides=overrides)
    after = replace(project, shifts=shifts)
    overridden = {}
    for uid in officers:
        overrides = _collect_overrides(after, shifts[uid], decision)
        if overrides:
            posted_change = _get_posted(shifts[uid])
            overridden[uid] = replace(shifts[uid], overrides=(*overrides, *posted_change))
    return replace(after, shifts={**shifts, **overridden}) if overridden else after


def find_assignment_violations(
    project: Project, uid: str, officer_id: str
) -> tuple[RosterViolation, ...]:
    """Return the rules that assigning a shift to an officer would break."""
    shift = replace(get_shift(project, uid), officer=officer_id, overrides=())
    return find_shift_violations(project, shift)


def copy_week_assignments(
    project: Project,
    source: date,
    target: date,
    *,
    now: datetime,
) -> tuple[Project, tuple[Message, ...]]:
    """Assign the open shifts of a week as in another week; weeks begin on Mondays.

    Returns the project, and why each shift that stays open does.
    """
    offset, zone = target - source, project.time_zone
    officers = {
        (shift.unit, shift.day(zone) + offset, shift.kind, shift.post, shift.title): shift.officer
        for shift in _list_week_shifts(project, source)
        if shift.officer is not None
    }
    after, still_open = project, []
    for shift in _list_week_shifts(project, target):
        officer = officers.get((shift.unit, shift.day(zone), shift.kind, shift.post, shift.title))
        if not shift.is_open or officer is None or shift.locked:
            continue
        violations = find_assignment_violations(after, shift.uid, officer)
        blocking = next(filter(_is_blocking, violations), None)
        if blocking is not None:
            still_open.append(blocking.message)
        else:
            assigned = revise_shift(after.shifts[shift.uid], now, officer=officer)
            after = replace(after, shifts={**after.shifts, shift.uid: assigned})
    return after, tuple(still_open)


def split_shift(project: Project, uid: str, at: datetime, decision: RosterDecision) -> Project:
    """Split a shift in two; the second part is open. A posted shift may need a reason."""
    shift = get_shift(project, uid)
    check_shift_editable(project, shift)
    if not shift.starts_at < at < shift.ends_at:
        raise UserError(
            "out_of_range.split", shift=uid, name=describe_shift(shift, project.time_zone)
        )
    number = next(n for n in range(2, 100) if f"{uid}-part{n}" not in project.shifts)
    overrides = add_posted_change(project, shift, shift.officer, decision)
    first = revise_shift(shift, decision.at, ends_at=at, overrides=overrides)
    second = replace(
        shift,
        uid=f"{uid}-part{number}",
        officer=None,
        starts_at=at,
        former=(),
        overrides=(),
        sequence=0,
        revised_at=decision.at,
    )
    return replace(project, shifts={**project.shifts, uid: first, second.uid: second})


def cancel_shift(project: Project, uid: str, decision: RosterDecision) -> Project:
    """Delete a draft shift, or cancel a posted one, which may need a reason and stays stored."""
    shift = get_shift(project, uid)
    if shift.locked:
        check_shift_editable(project, shift)
    if shift.status is ShiftStatus.DRAFT:
        left = {key: other for key, other in project.shifts.items() if key != uid}
        return replace(project, shifts=left)
    overrides = add_posted_change(project, shift, shift.officer, decision)
    now = decision.at
    values = {"status": ShiftStatus.CANCELLED, "cancelled_at": now, "overrides": overrides}
    return replace(project, shifts={**project.shifts, uid: revise_shift(shift, now, **values)})


def finalize_shifts(project: Project, first: date, last: date, *, now: datetime) -> Project:
    """Make the draft shifts of some days final, so that they are sent to calendars."""
    final = {
        shift.uid: revise_shift(shift, now, status=ShiftStatus.FINAL)
        for shift in project.shifts_between(first, last)
        if shift.status is ShiftStatus.DRAFT
    }
    return replace(project, shifts={**project.shifts, **final})


def set_shift_locks(project: Project, uids: Iterable[str], *, locked: bool) -> Project:
    """Lock shifts against proposals and drags, or unlock them."""
    shifts = {uid: replace(get_shift(project, uid), locked=locked) for uid in uids}
    return replace(project, shifts={**project.shifts, **shifts})


def get_shift(project: Project, uid: str) -> Shift:
    """Return a shift by uid. Raises a UserError if it is unknown."""
    if uid not in project.shifts:
        raise UserError("unknown_shift", shift=uid)
    return project.shifts[uid]


def check_shift_editable(project: Project, shift: Shift) -> None:
    """Refuse to change a shift that is locked or canceled."""
    if shift.locked or not shift.is_active:
        code = "shift_locked" if shift.locked else "shift_cancelled"
        raise UserError(code, shift=shift.uid, name=describe_shift(shift, project.time_zone))


def add_posted_change(
    project: Project, shift: Shift, officer_id: str | None, decision: RosterDecision
) -> tuple[RuleOverride, ...]:
    """Return a changed shift's overrides, including who changes it and why if it is posted.

    Raises
    ------
    UserError
        The rules forbid changes of posted shifts, or require a reason.
    """
    change = _mark_posted_change(project, shift, officer_id, decision)
    return (*(override for override in shift.overrides if override.rule != POSTED), *change)


def _mark_posted_change(
    project: Project, shift: Shift, officer_id: str | None, decision: RosterDecision
) -> tuple[RuleOverride, ...]:
    """Return the override that says who changes a posted shift and why."""
    level = project.roster_rules.level(POSTED)
    if shift.status is not ShiftStatus.FINAL or level is Enforcement.OFF:
        return _get_posted(shift)
    blocked = level is Enforcement.BLOCK
    if blocked or (level is Enforcement.OVERRIDE and not decision.reason.strip()):
        where = describe_shift(shift, project.time_zone)
        if shift.officer is not None:
            name = get_officer(project, shift.officer).name
            where = Message("roster_place.shift", name=name, shift=where)
        breach = Message("roster.posted")
        raise _make_refusal(shift, RosterViolation(level, where, breach, shift.officer or ""))
    return (decision.override(POSTED, officer_id),)


def _get_posted(shift: Shift) -> tuple[RuleOverride, ...]:
    return () if shift.posted_change is None else (shift.posted_change,)


def _is_blocking(violation: RosterViolation) -> bool:
    return violation.is_unexcused and violation.level.is_blocking


def _collect_overrides(
    project: Project, shift: Shift, decision: RosterDecision
) -> tuple[RuleOverride, ...]:
    """Return the overrides that a shift needs. Raises a UserError without a sufficient reason."""
    violations = list(filter(_is_blocking, find_shift_violations(project, shift)))
    for violation in violations:
        if violation.level is Enforcement.BLOCK or not decision.reason.strip():
            raise _make_refusal(shift, violation)
    return tuple(
        decision.override(rule, shift.officer)
        for rule in dict.fromkeys(violation.rule for violation in violations)
    )


def _make_refusal(shift: Shift, violation: RosterViolation) -> UserError:
    blocked = violation.level is Enforcement.BLOCK
    return UserError(
        "roster_rule_broken" if blocked else "roster_rule_broken.unless_reason",
        rule=violation.rule,
        override=not blocked,
        shift=shift.uid,
        text=violation.message,
        remedy=violation.remedy,
    )


def _list_week_shifts(project: Project, monday: date) -> list[Shift]:
    week = project.shifts_between(monday, monday + timedelta(days=6))
    return [shift for shift in week if shift.is_active]
