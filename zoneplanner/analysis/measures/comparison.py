"""How two plans differ: the sites that move, what it means for each, and every measure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

import numpy as np

from zoneplanner.analysis.districting.problem_builder import match_best_pairs
from zoneplanner.analysis.measures.plan_measures import (
    MEASURES,
    MeasureDefinition,
    PlanMeasures,
    find_primary_jurisdictions,
    subtract_as_shown,
)
from zoneplanner.analysis.planning_basis import PlanningBasis
from zoneplanner.bundled import read_resource_table
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.domain.project import Project


@dataclass(frozen=True, eq=False, slots=True)
class EvaluatedPlan:
    """One of the plans with its figures; ``project`` is the project as it is under the plan.

    ``response`` holds the plan's expected response, by measure; ``turned_on`` the days from which
    sites are closed or open in it.
    """

    project: Project
    plan: Plan
    basis: PlanningBasis
    figures: PlanMeasures
    response: Mapping[MeasureDefinition, float] = field(default_factory=dict)
    turned_on: Mapping[str, date] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SiteZoneChange:
    """A site that changes its zone; None stands for no zone.

    If the plans number their zones differently, both have the numbers of the second plan. Minutes
    are turnout and drive from the zone's post to the site, or None if a plan has no zone for it.
    """

    site: str
    name: str
    before: str | None
    after: str | None
    students: int
    before_min: float | None
    after_min: float | None

    @property
    def change_min(self) -> float | None:
        """Minutes gained (below 0) or lost, or None if a plan has none."""
        if self.before_min is None or self.after_min is None:
            return None
        return self.after_min - self.before_min

    @property
    def shown_change_min(self) -> float | None:
        """The change of the minutes as printed, to a tenth."""
        if self.before_min is None or self.after_min is None:
            return None
        return subtract_as_shown(self.before_min, self.after_min, 1)


@dataclass(frozen=True, slots=True)
class SiteChange:
    """A site that is closed or opened, or gets more students; ``on`` is from when, if known.

    ``students`` is its enrollment, or how many more it gets.
    """

    site: str
    name: str
    students: int
    on: date | None = None


class MeasureVerdict(StrEnum):
    """How a measure of a plan compares with another plan's; neither, if no direction is good.

    It is about the same if the printed change is too small to count.
    """

    BETTER = "better"
    WORSE = "worse"
    SAME = "same"
    ABOUT_THE_SAME = "about the same"
    NEITHER = ""


@dataclass(frozen=True, slots=True)
class MeasureChange:
    """One measure of both plans."""

    measure: MeasureDefinition
    before: float
    after: float

    @property
    def change(self) -> float:
        """After minus before; of the sizes where zero is best."""
        return self.measure.weigh(self.after) - self.measure.weigh(self.before)

    @property
    def shown_change(self) -> float:
        """The change of the figures as printed; of shares in percentage points."""
        return self.measure.subtract_sizes(self.before, self.after)

    @property
    def good(self) -> bool | None:
        """Whether the second plan is better or None if they are the same or neither way is good."""
        return self.measure.is_better(self.before, self.after)

    @property
    def verdict(self) -> MeasureVerdict:
        """How the second plan compares with the first."""
        if self.measure.better is None:
            return MeasureVerdict.NEITHER
        if self.good is None:
            return MeasureVerdict.ABOUT_THE_SAME if self.shown_change else MeasureVerdict.SAME
        return MeasureVerdict.BETTER if self.good else MeasureVerdict.WORSE


_SAME_NUMBER = 0.5
"""Less than one student: breaks ties between zones that resemble an old one equally."""


@dataclass(frozen=True, slots=True)
class PlanComparison:
    """Two plans side by side; ``moved`` is in the order of the sites.

    Sites that only one plan patrols are not moved but ``closed`` or ``opened``; sites with more
    students in the second plan are ``receiving``. A zone with another number in the second plan,
    old and new in ``renumbered``, is the same zone: its sites have not moved. For readers outside
    the office there are only the moves, no ``figures`` and no students. The figures are for
    ``calls_per_day``.
    """

    before: str
    after: str
    moved: tuple[SiteZoneChange, ...] = ()
    figures: tuple[MeasureChange, ...] = ()
    renumbered: tuple[tuple[str, str], ...] = ()
    calls_per_day: float = 0.0
    closed: tuple[SiteChange, ...] = ()
    opened: tuple[SiteChange, ...] = ()
    receiving: tuple[SiteChange, ...] = ()

    @property
    def students_moved(self) -> int:
        """Students of the sites that change their zone."""
        return sum(move.students for move in self.moved)


_TOTALS = tuple(
    replace(MEASURES[key], **declared)
    for key, declared in read_resource_table("plan_totals.toml").items()
)
_PLAN_MEASURES = ("cost", "load_cv", "worst_deviation", "worst_drive_min", "mean_drive_min")


def compute_comparison(before: EvaluatedPlan, after: EvaluatedPlan) -> PlanComparison:
    """Compare two plans of one district, site by site and measure by measure."""
    first, second = _read_measures(before), _read_measures(after)
    measures = (
        *(MEASURES[key] for key in _PLAN_MEASURES),
        *_TOTALS,
        *(MEASURES[key] for key in _COUNTS),
    )
    numbers = _match_zones(before, after)
    return PlanComparison(
        before=before.plan.name,
        after=after.plan.name,
        moved=tuple(_list_zone_changes(before, after, numbers)),
        figures=(
            *(
                MeasureChange(measure, value, after.response[measure])
                for measure, value in before.response.items()
                if measure in after.response
            ),
            *(MeasureChange(m, first[m.key], second[m.key]) for m in measures),
        ),
        renumbered=tuple((old, new) for old, new in numbers.items() if old != new),
        calls_per_day=sum(load.calls for load in after.basis.loads),
        closed=tuple(_list_only_patrolled(before, after, after.turned_on)),
        opened=tuple(_list_only_patrolled(after, before, after.turned_on)),
        receiving=tuple(_list_receiving(before, after)),
    )


def _match_zones(before: EvaluatedPlan, after: EvaluatedPlan) -> dict[str, str]:
    """Return which zone of the second plan each zone of the first became, by most students.

    Only zones of one agency that serve the same jurisdictions can be the same.
    """
    old, new = (_group_zones(side) for side in (before, after))
    students = {site.id: 1 + after.project.count_students(site) for site in after.basis.sites}
    matches: dict[str, str] = {}
    for kind, zones in old.items():
        others = new.get(kind, [])
        shared = np.zeros((max(len(zones), len(others)),) * 2)
        for site, weight in students.items():
            first = before.plan.assignment.get(site, "")
            second = after.plan.assignment.get(site, "")
            if first in zones and second in others:
                shared[zones.index(first), others.index(second)] += weight
        for zone in set(zones) & set(others):
            shared[zones.index(zone), others.index(zone)] += _SAME_NUMBER
        for row, column in enumerate(match_best_pairs(shared)[: len(zones)]):
            if column < len(others) and shared[row, column] > 0:
                matches[zones[row]] = others[column]
    return matches


def _group_zones(side: EvaluatedPlan) -> dict[tuple[str, frozenset[str]], list[str]]:
    groups: dict[tuple[str, frozenset[str]], list[str]] = {}
    for zone in side.plan.zones:
        unit = side.project.units.get(zone.unit)
        kind = find_primary_jurisdictions(side.project, zone.unit)
        groups.setdefault((unit.agency if unit else "", kind), []).append(zone.id)
    return groups


_COUNTS = ("unassigned", "jurisdiction_breaches")


def _read_measures(side: EvaluatedPlan) -> dict[str, float]:
    figures, zones = side.figures, list(side.figures.zones.values())
    shaped = [zone for zone in zones if zone.sites] or zones
    count = max(1, len(shaped))
    return {
        **{key: float(getattr(figures, key)) for key in _PLAN_MEASURES},
        **{key: float(len(getattr(figures, key))) for key in _COUNTS},
        "sites": float(len(side.basis.sites)),
        "students": float(sum(side.project.count_students(s) for s in side.basis.sites)),
        "pieces": float(sum(max(0, zone.pieces - 1) for zone in zones)),
        "polsby_popper": sum(zone.polsby_popper for zone in shaped) / count,
        "reock": sum(zone.reock for zone in shaped) / count,
    }


def _list_zone_changes(
    before: EvaluatedPlan, after: EvaluatedPlan, numbers: Mapping[str, str]
) -> Iterator[SiteZoneChange]:
    for site_id in dict.fromkeys((*before.basis.index, *after.basis.index)):
        if site_id not in before.basis.index or site_id not in after.basis.index:
            continue
        old, new = before.plan.assignment.get(site_id), after.plan.assignment.get(site_id)
        renumbered = None if old is None else numbers.get(old, old)
        if renumbered == new:
            continue
        site = after.project.sites[site_id]
        yield SiteZoneChange(
            site=site_id,
            name=site.name,
            before=renumbered,
            after=new,
            students=after.project.count_students(site),
            before_min=_drive_from_post_min(before, site_id, old),
            after_min=_drive_from_post_min(after, site_id, new),
        )


def _list_only_patrolled(
    here: EvaluatedPlan, there: EvaluatedPlan, days: Mapping[str, date]
) -> Iterator[SiteChange]:
    """Yield the sites that one plan patrols and the other does not."""
    for site_id in here.basis.index:
        if site_id not in there.basis.index:
            site = here.project.sites[site_id]
            students = here.project.count_students(site)
            yield SiteChange(site_id, site.name, students, days.get(site_id))


def _list_receiving(before: EvaluatedPlan, after: EvaluatedPlan) -> Iterator[SiteChange]:
    for site_id in before.basis.index:
        if site_id not in after.basis.index:
            continue
        old, new = (side.project.sites[site_id].enrollment for side in (before, after))
        if old is not None and new is not None and new > old:
            yield SiteChange(site_id, after.project.sites[site_id].name, new - old)


def _drive_from_post_min(side: EvaluatedPlan, site_id: str, zone_id: str | None) -> float | None:
    zone = side.figures.zones.get(zone_id or "")
    if zone is None or zone.post is None or site_id not in side.basis.index:
        return None
    index = side.basis.index
    return float(side.basis.travel_min[index[zone.post], index[site_id]])
