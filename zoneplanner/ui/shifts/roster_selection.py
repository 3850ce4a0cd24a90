"""The day, shift and officer that are selected in the Shifts workspace."""

from datetime import date, timedelta

from PySide6.QtCore import QObject, Signal

from zoneplanner.app.session.session import Session
from zoneplanner.domain.roster.staffing import find_next_shift_day
from zoneplanner.ui.widgets.services.ui_context import UiContext

_LOOK_AHEAD_DAYS = 30


class RosterSelection(QObject):
    """The selected day, shift and officer, shared by all parts of the workspace."""

    day_changed = Signal()
    week_changed = Signal()
    shift_changed = Signal()
    officer_changed = Signal()

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self.day = self._first = _first_day(session)
        self._today = session.today
        self.shift: str | None = None
        self.officer: str | None = None

    @property
    def monday(self) -> date:
        """The first day of the day's week."""
        return self.day - timedelta(days=self.day.weekday())

    def show_day(self, day: date) -> None:
        """Select a day; the board shows its week, the other parts the day itself."""
        monday = self.monday
        if day != self.day:
            self.day = day
            self.day_changed.emit()
        if monday != self.monday:
            self.week_changed.emit()

    def follow_clock(self, _event: object = None) -> None:
        """Select the new day at midnight, unless somebody selected a day or a shift."""
        if self._session.today == self._today:
            return
        before, self._first = self._first, _first_day(self._session)
        self._today = self._session.today
        if self.day == before and self.shift is None:
            self.show_day(self._first)

    def choose_shift(self, uid: str | None) -> None:
        """Select a shift and its day, or no shift."""
        if uid == self.shift:
            return
        project = self._session.project
        shift = project.shifts.get(uid or "")
        if shift is not None:
            self.show_day(shift.day(project.time_zone))
        self.shift = uid
        self.shift_changed.emit()

    def choose_officer(self, officer_id: str | None) -> None:
        """Select an officer, or nobody."""
        if officer_id != self.officer:
            self.officer = officer_id
            self.officer_changed.emit()


def get_roster_selection(desk: UiContext) -> RosterSelection:
    """Return the desk's roster selection, created on first use."""
    selection = desk.bridge.findChild(RosterSelection)
    if selection is None:
        selection = RosterSelection(desk.session, desk.bridge)
        desk.bridge.changed.connect(selection.follow_clock)
    return selection


def _first_day(session: Session) -> date:
    """Return today, or the next day that has school or a shift."""
    project, today = session.project, session.today
    school = project.calendar.school_days(today, today + timedelta(days=_LOOK_AHEAD_DAYS))
    days = (next(iter(school), None), find_next_shift_day(project, today))
    return min((day for day in days if day is not None), default=today)
