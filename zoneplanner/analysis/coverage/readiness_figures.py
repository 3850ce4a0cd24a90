"""The readiness figures: plans reviewed, drills held, days to a review, actions on time."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date
from zoneinfo import ZoneInfo

import numpy as np

from zoneplanner.analysis.coverage.figures import (
    Figure,
    compute_row_percentiles,
    compute_row_shares,
)
from zoneplanner.domain.calendar.school_calendar import SchoolYear, place_month_day
from zoneplanner.domain.project import Project
from zoneplanner.domain.readiness.drill_rules import list_required_drill_kinds
from zoneplanner.domain.readiness.follow_up import FollowUpRecords
from zoneplanner.domain.readiness.plan_review import PlanReview, list_open_points
from zoneplanner.domain.readiness.requirements import (
    DRILL,
    PLAN_REVIEW,
    REVIEW,
    Requirement,
)
from zoneplanner.domain.readiness.rule_pack import RulePack
from zoneplanner.messages import Message

READINESS_FIGURES = (
    "plans_reviewed_share",
    "drills_KIND_share",
    "days_to_review_p50",
    "actions_on_time_share",
)


def name_readiness_figure(name: str) -> Message:
    """Return the displayed name of a figure; drills are named by their kind."""
    if name in READINESS_FIGURES:
        return Message(f"figure_name.{name}")
    kind = name.removeprefix("drills_").removesuffix("_share")
    return Message("figure_name.drills", kind=kind.replace("_", "-").capitalize())


@dataclass(frozen=True, eq=False, slots=True)
class ReadinessYear:
    """The project, rules and school year of the figures, and the day up to which they count."""

    project: Project
    rules: RulePack
    year: SchoolYear
    on: date


def compute_readiness_figures(
    items: Iterable[Requirement],
    follow_up: FollowUpRecords,
    reviews: Iterable[PlanReview],
    of: ReadinessYear,
    *,
    recorded: Collection[str],
) -> dict[str, Figure]:
    """Return the figures of a school year up to a day, by name.

    Figures of kinds that are not in ``recorded`` are withheld.
    """
    requirements = tuple(items)
    rule = of.rules.review
    sites = {item.site for item in requirements if item.kind == PLAN_REVIEW}
    due = place_month_day(of.year.last.year, rule.month, rule.day)
    reviewed = _compute_share(
        "plans_reviewed_share", _count_reviewed_by(due, sites, reviews, of), len(sites)
    )
    if REVIEW not in recorded:
        reviewed = replace(reviewed, value=None, why=Message("no_record_on_file"))
    elif of.on <= due and sites:
        reviewed = replace(reviewed, value=None, why=Message("review_not_due", due=due))
    figures = {"plans_reviewed_share": reviewed}
    for kind in list_required_drill_kinds(of.rules):
        own = [item for item in requirements if item.kind == kind]
        required = sum(item.ended for item in own)
        held = required - sum(item.missed for item in own)
        share = _compute_share("drills_KIND_share", held, required)
        if not required and any(item.unrecorded for item in own):
            share = replace(share, why=Message("no_period_recorded"))
        if DRILL not in recorded:
            share = replace(share, value=None, why=Message("no_record_on_file"))
        figures[f"drills_{kind}_share"] = share
    figures["days_to_review_p50"] = _find_days_to_review(follow_up, of)
    last = min(of.on, of.year.last)
    ended = [action for action in follow_up.actions if of.year.first <= action.due_on <= last]
    closed = sum(action.is_on_time(of.on) for action in ended)
    figures["actions_on_time_share"] = _compute_share("actions_on_time_share", closed, len(ended))
    return figures


def _count_reviewed_by(
    due: date, sites: Collection[str], reviews: Iterable[PlanReview], of: ReadinessYear
) -> int:
    """Count the sites whose review had no open step on the due day that was due by then."""
    steps: dict[str, list[PlanReview]] = {site: [] for site in sites}
    day = min(due, of.on)
    for review in reviews:
        if review.site in steps and review.school_year == of.year.name and review.on <= day:
            steps[review.site].append(review)
    ends_in = of.year.last.year
    return sum(
        all(
            point.due > due
            for point in list_open_points(
                of.project.sites[site], of.rules, own, ends_in=ends_in, on=day
            )
        )
        for site, own in steps.items()
    )


def _compute_share(name: str, part: int, n: int) -> Figure:
    return compute_row_shares(name, np.array([float(part)]), np.array([n])).of(0)


def _find_days_to_review(follow_up: FollowUpRecords, of: ReadinessYear) -> Figure:
    zone = ZoneInfo(of.project.time_zone)
    held = {
        review.incident: review.held_on
        for review in reversed(follow_up.after_actions)
        if review.incident
    }
    days = []
    for call in follow_up.incidents:
        day = call.received_at.astimezone(zone).date()
        if call.uid in held and of.year.first <= day and held[call.uid] <= of.on:
            days.append(float((held[call.uid] - day).days))
    row = np.zeros(len(days), np.int64)
    return compute_row_percentiles("days_to_review_p50", np.array(days), row, 1).of(0)
