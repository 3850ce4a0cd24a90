"""What each site has to do on a day: its drills, and the review of its safety plan."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from zoneplanner.domain.calendar.school_calendar import DateRange, SchoolYear, place_month_day
from zoneplanner.domain.geography.site import Site
from zoneplanner.domain.log.days_on_record import DRILL_RECORDS
from zoneplanner.domain.project import Project
from zoneplanner.domain.readiness.drill_requirements import Drill, make_drill_requirement
from zoneplanner.domain.readiness.drill_rules import find_drill_rule, list_required_drill_kinds
from zoneplanner.domain.readiness.plan_review import (
    ELEMENT_PREFIX,
    OpenPoint,
    PlanReview,
    count_open_points,
    list_newer_rules,
    list_open_points,
)
from zoneplanner.domain.readiness.requirements import PLAN_REVIEW, Requirement, RequirementStatus
from zoneplanner.domain.readiness.rule_pack import REVIEW_STAGES, PlanElement, ReviewStep, RulePack
from zoneplanner.messages import format_count, render_message

_MOST_NAMED = 3


def _list_site_requirements(
    site: Site,
    rules: RulePack,
    year: SchoolYear,
    *,
    drills: Sequence[tuple[date, Drill]],
    reviews: Sequence[PlanReview],
    is_on_record: Callable[[DateRange], bool],
    on: date,
) -> Iterator[Requirement]:
    """Yield what a site is to do; ``drills`` are its own with their local days, in order.

    ``is_on_record`` tells whether all drills of a period are.
    """
    if not rules.levels.get(site.level):
        return
    if rules.review.is_in_force(on):
        yield from _list_review_requirements(site, rules, year, reviews, on)
    for kind in list_required_drill_kinds(rules):
        asked = find_drill_rule(rules, site, kind, on)
        if asked is not None:
            counted = (kind, *asked[0].met_by)
            days = [day for day, drill in drills if drill.kind in counted and day <= on]
            yield make_drill_requirement(site, asked, year, days, is_on_record=is_on_record, on=on)


def list_requirements_by_site(
    project: Project,
    rules: RulePack,
    year: SchoolYear,
    *,
    drills: Iterable[Drill],
    reviews: Iterable[PlanReview],
    on: date,
) -> dict[str, tuple[Requirement, ...]]:
    """Return the requirements of every patrolled site on a day of a school year, by site."""
    zone = ZoneInfo(project.time_zone)
    held: dict[str, list[tuple[date, Drill]]] = defaultdict(list)
    for drill in sorted(drills, key=lambda one: (one.held_at, one.uid)):
        held[drill.site].append((drill.held_at.astimezone(zone).date(), drill))
    reviewed: dict[str, list[PlanReview]] = defaultdict(list)
    for review in reviews:
        reviewed[review.site].append(review)
    kept = project.records.kind(DRILL_RECORDS)
    spans = kept.list_days_on_record(day for own in held.values() for day, _ in own if day <= on)

    @cache
    def is_on_record(period: DateRange) -> bool:
        days = project.calendar.school_days(period.first, period.last)
        return all(any(span.contains(day) for span in spans) for day in days)

    return {
        site.id: tuple(
            _list_site_requirements(
                site,
                rules,
                year,
                drills=held[site.id],
                reviews=reviewed[site.id],
                is_on_record=is_on_record,
                on=on,
            )
        )
        for site in project.patrolled
    }


def _list_review_requirements(
    site: Site, rules: RulePack, year: SchoolYear, reviews: Sequence[PlanReview], on: date
) -> Iterator[Requirement]:
    """Yield the review of the year, after what the one of the year before still lacks.

    That one is followed where it was kept element by element, by the rules of its last day; once
    the plan is adopted anew only its steps that have their day after the school year are.
    """
    before = year.name_before
    earlier = [one for one in reviews if one.school_year == before and one.on <= on]
    own = [one for one in reviews if one.school_year == year.name and one.on <= on]
    if any(one.elements for one in earlier):
        then = year.first - timedelta(days=1)
        left = list_open_points(site, rules, earlier, ends_in=year.first.year, on=then)
        if any(one.stage == rules.review.stage for one in own):
            left = tuple(one for one in left if one.due >= year.first)
        if left:
            yield _make_review_requirement(site.id, rules, (before, earlier), left, on)
    left = list_open_points(site, rules, own, ends_in=year.last.year, on=on)
    found = _make_review_requirement(site.id, rules, (year.name, own), left, on)
    since, newer = list_newer_rules(site, rules, reviews, on)
    if newer:
        facts = {
            "count": len(newer),
            "since": since,
            "rules": [one.change.rstrip(".") or one.citation for one in newer],
        }
        words = f"{found.detail} {render_message('requirement.newer_rules', facts)}"
        found = replace(found, detail=words, newer_rules=tuple(_name_point(one) for one in newer))
    yield found


def _name_point(one: PlanElement | ReviewStep) -> str:
    return f"{ELEMENT_PREFIX}{one.key}" if isinstance(one, PlanElement) else one.key


def _make_review_requirement(
    site: str,
    rules: RulePack,
    kept: tuple[str, Sequence[PlanReview]],
    left: Sequence[OpenPoint],
    on: date,
) -> Requirement:
    """Make the requirement of the review of a school year from its steps and what is left."""
    rule, (year_name, own) = rules.review, kept
    usual = place_month_day(int(year_name[:4]) + 1, rule.month, rule.day)
    due = min((one.due for one in left), default=usual)
    ends = [one.on for one in own if one.stage == rule.stage]
    adopted = max(ends, default=None)
    reached = max((REVIEW_STAGES.index(one.stage) for one in own), default=-1)
    words = "Nothing logged yet." if reached < 0 else f"{REVIEW_STAGES[reached].capitalize()}."
    if adopted is not None:
        late = (min(ends) - usual).days
        words = f"{rule.stage.capitalize()} on {adopted}"
        words += f", {late} days late." if late > 0 else "."
    if own and left:
        words += f" Open: {describe_open_points(left)}."
    return Requirement(
        site,
        PLAN_REVIEW,
        RequirementStatus.judge(not left, due, on),
        due,
        int(not left),
        1,
        rule=f"{rule.citation}: {rule.stage} by {usual:%B} {usual.day}",
        detail=words,
        lacking=tuple(left),
        school_year=year_name,
    )


def describe_open_points(left: Sequence[OpenPoint]) -> str:
    """Name the first open points, and how many steps and elements there are beside them."""
    counts = zip(("step", "element"), count_open_points(left[_MOST_NAMED:]), strict=True)
    more = " and ".join(format_count(n, f"more {one}") for one, n in counts if n)
    idle = sum(one.why is not None for one in left[_MOST_NAMED:])
    if idle:
        more += f", {idle} of which {'does' if idle == 1 else 'do'} not count"
    return "; ".join(filter(None, (*(one.words for one in left[:_MOST_NAMED]), more)))
