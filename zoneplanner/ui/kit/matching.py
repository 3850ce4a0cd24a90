"""How well a name fits what a person types: beginnings, initials, parts, letters in order."""

import re

WHOLE, BEGINS, PART_BEGINS, INITIALS = 100, 90, 75, 65
WITHIN, ABBREVIATED, BESIDE, SCATTERED = 55, 45, 30, 12
LEAST_INITIALS, LEAST_ABBREVIATED, LEAST_SCATTERED = 2, 3, 4
SPLIT = re.compile(r"[^\w]+")


def fit(text: str, name: str, beside: str = "") -> float:
    """Return how well a name fits a text, 0 where it does not; higher is better.

    Every word of the text has to fit the name or, for less, what is known ``beside`` it.
    """
    query, lower, other = text.casefold().split(), name.casefold(), beside.casefold()
    parts = [part for part in SPLIT.split(lower) if part]
    if not query:
        return 0.0
    if " ".join(query) == lower:
        return WHOLE
    scores = [_word_fit(word, lower, parts, other) for word in query]
    if not all(scores):
        return 0.0
    return sum(scores) / len(scores) + 1 / (1 + len(lower))


def _word_fit(word: str, name: str, parts: list[str], beside: str) -> int:
    """Return how well one word fits: the worth of the best way in which it does."""
    initials, long = "".join(part[0] for part in parts), len(word)
    ways = (
        (BEGINS, name.startswith(word)),
        (PART_BEGINS, any(part.startswith(word) for part in parts)),
        (INITIALS, long >= LEAST_INITIALS and initials.startswith(word)),
        (WITHIN, word in name),
        (ABBREVIATED, long >= LEAST_ABBREVIATED and _abbreviates(word, parts)),
        (BESIDE, word in beside),
        (SCATTERED, long >= LEAST_SCATTERED and _in_order(word, name)),
    )
    return next((worth for worth, fits in ways if fits), 0)


def _abbreviates(word: str, parts: list[str]) -> bool:
    """Tell whether a word is made of beginnings of parts in their order, like ``delcam``."""
    if not word:
        return True
    for at, part in enumerate(parts):
        shared = 0
        while shared < min(len(word), len(part)) and word[shared] == part[shared]:
            shared += 1
        if any(_abbreviates(word[cut:], parts[at + 1 :]) for cut in range(shared, 0, -1)):
            return True
    return False


def _in_order(word: str, name: str) -> bool:
    """Tell whether the letters of a word occur in their order, the first one at its beginning."""
    if not name.startswith(word[0]):
        return False
    letters = iter(name)
    return all(letter in letters for letter in word)
