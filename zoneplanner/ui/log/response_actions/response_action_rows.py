"""Response actions in progress as text: their start, the units sent, and the coverage left."""

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
from zoneplanner.domain.log.response_action_terms import ResponseAction
from zoneplanner.errors import UserError
from zoneplanner.messages import Message, say_all
from zoneplanner.ui.log.console.incident_rows import format_elapsed_time

_MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class ResponseActionRow:
    """An action in progress."""

    action: ResponseAction
    title: str
    place: str
    since: str
    meaning: str
    units: Message
    coverage_left: str
    """What is left to cover the district; empty if no unit was sent."""
    times: Mapping[str, CommandEntry] = field(default_factory=dict)

    @property
    def missing_times(self) -> str:
        """The first calls without a time, or "" for an action that opens no call."""
        missing = [format_choice(step) for step in COMMAND_STEPS if step not in self.times]
        if not self.action.incident or not missing:
            return ""
        more = f" and {len(missing) - _MOST_NAMED} more" if len(missing) > _MOST_NAMED + 1 else ""
        named = missing[:_MOST_NAMED] if more else missing
        return f"Not yet recorded: {', '.join(named)}{more}."

    def clock(self, now: datetime) -> str:
        """Return the time since the action began."""
        return format_elapsed_time(self.action.began_at, now)


_KINDS_THAT_START_ACTIONS = ("action", "void")
_KINDS_THAT_CHANGE_ACTIONS = (*_KINDS_THAT_START_ACTIONS, "incident", "stamp", "command_entry")


def may_change_actions(entries: Iterable[JournalEntry], *, running: bool) -> bool:
    """Whether entries may change what is shown of response actions.

    Unless an action is ``running``, calls and stamps cannot, so that they cost no reading.
    """
    kinds = _KINDS_THAT_CHANGE_ACTIONS if running else _KINDS_THAT_START_ACTIONS
    return any(entry.kind in kinds for entry in entries)


class ResponseActionReader:
    """Reads the actions in progress; without any, it reads neither incidents nor the plan."""

    def __init__(self, session: Session, calls: LiveIncidents) -> None:
        self._session, self._calls = session, calls
        self._in_force: ProjectState | None = None

    def read(self) -> list[ResponseActionRow]:
        """Return a row for each action in progress, lockdowns first, then the latest."""
        running = list_active_actions(self._session)
        if not running:
            return []
        self._in_force = derive_state_in_force(
            self._session.state, self._session.today, self._in_force
        )
        incidents = self._calls.incidents()
        away = [unit for action in running for unit in list_sent_units(action, incidents)]
        coverage_left = _describe_coverage_left(self._in_force, away)
        times = list_command_times(self._session)
        return [
            _build_row(
                self._session, action, incidents, coverage_left, times.get(action.incident, {})
            )
            for action in running
        ]


def _describe_coverage_left(state: ProjectState, away: Sequence[str]) -> str:
    from zoneplanner.app.coverage.expected_response import compute_remaining_coverage

    try:
        coverage = compute_remaining_coverage(state, away)
    except UserError as error:
        return error.message
    return say_all(coverage.messages) if coverage is not None else ""


def _build_row(
    session: Session,
    action: ResponseAction,
    incidents: tuple[Incident, ...],
    coverage_left: str,
    times: Mapping[str, CommandEntry],
) -> ResponseActionRow:
    project = session.project
    site = project.sites.get(action.site)
    zone = ZoneInfo(project.time_zone)
    began, now = action.began_at.astimezone(zone), session.clock().astimezone(zone)
    sent = list_sent_units(action, incidents)
    term = project.terms.describe(action.action)
    return ResponseActionRow(
        action=action,
        title=term.term,
        place=site.name if site else action.site,
        since=f"since {session.formats.recent_moment(began, now)}",
        meaning=term.text,
        units=Message("units_sent", units=", ".join(sent)) if sent else Message("no_unit_sent"),
        coverage_left=coverage_left if sent else "",
        times=times,
    )


def describe_bell(session: Session, site: str) -> str:
    """Return the current or next part of the school day and when it ends, or ""."""
    bell = find_next_bell(session.project, site, session.clock())
    if bell is None:
        return ""
    ends_at = bell.ends_at.astimezone(ZoneInfo(session.project.time_zone))
    window = bell.window.name.replace("_", " ").lower()
    return f"{window} until {session.formats.clock(ends_at)}"


def describe_nearby(session: Session, action: ResponseAction) -> tuple[str, ...]:
    """Return a line for each school within a mile of an action that opened a call."""
    if not action.incident:
        return ()
    return tuple(
        _describe_neighbor(session, school)
        for school in list_nearby_schools(session.project, action.site)
    )


def _describe_neighbor(session: Session, school: NearbySchool) -> str:
    bell = describe_bell(session, school.site.id)
    distance = session.formats.distance(school.away_m)
    return " · ".join(filter(None, (school.site.name, distance, school.site.phone, bell)))
