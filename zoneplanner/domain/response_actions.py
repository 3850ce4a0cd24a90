"""What a school does when something happens: the five actions of the Standard Response Protocol.

An action is one record: the entry that begins it, and the one that ends it and takes its place.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from zoneplanner.domain.clock import utc, utc_text
from zoneplanner.domain.journal import NewEntry, check_order
from zoneplanner.domain.records import standing, time_in
from zoneplanner.errors import UserError

ACTIONS = ("hold", "secure", "lockdown", "evacuate", "shelter")
ALIASES = {
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

    ``units`` were sent there besides those on the site's incidents.
    """

    uid: str
    site: str
    action: str
    began_at: datetime
    ended_at: datetime | None = None
    units: tuple[str, ...] = ()
    note: str = ""
    sample: bool = False


def action_name(text: str) -> str:
    """Read the name of an action as people say it; an unknown one is a UserError."""
    written = text.strip().casefold().replace(" ", "_").replace("-", "_")
    name = ALIASES.get(written, written)
    if name not in ACTIONS:
        known = ", ".join(ACTIONS)
        raise UserError(f"There is no response action “{text}”. Choose one of: {known}.")
    return name


def action_entry(
    *,
    uid: str,
    site: str,
    action: str,
    began_at: datetime,
    ended_at: datetime | None = None,
    units: Sequence[str] = (),
    note: str = "",
    time_zone: str,
    now: datetime,
    sample: bool = False,
    supersedes: str | None = None,
) -> NewEntry:
    """Build the entry that begins an action, or with ``ended_at`` one that is over.

    Raises
    ------
    UserError
        There is no site, the action is not a known one, a time lies in the future, or the end is
        before the beginning.
    """
    if not site:
        raise UserError("A response action needs a site; name the school where it was called.")
    check_order({"began_at": utc(began_at), "ended_at": ended_at and utc(ended_at)}, now)
    payload: dict[str, Any] = {"action": action_name(action), "began_at": utc_text(began_at)}
    if ended_at is not None:
        payload["ended_at"] = utc_text(ended_at)
    if units:
        payload["units"] = list(units)
    if note:
        payload["note"] = note
    payload["time_zone"] = time_zone
    if sample:
        payload["sample"] = True
    lead = units[0] if units else None
    return NewEntry(uid, "action", site, lead, utc(began_at), payload, supersedes)


def actions(entries: Iterable[NewEntry]) -> tuple[ResponseAction, ...]:
    """Return the actions as they stand, by beginning; each keeps the uid of its first entry."""
    found = [
        ResponseAction(
            uid=uid,
            site=entry.site or "",
            action=str(entry.payload.get("action", "")),
            began_at=entry.occurred_at,
            ended_at=time_in(entry, "ended_at"),
            units=tuple(entry.payload.get("units", ())),
            note=str(entry.payload.get("note", "")),
            sample=bool(entry.payload.get("sample", False)),
        )
        for uid, entry in standing(entries).items()
        if entry.kind == "action"
    ]
    return tuple(sorted(found, key=lambda one: (one.began_at, one.uid)))


def going_on(actions: Iterable[ResponseAction]) -> tuple[ResponseAction, ...]:
    """Return the actions that have not ended, the latest first."""
    left = [one for one in actions if one.ended_at is None]
    return tuple(sorted(left, key=lambda one: (one.began_at, one.uid), reverse=True))
