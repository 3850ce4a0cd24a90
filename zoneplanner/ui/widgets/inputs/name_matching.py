"""How well a name fits what a person types: beginnings, initials, parts, a letter astray."""

import re
from collections.abc import Iterator, Sequence

_WHOLE, _BEGINS, PART_BEGINS, _INITIALS = 100, 90, 75, 65
_WITHIN, _ABBREVIATED, _MISTYPED, BESIDE, _SCATTERED = 55, 45, 40, 30, 12
_LEAST_INITIALS, _LEAST_ABBREVIATED, _LEAST_SCATTERED, _LEAST_MISTYPED = 2, 3, 4, 4
_SPLIT = re.compile(r"[^\w]+")


def score_match(text: str, name: str, beside: str = "") -> float:
    """Return how well a name fits a text, 0 where it does not; higher is better.

    Every word of the text has to fit the name or, for less, what is known ``beside`` it.
    """
    query, lower, other = text.casefold().split(), name.casefold(), beside.casefold()
    parts = [part for part in _SPLIT.split(lower) if part]
    if not query:
        return 0.0
    if " ".join(query) == lower:
        return _WHOLE
    scores = [_word_fit(word, lower, parts, other) for word in query]
    if not all(scores):
        return 0.0
    return sum(scores) / len(scores) + 1 / (1 + len(lower))


def rank_names(text: str, names: Sequence[str], *, least: float) -> list[int]:
    """Return the places of the names that fit a text better than ``least``, the best first.

    Of two that fit alike the one that comes first in the alphabet goes before.
    """
    scores = [score_match(text, name) for name in names]
    fitting = [at for at, score in enumerate(scores) if score > least]
    return sorted(fitting, key=lambda at: (-scores[at], names[at].casefold()))


def _word_fit(word: str, name: str, parts: list[str], beside: str) -> int:
    """Return how well one word fits: the worth of the best way in which it does."""
    return next((worth for worth, fits in _ways(word, name, parts, beside) if fits), 0)


def _ways(word: str, name: str, parts: list[str], beside: str) -> Iterator[tuple[int, bool]]:
    """Yield the ways in which a word may fit, the best first; each is tried when it is asked."""
    long, near = len(word), [part for part in parts if part[0] == word[0]]
    initials = "".join(part[0] for part in parts)
    yield _BEGINS, name.startswith(word)
    yield PART_BEGINS, any(part.startswith(word) for part in near)
    yield _INITIALS, long >= _LEAST_INITIALS and initials.startswith(word)
    yield _WITHIN, word in name
    yield _ABBREVIATED, bool(near) and long >= _LEAST_ABBREVIATED and _abbreviates(word, parts)
    yield _MISTYPED, long >= _LEAST_MISTYPED and any(_mistyped(word, part) for part in near)
    yield BESIDE, word in beside
    yield _SCATTERED, long >= _LEAST_SCATTERED and _in_order(word, name)


def _abbreviates(word: str, parts: list[str]) -> bool:
    """Tell whether a word is made of beginnings of parts in their order, like "delcam"."""
    if not word:
        return True
    for at, part in enumerate(parts):
        shared = 0
        while shared < min(len(word), len(part)) and word[shared] == part[shared]:
            shared += 1
        if any(_abbreviates(word[cut:], parts[at + 1 :]) for cut in range(shared, 0, -1)):
            return True
    return False


def _mistyped(word: str, part: str) -> bool:
    """Tell whether one letter of a word is wrong, missing, too many, or two have changed places."""
    if abs(len(word) - len(part)) > 1:
        return False
    at = 0
    while at < min(len(word), len(part)) and word[at] == part[at]:
        at += 1
    left, right = word[at:], part[at:]
    swapped = left[:2] == right[1::-1] and left[2:] == right[2:]
    return swapped or left[1:] == right[1:] or left[1:] == right or left == right[1:]


def _in_order(word: str, name: str) -> bool:
    """Tell whether the letters of a word occur in their order, the first one at its beginning."""
    if not name.startswith(word[0]):
        return False
    letters = iter(name)
    return all(letter in letters for letter in word)
