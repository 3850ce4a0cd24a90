"""Sites (schools and other places served), jurisdictions, and which sites count as neighbors.

A person's decision about a jurisdiction outranks the position. By default, sites are neighbors if
their land touches. A person can also join a pair, as a ferry or bridge does across water, or cut
it, as a freeway without a crossing does. Zones follow these pairs as they follow borders.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from math import inf, isfinite

import shapely
from shapely.geometry import MultiPolygon, Point, Polygon

from zoneplanner.bundled import read_resource_table

_WORDS_OF_LEVEL = re.compile(
    r"( (Elementary|Middle|High|K-8|School|Center|Charter|Preschool|Continuation|Fundamental|Open"
    r"|Community|Academy|Secondary))+$"
)


@dataclass(frozen=True, slots=True)
class JurisdictionDecision:
    """A person's decision on a site's jurisdiction, which outranks the site's position."""

    jurisdiction: str
    by: str
    at: datetime
    why: str


@dataclass(frozen=True, slots=True)
class SiteNotes:
    """Notes about a site for staff and for the public; ``Site.note`` is for law enforcement."""

    staff_note: str = ""
    public_note: str = ""


@dataclass(frozen=True, slots=True)
class Site:
    """A place served. ``x_m`` and ``y_m`` are in the project's CRS; ``id`` is the CDS code."""

    id: str
    name: str
    level: str
    grades: str
    street: str
    city: str
    zip: str
    phone: str
    x_m: float
    y_m: float
    enrollment: int | None
    patrolled: bool
    kind: str = "school"
    charter: bool = False
    enrollment_note: str = ""
    note: str = ""
    decision: JurisdictionDecision | None = None
    aliases: tuple[str, ...] = ()
    """Other names, such as dispatch's; no two sites share one."""

    @property
    def position(self) -> tuple[float, float]:
        """Easting and northing in meters."""
        return (self.x_m, self.y_m)

    @property
    def has_position(self) -> bool:
        """Whether the position is known."""
        return isfinite(self.x_m) and isfinite(self.y_m)

    @property
    def point(self) -> Point:
        """The position as a shapely point."""
        return Point(self.x_m, self.y_m)

    @property
    def address(self) -> str:
        """Street, postal city and ZIP code on one line, or "" if none is known."""
        return ", ".join(filter(None, (self.street, f"{self.city} {self.zip}".strip())))

    def with_decision(self, decision: JurisdictionDecision | None) -> "Site":
        """Return this site with a decision about its jurisdiction; None removes it."""
        return replace(self, decision=decision)


SCHOOL_LEVELS = (
    "elementary",
    "k8",
    "middle",
    "high",
    "alternative",
    "special_education",
    "preschool",
    "adult",
    "secondary_6_12",
    "k12",
)
_LEVEL_NAMES = {
    "k8": "K-8",
    "k12": "K-12",
    "secondary_6_12": "Secondary 6-12",
    "adult": "Adult education",
}
_LEVEL_BY_WORD: Mapping[str, str] = read_resource_table("school_levels.toml")
"""The first of these words in a text decides the level; an empty level leaves it to the grades."""
_EARLY_GRADES = {"P": -1, "PK": -1, "TK": 0, "KG": 0, "K": 0}
_GRADE = re.compile(r"\b(PK|TK|KG|K|P|UG|\d{1,2})\b", re.IGNORECASE)


def format_level(level: str) -> str:
    """Return the displayed name of a level."""
    return _LEVEL_NAMES.get(level, level.replace("_", " ").capitalize())


def derive_school_level(words: Iterable[str], grades: str) -> str:
    """Return the level that some strings name, or else the grades, or "" if neither does.

    An elementary school that goes to grade 8 is k8.
    """
    by_word = next((level for word in words if (level := _match_level_word(word)) is not None), "")
    by_grades = _derive_level_from_grades(grades)
    if not by_word or (by_word == "elementary" and by_grades in ("k8", "k12")):
        return by_grades or by_word
    return by_word


def _derive_level_from_grades(grades: str) -> str:
    """Return the level for grades such as ``K-5`` or ``9-12``, or "" if there are none."""
    early = [_EARLY_GRADES.get(grade) for grade in map(str.upper, _GRADE.findall(grades))]
    numbers = [int(grade) for grade in re.findall(r"\b\d{1,2}\b", grades) if int(grade) <= 12]
    years = [year for year in early if year is not None] + numbers
    if not years:
        return ""
    first, last = min(years), max(years)
    if last < 0:
        return "preschool"
    if last >= 9:
        return "high" if first >= 8 else "secondary_6_12" if first >= 5 else "k12"
    if last >= 7:
        return "middle" if first >= 4 else "k8"
    return "elementary"


def shorten_site_name(name: str) -> str:
    """Return a site's name without the words for its level."""
    return _WORDS_OF_LEVEL.sub("", name)


def _match_level_word(word: str) -> str | None:
    text = word.strip().casefold()
    if text in SCHOOL_LEVELS:
        return text
    return next((level for part, level in _LEVEL_BY_WORD.items() if part in text), None)


SitePair = tuple[str, str]
"""Two site ids in alphabetical order."""


@dataclass(frozen=True, slots=True)
class Connections:
    """Pairs of sites that a person joined or cut; all other pairs follow the land's borders."""

    joined: tuple[SitePair, ...] = ()
    cut: tuple[SitePair, ...] = ()

    def without(self, pair: SitePair) -> "Connections":
        """Return these connections without a pair, which then follows the borders again."""
        return Connections(
            tuple(other for other in self.joined if other != pair),
            tuple(other for other in self.cut if other != pair),
        )


_NEAR_LINE_M = 60.0

AreaGeometry = Polygon | MultiPolygon


@dataclass(frozen=True, eq=False, slots=True)
class Jurisdiction:
    """An area with one law-enforcement authority. ``kind`` is ``county`` or ``city``."""

    id: str
    name: str
    kind: str
    area: AreaGeometry


@dataclass(frozen=True, eq=False, slots=True)
class Block:
    """A building block of zones: an area bounded by streets within one jurisdiction."""

    id: str
    jurisdiction: str
    area: AreaGeometry


@dataclass(frozen=True, slots=True)
class SiteJurisdiction:
    """A site's jurisdiction (None if unknown), and the meters to the nearest boundary line."""

    jurisdiction: str | None
    line_m: float
    decided: bool = False

    @property
    def near_line(self) -> bool:
        """Whether the position is too close to a boundary line to be trusted."""
        return self.line_m < _NEAR_LINE_M


def find_jurisdiction(site: Site, jurisdictions: Iterable[Jurisdiction]) -> SiteJurisdiction:
    """Find a site's jurisdiction by a person's decision, or else by its position.

    Outside every jurisdiction, ``line_m`` is the distance to the nearest one.
    """
    return _place_sites([site], list(jurisdictions))[0]


def find_jurisdictions(
    sites: Mapping[str, Site], jurisdictions: Mapping[str, Jurisdiction]
) -> dict[str, SiteJurisdiction]:
    """Return the jurisdiction of every site, by site id."""
    placements = _place_sites(list(sites.values()), list(jurisdictions.values()))
    return {site.id: placed for site, placed in zip(sites.values(), placements, strict=True)}


def _place_sites(sites: list[Site], areas: list[Jurisdiction]) -> list[SiteJurisdiction]:
    """Place all sites in one vectorized pass; one by one took 5% of opening a thousand sites."""
    if not sites:
        return []
    points = shapely.points([site.position for site in sites])
    lines_m = [shapely.distance(points, area.area.boundary).tolist() for area in areas]
    nearest_m = [min(distances) for distances in zip(*lines_m, strict=True)] or [inf] * len(sites)
    covered = [shapely.covers(area.area, points).tolist() for area in areas]
    placements = []
    for index, site in enumerate(sites):
        if site.decision is not None:
            lies_in: str | None = site.decision.jurisdiction
        else:
            pairs = zip(areas, covered, strict=True)
            lies_in = next((area.id for area, covers in pairs if covers[index]), None)
        decided = site.decision is not None
        placements.append(SiteJurisdiction(lies_in, nearest_m[index], decided=decided))
    return placements


def locate_site(site: Site, jurisdictions: Iterable[Jurisdiction]) -> str | None:
    """Return only a site's jurisdiction, which takes a tenth of ``find_jurisdiction``."""
    if site.decision is not None:
        return site.decision.jurisdiction
    point = site.point
    return next((area.id for area in jurisdictions if area.area.covers(point)), None)
