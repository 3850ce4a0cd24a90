"""A school or other place served, and which county or city area (jurisdiction) it lies in.

A person's decision about a jurisdiction outranks the position. Which sites are neighbors although
their land does not touch, and which are not although it does, is said in pairs: a ferry or a bridge
joins two sites that water parts; a freeway without a crossing cuts two whose land touches. Zones
follow these pairs like borders.
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
    """A person's word on which jurisdiction a site lies in; it outranks its position."""

    jurisdiction: str
    by: str
    at: datetime
    why: str


@dataclass(frozen=True, slots=True)
class SiteNotes:
    """What is said of a site to those outside law enforcement; ``Site.note`` is for that."""

    staff_note: str = ""
    public_note: str = ""


@dataclass(frozen=True, slots=True)
class Site:
    """One place served. ``x_m`` and ``y_m`` are in the project's CRS; ``id`` is the CDS code."""

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
    """What dispatch and others call it; one means no other site."""

    @property
    def position(self) -> tuple[float, float]:
        """Easting and northing in meters."""
        return (self.x_m, self.y_m)

    @property
    def has_position(self) -> bool:
        """True where a position is known."""
        return isfinite(self.x_m) and isfinite(self.y_m)

    @property
    def point(self) -> Point:
        """The position as a shapely point."""
        return Point(self.x_m, self.y_m)

    @property
    def address(self) -> str:
        """Street, postal city and ZIP code on one line; empty where none is known."""
        return ", ".join(filter(None, (self.street, f"{self.city} {self.zip}".strip())))

    def with_decision(self, decision: JurisdictionDecision | None) -> "Site":
        """Return this site with a person's decision about its jurisdiction (None takes it back)."""
        return replace(self, decision=decision)


SCHOOL_LEVELS = (
    *("elementary", "k8", "middle", "high", "alternative", "special_education", "preschool"),
    *("adult", "secondary_6_12", "k12"),
)
_LEVEL_NAMES = {
    "k8": "K-8",
    "k12": "K-12",
    "secondary_6_12": "Secondary 6-12",
    "adult": "Adult education",
}
_LEVEL_BY_WORD: Mapping[str, str] = read_resource_table("school_levels.toml")
"""The first word that a text contains decides; with an empty level the grades decide."""
_EARLY_GRADES = {"P": -1, "PK": -1, "TK": 0, "KG": 0, "K": 0}
_GRADE = re.compile(r"\b(PK|TK|KG|K|P|UG|\d{1,2})\b", re.IGNORECASE)


def format_level(level: str) -> str:
    """Return a level as people write it."""
    return _LEVEL_NAMES.get(level, level.replace("_", " ").capitalize())


def derive_school_level(words: Iterable[str], grades: str) -> str:
    """Return a level told by any of some texts or by the grades, empty where neither does.

    An elementary school that goes to grade 8 is k8.
    """
    told = next((level for word in words if (level := _match_level_word(word)) is not None), "")
    by_grades = _derive_level_from_grades(grades)
    if not told or (told == "elementary" and by_grades in ("k8", "k12")):
        return by_grades or told
    return told


def _derive_level_from_grades(grades: str) -> str:
    """Return the level that grades such as ``K-5`` or ``9-12`` mean, empty where they do not."""
    found = [_EARLY_GRADES.get(own) for own in map(str.upper, _GRADE.findall(grades))]
    numbers = [int(own) for own in re.findall(r"\b\d{1,2}\b", grades) if int(own) <= 12]
    years = [own for own in found if own is not None] + numbers
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
    """Return a site's name without the words that tell its level, or all where nothing is left."""
    return _WORDS_OF_LEVEL.sub("", name)


def _match_level_word(word: str) -> str | None:
    text = word.strip().casefold()
    if text in SCHOOL_LEVELS:
        return text
    return next((level for part, level in _LEVEL_BY_WORD.items() if part in text), None)


SitePair = tuple[str, str]
"""Two site ids in the order of their letters."""


@dataclass(frozen=True, slots=True)
class Connections:
    """Pairs of sites that a person joined or cut; all others follow the borders of their land."""

    joined: tuple[SitePair, ...] = ()
    cut: tuple[SitePair, ...] = ()

    def without(self, pair: SitePair) -> "Connections":
        """Return these without a pair, which follows the borders again."""
        return Connections(
            tuple(own for own in self.joined if own != pair),
            tuple(own for own in self.cut if own != pair),
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
    """A building block of zones: an area along streets that lies in one jurisdiction."""

    id: str
    jurisdiction: str
    area: AreaGeometry


@dataclass(frozen=True, slots=True)
class SiteJurisdiction:
    """Where a site lies: its jurisdiction (None: no known one), meters to the nearest line."""

    jurisdiction: str | None
    line_m: float
    decided: bool = False

    @property
    def near_line(self) -> bool:
        """True where the position is too close to a line to be trusted."""
        return self.line_m < _NEAR_LINE_M


def find_jurisdiction(site: Site, jurisdictions: Iterable[Jurisdiction]) -> SiteJurisdiction:
    """Decide a site's jurisdiction by position; a person's decision outranks it.

    A position in no jurisdiction has None; its ``line_m`` is the distance to the nearest one.
    """
    return _place_sites([site], list(jurisdictions))[0]


def find_jurisdictions(
    sites: Mapping[str, Site], jurisdictions: Mapping[str, Jurisdiction]
) -> dict[str, SiteJurisdiction]:
    """Place every site, by site id."""
    every = list(sites.values())
    placed = _place_sites(every, list(jurisdictions.values()))
    return {site.id: one for site, one in zip(every, placed, strict=True)}


def _place_sites(sites: list[Site], areas: list[Jurisdiction]) -> list[SiteJurisdiction]:
    """Place sites all at once: a thousand one by one were a twentieth of opening them."""
    if not sites:
        return []
    points = shapely.points([site.position for site in sites])
    lines_m = [shapely.distance(points, one.area.boundary).tolist() for one in areas]
    nearest_m = [min(own) for own in zip(*lines_m, strict=True)] or [inf] * len(sites)
    inside = [shapely.covers(one.area, points).tolist() for one in areas]
    found = []
    for at, site in enumerate(sites):
        lies_in = next((one.id for one, own in zip(areas, inside, strict=True) if own[at]), None)
        if site.decision is not None:
            lies_in = site.decision.jurisdiction
        found.append(SiteJurisdiction(lies_in, nearest_m[at], decided=site.decision is not None))
    return found


def locate_site(site: Site, jurisdictions: Iterable[Jurisdiction]) -> str | None:
    """Return the jurisdiction of a site alone, which takes a tenth of ``find_jurisdiction``."""
    if site.decision is not None:
        return site.decision.jurisdiction
    point = site.point
    return next((one.id for one in jurisdictions if one.area.covers(point)), None)
