"""Finding the site that a string from another program means: by alias, name or street address.

Dispatchers write “RIO AMERICANO HS - GYM” or “4540 AMERICAN RIVER DR, SACRAMENTO”. A name matches
if the text contains all of its words in a row and no longer name matches. A text that only
resembles a name yields candidates for a person to choose from.

Imported sites and their aliases are added here too.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from itertools import groupby, pairwise

from zoneplanner.domain.geography.site import Site
from zoneplanner.domain.plans.edits import find_zone_refusal
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError

_LEVELS = ("high", "middle", "elementary", "k8", "preschool")
_WORDS = {
    **dict.fromkeys(("hs", "shs", "hi", "highschool", "senior"), "high"),
    **dict.fromkeys(("ms", "mid", "jhs", "intermediate", "junior"), "middle"),
    **dict.fromkeys(("es", "elem", "elementry", "elemen", "elemsch", "primary"), "elementary"),
    **dict.fromkeys(("sch", "schl", "schol", "scl", "schools", "schoo"), "school"),
    "ctr": "center",
    "cntr": "center",
    "acad": "academy",
    "fund": "fundamental",
    "cont": "continuation",
    "comm": "community",
    "pre": "preschool",
    "mt": "mount",
    "k8s": "k8",
    "av": "avenue",
    "ave": "avenue",
    "wy": "way",
    "dr": "drive",
}
_SCHOOL_WORDS = frozenset((*_LEVELS, "school", "academy", "campus", "charter", "preschool"))
_DROPPED = frozenset(("school", "the", "and"))
_OPTIONAL = frozenset(("fundamental", "open", "community", "continuation", "language", "institute"))
_COMMON = frozenset((*_OPTIONAL, "school", "avenue", "drive", "way", "center", "academy"))
_SEPARATORS = re.compile(r"[;,/@:()|*#\[\]]| - |\s{3,}")
_INITIALS = re.compile(r"\b([hme])\.? ?s\b\.?")
_K8 = re.compile(r"\bk ?[-–]? ?8\b")
_NO_WORD = re.compile(r"[^a-z0-9]+")

_SUFFIXES = {
    **dict.fromkeys(("avenue", "av", "ave"), "ave"),
    **dict.fromkeys(("street", "st", "str"), "st"),
    **dict.fromkeys(("drive", "dr", "drv"), "dr"),
    **dict.fromkeys(("boulevard", "blvd", "bl", "bvd"), "blvd"),
    **dict.fromkeys(("road", "rd"), "rd"),
    **dict.fromkeys(("lane", "ln"), "ln"),
    **dict.fromkeys(("way", "wy"), "way"),
    **dict.fromkeys(("court", "ct"), "ct"),
    **dict.fromkeys(("circle", "cir", "cr"), "cir"),
    **dict.fromkeys(("place", "pl"), "pl"),
    **dict.fromkeys(("parkway", "pkwy", "pky"), "pkwy"),
    **dict.fromkeys(("highway", "hwy", "hy"), "hwy"),
    **dict.fromkeys(("terrace", "ter"), "ter"),
}
_COMPASS = {"north": "n", "south": "s", "east": "e", "west": "w"}
_STATE_AND_ZIP = re.compile(r"\b(ca|\d{5}(-\d{4})?)\b", re.IGNORECASE)
_HOUSE = re.compile(r"(\d+)[a-z]?")
_MAX_STREET_WORDS = 6
_MIN_SIMILARITY, _MIN_OVERLAP, _MAX_CANDIDATES = 0.8, 0.5, 3


@dataclass(frozen=True, slots=True)
class FoundSite:
    """The site that a string means, and how it was recognized.

    ``by_alias`` is true unless the text is the site's exact id or name, ``at_street`` if only the
    address matched. ``others`` are sites at the same address that the text may mean as well.
    """

    site: str
    by_alias: bool = False
    at_street: bool = False
    others: tuple[str, ...] = ()


def normalize_alias(text: str) -> str:
    """Return a string as aliases are compared: lowercase and without punctuation."""
    return " ".join(_NO_WORD.sub(" ", text.casefold().replace("'", "")).split())


@dataclass(slots=True)
class SiteFinder:
    """Finds sites by text and remembers the results."""

    sites: Mapping[str, Site]
    _aliases: dict[str, str] = field(default_factory=dict)
    _exact: dict[str, list[str]] = field(default_factory=dict)
    _names: dict[str, list[tuple[tuple[str, ...], str]]] = field(default_factory=dict)
    _stems: dict[tuple[str, ...], list[str]] = field(default_factory=dict)
    _streets: dict[str, list[tuple[tuple[str, ...], str]]] = field(default_factory=dict)
    _found: dict[str, FoundSite | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for site in self.sites.values():
            for alias in site.aliases:
                self._aliases[normalize_alias(alias)] = site.id
            self._exact.setdefault(site.name.casefold(), []).append(site.id)
            self._add_names(site)
            street = _split_street(site.street)
            if street is not None:
                self._streets.setdefault(street[0], []).append((street[1], site.id))

    def find(self, text: str) -> FoundSite | None:
        """Return the site that a string means, or None if it means none or could mean several."""
        if text not in self._found:
            self._found[text] = self._look_up(text)
        return self._found[text]

    def list_candidates(self, text: str) -> tuple[str, ...]:
        """Return the sites whose name a string resembles, likeliest first.

        A text resembles a name only if it mentions a school or consists of the name's words. Sites
        at the text's street address are candidates too, even if it names another city.
        """
        parts = _list_parts(text)
        words = {word for part in parts for word in part}
        mentions_school, levels = bool(words & _SCHOOL_WORDS), words & set(_LEVELS)
        plain = " ".join(word for word in parts[0] if word not in _SCHOOL_WORDS)
        scores = dict.fromkeys(self._find_at_street((), text), 1.0)
        stems = self._stems.items() if mentions_school or parts[0] in self._stems else ()
        for stem, sites in stems:
            rare = [word for word in stem if len(word) > 2 and word not in _COMMON]
            overlap = sum(word in words for word in rare) / max(len(rare), 1)
            score = max(overlap, SequenceMatcher(None, " ".join(stem), plain).ratio())
            if overlap < _MIN_OVERLAP and score < _MIN_SIMILARITY:
                continue
            for site in sites:
                level_fits = not levels or bool(levels & {*_split_name(self.sites[site].name)})
                scores[site] = score + 0.5 * level_fits
        return tuple(sorted(scores, key=lambda site: -scores[site])[:_MAX_CANDIDATES])

    def _add_names(self, site: Site) -> None:
        words = _split_name(site.name)
        variants = {words, tuple(word for word in words if word not in _OPTIONAL)}
        for variant in filter(None, variants):
            self._names.setdefault(variant[0], []).append((variant, site.id))
        stem = tuple(word for word in words if word not in _LEVELS)
        self._stems.setdefault(stem or words, []).append(site.id)

    def _look_up(self, text: str) -> FoundSite | None:
        if text in self.sites:
            return FoundSite(text)
        alias = self._aliases.get(normalize_alias(text))
        if alias is not None:
            return FoundSite(alias, by_alias=True)
        exact = self._exact.get(text.strip().casefold(), ())
        if len(exact) == 1:
            return FoundSite(exact[0])
        for part in _SEPARATORS.split(text):
            alias = self._aliases.get(normalize_alias(part))
            if alias is not None:
                return FoundSite(alias, by_alias=True)
        parts = _list_parts(text)
        named = self._find_by_name(parts) or self._find_by_stem(parts)
        matches = named if len(named) == 1 else self._find_at_street(named, text)
        if not matches:
            return None
        return FoundSite(matches[0], by_alias=True, at_street=not named, others=tuple(matches[1:]))

    def _find_by_name(self, parts: Sequence[tuple[str, ...]]) -> list[str]:
        """Return the sites with the longest name whose words are consecutive in a part."""
        matches = {
            (len(name), site): None
            for words in parts
            for start, word in enumerate(words)
            for name, site in self._names.get(word, ())
            if words[start : start + len(name)] == name and (len(name) > 1 or words == name)
        }
        longest = max((length for length, _ in matches), default=0)
        return [site for length, site in matches if length == longest]

    def _find_by_stem(self, parts: Sequence[tuple[str, ...]]) -> list[str]:
        """Return the only site with a part's name and any level, if the part says “school”."""
        for words in parts:
            stem = tuple(word for word in words if word not in _DROPPED)
            if stem and "school" in words and not set(words) & set(_LEVELS):
                sites = self._stems.get(stem, [])
                if len(sites) == 1:
                    return sites
        return []

    def _find_at_street(self, named: Sequence[str], text: str) -> list[str]:
        """Return the sites at an address in a string, main first; only ``named`` ones if any."""
        for part in (text, *_SEPARATORS.split(text)):
            street = _split_street(part)
            if street is None:
                continue
            matches = [
                self.sites[site]
                for words, site in self._streets.get(street[0], ())
                if _is_same_street(words, street[1]) and (not named or site in named)
            ]
            if matches:
                return [site.id for site in sort_sites_at_place(matches)]
        return []


def sort_sites_at_place(sites: Iterable[Site]) -> list[Site]:
    """Sort the sites at one place: patrolled ones first, then by enrollment.

    A call at the place counts for the first site.
    """
    return sorted(sites, key=lambda site: (not site.patrolled, -(site.enrollment or 0)))


@dataclass(frozen=True, slots=True)
class WrittenAddress:
    """A street address in a string: house number, street words, its text and what follows it."""

    house: str
    street: tuple[str, ...]
    text: str
    after: str


def find_address(text: str) -> WrittenAddress | None:
    """Return the first street address anywhere in a string, or None.

    A street must end in a word such as AVE, so “ROOM 12” is not an address.
    """
    for part in text.split(","):
        words = part.replace(".", "").split()
        for start, word in enumerate(words[:-2]):
            if _HOUSE.fullmatch(word.casefold()) is None:
                continue
            for end in range(start + 3, min(start + _MAX_STREET_WORDS, len(words)) + 1):
                address = " ".join(words[start:end])
                street = _split_street(address)
                if words[end - 1].casefold() in _SUFFIXES and street is not None:
                    return WrittenAddress(*street, address, " ".join(words[end:]))
    return None


def is_on_street(site: Site, street: Sequence[str]) -> bool:
    """Return whether a site's address is on a street, allowing typos; true if it has none."""
    address = _split_street(site.street)
    if address is None:
        return True
    first, second = (_join_street(words) for words in (address[1], street))
    return SequenceMatcher(None, first, second).ratio() >= _MIN_SIMILARITY


def _join_street(words: Sequence[str]) -> str:
    """Return a street's letters without its suffix and compass point, which are often omitted."""
    optional = {*_SUFFIXES.values(), *_COMPASS.values()}
    return "".join([word for word in words if word not in optional] or words)


def find_city_in_address(text: str) -> str:
    """Return the city that follows a street address in a string, or "" if there is none.

    It follows a comma, or the street itself as in “SAN JUAN HS 100 MAIN ST FOLSOM”.
    """
    address = find_address(text)
    if address is not None and (city := _STATE_AND_ZIP.sub("", address.after).strip(" -/")):
        return city
    parts = [part.strip() for part in text.split(",")]
    for street, after in pairwise(parts):
        if _split_street(street) is not None and after and not any(map(str.isdigit, after)):
            return after
    return ""


def _list_parts(text: str) -> list[tuple[str, ...]]:
    """Return the words of a whole text, then of each of its parts between separators."""
    parts = [_split_name(part) for part in _SEPARATORS.split(text) if part.strip()]
    whole = _split_name(_SEPARATORS.sub(" ", text))
    return [whole, *parts]


def _split_name(text: str) -> tuple[str, ...]:
    """Return the words of a name as they are compared, with abbreviations expanded."""
    plain = _K8.sub("k8", text.casefold().replace("'", "").replace("’", ""))
    plain = _INITIALS.sub(r"\1s", plain)
    words = [_WORDS.get(word, word) for word in _NO_WORD.sub(" ", plain).split()]
    if words and words[-1] == "el" and len(words) > 1:
        words[-1] = "elementary"
    dropped = _DROPPED if set(words) & set(_LEVELS) else _DROPPED - {"school"}
    return tuple(word for word, _ in groupby(word for word in words if word not in dropped))


def _split_street(text: str) -> tuple[str, tuple[str, ...]] | None:
    """Return the house number and the street's words of an address, or None."""
    words = _NO_WORD.sub(" ", text.casefold().split(",")[0].replace(".", "")).split()
    house = _HOUSE.fullmatch(words[0]) if len(words) > 1 else None
    if house is None or words[1] in ("block", "blk"):
        return None
    return house[1], tuple(_SUFFIXES.get(word, _COMPASS.get(word, word)) for word in words[1:])


def _is_same_street(own: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Return whether an address is on a street; it may add a city or omit the street's suffix."""
    if other[: len(own)] == own:
        return True
    bare = own[:-1] if own[-1] in _SUFFIXES.values() else own
    return bool(bare) and other == bare


_MAX_ALIAS_LENGTH = 200


def add_sites(project: Project, sites: Mapping[str, Site]) -> Project:
    """Add sites, or replace the ones whose id is known.

    In each draft, a new site at the position of a site with a zone joins that zone if it may serve
    the new site. Other new sites have no zone yet, and sites no longer patrolled leave theirs.
    """
    after = replace(project, sites={**project.sites, **sites})
    new = [site for key, site in sites.items() if key not in project.sites and site.patrolled]
    unpatrolled = {key for key, site in sites.items() if not site.patrolled}
    for plan in project.plans.values():
        if not plan.is_draft:
            continue
        left = {key: zone for key, zone in plan.assignment.items() if key not in unpatrolled}
        zones = {
            after.sites[key].position: zone for key, zone in left.items() if key in after.sites
        }
        reduced, seen = replace(plan, assignment=left), after.with_what_ifs(plan)
        joined = {
            site.id: zone
            for site in new
            if (zone := zones.get(site.position)) is not None
            and find_zone_refusal(seen, reduced, site, zone) is None
        }
        if joined or len(left) < len(plan.assignment):
            after = after.with_plan(reduced.with_assignments(joined))
    return after


def add_site_alias(project: Project, site_id: str, text: str) -> Project:
    """Add an alias to a site and remove it from any other site.

    Raises
    ------
    UserError
        The site is unknown, or the alias is empty, too long or the name of another site.
    """
    site, alias = project.site(site_id), " ".join(text.split())
    key = normalize_alias(alias)
    if not key or len(alias) > _MAX_ALIAS_LENGTH:
        raise UserError("no_site_alias", alias=alias, most=_MAX_ALIAS_LENGTH)
    same_name = (other for other in project.sites.values() if normalize_alias(other.name) == key)
    owner = next(same_name, site)
    if owner is not site:
        raise UserError("site_alias_is_name", alias=alias, site=owner.name)
    if any(normalize_alias(known) == key for known in site.aliases):
        return project
    project = _without_alias(project, key)
    return project.with_site(replace(site, aliases=tuple(sorted((*site.aliases, alias)))))


def remove_site_alias(project: Project, text: str) -> Project:
    """Remove an alias. Raises a UserError if no site has it."""
    after = _without_alias(project, normalize_alias(text))
    if after is project:
        raise UserError("unknown_site_alias", alias=text)
    return after


def _without_alias(project: Project, key: str) -> Project:
    for site in project.sites.values():
        left = tuple(alias for alias in site.aliases if normalize_alias(alias) != key)
        if left != site.aliases:
            project = project.with_site(replace(site, aliases=left))
    return project
