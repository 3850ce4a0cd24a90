"""What in a free text looks like a person: names, birth dates, numbers. A warning, no refusal.

The log has no field for names; a role, a unit or a reference number says as much.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from zoneplanner.bundled import resources_dir
from zoneplanner.domain.log.entries import FREE_TEXT_FIELDS
from zoneplanner.domain.project import Project

_TEXTS = frozenset[str]().union(*FREE_TEXT_FIELDS.values())
_MAX_EXAMPLES = 3
PRIVACY_ADVICE = "Write a role, a unit or a reference number instead."

_WORD = r"[A-ZÀ-ÖØ-Þ][a-zß-öø-ÿ]+(?:['’-][A-ZÀ-ÖØ-Þ]?[a-zß-öø-ÿ]+)*"
_NAME = re.compile(rf"\b{_WORD}(?:\s+(?:[A-Z]\.\s+)?{_WORD})+\b")
_TITLED = re.compile(rf"\b(?:Mr|Mrs|Ms|Mx|Miss|Dr|Prof)\.?\s+{_WORD}\b")
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+\.\w{2,}")
_PHONE = re.compile(r"(?<![\w.])(?:\+?1[\s.-]?)?(?:\(\d{3}\)\s?|\d{3}[\s.-])\d{3}[\s.-]\d{4}(?!\w)")
_SSN = re.compile(r"(?<![\w-])\d{3}-\d{2}-\d{4}(?![\w-])")
_BORN = re.compile(
    r"\b(?:born|birth|birthday|dob|d\.o\.b\.?)\b.{0,20}?\d{1,4}[/.-]\d{1,2}(?:[/.-]\d{1,4})?",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"(?<!\d)(?:\d{1,2}[/.-]\d{1,2}[/.-](?:19|20)\d{2}|(?:19|20)\d{2}-\d{2}-\d{2})(?!\d)"
)
_MAY_HOLD_PERSONAL_DATA = re.compile(
    rf"{_WORD}\s+(?:[A-Z]\.\s+)?[A-ZÀ-ÖØ-Þ]|\d[\d /.-]{{3}}|@|\b(?:Mr|Mrs|Ms|Mx|Miss|Dr|Prof)\b"
)
"""What each text that is warned of holds; most texts do not, and are looked at no further."""
_LOOKS_LIKE = (
    (_EMAIL, "an email address"),
    (_PHONE, "a phone number"),
    (_SSN, "a personal number"),
    (_BORN, "a birth date"),
    (re.compile(r"(?<![\w.-])\d{6,}(?![\w-])"), "the number of a person"),
)

_COMMON_WORDS = frozenset(
    (resources_dir() / "common_words.txt").read_text(encoding="utf-8").split()
)
"""Words that begin a sentence or a title, in lower case; a name is two words beside these."""


def collect_known_words(project: Project) -> frozenset[str]:
    """Return the words of a project's own names, and those that follow each other in one."""
    names = [
        *(part for site in project.sites.values() for part in (site.name, site.street, site.city)),
        *(unit.name for unit in project.units.values()),
        *project.agencies,
        *(one.name for one in project.jurisdictions.values()),
        *(feature.name for feature in project.features),
    ]
    known: set[str] = set()
    for name in names:
        words = _words(name)
        known.update(words, map(" ".join, pairwise(words)))
    return frozenset(known)


def find_personal_data(text: str, known: Iterable[str] = ()) -> tuple[str, ...]:
    """Say what in a text looks like a person; ``known`` words belong to places and units."""
    if _MAY_HOLD_PERSONAL_DATA.search(text) is None:
        return ()
    ours = _COMMON_WORDS | frozenset(known)
    titled = [one[0] for one in _TITLED.finditer(text)]
    named = (
        one[0]
        for one in _NAME.finditer(text)
        if one[0] not in " ".join(titled) and _names_someone(_words(one[0]), ours)
    )
    found = [f"“{one}” looks like a personal name." for one in (*titled, *named)]
    for pattern, what in _LOOKS_LIKE:
        found += (f"“{one[0]}” looks like {what}." for one in pattern.finditer(text))
    born = [one[0] for one in _BORN.finditer(text)]
    found += (
        f"“{one[0]}” may be a birth date."
        for one in _DATE.finditer(text)
        if not any(one[0] in other for other in born)
    )
    return tuple(dict.fromkeys(found))


def _words(text: str) -> list[str]:
    return [word.casefold() for word in re.findall(r"[^\W\d]+", text)]


def _names_someone(words: Sequence[str], ours: Collection[str]) -> bool:
    """Return whether two words are unknown, or an unknown one follows half a name of ours.

    So John Smith is told where there is a school called John Barrett.
    """
    if sum(word not in ours for word in words) >= 2:
        return True
    return any(
        first in ours and first not in _COMMON_WORDS and second not in ours
        for before, first, second in zip(["", *words], words, words[1:], strict=False)
        if f"{before} {first}" not in ours
    )


def find_personal_data_in_entry(payload: Mapping[str, Any], project: Project) -> tuple[str, ...]:
    """Say what in an entry's free texts looks like a person."""
    known = collect_known_words(project)
    texts = (text for name, text in payload.items() if name in _TEXTS and isinstance(text, str))
    found = [one for text in texts for one in find_personal_data(text, known)]
    return tuple(dict.fromkeys(found))


def count_entries_with_personal_data(
    payloads: Iterable[Mapping[str, Any]], project: Project
) -> tuple[int, tuple[str, ...]]:
    """Return how many of many entries hold what looks like a person, and what the first say.

    What several calls are called is a word of their system, in whatever letters it is written.
    """
    payloads = tuple(payloads)
    known, seen = collect_known_words(project), dict[str, tuple[str, ...]]()
    types = Counter(str(payload["type"]) for payload in payloads if "type" in payload)
    seen |= {text: () for text, times in types.items() if times > 1 and not _TITLED.search(text)}
    count, told = 0, dict[str, None]()
    for payload in payloads:
        found: tuple[str, ...] = ()
        for name in payload.keys() & _TEXTS:
            text = payload[name]
            if isinstance(text, str) and text not in seen:
                seen[text] = find_personal_data(text, known)
            found += seen.get(text, ()) if isinstance(text, str) else ()
        if found:
            count += 1
            if len(told) < _MAX_EXAMPLES:
                told[found[0]] = None
    return count, tuple(told)
