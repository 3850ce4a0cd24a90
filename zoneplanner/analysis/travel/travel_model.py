"""The travel model of a project: along street axes, or its stored drives."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from zoneplanner.analysis.arrays import FloatArray
from zoneplanner.analysis.travel.grid import TravelModel, build_grid_model
from zoneplanner.domain.geography.travel_times import (
    TravelProvider,
    TravelTimes,
    list_changed_speeds,
)
from zoneplanner.domain.project import Project
from zoneplanner.messages import format_count

_Position = tuple[float, float]


@dataclass(frozen=True, eq=False, slots=True)
class _StoredTravelModel:
    """Stored drives; pairs without any use ``fallback``.

    Places are known by their exact position: a site that has moved since is unknown, and sites at
    one position have the drives of the first.
    """

    travel: TravelTimes
    turnout_min: float
    fallback: TravelModel
    rows: Mapping[_Position, int] = field(init=False)
    drive_min: FloatArray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        count = len(self.travel.sites)
        minutes = np.frombuffer(self.travel.minutes, dtype="<f4").reshape(count, count)
        rows: dict[_Position, int] = {}
        for row, spot in enumerate(self.travel.positions):
            rows.setdefault(spot, row)
        object.__setattr__(self, "drive_min", minutes.astype(np.float64))
        object.__setattr__(self, "rows", rows)

    @property
    def label(self) -> str:
        """The file's name and vintage."""
        return self.travel.label

    def minutes(self, origins: FloatArray, destinations: FloatArray) -> FloatArray:
        """Return turnout and drive in minutes, shape (n, m); see ``TravelModel``."""
        starts, ends = self._find_rows(origins), self._find_rows(destinations)
        if not len(self.drive_min) or (starts < 0).all() or (ends < 0).all():
            return self.fallback.minutes(origins, destinations)
        known = self.turnout_min + self.drive_min[starts[:, None], ends]
        if (starts >= 0).all() and (ends >= 0).all():
            return known
        unknown = (starts < 0)[:, None] | (ends < 0)
        return np.where(unknown, self.fallback.minutes(origins, destinations), known)

    def _find_rows(self, positions: FloatArray) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
        spots = np.asarray(positions, dtype=np.float64).reshape(-1, 2).tolist()
        return np.array([self.rows.get((x, y), -1) for x, y in spots], dtype=np.int64)


def choose_travel_model(project: Project, *, north_rad: float | None = None) -> TravelModel:
    """Return the travel model that a project uses; see ``build_grid_model``."""
    grid = build_grid_model(project, north_rad=north_rad)
    if project.travel is None:
        return grid
    return _StoredTravelModel(project.travel, project.assumptions.turnout_min, grid)


def list_sites_without_drives(project: Project) -> tuple[str, ...]:
    """Return the patrolled sites without stored drives, in order."""
    travel = project.travel
    if travel is None:
        return ()
    known = set(travel.positions)
    return tuple(site.id for site in project.patrolled if site.position not in known)


def name_travel_model(project: Project, model: TravelModel) -> str:
    """Return the travel model's name, and how many sites use the street grid instead."""
    missing = len(list_sites_without_drives(project))
    if not missing:
        return model.label
    return f"{model.label}; {format_count(missing, 'site')} by the street grid"


def describe_travel_source(project: Project) -> str:
    """Describe in a sentence the provider, speeds and vintage of the minutes."""
    assumed, travel = project.assumptions, project.travel
    turnout = f"turnout {assumed.turnout_min:g} min"
    if travel is None:
        return (
            f"Minutes along the street grid × {assumed.axis_factor:g} at {assumed.speed_mph:g} "
            f"mph, crossing rivers only at bridges; {turnout}."
        )
    since = f" of {travel.vintage}" if travel.vintage else ""
    if travel.provider is TravelProvider.TABLE:
        return f"Minutes from the table {travel.source}{since}; {turnout}."
    own = ", ".join(f"{kind} {speed:g}" for kind, speed in list_changed_speeds(travel.speeds_mph))
    speeds = (
        f"speeds in mph by class, with your own for {own}" if own else "the usual speeds by class"
    )
    return f"Fastest routes on the roads of {travel.source}{since}, {speeds}; {turnout}."
