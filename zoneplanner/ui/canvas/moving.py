"""A site on its way to another zone: what a drop would do, without any widget."""

from collections.abc import Mapping

from zoneplanner.app.by_hand import explain_refused_assignment
from zoneplanner.app.reading import ProjectState
from zoneplanner.app.rights import explain_edit_denied
from zoneplanner.app.session import Session
from zoneplanner.domain.edits import assign_sites
from zoneplanner.domain.planning import require_draft
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError
from zoneplanner.ui.canvas.changes import ZoneChange, compute_zone_changes, list_new_problems


class MoveSiteGesture:
    """One gesture on a session. ``refusals`` say for each barred zone why the site cannot go there.

    Raises
    ------
    UserError
        Nobody may change plans here, there is no plan, it is adopted, or the site is not patrolled.
    """

    def __init__(self, session: Session, site_id: str) -> None:
        barred = explain_edit_denied(session.store)
        if barred:
            raise UserError(barred)
        session.check_present()
        session.cancel_gesture()  # a plan that is only tried on is not what is changed
        self._session = session
        start = session.reading
        if start.plan is None:
            raise UserError("There is no plan to change yet; propose zones first.")
        plan = require_draft(start.project, start.plan.uid)
        self.site = start.project.site(site_id)
        if not self.site.patrolled:
            raise UserError(f"{self.site.name} is not patrolled; it has no zone to move to.")
        self.start = start
        self.plan = plan
        self.home = plan.assignment.get(site_id)
        self.together = [start.project.site(other) for other in start.project.stack_of(site_id)]
        self.target: str | None = None
        self.refusals: Mapping[str, str] = {
            zone.id: reason
            for zone in plan.zones
            if zone.id != self.home and (reason := self._refusal(zone.id))
        }

    def over(self, zone: str | None) -> bool:
        """Show what a drop on a zone would do; tell whether anything changed on screen."""
        wanted = None if zone in self.refusals or zone == self.home else zone
        if wanted == self.target:
            return False
        self.target = wanted
        self._session.preview(self._moved)
        return True

    def drop(self) -> str | None:
        """Keep what is shown as one step and return its label; without a target nothing is kept."""
        if self.target is None:
            self._session.cancel_gesture()
            return None
        label = f"Move {self.name} to {self.target}"
        self._session.commit_gesture(label)
        return label

    def cancel(self) -> None:
        """Leave everything as it was."""
        self.target = None
        self._session.cancel_gesture()

    @property
    def name(self) -> str:
        """The site's name, and those of the sites that move with it."""
        return " and ".join(site.name for site in self.together)

    def changes(self) -> tuple[ZoneChange, ...]:
        """Return the zone that gives and the one that takes, as shown now."""
        if self.target is None:
            return ()
        ends = [zone for zone in (self.home, self.target) if zone is not None]
        return compute_zone_changes(self.start, self._session.reading, ends)

    def warnings(self) -> tuple[str, ...]:
        """Return the problems that a drop would bring, in one sentence each."""
        return list_new_problems(self.start, self._session.reading)

    def text(self) -> str:
        """Say what a drop would do in one line."""
        loads = "; ".join(change.text for change in self.changes())
        return f"{self.name} to {self.target}: {loads}" if loads else ""

    def _moved(self, project: Project) -> Project:
        if self.target is None:
            return project
        return assign_sites(project, self.plan.uid, {self.site.id: self.target})

    def _refusal(self, zone: str) -> str | None:
        reasons = (
            explain_refused_assignment(self._session, self.plan, site, zone)
            for site in self.together
        )
        return next((reason for reason in reasons if reason), None)


def find_site_load(reading: ProjectState, site_id: str) -> float | None:
    """Return a site's minutes a day, None for one that is not patrolled."""
    at = reading.basis.index.get(site_id)
    return None if at is None else float(reading.basis.load_min[at])
