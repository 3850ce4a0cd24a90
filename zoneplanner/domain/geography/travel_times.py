"""Driving times stored in a project: minutes between its sites, and their source."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from zoneplanner.bundled import read_resource_table
from zoneplanner.errors import UserError
from zoneplanner.messages import Message

MAX_SPEED_MPH = 200.0

DEFAULT_ROAD_SPEEDS_MPH: Mapping[str, float] = read_resource_table("road_speeds.toml")
"""Default average speeds by road class, including traffic lights and turns.

Classes are OpenStreetMap's; Census roads are mapped to them.
"""


class TravelProvider(StrEnum):
    """Where driving times come from."""

    GRID = "grid"
    ROADS = "roads"
    TABLE = "table"


@dataclass(frozen=True, eq=False, slots=True)
class TravelTimes:
    """Driving minutes between sites, from a road network or a table of the user's.

    Attributes
    ----------
    provider, source, vintage
        Roads or table; the file's name; the date of its data if the file states one.
    speeds_mph
        Speeds by road class; empty for a table.
    content
        SHA-256 of the file; it identifies the network in this desk's cache.
    sites, positions
        Ids in the order of rows and columns, and their positions at the time, in meters in the
        project's CRS.
    minutes
        Origins by row and destinations by column, as little-endian float32; inf if unreachable.
    """

    provider: TravelProvider
    source: str
    vintage: str
    content: str
    sites: tuple[str, ...]
    positions: tuple[tuple[float, float], ...]
    minutes: bytes
    speeds_mph: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        sizes = {len(self.sites) ** 2 * 4, len(self.positions) ** 2 * 4, len(self.minutes)}
        if len(sizes) > 1:
            raise ValueError(Message("drives_do_not_match"))

    @property
    def label(self) -> Message:
        """The provider with its file and vintage, for the status bar and notes under figures."""
        source = name_travel_source(self.source, self.vintage)
        return Message(f"travel_by.{self.provider}", source=source)


def name_travel_source(source: str, vintage: str) -> Message:
    """Name a file of roads or minutes, and the date of its data if there is one."""
    code = "travel_source.dated" if vintage else "travel_source"
    return Message(code, source=source, vintage=vintage)


def complete_road_speeds(given: Mapping[str, float]) -> dict[str, float]:
    """Return a table of speeds completed with the default speeds.

    Raises
    ------
    UserError
        A class is unknown, or a speed is not above 0 and at most 200 mph.
    """
    for kind, speed in given.items():
        if kind not in DEFAULT_ROAD_SPEEDS_MPH:
            raise UserError("unknown_road_class", kind=kind, known=list(DEFAULT_ROAD_SPEEDS_MPH))
        if not 0 < speed <= MAX_SPEED_MPH:
            raise UserError(
                "out_of_range.speed",
                kind=kind,
                roads=name_road_class(kind),
                speed_mph=speed,
                most=MAX_SPEED_MPH,
            )
    return {**DEFAULT_ROAD_SPEEDS_MPH, **given}


def name_road_class(kind: str) -> Message:
    """Return the American name of a road class; OpenStreetMap's names are British."""
    return Message(f"road_class.{kind}")


def list_changed_speeds(speeds_mph: Mapping[str, float]) -> Iterator[tuple[str, float]]:
    """Yield the classes whose speed is not the default."""
    for kind, usual in DEFAULT_ROAD_SPEEDS_MPH.items():
        if speeds_mph.get(kind, usual) != usual:
            yield kind, speeds_mph[kind]
