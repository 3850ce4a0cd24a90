"""The daily work at each site (its load): planned visits and expected calls."""

from dataclasses import dataclass

from zoneplanner.domain.assumptions import Assumptions, look_up_by_level
from zoneplanner.domain.demand import Demand, count_weighted_students
from zoneplanner.domain.geography.site import Site
from zoneplanner.errors import UserError

SCHOOL_DAY_H = 10.5
"""Hours of a school day in which calls come: by the usual bells from 7:30 to 18:00."""

URGENT_PRIORITY = 2
"""Calls of this priority number or a smaller one are urgent."""

URGENT_SHARE = 0.2
"""Share of calls that are urgent, assumed until the journal shows the real one."""


@dataclass(frozen=True, slots=True)
class SiteLoad:
    """A site's visits and calls a school day, and the minutes on site that each takes."""

    visits: float
    visit_min: float
    calls: float
    call_min: float

    @property
    def minutes(self) -> float:
        """Minutes on site a day: the load that zones are to share evenly."""
        return self.visits * self.visit_min + self.calls * self.call_min

    @property
    def trips(self) -> float:
        """Drives to the site a day."""
        return self.visits + self.calls


def compute_site_load(
    site: Site, assumptions: Assumptions, demand: Demand | None = None
) -> SiteLoad:
    """Return a site's daily load by its level and enrollment.

    Calls come from ``demand``, or without one from the assumptions. Levels that are not in the
    tables have the figure ``other``.

    Raises
    ------
    UserError
        The enrollment is negative.
    """
    students = assumptions.missing_enrollment if site.enrollment is None else site.enrollment
    if students < 0:
        raise UserError("negative_enrollment", site=site.id, name=site.name, students=students)
    per_1000 = assumptions.calls_per_1000
    if demand is not None:
        per_1000 = demand.rate_of(site.id).per_1000
    return SiteLoad(
        visits=look_up_by_level(assumptions.visits_per_day, site.level),
        visit_min=look_up_by_level(assumptions.dwell_min, site.level),
        calls=per_1000 * count_weighted_students(site, assumptions),
        call_min=assumptions.service_min,
    )
