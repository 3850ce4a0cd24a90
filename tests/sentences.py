"""Sentences by their codes, independent of their wording."""

import string
from collections.abc import Iterable
from typing import Any

from zoneplanner.domain.locale_formats import US_FORMATS
from zoneplanner.messages import Message, MessageFormatter, find_template, list_template_facts

_LONGEST_FACT = 400


def find_message(messages: Iterable[Message], template: str) -> Message:
    """Return the only one of several messages that has a template."""
    (message,) = (message for message in messages if message.template == template)
    return message


def says(text: str, code: str, /, **facts: Any) -> bool:
    """Whether a text contains the sentence of a code with the given facts.

    Line breaks count as spaces. A fact that is not given can be anything. A fact that is a text is
    looked for as it is; another one is written in American formats as its template says.
    """
    assert facts.keys() <= list_template_facts(code)
    parts = [""]
    for literal, name, form, _ in string.Formatter().parse(find_template(code)):
        parts[-1] += literal
        fact = facts.get(name or "")
        if fact is not None and not isinstance(fact, str):
            parts[-1] += MessageFormatter(US_FORMATS).format_field(fact, form or "")
        elif fact is not None and not (form or "").startswith("verb "):
            parts[-1] += fact
        elif name is not None:
            parts.append("")
    first, *rest = (" ".join(part.split()) for part in parts if part.strip())
    within = " ".join(text.split())
    at = within.find(first)
    while at >= 0:
        if _follows(within, at + len(first), rest):
            return True
        at = within.find(first, at + 1)
    return False


def _follows(text: str, at: int, parts: list[str]) -> bool:
    """Whether the parts follow each other from a position on, with a fact between each two."""
    for part in parts:
        found = text.find(part, at)
        if found < 0 or found - at > _LONGEST_FACT:
            return False
        at = found + len(part)
    return True
