"""What a school does when something happens: five actions, each in the district's own words.

An action is one record: the entry that begins it, and the one that ends it and takes its place.
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
    declare_fields,
    parse_choice,
    read_records,
)
from zoneplanner.errors import UserError

_INCIDENT = re.compile(
    r"(?<![Vv]iolent[ -])(?<![Cc]ritical )\b(?:([Aa])n )?(?<![Vv]iolent[ -])(?<![Cc]ritical )"
    r"([Ii])ncident(s?)\b(?! command)"
)
"""An incident in our sense; an incident commander and a violent incident are words of the law."""
RESPONSE_ACTIONS = ("hold", "secure", "lockdown", "evacuate", "shelter")
URGENT_ACTIONS = ("lockdown", "evacuate")
"""Those that ask most of a school; they alone have the color of danger."""
_USUAL_TEXTS = {
    "hold": "Clear the halls and stay in the rooms.",
    "secure": "Get inside and lock the outside doors.",
    "lockdown": "Lock the doors and stay out of sight.",
    "evacuate": "Leave to the place that is announced.",
    "shelter": "Take shelter from a hazard in the way that is announced.",
}


@dataclass(frozen=True, slots=True)
class DistrictTerm:
    """A district's own word for something, and what it says to people; empty where not defined."""

    term: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class DistrictTerms:
    """A district's own words for actions and an incident, and where people report a concern.

    No word is taken for another one: what one district calls shelter-in-place another calls
    secure, and a wrong word would be a wrong order.
    """

    actions: Mapping[str, DistrictTerm] = field(default_factory=dict)
    tip_line: DistrictTerm = DistrictTerm()
    incident: DistrictTerm = DistrictTerm()

    def name_incidents(self, text: str) -> str:
        """Return a text of ours with the district's word in place of “incident”, if it has one."""
        own = self.incident.term

        def put(found: re.Match[str]) -> str:
            article, letter, many = found.groups()
            first, space, rest = own.partition(" ")
            word = f"{first}{many}{space}{rest}"
            begins = word[0].upper() if letter == "I" or own.isupper() else word[0].lower()
            vowel = "n" if begins in "AEIOUaeiou" else ""
            return f"{f'{article}{vowel} ' if article else ''}{begins}{word[1:]}"

        return _INCIDENT.sub(put, text) if own else text

    def describe(self, action: str) -> DistrictTerm:
        """Return the word for an action and what it asks of a school, else the usual ones."""
        own = self.actions.get(action, DistrictTerm())
        return DistrictTerm(own.term or action.capitalize(), own.text or _USUAL_TEXTS[action])

    def find_action(self, text: str) -> str:
        """Return the action that a text names, by the district's own word or ours.

        Raises
        ------
        UserError
            It names none, or two.
        """
        wanted = _fold(text)
        own = [name for name, one in self.actions.items() if one.term and _fold(one.term) == wanted]
        return own[0] if len(own) == 1 else parse_response_action(text)


def _fold(text: str) -> str:
    return " ".join(text.casefold().replace("-", " ").replace("_", " ").split())


@dataclass(frozen=True, slots=True)
class ResponseAction:
    """An action as it stands after corrections; ``ended_at`` is None while it goes on.

    ``incident`` is the call that was opened with it; ``units`` were sent besides those on that
    call. ``all_clear_by`` is the role that gave the all-clear, of ``all_clear_agency``.
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
    """Read the name of an action; an unknown one is a UserError."""
    return parse_choice(text, RESPONSE_ACTIONS, "response action")


def _check_response_action(action: ResponseAction, when: LogMoment) -> ResponseAction:
    check_stamp_order({"began_at": action.began_at, "ended_at": action.ended_at}, when.now)
    if action.ended_at is None and (action.all_clear_by or action.all_clear_agency):
        raise UserError("column_missing.ended_at")
    return replace(action, action=parse_response_action(action.action))


RESPONSE_ACTION_RECORD = RecordKind(
    "action",
    ResponseAction,
    declare_fields(ResponseAction),
    order_field="began_at",
    required=("began_at", "site"),
    validate=_check_response_action,
    choices={"action": RESPONSE_ACTIONS},
)


read_response_actions = partial(read_records, RESPONSE_ACTION_RECORD)


def list_ongoing_actions(actions: Iterable[ResponseAction]) -> tuple[ResponseAction, ...]:
    """Return the actions that have not ended, lockdowns first, then the latest."""
    left = [one for one in actions if one.ended_at is None]
    latest = sorted(left, key=lambda one: (one.began_at, one.uid), reverse=True)
    return tuple(sorted(latest, key=lambda one: one.action != "lockdown"))
