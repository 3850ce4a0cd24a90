"""What a school does when something happens: the five actions of the Standard Response Protocol.

An action is one record: the entry that begins it, and the one that ends it and takes its place.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from zoneplanner.domain.fields import NAMES, TEXT, TIME, When, choice
from zoneplanner.domain.journal import NewEntry, check_order
from zoneplanner.domain.kinds import Kind, records_of
from zoneplanner.errors import UserError

ACTIONS = ("hold", "secure", "lockdown", "evacuate", "shelter")
_ALIASES = {
    "lockout": "secure",
    "lock_out": "secure",
    "lock_down": "lockdown",
    "shelter_in_place": "shelter",
    "evacuation": "evacuate",
}
MEANING = {
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
    note: str = ""
    incident: str = ""
    all_clear_by: str = ""
    all_clear_agency: str = ""
    sample: bool = False


def action_name(text: str) -> str:
    """Read the name of an action as people say it; an unknown one is a UserError."""
    return choice(text, ACTIONS, "response action", _ALIASES)


def _checked(action: ResponseAction, when: When) -> ResponseAction:
    check_order({"began_at": action.began_at, "ended_at": action.ended_at}, when.now)
    if action.ended_at is None and (action.all_clear_by or action.all_clear_agency):
        raise UserError("An all-clear ends the action; give ended_at as well, such as “now”.")
    return replace(action, action=action_name(action.action))


ACTION = Kind(
    "action",
    ResponseAction,
    {
        "site": TEXT,
        "action": TEXT,
        "began_at": TIME,
        "ended_at": TIME,
        "units": NAMES,
        "note": TEXT,
        "incident": TEXT,
        "all_clear_by": TEXT,
        "all_clear_agency": TEXT,
    },
    by="began_at",
    needed={
        "began_at": "An action needs began_at; give a time like 2026-11-16T08:15, or “now”.",
        "site": "A response action needs a site; name the school where it was called.",
    },
    checked=_checked,
)


def actions(entries: Iterable[NewEntry]) -> tuple[ResponseAction, ...]:
    """Return the actions as they stand, by beginning."""
    return records_of(ACTION, entries)


def going_on(actions: Iterable[ResponseAction]) -> tuple[ResponseAction, ...]:
    """Return the actions that have not ended, lockdowns first, then the latest."""
    left = [one for one in actions if one.ended_at is None]
    latest = sorted(left, key=lambda one: (one.began_at, one.uid), reverse=True)
    return tuple(sorted(latest, key=lambda one: one.action != "lockdown"))
