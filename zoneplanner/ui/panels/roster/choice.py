"""What is chosen among shifts: the week on the board, a shift, an officer."""

from datetime import date, timedelta

from PySide6.QtCore import QObject, Signal

from zoneplanner.app.session import Session
from zoneplanner.ui.kit.desk import UiContext

_LOOK_AHEAD_DAYS = 30


class RosterSelection(QObject):
    """One for each open project, shared by the parts of the workspace."""

    week_changed = Signal()
    shift_changed = Signal()
    officer_changed = Signal()

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self.monday = _first_week(session)
        self.shift: str | None = None
        self.officer: str | None = None

    def show_week(self, day: date) -> None:
        """Turn to the week of a day."""
        monday = day - timedelta(days=day.weekday())
        if monday != self.monday:
            self.monday = monday
            self.week_changed.emit()

    def choose_shift(self, uid: str | None) -> None:
        """Choose a shift, or none."""
        if uid != self.shift:
            self.shift = uid
            self.shift_changed.emit()

    def choose_officer(self, officer_id: str | None) -> None:
        """Choose an officer, or nobody."""
        if officer_id != self.officer:
            self.officer = officer_id
            self.officer_changed.emit()


def get_roster_selection(desk: UiContext) -> RosterSelection:
    """Return the choice of a desk, made when it is first asked for."""
    known = desk.bridge.findChild(RosterSelection)
    return known if known is not None else RosterSelection(desk.session, desk.bridge)


def _first_week(session: Session) -> date:
    """Return the Monday of this week, or of the next one that has school."""
    today = session.today
    days = session.project.calendar.school_days(today, today + timedelta(days=_LOOK_AHEAD_DAYS))
    day = next(iter(days), today)
    return day - timedelta(days=day.weekday())
