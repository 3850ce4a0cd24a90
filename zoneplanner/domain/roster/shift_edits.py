"""Posts of a roster, and the open shifts that are made of them: pure edits of a project."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from zoneplanner.domain.calendar.local_time import make_local_interval
from zoneplanner.domain.locale_formats import ISO_FORMATS, LocaleFormats
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.checker import RosterViolation, describe_shift, find_shift_violations
from zoneplanner.domain.roster.officer_edits import get_officer
from zoneplanner.domain.roster.roster_rules import Enforcement
from zoneplanner.domain.roster.shift import (
    POSTED,
    RosterPost,
    RuleOverride,
    Shift,
    ShiftStatus,
    revise_shift,
)
from zoneplanner.errors import UserError


def put_post(project: Project, post: RosterPost) -> Project:
    """Add a post, or replace the one with its uid; an unknown unit is a UserError."""
    project.unit(post.unit)
    if not post.weekdays:
        raise UserError("weekdays_missing")
    return replace(project, posts={**project.posts, post.uid: post})


def remove_post(project: Project, uid: str) -> Project:
    """Take a post away; the shifts made from it stay."""
    return replace(project, posts={key: one for key, one in project.posts.items() if key != uid})


def make_standard_posts(project: Project) -> tuple[RosterPost, ...]:
    """Return a post from arrival to dismissal for each unit with a zone or a fixed place."""
    return tuple(
        RosterPost(f"{unit.id}-day", unit.id, time(7, 30), time(16), ends_early=time(15))
        for unit in project.units.values()
        if unit.holds_zone or unit.posts
    )


def make_open_shifts(project: Project, first: date, last: date) -> Project:
    """Make an open shift of each post and day that has none yet, canceled ones counted."""
    if (last - first).days > 400:
        raise UserError("period_too_long.shifts", days=400)
    made = {
        shift.uid: shift
        for post in project.posts.values()
        for shift in _make_post_shifts(project, post, first, last)
        if shift.uid not in project.shifts
    }
    ordered = sorted(made.values(), key=lambda shift: (shift.starts_at, shift.uid))
    return replace(project, shifts={**project.shifts, **{one.uid: one for one in ordered}})


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
        short = post.ends_early is not None and kind is not None and kind.ends_early
        ends = post.ends_early if short and post.ends_early else post.ends
        when = make_local_interval(day, post.starts, ends, project.time_zone)
        for number in range(1, post.officers + 1):
            more = f"-{number}" if number > 1 else ""
            yield Shift(
                uid=f"{post.uid}-{day}{more}",
                unit=post.unit,
                officer=None,
                starts_at=when.starts_at,
                ends_at=when.ends_at,
                kind=post.kind,
                title=post.title,
                post=post.uid,
                needs=post.needs,
            )


MAX_SHIFT_H = 24
_EDITED = ("unit", "starts_at", "ends_at", "kind", "title", "needs")


def put_shift(project: Project, shift: Shift) -> Project:
    """Add a shift, or replace the one with its uid; an impossible one is a UserError."""
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


def change_shift(
    project: Project, shift: Shift, *, now: datetime, by: str = "", reason: str = ""
) -> Project:
    """Keep another time, unit or title of a shift; rules that stop it are a UserError.

    The shift of the same uid is replaced; its officer keeps it.
    """
    before = get_shift(project, shift.uid)
    check_shift_editable(project, before)
    values: dict[str, object] = {name: getattr(shift, name) for name in _EDITED}
    values["overrides"] = add_posted_change(
        project, before, before.officer, reason=reason, by=by, now=now
    )
    after = put_shift(project, revise_shift(before, now, **values))
    _collect_overrides(after, after.shifts[shift.uid], reason="", by="", now=now)
    return after


def assign_shift(
    project: Project,
    uid: str,
    officer_id: str | None,
    *,
    now: datetime,
    by: str = "",
    reason: str = "",
) -> Project:
    """Give a shift to an officer, or to nobody.

    A reason lets it stand against rules that take one; it is kept with the shift.

    Raises
    ------
    UserError
        The shift is locked or canceled, or a rule forbids it; the sentence names the rule and its
        remedy, and ``details`` hold ``rule`` and, where a reason would do, ``override``.
    """
    return assign_shifts(project, {uid: officer_id}, now=now, by=by, reason=reason)


def assign_shifts(
    project: Project,
    wanted: Mapping[str, str | None],
    *,
    now: datetime,
    by: str = "",
    reason: str = "",
    posted: str = "",
) -> Project:
    """Give several shifts at once, all or none; rules are looked at when all are given.

    ``posted`` is why posted shifts change where no reason is given.
    """
    shifts = dict(project.shifts)
    for uid, officer_id in wanted.items():
        shift = get_shift(project, uid)
        if shift.officer != officer_id:
            check_shift_editable(project, shift)
            if officer_id is not None:
                get_officer(project, officer_id)
            changed = (
                _get_posted(shift)  # an open one is to be filled: giving it away is no change
                if shift.officer is None
                else _mark_posted_change(
                    project, shift, officer_id, reason=reason or posted, by=by, now=now
                )
            )
            shifts[uid] = revise_shift(shift, now, officer=officer_id, overrides=changed)
    after = replace(project, shifts=shifts)
    given: list[RuleOverride] = []
    for uid in wanted:
        kept = _collect_overrides(after, shifts[uid], reason=reason, by=by, now=now)
        if kept:
            shifts[uid] = replace(shifts[uid], overrides=(*kept, *_get_posted(shifts[uid])))
            given += kept
    return replace(after, shifts=shifts) if given else after


def find_assignment_violations(
    project: Project, uid: str, officer_id: str, formats: LocaleFormats = ISO_FORMATS
) -> tuple[RosterViolation, ...]:
    """Return the rules that giving a shift to an officer would break."""
    shift = replace(get_shift(project, uid), officer=officer_id, overrides=())
    return find_shift_violations(project, shift, formats)


def copy_week_assignments(
    project: Project,
    source: date,
    target: date,
    *,
    now: datetime,
    formats: LocaleFormats = ISO_FORMATS,
) -> tuple[Project, tuple[str, ...]]:
    """Give the open shifts of a week to who has them in another; weeks begin on Mondays.

    Returns the project, and a sentence for each shift that stays open and why.
    """
    shift_days = timedelta(days=(target - source).days)
    zone = project.time_zone
    theirs = {
        (shift.unit, shift.day(zone) + shift_days, shift.kind, shift.post, shift.title): shift
        for shift in _list_week_shifts(project, source)
        if shift.officer is not None
    }
    after, left = project, []
    for shift in _list_week_shifts(project, target):
        like = theirs.get((shift.unit, shift.day(zone), shift.kind, shift.post, shift.title))
        if not shift.is_open or like is None or like.officer is None or shift.locked:
            continue
        found = [
            one
            for one in find_assignment_violations(after, shift.uid, like.officer, formats)
            if _is_blocking(one)
        ]
        if found:
            left.append(found[0].text)
        else:
            given = revise_shift(after.shifts[shift.uid], now, officer=like.officer)
            after = replace(after, shifts={**after.shifts, shift.uid: given})
    return after, tuple(left)


def split_shift(
    project: Project, uid: str, at: datetime, *, now: datetime, by: str = "", reason: str = ""
) -> Project:
    """Split a shift into two at a moment; the second part is open. A posted one wants a reason."""
    shift = get_shift(project, uid)
    check_shift_editable(project, shift)
    if not shift.starts_at < at < shift.ends_at:
        raise UserError(
            "out_of_range.split", shift=uid, name=describe_shift(shift, project.time_zone)
        )
    number = next(n for n in range(2, 100) if f"{uid}-part{n}" not in project.shifts)
    changed = add_posted_change(project, shift, shift.officer, reason=reason, by=by, now=now)
    first = revise_shift(shift, now, ends_at=at, overrides=changed)
    second = replace(
        shift,
        uid=f"{uid}-part{number}",
        officer=None,
        starts_at=at,
        former=(),
        overrides=(),
        sequence=0,
        revised_at=now,
    )
    return replace(project, shifts={**project.shifts, uid: first, second.uid: second})


def cancel_shift(
    project: Project, uid: str, *, now: datetime, by: str = "", reason: str = ""
) -> Project:
    """Cancel a shift; a posted one is kept as canceled and wants a reason, a draft goes."""
    shift = get_shift(project, uid)
    if shift.locked:
        check_shift_editable(project, shift)
    if shift.status is ShiftStatus.DRAFT:
        kept = {key: one for key, one in project.shifts.items() if key != uid}
        return replace(project, shifts=kept)
    changed = add_posted_change(project, shift, shift.officer, reason=reason, by=by, now=now)
    values = {"status": ShiftStatus.CANCELLED, "cancelled_at": now, "overrides": changed}
    gone = revise_shift(shift, now, **values)
    return replace(project, shifts={**project.shifts, uid: gone})


def finalize_shifts(project: Project, first: date, last: date, *, now: datetime) -> Project:
    """Make the drafts of some days final: from then on they go out to calendars."""
    final = {
        shift.uid: revise_shift(shift, now, status=ShiftStatus.FINAL)
        for shift in project.shifts_between(first, last)
        if shift.status is ShiftStatus.DRAFT
    }
    return replace(project, shifts={**project.shifts, **final})


def set_shift_locks(project: Project, uids: Iterable[str], *, locked: bool) -> Project:
    """Lock shifts, so that no proposal and no drag changes them, or free them."""
    shifts = {uid: replace(get_shift(project, uid), locked=locked) for uid in uids}
    return replace(project, shifts={**project.shifts, **shifts})


def get_shift(project: Project, uid: str) -> Shift:
    """Return a shift by uid; an unknown one is a UserError."""
    if uid not in project.shifts:
        raise UserError("unknown_shift", shift=uid)
    return project.shifts[uid]


def check_shift_editable(project: Project, shift: Shift) -> None:
    """Refuse to change a shift that is locked or canceled."""
    words = describe_shift(shift, project.time_zone)
    if shift.locked:
        raise UserError("shift_locked", shift=shift.uid, name=words)
    if not shift.is_active:
        raise UserError("shift_cancelled", shift=shift.uid, name=words)


def add_posted_change(
    project: Project, shift: Shift, officer_id: str | None, *, reason: str, by: str, now: datetime
) -> tuple[RuleOverride, ...]:
    """Return the overrides of a shift that changes, with who changes it and why once it is posted.

    Raises
    ------
    UserError
        Posted shifts are to stay as they are, or the rule asks for a reason.
    """
    changed = _mark_posted_change(project, shift, officer_id, reason=reason, by=by, now=now)
    return (*(one for one in shift.overrides if one.rule != POSTED), *changed)


def _mark_posted_change(
    project: Project, shift: Shift, officer_id: str | None, *, reason: str, by: str, now: datetime
) -> tuple[RuleOverride, ...]:
    """Return who changes a posted shift, and why; the rule may ask for a reason."""
    level = project.roster_rules.level(POSTED)
    if shift.status is not ShiftStatus.FINAL or level is Enforcement.OFF:
        return _get_posted(shift)
    blocked = level is Enforcement.BLOCK
    if blocked or (level is Enforcement.OVERRIDE and not reason.strip()):
        who = "" if shift.officer is None else f"{get_officer(project, shift.officer).name}, "
        where = f"{who}{describe_shift(shift, project.time_zone)}"
        raise _make_refusal(
            shift,
            RosterViolation(POSTED, level, where, POSTED, {}, ISO_FORMATS, shift.officer or ""),
        )
    return (RuleOverride(POSTED, officer_id or "", reason.strip(), by, now),)


def _get_posted(shift: Shift) -> tuple[RuleOverride, ...]:
    return () if shift.posted_change is None else (shift.posted_change,)


def _is_blocking(breach: RosterViolation) -> bool:
    return breach.is_unexcused and breach.level.is_blocking


def _collect_overrides(
    project: Project, shift: Shift, *, reason: str, by: str, now: datetime
) -> tuple[RuleOverride, ...]:
    """Return the overrides that a shift keeps; a rule that stops it is a UserError."""
    found = [one for one in find_shift_violations(project, shift) if _is_blocking(one)]
    for breach in found:
        blocked = breach.level is Enforcement.BLOCK
        if blocked or not reason.strip():
            raise _make_refusal(shift, breach)
    return tuple(
        RuleOverride(rule, shift.officer or "", reason.strip(), by, now)
        for rule in dict.fromkeys(breach.rule for breach in found)
    )


def _make_refusal(shift: Shift, breach: RosterViolation) -> UserError:
    blocked = breach.level is Enforcement.BLOCK
    return UserError(
        "roster_rule_broken" if blocked else "roster_rule_broken.unless_reason",
        rule=breach.rule,
        override=not blocked,
        shift=shift.uid,
        text=breach.text,
        remedy=breach.remedy,
    )


def _list_week_shifts(project: Project, monday: date) -> list[Shift]:
    week = project.shifts_between(monday, monday + timedelta(days=6))
    return [shift for shift in week if shift.is_active]
