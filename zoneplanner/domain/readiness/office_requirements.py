"""The requirements of the office itself: monthly returns, legal notices and renewals."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from zoneplanner.domain.calendar.school_calendar import find_last_month, find_month
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
from zoneplanner.messages import Message

MONTHLY_RETURN, LEGAL_NOTICE = "monthly_return", "legal_notice"
_RETURN_DUE_DAY = 10
_FAMILY_NOTICE_DUTIES = ("immigration_enforcement",)
"""Duties that are done once families got a notice; the others, once an agency was told."""


def list_office_requirements(
    project: Project,
    returns: Iterable[MonthlyReturn],
    notices: Iterable[LegalNotice],
    on: date,
) -> Iterator[Requirement]:
    """Yield the returns of last month and of each incomplete month, and each duty to notify.

    Returns are not required if no school has ever returned anything.
    """
    received = [returned for returned in returns if returned.on <= on]
    if received:
        yield from _list_return_requirements(project, received, on)
    zone = ZoneInfo(project.time_zone)
    for notice in notices:
        if notice.at.astimezone(zone).date() <= on:
            yield _make_notice_requirement(notice, zone, on)


def find_return_due_day(month: date) -> date:
    """Return the day by which the returns of a month are due."""
    return (month.replace(day=1) + timedelta(days=31)).replace(day=_RETURN_DUE_DAY)


def _list_return_requirements(
    project: Project, returns: Collection[MonthlyReturn], on: date
) -> Iterator[Requirement]:
    """Yield last month, and the earlier school months with missing returns.

    Months over a year ago are no longer required.
    """
    last = find_last_month(on).first
    first = min(returned.month for returned in returns)
    month = find_month(min(max(first, last.replace(year=last.year - 1)), last))
    while month.first <= last:
        days = project.calendar.school_days(month.first, month.last)
        item = _make_return_requirement(project, returns, month.first, on)
        if month.first == last or (item.open_points and (item.done or any(days))):
            yield item
        month = find_month(month.last + timedelta(days=1))


def _make_return_requirement(
    project: Project, returns: Iterable[MonthlyReturn], month: date, on: date
) -> Requirement:
    returned = {returned.site for returned in returns if returned.month == month}
    schools = project.patrolled
    missing = [site for site in schools if site.id not in returned]
    due = find_return_due_day(month)
    code = "requirement.returns_missing" if missing else "requirement.returns"
    return Requirement(
        DISTRICT_WIDE,
        MONTHLY_RETURN,
        RequirementStatus.judge(not missing, due, on),
        due,
        len(schools) - len(missing),
        len(schools),
        rule=Message("requirement_rule.returns", day=_RETURN_DUE_DAY),
        messages=(Message(code, month=month, missing=[site.name for site in missing]),),
        lacking=tuple(OpenPoint(site.id, site.name, due) for site in missing),
    )


def _make_notice_requirement(notice: LegalNotice, zone: ZoneInfo, on: date) -> Requirement:
    to_families = notice.duty in _FAMILY_NOTICE_DUTIES
    done = notice.notice_at if to_families else notice.told_at
    day = notice.at.astimezone(zone).date()
    which = "_families" if to_families else ""
    code = f"requirement.notice_{'done' if done else 'open'}{which}"
    messages = [Message(code, day=day, agency=notice.agency or "–")]
    if not done:
        messages.append(Message(f"requirement.notice_open{which}_next"))
    if notice.notified:
        groups = [format_choice(group).casefold() for group in notice.notified]
        messages.append(Message("requirement.notice_notified", notified=groups))
    return Requirement(
        notice.site or DISTRICT_WIDE,
        LEGAL_NOTICE,
        RequirementStatus.judge(done, day, on),
        day,
        int(bool(done)),
        1,
        rule=Message(f"requirement_rule.notice_{notice.duty}"),
        messages=tuple(messages),
        uid=notice.uid,
        owner=notice.role,
    )


TRAINING, PARTNER, REUNIFICATION = "training", "partner", "reunification_site"
CAMPUS_PAGE = "campus_page"
_TRAINING_RULE = Message("requirement_rule.training")
_PAGE_RULE = Message("requirement_rule.campus_page")
_AGREEMENT_RULE = Message("requirement_rule.agreement")


def list_renewals(
    trainings: Iterable[Training],
    partners: Iterable[PartnerRecord],
    places: Iterable[ReunificationSite],
    pages: Iterable[CampusPage],
    on: date,
    *,
    horizon_days: int,
) -> Iterator[Requirement]:
    """Yield the renewals of the latest trainings, agreements and campus pages that expire.

    All are the district's requirements, except for campus pages. A reunification place or campus
    page is listed only within ``horizon_days`` of its review, because each school has several.
    """

    def make(kind: str, uid: str, due: date, rule: Message, message: Message) -> Requirement:
        status = RequirementStatus.judge(done=False, due=due, on=on)
        return Requirement(DISTRICT_WIDE, kind, status, due, 0, 1, rule, (message,), uid)

    latest = {
        (training.course, training.who_kind, training.site, training.officer): training
        for training in sorted(trainings, key=lambda training: training.held_on)
        if training.held_on <= on
    }
    for training in latest.values():
        if training.expires_on is not None:
            who = training.officer or training.who_kind
            course = training.course.replace("_", " ").capitalize()
            what = Message("training.of", course=course, who=who) if who else course
            message = Message("requirement.training", training=what, on=training.held_on)
            yield make(TRAINING, training.uid, training.expires_on, _TRAINING_RULE, message)
    agreements = {
        partner.agency.casefold(): partner
        for partner in sorted(partners, key=lambda partner: partner.on)
        if partner.kind == "agreement" and partner.on <= on
    }
    for agreement in agreements.values():
        if agreement.review_on is not None:
            message = Message("requirement.agreement", name=agreement.agency, on=agreement.on)
            yield make(PARTNER, agreement.uid, agreement.review_on, _AGREEMENT_RULE, message)
    horizon = on + timedelta(days=horizon_days)
    for place in places:
        if place.review_on is not None and place.on <= on and place.review_on <= horizon:
            message = Message("requirement.agreement", name=place.name, on=place.on)
            yield make(REUNIFICATION, place.uid, place.review_on, _AGREEMENT_RULE, message)
    for page in find_standing_pages(pages, on).values():
        if page.review_on is not None and page.review_on <= horizon:
            message = Message("requirement.page_verified", on=page.on)
            item = make(CAMPUS_PAGE, page.uid, page.review_on, _PAGE_RULE, message)
            yield replace(item, site=page.site)
