"""Response actions that go on, in words: since when, who is there, what is left without them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from zoneplanner.app.log.dispatch import LiveIncidents
from zoneplanner.app.log.response_actions import (
    COMMAND_STEPS,
    NearbySchool,
    find_next_bell,
    list_active_actions,
    list_command_times,
    list_nearby_schools,
    list_sent_units,
)
from zoneplanner.app.session.session import Session
from zoneplanner.app.session.state import ProjectState, derive_state_in_force
from zoneplanner.domain.log.journal import Incident, JournalEntry
from zoneplanner.domain.log.office_entries import CommandEntry
from zoneplanner.domain.log.record_schema import format_choice
from zoneplanner.domain.log.response_actions import ResponseAction
from zoneplanner.errors import UserError
from zoneplanner.ui.log.console.incident_rows import format_elapsed_time

_NAMED = 3


@dataclass(frozen=True, slots=True)
class ResponseActionRow:
    """One action; ``units`` says who was sent and ``left`` what is left, empty with nobody sent."""

    action: ResponseAction
    title: str
    place: str
    since: str
    meaning: str
    units: str
    left: str
    times: Mapping[str, CommandEntry] = field(default_factory=dict)

    @property
    def untold(self) -> str:
        """Say which of the first calls have no time; nothing for what opens no call."""
        left = [format_choice(one) for one in COMMAND_STEPS if one not in self.times]
        if not self.action.incident or not left:
            return ""
        more = f" and {len(left) - _NAMED} more" if len(left) > _NAMED + 1 else ""
        named = left[:_NAMED] if more else left
        return f"Not yet recorded: {', '.join(named)}{more}."

    def clock(self, now: datetime) -> str:
        """Write for how long it has gone on."""
        return format_elapsed_time(self.action.began_at, now)


_BEGINNINGS = ("action", "void")
_ENTRY_KINDS = (*_BEGINNINGS, "incident", "stamp", "command_entry")


def may_change_actions(entries: Iterable[JournalEntry], *, running: bool) -> bool:
    """Tell whether entries may change what is shown of the actions that go on.

    While none does, a call or a stamp begins none: a dispatcher's key reads nothing of them.
    """
    kinds = _ENTRY_KINDS if running else _BEGINNINGS
    return any(entry.kind in kinds for entry in entries)


class ResponseActionReader:
    """Reads the actions that go on; incidents and plan are looked at only while one does."""

    def __init__(self, session: Session, calls: LiveIncidents) -> None:
        self._session, self._calls = session, calls
        self._in_force: ProjectState | None = None

    def read(self) -> list[ResponseActionRow]:
        """Return a row for each action that goes on, lockdowns first, then the latest."""
        running = list_active_actions(self._session)
        if not running:
            return []
        self._in_force = derive_state_in_force(
            self._session.state, self._session.today, self._in_force
        )
        incidents = self._calls.incidents()
        away = [unit for action in running for unit in list_sent_units(action, incidents)]
        left = _describe_coverage_left(self._in_force, away)
        times = list_command_times(self._session)
        return [
            _row(self._session, action, incidents, left, times.get(action.incident, {}))
            for action in running
        ]


def _describe_coverage_left(state: ProjectState, away: Sequence[str]) -> str:
    from zoneplanner.app.coverage.expected_response import compute_remaining_coverage

    try:
        found = compute_remaining_coverage(state, away)
    except UserError as error:
        return error.message
    return found.words if found is not None else ""


def _row(
    session: Session,
    action: ResponseAction,
    incidents: tuple[Incident, ...],
    left: str,
    times: Mapping[str, CommandEntry],
) -> ResponseActionRow:
    project = session.project
    site = project.sites.get(action.site)
    zone = ZoneInfo(project.time_zone)
    began, now = action.began_at.astimezone(zone), session.clock().astimezone(zone)
    sent = list_sent_units(action, incidents)
    own = project.terms.describe(action.action)
    return ResponseActionRow(
        action=action,
        title=own.term,
        place=site.name if site else action.site,
        since=f"since {session.formats.recent_moment(began, now)}",
        meaning=own.text,
        units=f"Sent: {', '.join(sent)}." if sent else "No unit sent yet.",
        left=left if sent else "",
        times=times,
    )


def describe_bell(session: Session, site: str) -> str:
    """Say which part of the school day goes on or comes next, until its bell; "" without one."""
    bell = find_next_bell(session.project, site, session.clock())
    if bell is None:
        return ""
    at = bell.ends_at.astimezone(ZoneInfo(session.project.time_zone))
    now = bell.window.name.replace("_", " ").lower()
    return f"{now} until {session.formats.clock(at)}"


def describe_nearby(session: Session, action: ResponseAction) -> tuple[str, ...]:
    """Return a line for each school within a mile of an action that opened a call."""
    found = list_nearby_schools(session.project, action.site) if action.incident else ()
    return tuple(_describe_neighbor(session, one) for one in found)


def _describe_neighbor(session: Session, one: NearbySchool) -> str:
    bell = describe_bell(session, one.site.id)
    away = session.formats.distance(one.away_m)
    return " · ".join(filter(None, (one.site.name, away, one.site.phone, bell)))
