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
from zoneplanner.messages import Message

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


def name_travel_model(project: Project) -> Message:
    """Return the travel model's name, and how many sites use the street grid instead."""
    if project.travel is None:
        return Message("travel_by.grid", speed_mph=project.assumptions.speed_mph)
    label, missing = project.travel.label, len(list_sites_without_drives(project))
    return Message("travel_by.partly_grid", travel=label, n=missing) if missing else label


def describe_travel_source(project: Project) -> Message:
    """Describe in a sentence the provider, speeds and vintage of the minutes."""
    assumed, travel = project.assumptions, project.travel
    if travel is None:
        return Message(
            "minutes_from.grid",
            axis_factor=assumed.axis_factor,
            speed_mph=assumed.speed_mph,
            turnout_min=assumed.turnout_min,
        )
    source: str | Message = travel.source
    if travel.vintage:
        source = Message("travel_source.of", source=source, vintage=travel.vintage)
    own = [f"{kind} {speed:g}" for kind, speed in list_changed_speeds(travel.speeds_mph)]
    by_roads = "minutes_from.roads_own_speeds" if own else "minutes_from.roads"
    code = "minutes_from.table" if travel.provider is TravelProvider.TABLE else by_roads
    return Message(code, source=source, own=own, turnout_min=assumed.turnout_min)
