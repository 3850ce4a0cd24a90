"""Sentences by their codes: what is shown, printed or refused, whatever its words are today."""

import string

from zoneplanner.messages import find_template

_LONGEST_FACT = 400


def says(text: str, code: str, /, **facts: str) -> bool:
    """Tell whether a text has the sentence of a code; of its facts those that are given, as shown.

    Line breaks are as good as spaces. A fact that is not given may be anything.
    """
    parts = [""]
    for literal, name, _, _ in string.Formatter().parse(find_template(code)):
        parts[-1] += literal
        if name in facts:
            parts[-1] += facts[name]
        elif name is not None:
            parts.append("")
    first, *rest = (" ".join(part.split()) for part in parts)
    within = " ".join(text.split())
    at = within.find(first)
    while at >= 0:
        if _follows(within, at + len(first), rest):
            return True
        at = within.find(first, at + 1) if first else -1
    return False


def _follows(text: str, at: int, parts: list[str]) -> bool:
    """Tell whether parts follow each other from a place on, with a fact between each two."""
    for part in parts:
        found = text.find(part, at)
        if found < 0 or found - at > _LONGEST_FACT:
            return False
        at = found + len(part)
    return True
