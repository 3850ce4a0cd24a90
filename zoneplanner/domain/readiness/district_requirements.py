"""What the district owes once a school year: the report to the state and its other duties."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from zoneplanner.domain.calendar.school_calendar import SchoolYear, place_month_day
from zoneplanner.domain.geography.site import Site
from zoneplanner.domain.log.journal import FreeText
from zoneplanner.domain.readiness.plan_review import OpenPoint, PlanReview
from zoneplanner.domain.readiness.requirements import (
    DISTRICT_REPORT,
    DISTRICT_WIDE,
    DUTY_PREFIX,
    Requirement,
    RequirementStatus,
)
from zoneplanner.domain.readiness.rule_pack import DistrictDuty, ReportRule, ReviewRule
from zoneplanner.messages import format_count, render_message


@dataclass(frozen=True, slots=True)
class DistrictReport:
    """A yearly duty of the district was done for a school year on a day.

    ``duty`` is its key among the rules; without one it is the report to the state.
    """

    uid: str
    school_year: str
    on: date
    duty: str = ""
    note: FreeText = ""
    sample: bool = False


def list_yearly_requirements(
    make: Callable[[SchoolYear], Requirement],
    duty: str,
    year: SchoolYear,
    reports: Iterable[DistrictReport],
) -> Iterator[Requirement]:
    """Yield a requirement of the district for a school year, after one that was missed before.

    The year before was missed where a year before that is on record: until records of a duty
    begin, nobody knows what was done.
    """
    before = SchoolYear(
        year.name_before,
        year.first.replace(year=year.first.year - 1),
        year.last.replace(year=year.last.year - 1),
    )
    missed = make(before)
    kept = any(one.duty == duty and one.school_year < before.name for one in reports)
    if kept and missed.status is RequirementStatus.OVERDUE:
        yield missed
    yield make(year)


def make_report_requirement(
    rule: ReportRule,
    year: SchoolYear,
    *,
    reports: Iterable[DistrictReport],
    without: Sequence[Site],
    on: date,
) -> Requirement:
    """Return the district's requirement to report the sites ``without`` a plan adopted in time."""
    due = place_month_day(year.first.year, rule.month, rule.day)
    sent = _list_days_done(reports, "", year, on)
    facts = {"sites": len(without), "names": [one.name for one in without]}
    words = render_message("requirement.report_named" if without else "requirement.report", facts)
    return Requirement(
        DISTRICT_WIDE,
        DISTRICT_REPORT,
        RequirementStatus.judge(sent, due, on),
        due,
        int(bool(sent)),
        1,
        rule=f"{rule.citation}: {rule.text} by {due:%B} {due.day}",
        detail=f"{_describe_done('Reported', sent[0], due)} {words}" if sent else words,
        lacking=() if sent else tuple(OpenPoint(one.id, one.name, due) for one in without),
        school_year=year.name,
    )


def _describe_done(what: str, on: date, due: date) -> str:
    days = (on - due).days
    late = f", {format_count(days, 'day')} late" if days > 0 else ""
    return f"{what} on {on}{late}."


def make_duty_requirement(
    duty: DistrictDuty, year: SchoolYear, *, reports: Iterable[DistrictReport], on: date
) -> Requirement:
    """Return another yearly requirement of the district."""
    starts = (year.first.month, year.first.day)
    place = year.first.year if (duty.month, duty.day) >= starts else year.last.year
    due = place_month_day(place, duty.month, duty.day)
    done = _list_days_done(reports, duty.key, year, on)
    return Requirement(
        DISTRICT_WIDE,
        f"{DUTY_PREFIX}{duty.key}",
        RequirementStatus.judge(done, due, on),
        due,
        int(bool(done)),
        1,
        rule=f"{duty.citation}: {duty.text} by {due:%B} {due.day}",
        detail=_describe_done("Done", done[0], due) if done else "Nothing logged yet.",
        school_year=year.name,
    )


def _list_days_done(
    reports: Iterable[DistrictReport], duty: str, year: SchoolYear, on: date
) -> list[date]:
    return sorted(
        one.on
        for one in reports
        if one.school_year == year.name and one.duty == duty and one.on <= on
    )


def find_sites_with_adopted_plan(
    reviews: Iterable[PlanReview], rule: ReviewRule, year_name: str, by: date
) -> frozenset[str]:
    """Return the sites whose plan review of a school year reached its end by a day."""
    return frozenset(
        one.site
        for one in reviews
        if one.school_year == year_name and one.stage == rule.stage and one.on <= by
    )
