"""What the office itself has to do: hear of every school each month, and tell whom it must tell.

What runs out: trainings that certify until a day, agreements, verified pages of campuses.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from zoneplanner.domain.log.office_entries import (
    CampusPage,
    LegalNotice,
    MonthlyReturn,
    ReunificationSite,
)
from zoneplanner.domain.log.people_entries import PartnerRecord, Training
from zoneplanner.domain.log.record_schema import format_choice
from zoneplanner.domain.project import Project
from zoneplanner.domain.readiness.campus_pages import find_standing_pages
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


TRAINING, PARTNER, REUNIFICATION = "training", "partner", "reunification_site"
CAMPUS_PAGE = "campus_page"
_TRAINING_RULE = "The day on which the training expires"
_PAGE_RULE = "The day on which the campus page must be verified again"
_AGREEMENT_RULE = "The review day in the agreement"


def list_renewals(
    trainings: Iterable[Training],
    partners: Iterable[PartnerRecord],
    places: Iterable[ReunificationSite],
    pages: Iterable[CampusPage],
    on: date,
    *,
    horizon_days: int,
) -> Iterator[Requirement]:
    """Yield the last training of each kind, place and officer, and the last of each agreement.

    They are the district's, whatever site they are of; one without a day of its end asks nothing.
    """
    lasting = {
        (one.course, one.who_kind, one.site, one.officer): one
        for one in sorted(trainings, key=lambda one: one.held_on)
        if one.held_on <= on
    }
    for one in lasting.values():
        if one.expires_on is not None:
            who = f" of {one.officer or one.who_kind}" if one.officer or one.who_kind else ""
            said = f"{one.course.replace('_', ' ').capitalize()}{who}, held on {one.held_on}."
            yield _make(TRAINING, one.uid, one.expires_on, on, (_TRAINING_RULE, said))
    agreed = {
        one.agency.casefold(): one
        for one in sorted(partners, key=lambda one: one.on)
        if one.kind == "agreement" and one.on <= on
    }
    for agreement in agreed.values():
        if agreement.review_on is not None:
            said = f"{agreement.agency}, of {agreement.on}."
            yield _make(PARTNER, agreement.uid, agreement.review_on, on, (_AGREEMENT_RULE, said))

    for place in places:
        if place.review_on is None or place.on > on:
            continue
        if (place.review_on - on).days <= horizon_days:  # each school has four: what is far waits
            said = f"{place.name}, of {place.on}."
            yield _make(REUNIFICATION, place.uid, place.review_on, on, (_AGREEMENT_RULE, said))
    for page in find_standing_pages(pages, on).values():
        due = page.review_on
        if due is not None and (due - on).days <= horizon_days:
            said = f"Verified on {page.on}."
            yield replace(_make(CAMPUS_PAGE, page.uid, due, on, (_PAGE_RULE, said)), site=page.site)


def _make(kind: str, uid: str, due: date, on: date, words: tuple[str, str]) -> Requirement:
    status = RequirementStatus.judge(done=False, due=due, on=on)
    return Requirement(DISTRICT_WIDE, kind, status, due, 0, 1, *words, uid)
