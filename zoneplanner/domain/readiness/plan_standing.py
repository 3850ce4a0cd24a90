"""Where the plan reviews of schools stand beside each other: how many points each has open."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from zoneplanner.domain.readiness.plan_review import OpenPoint, count_open_points
from zoneplanner.domain.readiness.requirements import (
    PLAN_REVIEW,
    Requirement,
    RequirementStatus,
    find_worst_status,
)


@dataclass(frozen=True, slots=True)
class PlanStanding:
    """The plan review of a site with all that is open of it, the year before's rest included."""

    site: str
    status: RequirementStatus
    due_on: date | None
    points: tuple[OpenPoint, ...]

    @property
    def steps(self) -> int:
        """How many steps are open."""
        return count_open_points(self.points)[0]

    @property
    def elements(self) -> int:
        """How many elements nobody confirmed."""
        return count_open_points(self.points)[1]

    @property
    def out_of_order(self) -> int:
        """How many points were done and do not count."""
        return sum(one.why is not None for one in self.points)


def list_plan_standings(items: Iterable[Requirement]) -> tuple[PlanStanding, ...]:
    """Return where each plan review stands, those with the most open points first."""
    by_site: dict[str, list[Requirement]] = defaultdict(list)
    for item in items:
        if item.kind == PLAN_REVIEW:
            by_site[item.site].append(item)
    found = [
        PlanStanding(
            site,
            find_worst_status(own),
            min((one.due_on for one in own if one.due_on), default=None),
            tuple(point for one in own for point in one.lacking),
        )
        for site, own in by_site.items()
    ]
    return tuple(sorted(found, key=lambda one: -len(one.points)))
