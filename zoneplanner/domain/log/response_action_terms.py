"""The five response actions of a school, and the district's terms for them.

An action is one record: the entry that begins it, and the entry that ends and supersedes it.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from zoneplanner.domain.log.journal import FreeText, check_stamp_order
from zoneplanner.domain.log.record_schema import (
    LogMoment,
    RecordKind,
    parse_choice,
    read_records,
)
from zoneplanner.errors import UserError
from zoneplanner.messages import find_template

_INCIDENT = re.compile(
    r"(?<![Vv]iolent[ -])(?<![Cc]ritical )\b(?:([Aa])n )?(?<![Vv]iolent[ -])(?<![Cc]ritical )"
    r"([Ii])ncident(s?)\b(?! command)"
)
"""“Incident” in our sense; “incident command” and “violent incident” are legal terms."""
RESPONSE_ACTIONS = ("hold", "secure", "lockdown", "evacuate", "shelter")
URGENT_ACTIONS = ("lockdown", "evacuate")
"""The most disruptive actions; only they are shown in the danger color."""


@dataclass(frozen=True, slots=True)
class DistrictTerm:
    """A district's term for something, and its instructions to people, or "" if not defined."""

    term: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class DistrictTerms:
    """A district's terms for actions and incidents, and its tip line for concerns.

    Terms are never treated as synonyms: one district's shelter-in-place is another's secure, and
    a wrong word would be a wrong order.
    """

    actions: Mapping[str, DistrictTerm] = field(default_factory=dict)
    tip_line: DistrictTerm = DistrictTerm()
    incident: DistrictTerm = DistrictTerm()

    def name_incidents(self, text: str) -> str:
        """Return a string with “incident” replaced by the district's term, if it has one."""
        own = self.incident.term

        def replace_word(match: re.Match[str]) -> str:
            article, letter, plural = match.groups()
            first, space, rest = own.partition(" ")
            word = f"{first}{plural}{space}{rest}"
            initial = word[0].upper() if letter == "I" or own.isupper() else word[0].lower()
            vowel = "n" if initial in "AEIOUaeiou" else ""
            return f"{f'{article}{vowel} ' if article else ''}{initial}{word[1:]}"

        return _INCIDENT.sub(replace_word, text) if own else text

    def describe(self, action: str) -> DistrictTerm:
        """Return the district's term and instructions for an action, or the default ones."""
        own = self.actions.get(action, DistrictTerm())
        text = own.text or find_template(f"action_instructions.{action}")
        return DistrictTerm(own.term or action.capitalize(), text)

    def find_action(self, text: str) -> str:
        """Return the action that a string names, by the district's term or ours.

        Raises
        ------
        UserError
            The text names no action.
        """
        wanted = _fold(text)
        terms = ((action, own.term) for action, own in self.actions.items() if own.term)
        matches = [action for action, term in terms if _fold(term) == wanted]
        return matches[0] if len(matches) == 1 else parse_response_action(text)


def _fold(text: str) -> str:
    return " ".join(text.casefold().replace("-", " ").replace("_", " ").split())


@dataclass(frozen=True, slots=True)
class ResponseAction:
    """An action with all corrections applied; ``ended_at`` is None while it lasts.

    ``incident`` is the call that was opened with it, ``units`` were sent in addition to the call's.
    ``all_clear_by`` is the role that gave the all-clear, at ``all_clear_agency``.
    """

    uid: str
    site: str
    action: str
    began_at: datetime
    ended_at: datetime | None = None
    units: tuple[str, ...] = ()
    note: FreeText = ""
    incident: str = ""
    all_clear_by: str = ""
    all_clear_agency: str = ""
    sample: bool = False


def parse_response_action(text: str) -> str:
    """Read the name of an action. Raises a UserError if it is unknown."""
    return parse_choice(text, RESPONSE_ACTIONS, "response action")


def _check_response_action(action: ResponseAction, when: LogMoment) -> ResponseAction:
    check_stamp_order({"began_at": action.began_at, "ended_at": action.ended_at}, when.now)
    if action.ended_at is None and (action.all_clear_by or action.all_clear_agency):
        raise UserError("column_missing.ended_at")
    return replace(action, action=parse_response_action(action.action))


RESPONSE_ACTION_RECORD = RecordKind(
    "action",
    ResponseAction,
    required=("began_at", "site"),
    validate=_check_response_action,
    choices={"action": RESPONSE_ACTIONS},
)


read_response_actions = partial(read_records, RESPONSE_ACTION_RECORD)


def list_ongoing_actions(actions: Iterable[ResponseAction]) -> tuple[ResponseAction, ...]:
    """Return the actions that have not ended: lockdowns first, then latest first."""
    ongoing = [action for action in actions if action.ended_at is None]
    latest = sorted(ongoing, key=lambda action: (action.began_at, action.uid), reverse=True)
    return tuple(sorted(latest, key=lambda action: action.action != "lockdown"))
