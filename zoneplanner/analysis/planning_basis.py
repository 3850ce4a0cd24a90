"""What follows from sites, assumptions and areas, whatever the plan."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from zoneplanner.analysis.arrays import FloatArray, IntArray
from zoneplanner.analysis.geometry.cells_and_outlines import Cells, build_cells, connect_cells
from zoneplanner.analysis.site_loads import (
    SiteLoad,
    compute_site_load,
)
from zoneplanner.analysis.travel.travel_model import choose_travel_model
from zoneplanner.domain.geography.site import (
    AreaGeometry,
    Site,
    SiteJurisdiction,
    find_jurisdictions,
)
from zoneplanner.domain.project import Feature, Project

UNREACHABLE_MIN = 24 * 60.0


@dataclass(frozen=True, eq=False, slots=True)
class PlanningBasis:
    """The loads, travel and cells of a project's patrolled sites, in the project's order.

    Attributes
    ----------
    index
        Each patrolled site's row, by id.
    placements
        Of all sites, patrolled or not.
    load_min, trips
        Minutes and trips a day, shape (n,).
    travel_min
        Minutes from turnout to arrival, shape (n, n): origin row, destination column; inf if the
        destination cannot be reached.
    cost
        Trip-minutes a day, shape (n, n), of serving the row site from the column site. Always
        finite: a trip that cannot be made counts as a whole day.
    """

    project: Project
    sites: tuple[Site, ...]
    index: Mapping[str, int]
    placements: Mapping[str, SiteJurisdiction]
    loads: tuple[SiteLoad, ...]
    load_min: FloatArray
    trips: FloatArray
    travel_min: FloatArray
    cost: FloatArray
    cells: Cells

    def list_stacked_sites(self, site_id: str) -> tuple[str, ...]:
        """Return the patrolled sites at a site's position, itself included: they move as one."""
        vertex = self.cells.vertex_of.get(site_id)
        return (site_id,) if vertex is None else self.cells.vertices[vertex]

    def list_jurisdictions(self) -> dict[str, str | None]:
        """Return each patrolled site's jurisdiction, by id."""
        return {site: self.placements[site].jurisdiction for site in self.index}

    def list_loads_min(self) -> dict[str, float]:
        """Return each patrolled site's load, by id and in their order."""
        return dict(zip(self.index, self.load_min.tolist(), strict=True))

    def find_post(self, rows: list[int] | IntArray) -> tuple[int, float]:
        """Return the row of the site that serves some rows at the least cost, and that cost.

        ``rows``, shape (k,), is not empty; the first of equals is taken. The cost is in
        trip-minutes a day.
        """
        members = np.asarray(rows)
        sums = self.cost[np.ix_(members, members)].sum(axis=0)
        at = int(sums.argmin())
        return int(members[at]), float(sums[at])


def compute_planning_basis(
    project: Project,
    previous: PlanningBasis | None = None,
    *,
    cells: Cells | None = None,
    north_rad: float | None = None,
) -> PlanningBasis:
    """Return a project's basis, reusing the parts of ``previous`` that have the same inputs.

    ``previous`` itself is returned if none of its inputs differ. ``cells``, which take longer than
    a frame to lay out, and ``north_rad`` (see ``build_grid_model``) are used as given.
    """
    if previous is not None and _has_same_inputs(project, previous.project, _INPUTS):
        return previous
    sites = project.patrolled
    placements = _place_sites(project, previous)
    demand = project.demand.in_use
    loads = tuple(compute_site_load(site, project.assumptions, demand) for site in sites)
    trips = np.array([load.trips for load in loads], dtype=float)
    travel_min = _compute_travel(project, sites, previous, north_rad)
    return PlanningBasis(
        project=project,
        sites=sites,
        index={site.id: at for at, site in enumerate(sites)},
        placements=placements,
        loads=loads,
        load_min=np.array([load.minutes for load in loads], dtype=float),
        trips=trips,
        travel_min=travel_min,
        cost=trips[:, None] * np.minimum(travel_min.T, UNREACHABLE_MIN),
        cells=cells
        or connect_cells(_compute_cells(project, sites, placements, previous), project.connections),
    )


_AREAS = ("jurisdictions", "blocks", "features")
_INPUTS = ("sites", "assumptions", "demand", "travel", "connections", *_AREAS)


def _has_same_inputs(project: Project, before: Project, names: tuple[str, ...]) -> bool:
    return all(
        getattr(project, name) is getattr(before, name)
        or (name == "features" and _list_shared_features(project) == _list_shared_features(before))
        for name in names
    )


def _list_shared_features(project: Project) -> list[Feature]:
    """Return the features outside users' own layers, on which nothing here depends."""
    own = {layer.id for layer in project.layers.values() if layer.own}
    return [item for item in project.features if item.layer not in own]


def _place_sites(
    project: Project, previous: PlanningBasis | None
) -> Mapping[str, SiteJurisdiction]:
    """Return the sites' jurisdictions; the same site in the same areas is not looked up again."""
    if previous is None or project.jurisdictions is not previous.project.jurisdictions:
        return find_jurisdictions(project.sites, project.jurisdictions)
    known = previous.project.sites
    new = {key: site for key, site in project.sites.items() if known.get(key) is not site}
    placed = find_jurisdictions(new, project.jurisdictions)
    return {key: placed.get(key) or previous.placements[key] for key in project.sites}


def _compute_travel(
    project: Project,
    sites: tuple[Site, ...],
    previous: PlanningBasis | None,
    north_rad: float | None,
) -> FloatArray:
    if (
        previous is not None
        and _has_same_inputs(
            project, previous.project, ("assumptions", "travel", "features", "crs")
        )
        and _list_positions(project) == _list_positions(previous.project)
    ):
        return previous.travel_min
    model = choose_travel_model(project, north_rad=north_rad)
    points = np.array([site.position for site in sites], dtype=float).reshape(-1, 2)
    return model.minutes(points, points)


def _compute_cells(
    project: Project,
    sites: tuple[Site, ...],
    placements: Mapping[str, SiteJurisdiction],
    previous: PlanningBasis | None,
) -> Cells:
    if (
        previous is not None
        and _has_same_inputs(project, previous.project, _AREAS)
        and _list_positions(project) == _list_positions(previous.project)
        and all(
            placements[site.id].jurisdiction == previous.placements[site.id].jurisdiction
            for site in sites
        )
    ):
        return previous.cells
    district = find_district_area(project)
    return build_cells(sites, placements, project.blocks, project.jurisdictions, district)


def _list_positions(project: Project) -> list[tuple[str, float, float, bool]]:
    return [(site.id, site.x_m, site.y_m, site.patrolled) for site in project.sites.values()]


def find_district_area(project: Project) -> AreaGeometry | None:
    """Return the area of the district's own feature, or None if the project has none."""
    for feature in project.features:
        if feature.layer == "district":
            area: AreaGeometry = feature.geometry  # type: ignore[assignment]
            return area
    return None
