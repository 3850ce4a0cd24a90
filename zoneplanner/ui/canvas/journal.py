"""What the colouring of sites needs of the journal."""

from dataclasses import replace
from operator import is_not

from zoneplanner.app.session import Session
from zoneplanner.app.themes import READINESS, ThemeInputs, build_readiness_inputs, read_theme_inputs
from zoneplanner.ui.kit.bridge import SessionBridge
from zoneplanner.ui.kit.duties import ReadinessReader


class ColoringInputs:
    """Reads it anew only where what it says of a subject can differ; ``logged`` is the last."""

    def __init__(
        self, session: Session, bridge: SessionBridge, duties: ReadinessReader | None
    ) -> None:
        self.logged = ThemeInputs()
        self._session, self._bridge, self._duties = session, bridge, duties
        self._subject_and_day = ""
        self._of: tuple[object, ...] = ()

    def read(self, subject: str) -> ThemeInputs:
        """Return what a subject of ``app.themes`` needs, under the conditions of the window."""
        session, project = self._session, self._session.project
        if subject == READINESS and self._duties is not None:
            return build_readiness_inputs(self._duties.ask(), project)
        asked = f"{subject} {session.today}"
        of = (session.last_visits, project.sites, project.calendar, project.rules, project.shifts)
        if asked != self._subject_and_day or any(map(is_not, of, self._of)):
            self.logged = read_theme_inputs(session, subject)
            self._subject_and_day, self._of = asked, of
        self.logged = replace(self.logged, under=self._bridge.conditions)
        return self.logged
