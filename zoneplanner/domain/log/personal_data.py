"""Personal data in free texts: names, birth dates, numbers. It is flagged, not refused.

The log has no field for names; a role, a unit or a reference number is enough.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from zoneplanner.bundled import resources_dir
from zoneplanner.domain.log.entries import FREE_TEXT_FIELDS
from zoneplanner.domain.project import Project
from zoneplanner.messages import Message

_TEXTS = frozenset[str]().union(*FREE_TEXT_FIELDS.values())
_MAX_EXAMPLES = 3
PRIVACY_ADVICE = Message("privacy_advice")

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
"""A quick test: texts that do not match, which are most, cannot contain personal data."""
_LOOKS_LIKE = (
    (_EMAIL, "personal_data.email"),
    (_PHONE, "personal_data.phone"),
    (_SSN, "personal_data.ssn"),
    (_BORN, "personal_data.birth_date"),
    (re.compile(r"(?<![\w.-])\d{6,}(?![\w-])"), "personal_data.number"),
)

_COMMON_WORDS = frozenset(
    (resources_dir() / "common_words.txt").read_text(encoding="utf-8").split()
)
"""Lowercase words that begin sentences or titles; a name is two words that are not among these."""


def collect_known_words(project: Project) -> frozenset[str]:
    """Return the words in the names of a project's places and units, and the pairs of them."""
    names = [
        *(part for site in project.sites.values() for part in (site.name, site.street, site.city)),
        *(unit.name for unit in project.units.values()),
        *project.agencies,
        *(area.name for area in project.jurisdictions.values()),
        *(feature.name for feature in project.features),
    ]
    known: set[str] = set()
    for name in names:
        words = _words(name)
        known.update(words, map(" ".join, pairwise(words)))
    return frozenset(known)


def find_personal_data(text: str, known: Iterable[str] = ()) -> tuple[Message, ...]:
    """Return warnings about personal data in a text; ``known`` words belong to places and units."""
    if _MAY_HOLD_PERSONAL_DATA.search(text) is None:
        return ()
    known_words = _COMMON_WORDS | frozenset(known)
    titled = [match[0] for match in _TITLED.finditer(text)]
    names = (
        match[0]
        for match in _NAME.finditer(text)
        if match[0] not in " ".join(titled) and _names_someone(_words(match[0]), known_words)
    )
    warnings = [Message("personal_data.name", text=name) for name in (*titled, *names)]
    for pattern, code in _LOOKS_LIKE:
        warnings += (Message(code, text=match[0]) for match in pattern.finditer(text))
    births = [match[0] for match in _BORN.finditer(text)]
    warnings += (
        Message("personal_data.date", text=match[0])
        for match in _DATE.finditer(text)
        if not any(match[0] in birth for birth in births)
    )
    return tuple(dict.fromkeys(warnings))


def _words(text: str) -> list[str]:
    return [word.casefold() for word in re.findall(r"[^\W\d]+", text)]


def _names_someone(words: Sequence[str], known: Collection[str]) -> bool:
    """Return whether two words are unknown, or an unknown word follows half of a known name.

    John Smith is flagged even if there is a school called John Barrett.
    """
    if sum(word not in known for word in words) >= 2:
        return True
    return any(
        first in known and first not in _COMMON_WORDS and second not in known
        for before, first, second in zip(["", *words], words, words[1:], strict=False)
        if f"{before} {first}" not in known
    )


def find_personal_data_in_entry(
    payload: Mapping[str, Any], project: Project
) -> tuple[Message, ...]:
    """Return warnings about personal data in an entry's free texts."""
    known = collect_known_words(project)
    texts = (text for name, text in payload.items() if name in _TEXTS and isinstance(text, str))
    warnings = (warning for text in texts for warning in find_personal_data(text, known))
    return tuple(dict.fromkeys(warnings))


def count_entries_with_personal_data(
    payloads: Iterable[Mapping[str, Any]], project: Project
) -> tuple[int, tuple[Message, ...]]:
    """Return the number of entries with personal data, and the first few warnings.

    A type that several calls share is a term of the dispatch system, however it is capitalized.
    """
    payloads = tuple(payloads)
    known, checked = collect_known_words(project), dict[str, tuple[Message, ...]]()
    types = Counter(str(payload["type"]) for payload in payloads if "type" in payload)
    checked |= {text: () for text, times in types.items() if times > 1 and not _TITLED.search(text)}
    count, examples = 0, dict[Message, None]()
    for payload in payloads:
        warnings: tuple[Message, ...] = ()
        for text in (payload[name] for name in payload.keys() & _TEXTS):
            if isinstance(text, str):
                if text not in checked:
                    checked[text] = find_personal_data(text, known)
                warnings += checked[text]
        if warnings:
            count += 1
            if len(examples) < _MAX_EXAMPLES:
                examples[warnings[0]] = None
    return count, tuple(examples)
