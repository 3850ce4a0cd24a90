"""From the session's events to Qt signals, and what is selected in map and tables alike."""

from dataclasses import dataclass
from datetime import date

from PySide6.QtCore import QObject, QTimer, Signal

from zoneplanner.analysis.response.conditions import USUAL_CONDITIONS, ResponseConditions
from zoneplanner.app.session.events import SessionChange
from zoneplanner.app.session.session import Session

_FOLLOW_MS = 30


@dataclass(frozen=True, slots=True)
class Selection:
    """What is selected: a site, or a zone, or nothing."""

    site: str | None = None
    zone: str | None = None

    @property
    def is_empty(self) -> bool:
        """True where nothing is selected."""
        return self.site is None and self.zone is None


class SessionBridge(QObject):
    """One session as signals. ``changed`` and ``previewed`` carry a SessionChange.

    ``preview_followed`` comes two frames after the first of some previews, once for all of them:
    tables and figures beside the map follow a gesture then, so that the map's own frame stays
    short. A change that is no preview does not wait for it. ``logged`` carries the new entries.
    ``project_changed`` comes after ``changed``, but for sites and blocks that only changed their
    zone. ``plan_shown`` comes before ``changed`` where another plan is put on screen. ``pointed``
    carries what the pointer is on, in the map or in a table, as a Selection; ``conditions_changed``
    under what a response is expected from now on; ``last_day_changed`` the last day that the map
    counts, None for today; ``undo_asked`` a step that is taken back only after a question.
    """

    changed = Signal(object)
    project_changed = Signal(object)
    previewed = Signal(object)
    preview_followed = Signal()
    logged = Signal(object)
    plan_shown = Signal(object)
    selection_changed = Signal(object)
    pointed = Signal(object)
    conditions_changed = Signal(object)
    last_day_changed = Signal(object)
    undo_asked = Signal(object)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.selection = Selection()
        self.under_pointer = Selection()
        self.conditions = USUAL_CONDITIONS
        self.last_day: date | None = None
        self._following = QTimer(self, singleShot=True, interval=_FOLLOW_MS)
        self._following.timeout.connect(self.preview_followed)
        self._end = session.listen(self._hear)

    def select(self, *, site: str | None = None, zone: str | None = None) -> None:
        """Select a site or a zone everywhere; without either, nothing."""
        wanted = Selection(site, None if site else zone)
        if wanted != self.selection:
            self.selection = wanted
            self.selection_changed.emit(wanted)

    def point(self, *, site: str | None = None, zone: str | None = None) -> None:
        """Tell everywhere which site or zone the pointer is on; without either, none."""
        at = Selection(site, None if site else zone)
        if at != self.under_pointer:
            self.under_pointer = at
            self.pointed.emit(at)

    def set_conditions(self, conditions: ResponseConditions) -> None:
        """Expect responses under other conditions, on the map and in the tables alike."""
        if conditions is not self.conditions:
            self.conditions = conditions
            self.conditions_changed.emit(conditions)

    def set_last_day(self, day: date | None) -> None:
        """Have the map show the log as it stood at the end of a day; None for as it stands."""
        if day != self.last_day:
            self.last_day = day
            self.last_day_changed.emit(day)

    def close(self) -> None:
        """Stop listening; the session may live on."""
        self._end()
        self._following.stop()

    def _hear(self, event: SessionChange) -> None:
        if event.logged:
            self.logged.emit(event.logged)
        elif event.preview:
            self.previewed.emit(event)
            if not self._following.isActive():
                self._following.start()
        else:
            self._following.stop()
            if event.changes.plans:
                self.plan_shown.emit(event)
            self._drop_what_is_gone(event)
            self.tell_change(event)

    def tell_change(self, event: SessionChange) -> None:
        """Have everything follow a change; what no move of sites shows in rests at one."""
        self.changed.emit(event)
        if not event.changes.only_moves:
            self.project_changed.emit(event)

    def _drop_what_is_gone(self, event: SessionChange) -> None:
        after, chosen = event.after, self.selection
        zones = {zone.id for zone in after.plan.zones} if after.plan else set()
        gone = chosen.site and chosen.site not in after.project.sites
        if gone or (chosen.zone and chosen.zone not in zones):
            self.select()
