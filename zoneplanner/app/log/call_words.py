"""The types of calls, found from a dispatcher's few words, and the priority at their end."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from zoneplanner.domain.log.response_action_terms import RESPONSE_ACTIONS


@dataclass(frozen=True)
class CallType:
    """A usual type of call."""

    name: str
    priority: int = 3
    """The priority that is offered for it."""
    synonyms: tuple[str, ...] = ()
    """Other words for it, in lower case; the log gets the name."""


CALL_TYPES = (
    CallType("Trespass", synonyms=("intruder",)),
    CallType("Fight", 2, ("brawl", "fighting")),
    CallType("Welfare check"),
    CallType("Suspicious vehicle"),
    CallType("Suspicious person", synonyms=("stranger", "prowler", "loitering")),
    CallType("Threat", 2),
    CallType("Alarm", synonyms=("burglar alarm",)),
    CallType("Traffic", synonyms=("speeding",)),
    CallType("Medical aid", 1, ("medical", "seizure", "unconscious", "overdose", "ambulance")),
    CallType("Theft", synonyms=("larceny", "shoplifting")),
    CallType("Vandalism", synonyms=("graffiti",)),
    CallType("Disturbance", synonyms=("disorderly", "disruptive")),
    CallType("Noise complaint", 4, ("noise", "loud music")),
    CallType("Drugs or vape", synonyms=("drugs", "vape", "vaping", "marijuana")),
    CallType("Weapon", 1, ("gun", "knife", "firearm")),
    CallType("Parking", 4, ("parked car", "double parked")),
    CallType("Missing or runaway", 2, ("missing", "runaway", "lost child")),
)
"""The usual types; any other may be typed.

A danger to life has priority 1 and a danger that may grow 2; a nuisance has 4, everything else the
usual 3. The authors chose this order, without a source; a person overrides it by a digit.
"""
INCIDENT_TYPES = tuple(kind.name for kind in CALL_TYPES)
_SYNONYMS = {word: kind.name for kind in CALL_TYPES for word in kind.synonyms}
_MIN_SIMILARITY = 0.8
_MOST_USED_TYPES = 40
_MIN_PREFIX = 3
_USUAL_PRIORITY = 3


def spell_incident_type(words: str) -> str:
    """Return a usual type in its spelling, any other type with its first letter capitalized."""
    known = (name for name in INCIDENT_TYPES if name.casefold() == words.casefold())
    return next(known, words[:1].upper() + words[1:])


def find_named_type(words: str, used_types: Iterable[str] = ()) -> str:
    """Return the one type that words name in full or by its beginning, or "".

    Usual types and ``used_types`` precede synonyms.
    """
    prefix, names = words.casefold(), (*used_types, *INCIDENT_TYPES)
    for known in ([(name.casefold(), name) for name in names], _SYNONYMS.items()):
        exact = {name for word, name in known if word == prefix}
        matches = exact or {name for word, name in known if prefix and word.startswith(prefix)}
        if matches:
            return matches.pop() if len(matches) == 1 else ""
    return ""


def suggest_type(words: str, used_types: Iterable[str] = ()) -> str:
    """Return the known type most similar to a misspelled one, else one that begins with it, or "".

    A known type is not misspelled, so it gives "".
    """
    names = {name.casefold(): name for name in (*used_types, *INCIDENT_TYPES)}
    if words.casefold() in names:
        return ""
    known = {**_SYNONYMS, **names}
    matches = get_close_matches(words.casefold(), known, n=1, cutoff=_MIN_SIMILARITY)
    if not matches and len(words) >= _MIN_PREFIX:
        matches = [word for word in known if word.startswith(words.casefold())]
    return known[matches[0]] if matches else ""


def list_used_types(types: Iterable[str]) -> tuple[str, ...]:
    """Return the types of earlier calls that are not usual ones, the most frequent first.

    A type similar to a usual or more frequent one is probably misspelled and left out. So are
    response actions, which are started by their own keys.
    """
    known = {name.casefold() for name in (*INCIDENT_TYPES, *RESPONSE_ACTIONS)}
    used: list[str] = []
    for name, _ in Counter(types).most_common():
        lower = name.casefold()
        is_similar = get_close_matches(lower, known, n=1, cutoff=_MIN_SIMILARITY)
        if len(used) < _MOST_USED_TYPES and not is_similar:
            used.append(name)
            known.add(lower)
    return tuple(used)


_MAY_BE_PRIORITY = re.compile(
    r"(?P<words>.*\b(?:bus|car|door|field|gate|hall|locker|stage|trailer|van)) (?P<digit>[1-9])",
    re.IGNORECASE,
)
"""Words whose last digit may be a number of the thing or a priority."""


def suggest_words(words: str, priority: int, used_types: Iterable[str] = ()) -> str:
    """Return what to type instead of a call's words, or "".

    It is the type that is probably misspelled, or the words with “p2” if they end like “stolen
    car 2” and have the usual priority.
    """
    match = _MAY_BE_PRIORITY.fullmatch(words)
    if match is not None and priority == _USUAL_PRIORITY:
        return f"{match['words']} p{match['digit']}"
    return suggest_type(words, used_types)


def describe_words(text: str) -> str:
    """Write the words of a call and the priority after them for use in a sentence."""
    words, priority = split_priority(text)
    return words if priority is None else f"{words}, priority {priority}"


_URGENT_WORDS = re.compile(
    r"\b(weapon|gun|knife|shot|shoot|stab|bomb|explo|hostage|lockdown)", re.IGNORECASE
)
_TYPE_PATTERNS = [
    (re.compile(rf"\b({'|'.join((kind.name.casefold(), *kind.synonyms))})\b"), kind.priority)
    for kind in CALL_TYPES
]


def suggest_priority(words: str) -> int:
    """Return the priority to offer for a call, from 1 (most serious).

    Of several types in the words the most serious counts; a priority above the usual 3 is offered
    only if the words are that type and nothing else.
    """
    if _URGENT_WORDS.search(words):
        return 1
    if named := find_named_type(words):
        return next(kind.priority for kind in CALL_TYPES if kind.name == named)
    lower = words.casefold()
    priorities = (priority for pattern, priority in _TYPE_PATTERNS if pattern.search(lower))
    return min((_USUAL_PRIORITY, *priorities))


_DIGIT_AT_END = re.compile(
    r"(?P<words>.*\S)\s+(?P<p>p?)(?P<digit>\d)|(?P<word>[^\W\d_]+)(?P<glued>\d)", re.IGNORECASE
)
_NUMBERED = re.compile(
    "about|age|and|apartment|apt|area|at|bay|between|bldg|block|box|building|bus|by|car|code|court|"
    "door|exit|field|flight|floor|for|from|gate|gr|grade|hall|hour|in|lane|level|line|locker|lot|"
    "no|number|of|on|or|over|period|phase|platform|pod|pole|portable|post|rm|room|route|row|seat|"
    "section|since|space|square|stage|stair|station|stop|suite|table|to|tower|track|trailer|under|"
    "unit|van|wing|with|year|zone",
    re.IGNORECASE,
)
"""A number after one of these words belongs to the word: room 4, bus 2, code 3, at 9."""


def split_priority(text: str) -> tuple[str, int | None]:
    """Return the words of a call and the priority at their end, or None without one.

    The priority is a digit, optionally after a p, that follows the words as in ``fight 1`` or a
    single word directly as in ``f1``. A digit that numbers the thing before it is part of the
    words, as in ``fight room 4`` and ``theft bus 4``; ``theft bus 4 p2`` has both.
    """
    text = text.strip()
    match = _DIGIT_AT_END.fullmatch(text)
    if match is None:
        return text, None
    words = match["words"] or match["word"]
    if not match["p"] and _NUMBERED.fullmatch(words.split()[-1].rstrip(".,#")):
        return text, None
    return words, int(match["digit"] or match["glued"])


def find_digit_in_words(text: str) -> str:
    """Return a single digit at the end of a call's words that is not its priority, or ""."""
    match = re.search(r"(?<!\d)\d$", text.strip())
    return match[0] if match and split_priority(text)[1] is None else ""
