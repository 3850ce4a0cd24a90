"""The district's yearly requirements: the report to the state and other duties."""

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
    describe_due_rule,
)
from zoneplanner.domain.readiness.rule_pack import DistrictDuty, ReportRule, ReviewRule
from zoneplanner.messages import Message


@dataclass(frozen=True, slots=True)
class DistrictReport:
    """A record that a yearly duty was done for a school year.

    ``duty`` is the duty's key in the rules; "" is the report to the state.
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
    """Yield the previous year's requirement if it was missed, then the year's.

    The previous year counts as missed only if an earlier year is on record: before the records of a
    duty begin, nobody knows what was done.
    """
    before = SchoolYear(
        year.name_before,
        year.first.replace(year=year.first.year - 1),
        year.last.replace(year=year.last.year - 1),
    )
    previous = make(before)
    has_records = any(
        report.duty == duty and report.school_year < before.name for report in reports
    )
    if has_records and previous.status is RequirementStatus.OVERDUE:
        yield previous
    yield make(year)


def make_report_requirement(
    rule: ReportRule,
    year: SchoolYear,
    *,
    reports: Iterable[DistrictReport],
    without: Sequence[Site] | None,
    on: date,
) -> Requirement:
    """Return the requirement to report the sites ``without`` a plan that was adopted in time.

    ``without`` is None if they are not known.
    """
    due = place_month_day(year.first.year, rule.month, rule.day)
    sent = _list_days_done(reports, "", year, on)
    detail = [_describe_done("requirement.reported", day, due) for day in sent[:1]]
    if without is not None:
        code = "requirement.report_named" if without else "requirement.report"
        names = [site.name for site in without]
        detail.append(Message(code, sites=len(without), names=names))
    lacking = () if sent else tuple(OpenPoint(site.id, site.name, due) for site in without or ())
    return Requirement(
        DISTRICT_WIDE,
        DISTRICT_REPORT,
        RequirementStatus.judge(sent, due, on),
        due,
        int(bool(sent)),
        1,
        rule=describe_due_rule(rule, rule.text, due),
        messages=tuple(detail) or (Message("requirement.nothing_logged"),),
        lacking=lacking,
        school_year=year.name,
    )


def _describe_done(code: str, on: date, due: date) -> Message:
    days = (on - due).days
    return Message(f"{code}_late", on=on, days=days) if days > 0 else Message(code, on=on)


def make_duty_requirement(
    duty: DistrictDuty, year: SchoolYear, *, reports: Iterable[DistrictReport], on: date
) -> Requirement:
    """Return the requirement of another yearly duty of the district."""
    is_in_first_half = (duty.month, duty.day) >= (year.first.month, year.first.day)
    calendar_year = year.first.year if is_in_first_half else year.last.year
    due = place_month_day(calendar_year, duty.month, duty.day)
    done = _list_days_done(reports, duty.key, year, on)
    return Requirement(
        DISTRICT_WIDE,
        f"{DUTY_PREFIX}{duty.key}",
        RequirementStatus.judge(done, due, on),
        due,
        int(bool(done)),
        1,
        rule=describe_due_rule(duty, duty.text, due),
        messages=(
            _describe_done("requirement.done", done[0], due)
            if done
            else Message("requirement.nothing_logged"),
        ),
        school_year=year.name,
    )


def _list_days_done(
    reports: Iterable[DistrictReport], duty: str, year: SchoolYear, on: date
) -> list[date]:
    own = (report for report in reports if report.school_year == year.name and report.duty == duty)
    return sorted(report.on for report in own if report.on <= on)


def find_sites_with_adopted_plan(
    reviews: Iterable[PlanReview], rule: ReviewRule, year_name: str, by: date
) -> frozenset[str]:
    """Return the sites whose plan review of a school year reached its end by a day."""
    ends = (review for review in reviews if review.stage == rule.stage and review.on <= by)
    return frozenset(review.site for review in ends if review.school_year == year_name)
