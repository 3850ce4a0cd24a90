"""Figures of a plan and of its zones, recomputed only for the zones that changed.

Also the measures themselves: each figure's name, unit and meaning.
"""

import hashlib
import math
import tomllib
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import shapely

from zoneplanner.analysis.geometry.cells_and_outlines import ZoneOutline, find_detached_sites
from zoneplanner.analysis.planning_basis import PlanningBasis
from zoneplanner.bundled import resources_dir
from zoneplanner.domain.geography.site import AreaGeometry
from zoneplanner.domain.plans.checks import CheckInputs
from zoneplanner.domain.plans.edits import list_locked_zones, map_locked_sites
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.domain.project import Project


@dataclass(frozen=True, slots=True)
class ZoneMeasures:
    """A zone's work and reach; ``MEASURES`` defines each figure.

    ``post`` is the member site that the zone is served from, None in an empty zone.
    """

    zone: str
    sites: int
    students: int
    load_min: float
    target_min: float
    deviation: float
    drive_min_per_day: float
    post: str | None
    worst_drive_min: float
    mean_drive_min: float
    pieces: int
    polsby_popper: float
    reock: float


@dataclass(frozen=True, eq=False, slots=True)
class PlanMeasures:
    """Figures of all zones and of the plan as a whole; sites are named by id."""

    zones: Mapping[str, ZoneMeasures]
    cost: float
    load_cv: float
    worst_deviation: float
    worst_drive_min: float
    mean_drive_min: float
    unassigned: tuple[str, ...]
    jurisdiction_breaches: tuple[str, ...]


def compute_plan_measures(
    project: Project,
    plan: Plan,
    basis: PlanningBasis,
    outlines: Mapping[str, ZoneOutline],
    *,
    previous: PlanMeasures | None = None,
    only: Collection[str] | None = None,
) -> PlanMeasures:
    """Return a plan's figures.

    With ``previous``, figures on the same basis, and ``only``, the zones that changed since, the
    other zones keep their figures.
    """
    members = _list_zone_rows(plan, basis)
    targets = compute_fair_shares_min(
        project, plan, basis.list_jurisdictions(), basis.list_loads_min()
    )
    zones: dict[str, ZoneMeasures] = {}
    for zone_id, rows in members.items():
        old = previous.zones.get(zone_id) if previous is not None and only is not None else None
        if old is not None and zone_id not in (only or ()) and old.target_min == targets[zone_id]:
            zones[zone_id] = old
        else:
            outline = outlines.get(zone_id)
            zones[zone_id] = _compute_zone_measures(
                zone_id, rows, project, basis, target=targets[zone_id], outline=outline
            )
    return _summarize_zones(project, plan, basis, zones)


def compute_zone_deviations(project: Project, plan: Plan, basis: PlanningBasis) -> dict[str, float]:
    """Return how far each zone's load is from its fair share: 0.05 is 5 % above it."""
    targets = compute_fair_shares_min(
        project, plan, basis.list_jurisdictions(), basis.list_loads_min()
    )
    return {
        zone: _compute_deviation(float(basis.load_min[rows].sum()), targets[zone])
        for zone, rows in _list_zone_rows(plan, basis).items()
    }


def _list_zone_rows(plan: Plan, basis: PlanningBasis) -> dict[str, list[int]]:
    members: dict[str, list[int]] = {zone.id: [] for zone in plan.zones}
    for site, at in basis.index.items():
        zone_id = plan.assignment.get(site)
        if zone_id in members:
            members[zone_id].append(at)
    return members


def _compute_deviation(load_min: float, target_min: float) -> float:
    return load_min / target_min - 1 if target_min > 0 else 0.0


def find_primary_jurisdictions(project: Project, unit_id: str) -> frozenset[str]:
    """Return the jurisdictions where a unit may be primary; none for an unknown unit."""
    unit = project.units.get(unit_id)
    return frozenset(key for key in project.jurisdictions if unit and unit.may_be_primary(key))


def compute_fair_shares_min(
    project: Project,
    plan: Plan,
    jurisdictions: Mapping[str, str | None],
    loads_min: Mapping[str, float],
) -> dict[str, float]:
    """Return each zone's fair share in minutes a day: its group's load over the group's zones.

    A site counts for the group of its own zone if that may hold it, else for the first group that
    may. So the shares of an unfinished plan are already those of the finished one.
    """
    kinds = {zone.id: find_primary_jurisdictions(project, zone.unit) for zone in plan.zones}
    load: dict[frozenset[str], float] = dict.fromkeys(kinds.values(), 0.0)
    for site, minutes in loads_min.items():
        jurisdiction = jurisdictions[site]
        own = kinds.get(plan.assignment.get(site, ""), frozenset())
        kind = own if jurisdiction in own else next((k for k in load if jurisdiction in k), None)
        if kind is not None:
            load[kind] += minutes
    sizes = Counter(kinds.values())
    return {zone: load[kind] / sizes[kind] for zone, kind in kinds.items()}


def gather_plan_facts(basis: PlanningBasis, figures: PlanMeasures | None) -> CheckInputs:
    """Return what a plan's checks need; ``figures`` are the plan's."""
    zones = figures.zones if figures is not None else {}
    return CheckInputs(
        placements=basis.placements,
        load_min={key: zone.load_min for key, zone in zones.items()},
        target_min={key: zone.target_min for key, zone in zones.items()},
        pieces={key: zone.pieces for key, zone in zones.items()},
        stacked=basis.cells.stacked_sites,
        detached_blocks=basis.cells.detached_blocks,
        detached_sites=[
            (own.sites, own.joins, own.away_m)
            for own in find_detached_sites(basis.project, basis.cells)
        ],
    )


def compute_problem_fingerprint(project: Project, plan: Plan, basis: PlanningBasis) -> str:
    """Return a digest of everything a bound depends on: sites, zones, rules, loads and drives.

    Loads and costs are rounded to a millionth of a minute, so that every machine gives the same.
    """
    return _digest_problem(project, plan, basis, ())


def compute_proof_fingerprint(project: Project, plan: Plan, basis: PlanningBasis) -> str:
    """Return the digest that proofs were saved with until 0.3.6, which includes the assignment."""
    return _digest_problem(project, plan, basis, (sorted(plan.assignment.items()),))


def _digest_problem(
    project: Project, plan: Plan, basis: PlanningBasis, more: tuple[object, ...]
) -> str:
    zones = [
        (zone.id, sorted(find_primary_jurisdictions(project, zone.unit))) for zone in plan.zones
    ]
    sites = [(site.id, basis.placements[site.id].jurisdiction) for site in basis.sites]
    locks = (
        sorted(map_locked_sites(project, plan).items()),
        sorted(list_locked_zones(project, plan)),
    )
    head = repr((zones, sites, locks, round(plan.tolerance, 9)))
    return _digest(head, basis, "".join(map(repr, more)))


@lru_cache(maxsize=2)
def _digest(head: str, basis: PlanningBasis, more: str) -> str:
    """Return the digest, cached because a drag asks for the same one in each frame."""
    digest = hashlib.sha256(head.encode())
    digest.update(repr((basis.cells.vertices, basis.cells.neighbors)).encode())
    digest.update(more.encode())
    for figure in (basis.load_min, basis.cost):
        digest.update(np.rint(figure * 1e6).astype("<i8").tobytes())
    return digest.hexdigest()


def _compute_zone_measures(
    zone_id: str,
    rows: list[int],
    project: Project,
    basis: PlanningBasis,
    *,
    target: float,
    outline: ZoneOutline | None,
) -> ZoneMeasures:
    load = float(basis.load_min[rows].sum())
    post, drive = basis.find_post(rows) if rows else (None, 0.0)
    trips = float(basis.trips[rows].sum())
    polsby_popper, reock = _compute_compactness(outline.body) if outline else (0.0, 0.0)
    return ZoneMeasures(
        zone=zone_id,
        sites=len(rows),
        students=sum(project.count_students(basis.sites[row]) for row in rows),
        load_min=load,
        target_min=target,
        deviation=_compute_deviation(load, target),
        drive_min_per_day=drive,
        post=None if post is None else basis.sites[post].id,
        worst_drive_min=0.0 if post is None else float(basis.travel_min[post, rows].max()),
        mean_drive_min=drive / trips if trips > 0 else 0.0,
        pieces=outline.pieces if outline else 0,
        polsby_popper=polsby_popper,
        reock=reock,
    )


def _compute_compactness(area: AreaGeometry) -> tuple[float, float]:
    """Return an area's compactness by Polsby and Popper (1991) and by Reock (1961)."""
    perimeter_m = area.length
    radius_m = float(shapely.minimum_bounding_radius(area))
    if perimeter_m == 0 or radius_m == 0:
        return 0.0, 0.0
    polsby_popper = 4 * math.pi * area.area / perimeter_m**2
    return polsby_popper, area.area / (math.pi * radius_m**2)


def _summarize_zones(
    project: Project, plan: Plan, basis: PlanningBasis, zones: Mapping[str, ZoneMeasures]
) -> PlanMeasures:
    ratios = np.array([zone.deviation + 1 for zone in zones.values() if zone.target_min > 0])
    mean = float(ratios.mean()) if ratios.size else 0.0
    cost = sum(zone.drive_min_per_day for zone in zones.values())
    served = [site for site in basis.index if plan.assignment.get(site) in zones]
    trips = sum(basis.trips[[basis.index[site] for site in served]].tolist())
    kinds = {zone.id: find_primary_jurisdictions(project, zone.unit) for zone in plan.zones}
    return PlanMeasures(
        zones=zones,
        cost=cost,
        load_cv=float(ratios.std()) / mean if mean > 0 else 0.0,
        worst_deviation=max((zone.deviation for zone in zones.values()), key=abs, default=0.0),
        worst_drive_min=max((zone.worst_drive_min for zone in zones.values()), default=0.0),
        mean_drive_min=cost / trips if trips > 0 else 0.0,
        unassigned=tuple(s for s in basis.index if plan.assignment.get(s) not in zones),
        jurisdiction_breaches=tuple(
            site
            for site in served
            if basis.placements[site].jurisdiction not in kinds[plan.assignment[site]]
        ),
    )


_BetterDirection = Literal["lower", "higher", "target"] | None


@dataclass(frozen=True, slots=True)
class MeasureDefinition:
    """A figure that can be shown; ``better`` says which way is good, or None if neither is.

    A change of less than ``least`` counts as none: the figure is not that exact. It is always
    printed with ``digits``, shares in percent, and changes are judged as printed.
    """

    key: str
    name: str
    unit: str
    definition: str
    better: _BetterDirection = None
    least: float = 0.0
    digits: int = 0

    @property
    def value_unit(self) -> str:
        """The unit of the value itself: figures shown in percent run from 0 to 1."""
        return "share" if self.unit == "%" else self.unit

    def weigh(self, value: float) -> float:
        """Return the value to compare: its size where zero is best."""
        return abs(value) if self.better == "target" else value

    def subtract_sizes(self, before: float, after: float) -> float:
        """Return the change of the compared values as printed; shares in percentage points."""
        sizes = (self.weigh(before), self.weigh(after))
        return subtract_as_shown(*sizes, self.digits, percent=self.unit == "%")

    def is_better(self, before: float, after: float) -> bool | None:
        """Return whether ``after`` is better, or None if they are equal or neither way is good.

        Where zero is best, the one nearer to it is better. Changes that are printed alike get the
        same verdict.
        """
        rise = self.subtract_sizes(before, after)
        least = self.least * (100 if self.unit == "%" else 1)
        if self.better is None or rise == 0 or abs(rise) < least - _ROUNDING:
            return None
        return (rise > 0) if self.better == "higher" else (rise < 0)


def subtract_as_shown(before: float, after: float, digits: int, *, percent: bool = False) -> float:
    """Return the difference of two figures as printed, so that the three add up on the page.

    With ``percent`` the figures are shares, and the difference is in percentage points.
    """
    scale = 100 if percent else 1
    return round(round(after * scale, digits) - round(before * scale, digits), digits) + 0.0


_ROUNDING = 1e-9

_TABLE = tomllib.loads((resources_dir() / "measures.toml").read_text(encoding="utf-8"))

MEASURES = {
    key: MeasureDefinition(key, **{"unit": "", **declared}) for key, declared in _TABLE.items()
}
"""The measures of a plan and its zones by key, from ``resources/measures.toml``."""
