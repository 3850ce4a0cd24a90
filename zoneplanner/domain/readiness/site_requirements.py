"""The requirements of each site on a day: its drills, and the review of its safety plan."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from zoneplanner.domain.calendar.school_calendar import DateRange, SchoolYear, place_month_day
from zoneplanner.domain.geography.site import Site
from zoneplanner.domain.grouping import group_pairs
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
from zoneplanner.domain.readiness.requirements import (
    PLAN_REVIEW,
    Requirement,
    RequirementStatus,
    describe_due_rule,
)
from zoneplanner.domain.readiness.rule_pack import REVIEW_STAGES, PlanElement, ReviewStep, RulePack
from zoneplanner.messages import Message

_MAX_NAMED_POINTS = 3


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
    """Yield a site's requirements; ``drills`` are its drills with their local days, in order.

    ``is_on_record`` returns whether all days of a period are on record.
    """
    if not rules.levels.get(site.level):
        return
    if rules.review.is_in_force(on):
        yield from _list_review_requirements(site, rules, year, reviews, on)
    for kind in list_required_drill_kinds(rules):
        found = find_drill_rule(rules, site, kind, on)
        if found is not None:
            counted = (kind, *found[0].met_by)
            days = [day for day, drill in drills if drill.kind in counted and day <= on]
            yield make_drill_requirement(site, found, year, days, is_on_record=is_on_record, on=on)


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
    for drill in sorted(drills, key=lambda drill: (drill.held_at, drill.uid)):
        held[drill.site].append((drill.held_at.astimezone(zone).date(), drill))
    reviewed = group_pairs((review.site, review) for review in reviews)
    recorded = (day for days in held.values() for day, _ in days if day <= on)
    spans = project.records.kind(DRILL_RECORDS).list_days_on_record(recorded)

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
                reviews=reviewed.get(site.id, ()),
                is_on_record=is_on_record,
                on=on,
            )
        )
        for site in project.patrolled
    }


def _list_review_requirements(
    site: Site, rules: RulePack, year: SchoolYear, reviews: Sequence[PlanReview], on: date
) -> Iterator[Requirement]:
    """Yield what the previous year's review still lacks, then the review of the year.

    The previous review is followed only if it was recorded element by element, and by the rules of
    its last day. Once the plan is adopted again, only its steps due after that school year remain.
    """
    before = year.name_before
    earlier = [review for review in reviews if review.school_year == before and review.on <= on]
    current = [review for review in reviews if review.school_year == year.name and review.on <= on]
    if any(review.elements for review in earlier):
        last_day = year.first - timedelta(days=1)
        points = list_open_points(site, rules, earlier, ends_in=year.first.year, on=last_day)
        if any(review.stage == rules.review.stage for review in current):
            points = tuple(point for point in points if point.due >= year.first)
        if points:
            yield _make_review_requirement(site.id, rules, before, earlier, points=points, on=on)
    points = list_open_points(site, rules, current, ends_in=year.last.year, on=on)
    item = _make_review_requirement(site.id, rules, year.name, current, points=points, on=on)
    since, newer = list_newer_rules(site, rules, reviews, on)
    if newer:
        changes = [rule.change.rstrip(".") or rule.citation for rule in newer]
        message = Message("requirement.newer_rules", count=len(newer), since=since, rules=changes)
        item = replace(
            item,
            messages=(*item.messages, message),
            newer_rules=tuple(map(_make_point_key, newer)),
        )
    yield item


def _make_point_key(rule: PlanElement | ReviewStep) -> str:
    return f"{ELEMENT_PREFIX}{rule.key}" if isinstance(rule, PlanElement) else rule.key


def _make_review_requirement(
    site: str,
    rules: RulePack,
    year_name: str,
    reviews: Sequence[PlanReview],
    *,
    points: Sequence[OpenPoint],
    on: date,
) -> Requirement:
    """Return the requirement of the review of a school year, with its open points."""
    rule = rules.review
    year_end = place_month_day(int(year_name[:4]) + 1, rule.month, rule.day)
    due = min((point.due for point in points), default=year_end)
    adoptions = [review.on for review in reviews if review.stage == rule.stage]
    if adoptions:
        late, facts = (min(adoptions) - year_end).days, {"stage": rule.stage.capitalize()}
        messages = [
            Message("requirement.review_ended_late", on=max(adoptions), days=late, **facts)
            if late > 0
            else Message("requirement.review_ended", on=max(adoptions), **facts)
        ]
    elif reviews:
        reached = max(REVIEW_STAGES.index(review.stage) for review in reviews)
        messages = [Message("requirement.review_at", stage=REVIEW_STAGES[reached].capitalize())]
    else:
        messages = [Message("requirement.nothing_logged")]
    if reviews and points:
        messages.append(Message("requirement.open_points", points=describe_open_points(points)))
    return Requirement(
        site,
        PLAN_REVIEW,
        RequirementStatus.judge(not points, due, on),
        due,
        int(not points),
        1,
        rule=describe_due_rule(rule, rule.stage, year_end),
        messages=tuple(messages),
        lacking=tuple(points),
        school_year=year_name,
    )


def describe_open_points(points: Sequence[OpenPoint]) -> Message:
    """Name the first open points, and count further steps and elements."""
    texts = [point.message for point in points[:_MAX_NAMED_POINTS]]
    rest = points[_MAX_NAMED_POINTS:]
    if rest:
        steps, elements = count_open_points(rest)
        counts = (("more_open_points.steps", steps), ("more_open_points.elements", elements))
        more = [Message(code, n=n) for code, n in counts if n]
        uncounted = sum(point.why is not None for point in rest)
        code = "more_open_points.uncounted" if uncounted else "more_open_points"
        texts.append(Message(code, more=more, n=uncounted))
    return Message("open_points", texts=texts)
