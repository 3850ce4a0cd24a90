"""What runs out: trainings that certify until a day, agreements, verified pages of campuses."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date

from zoneplanner.domain.log.office_entries import CampusPage, ReunificationSite
from zoneplanner.domain.log.people_entries import PartnerRecord, Training
from zoneplanner.domain.readiness.campus_pages import find_standing_pages
from zoneplanner.domain.readiness.requirements import (
    DISTRICT_WIDE,
    Requirement,
    RequirementStatus,
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
