"""Posts of a roster, and the open shifts that are made of them: pure edits of a project."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, time, timedelta

from zoneplanner.domain.project import Project
from zoneplanner.domain.roster import (
    RosterPost,
    Shift,
    make_local_interval,
)
from zoneplanner.errors import UserError


def put_post(project: Project, post: RosterPost) -> Project:
    """Add a post, or replace the one with its uid; an unknown unit is a UserError."""
    if post.unit not in project.units:
        raise UserError(
            f"There is no unit “{post.unit}”. Known are: {', '.join(project.units)}.",
            code="unknown_unit",
        )
    if not post.weekdays:
        raise UserError("A post needs at least one weekday; choose one.")
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
    """Make an open shift of each post and day that has none yet, cancelled ones counted."""
    if (last - first).days > 400:
        raise UserError("Shifts are made for up to 400 days at a time; choose a shorter period.")
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
        short = post.ends_early is not None and kind is not None and kind.short
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
