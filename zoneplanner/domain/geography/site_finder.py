"""Which site a text of another program means: by alias, by name, by street address.

Dispatchers write “RIO AMERICANO HS - GYM” or “4540 AMERICAN RIVER DR, SACRAMENTO”. A name counts
where all of its words stand in the text, one after the other, and no other site's name is longer
there. What only resembles a name is a candidate for a person to decide on.

Edits of many sites at once, as an import makes them, and what sites are called elsewhere.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from itertools import pairwise

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
    **{"ctr": "center", "cntr": "center", "acad": "academy", "fund": "fundamental"},
    **{"cont": "continuation", "comm": "community", "pre": "preschool", "mt": "mount"},
    **{"k8s": "k8", "av": "avenue", "ave": "avenue", "wy": "way", "dr": "drive"},
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
_LONGEST_STREET = 6
_LEAST_LIKE, _LEAST_OVERLAP, _MOST_CANDIDATES = 0.8, 0.5, 3


@dataclass(frozen=True, slots=True)
class FoundSite:
    """The site that a text means, and whether an alias or a way to write its name told it.

    ``at_street`` where its address alone did; ``others`` are sites at the same address, of which
    the text may mean any.
    """

    site: str
    by_alias: bool = False
    at_street: bool = False
    others: tuple[str, ...] = ()


def normalize_alias(text: str) -> str:
    """Return a text as aliases are compared: without case and marks."""
    return " ".join(_NO_WORD.sub(" ", text.casefold().replace("'", "")).split())


@dataclass(slots=True)
class SiteFinder:
    """Finds sites by text; what was looked up once is remembered."""

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
        """Return the site that a text means, None where it means none or may mean several."""
        if text not in self._found:
            self._found[text] = self._look_up(text)
        return self._found[text]

    def list_candidates(self, text: str) -> tuple[str, ...]:
        """Return the sites whose name a text resembles, the likeliest first; of other places none.

        Only a text that speaks of a school, or holds all words of a name, resembles one; a street
        address is like that of the sites that have it, in another city.
        """
        parts = _list_parts(text)
        words = {word for part in parts for word in part}
        told, level = bool(words & _SCHOOL_WORDS), words & set(_LEVELS)
        plain = " ".join(word for word in parts[0] if word not in _SCHOOL_WORDS)
        scores = dict.fromkeys(self._find_at_street((), text), 1.0)
        for stem, owners in self._stems.items() if told or parts[0] in self._stems else ():
            own = [word for word in stem if len(word) > 2 and word not in _COMMON]
            overlap = sum(word in words for word in own) / max(len(own), 1)
            score = max(overlap, SequenceMatcher(None, " ".join(stem), plain).ratio())
            if overlap < _LEAST_OVERLAP and score < _LEAST_LIKE:
                continue
            for site in owners:
                fits = not level or bool(level & {*_split_name(self.sites[site].name)})
                scores[site] = score + 0.5 * fits
        return tuple(sorted(scores, key=lambda site: -scores[site])[:_MOST_CANDIDATES])

    def _add_names(self, site: Site) -> None:
        words = _split_name(site.name)
        variants = {words, tuple(word for word in words if word not in _OPTIONAL)}
        for own in variants:
            if own:
                self._names.setdefault(own[0], []).append((own, site.id))
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
        named = self._find_names(parts) or self._find_stems(parts)
        found = named if len(named) == 1 else self._find_at_street(named, text)
        if not found:
            return None
        return FoundSite(found[0], by_alias=True, at_street=not named, others=tuple(found[1:]))

    def _find_names(self, parts: Sequence[tuple[str, ...]]) -> list[str]:
        """Return the sites of the longest name whose words stand together in a part."""
        longest, found = 0, list[str]()
        for words in parts:
            for at, word in enumerate(words):
                for name, site in self._names.get(word, ()):
                    if len(name) < longest or words[at : at + len(name)] != name:
                        continue
                    if len(name) == 1 and words != name:
                        continue
                    found = found if len(name) == longest else []
                    longest = len(name)
                    if site not in found:
                        found.append(site)
        return found

    def _find_stems(self, parts: Sequence[tuple[str, ...]]) -> list[str]:
        """Return the only site called so without its level, where the text says school."""
        for words in parts:
            stem = tuple(word for word in words if word not in _DROPPED)
            if "school" in words and not set(words) & set(_LEVELS) and len(stem) > 0:
                owners = self._stems.get(stem, [])
                if len(owners) == 1:
                    return owners
        return []

    def _find_at_street(self, named: Sequence[str], text: str) -> list[str]:
        """Return the sites at an address in a text, the main one first; of those named."""
        for part in (text, *_SEPARATORS.split(text)):
            street = _split_street(part)
            if street is None:
                continue
            at = [
                site
                for words, site in self._streets.get(street[0], ())
                if _is_same_street(words, street[1]) and (not named or site in named)
            ]
            if at:
                return [site.id for site in sort_sites_at_place(self.sites[site] for site in at)]
        return []


def sort_sites_at_place(sites: Iterable[Site]) -> list[Site]:
    """Return the sites at one place; a call counts for the first: in patrol, with the most."""
    return sorted(sites, key=lambda site: (not site.patrolled, -(site.enrollment or 0)))


@dataclass(frozen=True, slots=True)
class WrittenAddress:
    """A house number with the words of its street in a text, and what follows in that part."""

    house: str
    street: tuple[str, ...]
    text: str
    after: str


def find_address(text: str) -> WrittenAddress | None:
    """Return the first street address in a text, wherever it begins; None where there is none.

    A street ends in a word such as AVE, so that “ROOM 12” is no address.
    """
    for part in text.split(","):
        words = part.replace(".", "").split()
        for at, word in enumerate(words[:-2]):
            if _HOUSE.fullmatch(word.casefold()) is None:
                continue
            for end in range(at + 2, min(at + _LONGEST_STREET, len(words))):
                if _SUFFIXES.get(words[end].casefold()) is not None:
                    found = _split_street(" ".join(words[at : end + 1]))
                    if found is not None:
                        whole = " ".join(words[at : end + 1])
                        return WrittenAddress(*found, whole, " ".join(words[end + 1 :]))
    return None


def is_on_street(site: Site, street: Sequence[str]) -> bool:
    """Tell whether a site's own address is on a street, mistyped or not, or is not known."""
    own = _split_street(site.street)
    if own is None:
        return True
    first, second = (_join_street(words) for words in (own[1], street))
    return SequenceMatcher(None, first, second).ratio() >= _LEAST_LIKE


def _join_street(words: Sequence[str]) -> str:
    """Return the letters of a street without its kind and compass, which are often left out."""
    kinds = {*_SUFFIXES.values(), *_COMPASS.values()}
    return "".join([word for word in words if word not in kinds] or words)


def find_city_in_address(text: str) -> str:
    """Return the city that follows a street address in a text; empty where none.

    It stands after a comma, or after the street itself as in “SAN JUAN HS 100 MAIN ST FOLSOM”.
    """
    found = find_address(text)
    if found is not None and (city := _STATE_AND_ZIP.sub("", found.after).strip(" -/")):
        return city
    parts = [part.strip() for part in text.split(",")]
    for street, after in pairwise(parts):
        if _split_street(street) is not None and after and not any(map(str.isdigit, after)):
            return after
    return ""


def _list_parts(text: str) -> list[tuple[str, ...]]:
    """Return the words of a whole text and of each part of it that marks set apart."""
    parts = [_split_name(part) for part in _SEPARATORS.split(text) if part.strip()]
    whole = _split_name(_SEPARATORS.sub(" ", text))
    return [whole, *parts]


def _split_name(text: str) -> tuple[str, ...]:
    """Return the words of a name as they are compared: abbreviations written out."""
    plain = _K8.sub("k8", text.casefold().replace("'", "").replace("’", ""))
    plain = _INITIALS.sub(r"\1s", plain)
    words = [_WORDS.get(word, word) for word in _NO_WORD.sub(" ", plain).split()]
    if words and words[-1] == "el" and len(words) > 1:
        words[-1] = "elementary"
    kept = [word for word in words if word not in _DROPPED - {"school"}]
    if "school" in kept and set(kept) & set(_LEVELS):
        kept = [word for word in kept if word != "school"]
    once = [word for at, word in enumerate(kept) if at == 0 or word != kept[at - 1]]
    return tuple(once)


def _split_street(text: str) -> tuple[str, tuple[str, ...]] | None:
    """Return the house number of an address and the words of its street; None where it is none."""
    words = _NO_WORD.sub(" ", text.casefold().split(",")[0].replace(".", "")).split()
    house = _HOUSE.fullmatch(words[0]) if len(words) > 1 else None
    if house is None or words[1] in ("block", "blk"):
        return None
    return house[1], tuple(_SUFFIXES.get(word, _COMPASS.get(word, word)) for word in words[1:])


def _is_same_street(own: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Tell whether an address names a street; a city may follow, the last word may be missing."""
    if other[: len(own)] == own:
        return True
    bare = own[:-1] if own[-1] in _SUFFIXES.values() else own
    return bool(bare) and other == bare


_LONGEST_ALIAS = 200


def add_sites(project: Project, sites: Mapping[str, Site]) -> Project:
    """Add sites, or replace those whose id is known, all as they are given.

    In each draft a new site at the position of one that has a zone joins it, where that zone may
    hold it; any other new site has no zone yet. One that is no longer patrolled leaves its zone.
    """
    after = replace(project, sites={**project.sites, **sites})
    for plan in project.plans.values():
        if not plan.is_draft:
            continue
        gone = {key for key, site in sites.items() if not site.patrolled and key in plan.assignment}
        kept = {key: zone for key, zone in plan.assignment.items() if key not in gone}
        if gone:
            after = after.with_plan(replace(after.plans[plan.uid], assignment=kept))
        at = {after.sites[key].position: zone for key, zone in kept.items() if key in after.sites}
        new = [site for key, site in sites.items() if key not in project.sites and site.patrolled]
        joined = {
            site.id: at[site.position]
            for site in new
            if site.position in at
            and find_zone_refusal(
                after.with_what_ifs(plan), after.plans[plan.uid], site, at[site.position]
            )
            is None
        }
        if joined:
            after = after.with_plan(after.plans[plan.uid].with_assignments(joined))
    return after


def add_site_alias(project: Project, site_id: str, text: str) -> Project:
    """Have a site found by another name too; a name means one site, so that it leaves any other.

    Raises
    ------
    UserError
        The site is unknown, or the name is empty, too long, or that of another site.
    """
    site, alias = project.site(site_id), " ".join(text.split())
    key = normalize_alias(alias)
    if not key or len(alias) > _LONGEST_ALIAS:
        raise UserError("no_site_alias", alias=alias, most=_LONGEST_ALIAS)
    own = next((one for one in project.sites.values() if normalize_alias(one.name) == key), site)
    if own is not site:
        raise UserError("site_alias_is_name", alias=alias, site=own.name)
    if any(normalize_alias(known) == key for known in site.aliases):
        return project
    project = _without_alias(project, key)
    return project.with_site(replace(site, aliases=tuple(sorted((*site.aliases, alias)))))


def remove_site_alias(project: Project, text: str) -> Project:
    """Forget another name of a site; one that no site has is a UserError."""
    after = _without_alias(project, normalize_alias(text))
    if after is project:
        raise UserError("unknown_site_alias", alias=text)
    return after


def _without_alias(project: Project, key: str) -> Project:
    for site in project.sites.values():
        kept = tuple(alias for alias in site.aliases if normalize_alias(alias) != key)
        if kept != site.aliases:
            project = project.with_site(replace(site, aliases=kept))
    return project
