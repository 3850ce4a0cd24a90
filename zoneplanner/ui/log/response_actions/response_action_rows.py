"""Response actions that go on, in words: since when, who is there, what is left without them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from zoneplanner.app.log.dispatch import LiveIncidents
from zoneplanner.app.log.response_actions import list_active_actions, list_sent_units
from zoneplanner.app.session.session import Session
from zoneplanner.app.session.state import ProjectState, derive_state_in_force
from zoneplanner.domain.log.journal import Incident
from zoneplanner.domain.log.response_actions import ResponseAction
from zoneplanner.errors import UserError
from zoneplanner.ui.log.console.incident_rows import format_elapsed_time


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

    def clock(self, now: datetime) -> str:
        """Write for how long it has gone on."""
        return format_elapsed_time(self.action.began_at, now)


class ResponseActionReader:
    """Reads the actions that go on; incidents and plan are looked at only while one does."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._live: LiveIncidents | None = None
        self._in_force: ProjectState | None = None

    def read(self) -> list[ResponseActionRow]:
        """Return a row for each action that goes on, lockdowns first, then the latest."""
        running = list_active_actions(self._session)
        if not running:
            return []
        self._live = self._live or LiveIncidents(self._session)
        self._in_force = derive_state_in_force(
            self._session.state, self._session.today, self._in_force
        )
        incidents = self._live.incidents()
        away = [unit for action in running for unit in list_sent_units(action, incidents)]
        left = _describe_coverage_left(self._in_force, away)
        return [_row(self._session, action, incidents, left) for action in running]


def _describe_coverage_left(state: ProjectState, away: Sequence[str]) -> str:
    from zoneplanner.app.coverage.expected_response import compute_remaining_coverage

    try:
        found = compute_remaining_coverage(state, away)
    except UserError as error:
        return error.message
    return found.words if found is not None else ""


def _row(
    session: Session, action: ResponseAction, incidents: tuple[Incident, ...], left: str
) -> ResponseActionRow:
    project = session.project
    site = project.sites.get(action.site)
    began = action.began_at.astimezone(ZoneInfo(project.time_zone))
    sent = list_sent_units(action, incidents)
    own = project.terms.describe(action.action)
    return ResponseActionRow(
        action=action,
        title=own.term,
        place=site.name if site else action.site,
        since=f"since {session.formats.clock(began)}",
        meaning=own.text,
        units=f"Sent: {', '.join(sent)}." if sent else "No unit is sent yet.",
        left=left if sent else "",
    )
