"""What a school does when something happens: the five actions of the Standard Response Protocol.

An action is one record: the entry that begins it, and the one that ends it and takes its place.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
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

RESPONSE_ACTIONS = ("hold", "secure", "lockdown", "evacuate", "shelter")
_RESPONSE_ACTION_ALIASES = {
    "lockout": "secure",
    "lock_out": "secure",
    "lock_down": "lockdown",
    "shelter_in_place": "shelter",
    "evacuation": "evacuate",
}
RESPONSE_ACTION_MEANINGS = {
    "hold": "Clear the halls and stay in the rooms.",
    "secure": "Get inside and lock the outside doors (lockout).",
    "lockdown": "Locks, lights, out of sight.",
    "evacuate": "Leave to the place that is announced.",
    "shelter": "Shelter in place from a hazard.",
}
"""What each asks of a school, in the words of the protocol."""


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
    """Read the name of an action as people say it; an unknown one is a UserError."""
    return parse_choice(text, RESPONSE_ACTIONS, "response action", _RESPONSE_ACTION_ALIASES)


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
