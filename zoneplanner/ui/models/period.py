"""The period that board and table of the observed coverage are told from, chosen once for both."""

from dataclasses import dataclass
from datetime import date, timedelta

from PySide6.QtCore import QObject, Signal

from zoneplanner.analysis.coverage import DEFAULT_TARGET_MIN
from zoneplanner.domain.school_year import SCHOOL_YEAR_START_MONTH

REPORT_PERIODS = {
    "week": "This week",
    "last_week": "Last week",
    "month": "Last 30 days",
    "year": "This school year",
    "all": "Since the first entry",
    "own": "From … to …",
}


@dataclass(frozen=True, slots=True)
class PeriodChoice:
    """A period by name, its own days where it is ``own``, and the target of response."""

    period: str = "month"
    first: date | None = None
    last: date | None = None
    target_min: float = DEFAULT_TARGET_MIN

    def days(self, today: date) -> tuple[date | None, date | None]:
        """Return the first day and the last, None for the first entry and for today."""
        monday = today - timedelta(days=today.weekday())
        match self.period:
            case "week":
                return monday, None
            case "last_week":
                return monday - timedelta(days=7), monday - timedelta(days=1)
            case "month":
                return today - timedelta(days=29), None
            case "year":
                year = today.year if today.month >= SCHOOL_YEAR_START_MONTH else today.year - 1
                return date(year, SCHOOL_YEAR_START_MONTH, 1), None
            case "own":
                return self.first, self.last
        return None, None


class PeriodSelection(QObject):
    """What is chosen; ``changed`` tells of another choice."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.choice = PeriodChoice()

    def choose(self, choice: PeriodChoice) -> None:
        """Take another choice."""
        if choice != self.choice:
            self.choice = choice
            self.changed.emit()
