"""What the office itself has to do: hear of every school each month, and tell whom it must tell."""

from collections.abc import Collection, Iterable, Iterator
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from zoneplanner.domain.log.office_entries import LegalNotice, MonthlyReturn
from zoneplanner.domain.log.record_words import format_choice
from zoneplanner.domain.project import Project
from zoneplanner.domain.readiness.plan_review import OpenPoint
from zoneplanner.domain.readiness.requirements import (
    DISTRICT_WIDE,
    Requirement,
    RequirementStatus,
)
from zoneplanner.messages import join_names, render_message

MONTHLY_RETURN, LEGAL_NOTICE = "monthly_return", "legal_notice"
_RETURNED_BY_DAY = 10
_TO_FAMILIES = ("immigration_enforcement",)
"""Duties that are done once families got a notice; the others once an agency was told."""


def list_office_requirements(
    project: Project,
    returns: Iterable[MonthlyReturn],
    notices: Iterable[LegalNotice],
    on: date,
) -> Iterator[Requirement]:
    """Yield the returns of each month that lacks some, those of the last, and each duty to notify.

    Where no school ever returned anything the office does not ask for returns.
    """
    got = [one for one in returns if one.on <= on]
    if got:
        yield from _list_return_requirements(project, got, on)
    zone = ZoneInfo(project.time_zone)
    for notice in notices:
        if notice.at.astimezone(zone).date() <= on:
            yield _make_notice_requirement(notice, zone, on)


def find_return_due_day(month: date) -> date:
    """Return the day by which the returns of a month are due."""
    return (month.replace(day=1) + timedelta(days=31)).replace(day=_RETURNED_BY_DAY)


def _list_return_requirements(
    project: Project, returns: Collection[MonthlyReturn], on: date
) -> Iterator[Requirement]:
    """Yield the last month, and those of school before it of which a return is missing.

    What lies over a year back is not asked for any more.
    """
    last = (on.replace(day=1) - timedelta(days=1)).replace(day=1)
    first = min(one.month for one in returns)
    month = min(max(first, last.replace(year=last.year - 1)), last)
    while month <= last:
        following = (month + timedelta(days=31)).replace(day=1)
        days = project.calendar.school_days(month, following - timedelta(days=1))
        found = _make_return_requirement(project, returns, month, on)
        if month == last or (found.open_points and (found.done or any(days))):
            yield found
        month = following


def _make_return_requirement(
    project: Project, returns: Iterable[MonthlyReturn], month: date, on: date
) -> Requirement:
    there = {one.site for one in returns if one.month == month}
    schools = project.patrolled
    missing = [site for site in schools if site.id not in there]
    due = find_return_due_day(month)
    names = join_names(site.name for site in missing)
    facts = {"month": f"{month:%B %Y}", "missing": names}
    return Requirement(
        DISTRICT_WIDE,
        MONTHLY_RETURN,
        RequirementStatus.judge(not missing, due, on),
        due,
        len(schools) - len(missing),
        len(schools),
        rule=f"District policy: returned by the {_RETURNED_BY_DAY}th of the month after",
        detail=render_message(
            "requirement.returns_missing" if missing else "requirement.returns", facts
        ),
        lacking=tuple(OpenPoint(site.id, site.name, due) for site in missing),
    )


def _make_notice_requirement(notice: LegalNotice, zone: ZoneInfo, on: date) -> Requirement:
    to_families = notice.duty in _TO_FAMILIES
    done = notice.notice_at if to_families else notice.told_at
    day = notice.at.astimezone(zone).date()
    facts = {"day": day, "agency": notice.agency or "–"}
    said = render_message(
        f"requirement.notice_{'done' if done else 'open'}{'_families' if to_families else ''}",
        facts,
    )
    if notice.notified:
        names = join_names(format_choice(one).casefold() for one in notice.notified)
        said = f"{said} {render_message('requirement.notice_notified', {'notified': names})}"
    return Requirement(
        notice.site or DISTRICT_WIDE,
        LEGAL_NOTICE,
        RequirementStatus.judge(done, day, on),
        day,
        int(bool(done)),
        1,
        rule=render_message(f"requirement.notice_rule_{notice.duty}", {}),
        detail=said,
        uid=notice.uid,
        owner=notice.role,
    )
