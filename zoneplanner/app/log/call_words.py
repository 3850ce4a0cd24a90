"""What a call is, in the few words of a dispatcher, and the priority that they carry."""

import re
from collections import Counter
from collections.abc import Iterable
from difflib import get_close_matches

from zoneplanner.domain.log.response_actions import RESPONSE_ACTIONS

INCIDENT_TYPES = (
    "Trespass",
    "Fight",
    "Welfare check",
    "Suspicious vehicle",
    "Suspicious person",
    "Threat",
    "Alarm",
    "Traffic",
    "Medical aid",
    "Theft",
    "Vandalism",
)
"""What a call is, in plain words; another type may be typed."""


def spell_incident_type(words: str) -> str:
    """Return a type as it is written: in the spelling known, else with a capital first."""
    known = (one for one in INCIDENT_TYPES if one.casefold() == words.casefold())
    return next(known, words[:1].upper() + words[1:])


def find_meant_type(words: str, used: Iterable[str] = ()) -> str:
    """Return the type that a misspelled one is nearly, of those that are usual or ``used``.

    Else it is the one that begins so. Nothing for a type that is one of them, or like none.
    """
    known = {one.casefold(): one for one in (*used, *INCIDENT_TYPES)}
    if words.casefold() in known:
        return ""
    found = get_close_matches(words.casefold(), known, n=1, cutoff=_NEARLY)
    if not found and len(words) >= _LEAST_BEGINNING:
        found = [one for one in known if one.startswith(words.casefold())]
    return known[found[0]] if found else ""


def list_used_types(types: Iterable[str]) -> tuple[str, ...]:
    """Return those of the types of calls that are not usual ones, the most frequent first.

    One that is nearly a usual or more frequent type is a slip, and those of response actions are
    begun by their own keys.
    """
    known = {one.casefold() for one in (*INCIDENT_TYPES, *RESPONSE_ACTIONS)}
    used: list[str] = []
    for name, _ in Counter(types).most_common():
        lower = name.casefold()
        if len(used) < _MOST_USED and not get_close_matches(lower, known, n=1, cutoff=_NEARLY):
            used.append(name)
            known.add(lower)
    return tuple(used)


_MAY_BE_PRIORITY = re.compile(
    r"(?P<words>.*\b(?:bus|car|door|field|gate|hall|locker|stage|trailer|van)) (?P<digit>[1-9])",
    re.IGNORECASE,
)
"""What may end a call's words as well with a number of its own as with a priority."""


def find_meant_words(words: str, priority: int, used: Iterable[str] = ()) -> str:
    """Return the words that a call's type seems to stand for, typed as in the form; or nothing.

    It is the usual type that is nearly meant, or a digit that was left in words such as “stolen
    car 2” while nobody set a priority.
    """
    found = _MAY_BE_PRIORITY.fullmatch(words)
    if found is not None and priority == _USUAL_PRIORITY:
        return f"{found['words']} p{found['digit']}"
    return find_meant_type(words, used)


def describe_words(text: str) -> str:
    """Write the words of a call and the priority behind them for a sentence."""
    words, priority = split_priority(text)
    return words if priority is None else f"{words}, priority {priority}"


_NEARLY = 0.8
_MOST_USED = 40
_LEAST_BEGINNING = 3
_USUAL_PRIORITY = 3
_GRAVE_WORDS = re.compile(
    r"\b(weapon|gun|knife|shot|shoot|stab|bomb|explo|hostage|lockdown)", re.IGNORECASE
)
_GRAVE_PRIORITY = 1


def suggest_priority(words: str) -> int:
    """Return the priority that is offered for a call of these words; 1 is the gravest."""
    return _GRAVE_PRIORITY if _GRAVE_WORDS.search(words) else _USUAL_PRIORITY


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
"""Behind these a number belongs to them: room 4, bus 2, code 3, at 9."""


def split_priority(text: str) -> tuple[str, int | None]:
    """Return the words of a call without the priority at their end, and that priority.

    It is a single digit or p and a digit on its own behind the words, ``fight 1``, or behind a
    single word, ``f1``. A digit that counts what stands before it is a part of the words, as in
    ``fight room 4`` and ``theft bus 4``; ``theft bus 4 p2`` says both.
    """
    text = text.strip()
    found = _DIGIT_AT_END.fullmatch(text)
    if found is None:
        return text, None
    words = found["words"] or found["word"]
    if not found["p"] and _NUMBERED.fullmatch(words.split()[-1].rstrip(".,#")):
        return text, None
    return words, int(found["digit"] or found["glued"])


def find_digit_in_words(text: str) -> str:
    """Return the single digit at the end of a call's words that is no priority, or nothing."""
    found = re.search(r"(?<!\d)\d$", text.strip())
    return found[0] if found and split_priority(text)[1] is None else ""
