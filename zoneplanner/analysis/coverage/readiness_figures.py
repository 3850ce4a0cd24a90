"""The figures of readiness: plans reviewed, drills held, days to a review, actions on time."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from zoneplanner.analysis.coverage.figures import Figure, compute_percentile, compute_share
from zoneplanner.domain.calendar.school_calendar import SchoolYear
from zoneplanner.domain.project import Project
from zoneplanner.domain.readiness.follow_up import FollowUpRecords
from zoneplanner.domain.readiness.requirements import (
    PLAN_REVIEW,
    PlanReview,
    Requirement,
    find_sites_with_adopted_plan,
)
from zoneplanner.domain.readiness.rule_pack import RulePack, list_required_drill_kinds

_REVIEWED = (
    "Sites whose plan review reached its end by the day it is due in the school year / sites that "
    "owe one."
)
_DRILLS = (
    "Drills held of this kind, at each site up to those required so far / drills required so far."
)
_DAYS_TO_REVIEW = (
    "Days from an incident of this school year to its after-action review: the median of the "
    "incidents that were reviewed."
)
_ON_TIME = (
    "Corrective actions that were done by their day and verified / corrective actions whose day "
    "has passed in this school year."
)
READINESS_DEFINITIONS: Mapping[str, tuple[str, str]] = {
    "plans_reviewed_share": ("Plans reviewed on time", _REVIEWED),
    "drills_KIND_share": ("Drills held of those required", _DRILLS),
    "days_to_review_p50": ("Days to review, median", _DAYS_TO_REVIEW),
    "actions_on_time_share": ("Actions closed on time", _ON_TIME),
}
"""The name that people read and the definition of each figure."""


def name_readiness_figure(name: str) -> str:
    """Return what people call a figure; drills are named by their kind."""
    if name in READINESS_DEFINITIONS:
        return READINESS_DEFINITIONS[name][0]
    kind = name.removeprefix("drills_").removesuffix("_share")
    return f"{kind.replace('_', '-').capitalize()} drills held"


@dataclass(frozen=True, eq=False, slots=True)
class ReadinessYear:
    """What the figures of one school year are computed from, up to a day."""

    project: Project
    rules: RulePack
    year: SchoolYear
    on: date


def compute_readiness_figures(
    items: Iterable[Requirement],
    happened: FollowUpRecords,
    reviews: Iterable[PlanReview],
    of: ReadinessYear,
) -> dict[str, Figure]:
    """Return the figures of a school year up to a day, by name."""
    all_items = tuple(items)
    found = {"plans_reviewed_share": _share_reviewed(all_items, reviews, of)}
    for kind in list_required_drill_kinds(of.rules):
        own = [item for item in all_items if item.kind == kind and item.required]
        required = sum(item.required for item in own)
        held = sum(min(item.done, item.required) for item in own)
        found[f"drills_{kind}_share"] = compute_share(
            held, required, _DRILLS, "no site owes one so far"
        )
    found["days_to_review_p50"] = _find_days_to_review(happened, of)
    due = [
        action
        for action in happened.actions
        if of.year.first <= action.due_on <= min(of.on, of.year.last)
    ]
    on_time = sum(action.on_time for action in due)
    found["actions_on_time_share"] = compute_share(
        on_time, len(due), _ON_TIME, "none has fallen due"
    )
    return found


def _share_reviewed(
    items: Sequence[Requirement], reviews: Iterable[PlanReview], of: ReadinessYear
) -> Figure:
    rule = of.rules.review
    owing = {item.site for item in items if item.kind == PLAN_REVIEW}
    by = min(of.on, date(of.year.last.year, rule.month, rule.day))
    done = owing & find_sites_with_adopted_plan(reviews, rule, of.year.name, by)
    return compute_share(len(done), len(owing), _REVIEWED, "no site owes one")


def _find_days_to_review(happened: FollowUpRecords, of: ReadinessYear) -> Figure:
    zone = ZoneInfo(of.project.time_zone)
    held = {one.incident: one.held_on for one in reversed(happened.after_actions) if one.incident}
    days = []
    for call in happened.incidents:
        day = call.received_at.astimezone(zone).date()
        if call.uid in held and of.year.first <= day and held[call.uid] <= of.on:
            days.append(float((held[call.uid] - day).days))
    return compute_percentile(days, 50, _DAYS_TO_REVIEW, "no incident was reviewed")
