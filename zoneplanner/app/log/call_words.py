"""What a call is, in the few words of a dispatcher, and the priority that they carry."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from zoneplanner.domain.log.response_actions import RESPONSE_ACTIONS


@dataclass(frozen=True)
class CallType:
    """A usual type of a call: what else it is called, and the priority that it begins with."""

    name: str
    priority: int = 3
    meant: tuple[str, ...] = ()
    """Words that stand for it, in small letters; the log has the name."""


CALL_TYPES = (
    CallType("Trespass", meant=("intruder",)),
    CallType("Fight", 2, ("brawl", "fighting")),
    CallType("Welfare check"),
    CallType("Suspicious vehicle"),
    CallType("Suspicious person", meant=("stranger", "prowler", "loitering")),
    CallType("Threat", 2),
    CallType("Alarm", meant=("burglar alarm",)),
    CallType("Traffic", meant=("speeding",)),
    CallType("Medical aid", 1, ("medical", "seizure", "unconscious", "overdose", "ambulance")),
    CallType("Theft", meant=("larceny", "shoplifting")),
    CallType("Vandalism", meant=("graffiti",)),
    CallType("Disturbance", meant=("disorderly", "disruptive")),
    CallType("Noise complaint", 4, ("noise", "loud music")),
    CallType("Drugs or vape", meant=("drugs", "vape", "vaping", "marijuana")),
    CallType("Weapon", 1, ("gun", "knife", "firearm")),
    CallType("Parking", 4, ("parked car", "double parked")),
    CallType("Missing or runaway", 2, ("missing", "runaway", "lost child")),
)
"""What a call is, in plain words; another type may be typed.

Danger to life begins with 1, danger that may grow with 2; a nuisance may wait, and all else has the
usual 3. This order is the authors' own, from no source; a person changes any of them by a digit.
"""
INCIDENT_TYPES = tuple(one.name for one in CALL_TYPES)


def spell_incident_type(words: str) -> str:
    """Return a type as it is written: in the spelling known, else with a capital first."""
    known = (one for one in INCIDENT_TYPES if one.casefold() == words.casefold())
    return next(known, words[:1].upper() + words[1:])


def find_named_type(words: str, used: Iterable[str] = ()) -> str:
    """Return the usual or ``used`` type that words name: whole, or as the beginning of one alone.

    Words that are meant by a type name it as well, where no name begins so. Nothing for all else.
    """
    begin, names = words.casefold(), (*used, *INCIDENT_TYPES)
    meant = [(word, one.name) for one in CALL_TYPES for word in one.meant]
    for known in ([(name.casefold(), name) for name in names], meant):
        whole = {name for word, name in known if word == begin}
        fitting = whole or {name for word, name in known if begin and word.startswith(begin)}
        if fitting:
            return fitting.pop() if len(fitting) == 1 else ""
    return ""


def find_meant_type(words: str, used: Iterable[str] = ()) -> str:
    """Return the type that a misspelled one is nearly, of those that are usual or ``used``.

    Else it is the one that begins so. Nothing for a type that is one of them, or like none.
    """
    names = {one.casefold(): one for one in (*used, *INCIDENT_TYPES)}
    if words.casefold() in names:
        return ""
    known = {**{word: one.name for one in CALL_TYPES for word in one.meant}, **names}
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
_WORDS_OF_TYPES = [
    (re.compile(rf"\b({'|'.join((one.name.casefold(), *one.meant))})\b"), one.priority)
    for one in CALL_TYPES
]


def suggest_priority(words: str) -> int:
    """Return the priority that is offered for a call of these words; 1 is the gravest.

    It is the gravest of the types that they name. What merely may wait is a call's whole type.
    """
    if _GRAVE_WORDS.search(words):
        return _GRAVE_PRIORITY
    named = find_named_type(words)
    if named:
        return next(one.priority for one in CALL_TYPES if one.name == named)
    lower = words.casefold()
    said = (priority for known, priority in _WORDS_OF_TYPES if known.search(lower))
    return min((_USUAL_PRIORITY, *said))


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
