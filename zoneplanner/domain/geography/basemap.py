"""The basemap of a project: streets, water, parks and names below and between the zones."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf

STREET_KINDS = ("service", "local", "collector", "ramp", "arterial", "freeway")
BASEMAP_LINES = ("stream", "rail", *STREET_KINDS)
BASEMAP_AREAS = ("park", "water", "building")
AREAS_BELOW_M_PX = {"park": 150.0, "water": inf, "building": 4.0}
"""The map scales, in meters per pixel, below which areas are drawn."""
BASEMAP_PLACES = ("city", "town", "neighborhood")
BASEMAP_SERVICES = ("hospital", "police", "fire")
SERVICE_SIGNS = {"hospital": "H", "police": "P", "fire": "F"}
BASEMAP_POINTS = (*BASEMAP_PLACES, *BASEMAP_SERVICES)
BASEMAP_KINDS = (*BASEMAP_AREAS, *BASEMAP_LINES, *BASEMAP_POINTS)
"""All kinds of basemap features; areas and lines in drawing order."""
BASEMAP_TITLES = {
    "park": "parks",
    "water": "lakes and rivers",
    "building": "buildings",
    "stream": "streams",
    "rail": "rail lines",
    "service": "service roads",
    "local": "local streets",
    "collector": "collector streets",
    "ramp": "ramps",
    "arterial": "main streets",
    "freeway": "freeways",
    "city": "cities",
    "town": "towns",
    "neighborhood": "neighborhoods",
    "hospital": "hospitals",
    "police": "police stations",
    "fire": "fire stations",
}


@dataclass(frozen=True, eq=False, slots=True)
class ProjectBasemap:
    """A project's basemap.

    Attributes
    ----------
    source, vintage, credit
        Names of the files, the date of their data if they state one, and the required credit.
    content
        SHA-256 of the converted files; it identifies the basemap in this desk's cache.
    counts
        Features by kind.
    data
        The whole basemap if it is stored in the project, else empty.
    """

    source: str
    vintage: str
    credit: str
    content: str
    counts: Mapping[str, int] = field(default_factory=dict)
    data: bytes = b""
